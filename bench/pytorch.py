"""PyTorch as a contender: serves the protocol of host.ts on stdin and stdout.

    python3 pytorch.py [--threads N]

Data and initial weights come from the files that data.ts writes.
"""

import argparse
import gc
import json
import math
import os
import re
import resource
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=1)
threads = parser.parse_args().threads
# The BLAS library reads these when torch loads it.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(threads)

import torch  # noqa: E402
import torch.nn.functional as functional  # noqa: E402

torch.set_num_threads(threads)

ADAM = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8}


def read_data(path):
    """The tensors of a task by name."""
    with open(path + ".json") as file:
        manifest = json.load(file)
    with open(path + ".bin", "rb") as file:
        content = bytearray(file.read())
    types = {"float32": torch.float32, "int32": torch.int32}
    return {
        entry["name"]: torch.frombuffer(
            content, dtype=types[entry["type"]], offset=entry["offset"], count=math.prod(entry["shape"])
        )
        .reshape(entry["shape"])
        .clone()
        for entry in manifest
    }


class Task:
    """One task: `run` does it once; `loss` is the loss of the latest training step."""

    loss = None

    def __init__(self, data):
        self.data = data


class Evaluation(Task):
    """Evaluates a function of the data without gradients."""

    def __init__(self, data, compute):
        super().__init__(data)
        self.compute = compute

    def run(self):
        with torch.no_grad():
            self.result = self.compute(self.data)


def product(task, data):
    if task.endswith("-dA"):
        return Evaluation(data, lambda data: data["g"] @ data["b"].t())
    if task.endswith("-dB"):
        return Evaluation(data, lambda data: data["a"].t() @ data["g"])
    return Evaluation(data, lambda data: data["a"] @ data["b"])


class Training(Task):
    """A step by Adam of `compute_loss`, a method of the subclass, on `self.trained`."""

    def prepare(self, trained):
        self.optimizer = torch.optim.Adam(trained, **ADAM)

    def run(self):
        self.optimizer.zero_grad()
        loss = self.compute_loss()
        loss.backward()
        self.optimizer.step()
        self.loss = loss.detach()


class Perceptron(Training):
    def __init__(self, data):
        super().__init__(data)
        layers = sum(name.startswith("kernel") for name in data)
        # F.linear wants [out, in].
        self.kernels = [data[f"kernel{at}"].t().contiguous().requires_grad_() for at in range(layers)]
        self.biases = [data[f"bias{at}"].requires_grad_() for at in range(layers)]
        self.labels = data["labels"].long()
        self.prepare(self.kernels + self.biases)

    def compute_loss(self):
        hidden = self.data["x"]
        for at, (kernel, bias) in enumerate(zip(self.kernels, self.biases)):
            hidden = functional.linear(hidden, kernel, bias)
            if at + 1 < len(self.kernels):
                hidden = torch.relu(hidden)
        return functional.cross_entropy(hidden, self.labels)


class Convolutional(Training):
    """Twice convolution, ReLU and max pooling, then two linear layers. Images are [batch, channels, height, width] here."""

    def __init__(self, data):
        super().__init__(data)
        self.x = data["x"].permute(0, 3, 1, 2).contiguous()
        self.labels = data["labels"].long()
        # [kh, kw, in, out] to [out, in, kh, kw]
        self.kernels = [data[f"kernel{at}"].permute(3, 2, 0, 1).contiguous().requires_grad_() for at in (0, 1)]
        filters = data["kernel1"].shape[3]
        side = math.isqrt(data["kernel2"].shape[0] // filters)
        # Rows in the order height, width, channel become channel, height, width.
        hidden = data["kernel2"].reshape(side, side, filters, -1).permute(2, 0, 1, 3).reshape(data["kernel2"].shape)
        self.kernels += [kernel.t().contiguous().requires_grad_() for kernel in (hidden, data["kernel3"])]
        self.biases = [data[f"bias{at}"].requires_grad_() for at in range(4)]
        self.prepare(self.kernels + self.biases)

    def compute_loss(self):
        hidden = self.x
        for kernel, bias in zip(self.kernels[:2], self.biases[:2]):
            hidden = functional.max_pool2d(torch.relu(functional.conv2d(hidden, kernel, bias)), 2)
        hidden = torch.relu(functional.linear(hidden.flatten(1), self.kernels[2], self.biases[2]))
        return functional.cross_entropy(functional.linear(hidden, self.kernels[3], self.biases[3]), self.labels)


class Encoder(Training):
    """A layer of a Transformer encoder, and the mean squared error."""

    heads = 4

    def __init__(self, data):
        super().__init__(data)
        size, hidden = data["hiddenKernel"].shape
        self.layer = torch.nn.TransformerEncoderLayer(size, self.heads, hidden, dropout=0, batch_first=True)
        attention = self.layer.self_attn
        with torch.no_grad():
            projections = [data[f"{name}Kernel"].t() for name in ("query", "key", "value")]
            attention.in_proj_weight.copy_(torch.cat(projections))
            attention.in_proj_bias.copy_(torch.cat([data[f"{name}Bias"] for name in ("query", "key", "value")]))
            for linear, name in (
                (attention.out_proj, "output"),
                (self.layer.linear1, "hidden"),
                (self.layer.linear2, "final"),
            ):
                linear.weight.copy_(data[f"{name}Kernel"].t())
                linear.bias.copy_(data[f"{name}Bias"])
        self.prepare(list(self.layer.parameters()))

    def compute_loss(self):
        return functional.mse_loss(self.layer(self.data["x"]), self.data["target"])


class Classifier(Training):
    """Embedding → LSTM → Dense(1). The LSTM's second bias stays at zero, so that there is one, as in Keras."""

    def __init__(self, data):
        super().__init__(data)
        vocabulary, width = data["embeddings"].shape
        units = data["headKernel"].shape[0]
        self.embedding = torch.nn.Embedding(vocabulary, width)
        self.lstm = torch.nn.LSTM(width, units, batch_first=True)
        self.head = torch.nn.Linear(units, 1)
        with torch.no_grad():
            self.embedding.weight.copy_(data["embeddings"])
            self.lstm.weight_ih_l0.copy_(data["kernel"].t())
            self.lstm.weight_hh_l0.copy_(data["recurrentKernel"].t())
            self.lstm.bias_ih_l0.copy_(data["bias"])
            self.lstm.bias_hh_l0.zero_()
            self.head.weight.copy_(data["headKernel"].t())
            self.head.bias.copy_(data["headBias"])
        self.lstm.bias_hh_l0.requires_grad_(False)
        modules = (self.embedding, self.lstm, self.head)
        self.prepare([weight for module in modules for weight in module.parameters() if weight.requires_grad])

    def logits(self):
        outputs, _ = self.lstm(self.embedding(self.data["tokens"]))
        return self.head(outputs[:, -1]).squeeze(-1)

    def compute_loss(self):
        return functional.binary_cross_entropy_with_logits(self.logits(), self.data["labels"])


class ClassifierInference(Classifier):
    def run(self):
        with torch.no_grad():
            self.result = torch.sigmoid(self.logits())


class NaiveLoop(Classifier):
    """The loop as a newcomer writes it: the accuracy after the update, with gradients on."""

    def run(self):
        super().run()
        predicted = (self.logits() > 0).float()
        self.accuracy = float((predicted == self.data["labels"]).float().mean())


class TinyGraph(Task):
    def __init__(self, data):
        super().__init__(data)
        self.inputs = [data[name].requires_grad_() for name in "abc"]

    def run(self):
        a, b, c = self.inputs
        for tensor in self.inputs:
            tensor.grad = None
        (a * b + c).sum().backward()


ELEMENTWISE = {
    "tanh": lambda data: torch.tanh(data["x"]),
    "sigmoid": lambda data: torch.sigmoid(data["x"]),
    "exp": lambda data: torch.exp(data["x"]),
    "add": lambda data: data["x"] + data["y"],
    "sum": lambda data: data["x"].sum(),
    "softmax": lambda data: torch.softmax(data["x"], -1),
}


def create(task, data):
    family = task.split("-")[0]
    if family in ("W1", "W2"):
        return product(task, data)
    if family == "W3":
        return Perceptron(data)
    if family == "W8":
        return Encoder(data)
    if family == "W7":
        return Convolutional(data)
    if family in ("W4", "W5"):
        return ClassifierInference(data) if "infer" in task else Classifier(data)
    if family == "W6":
        return Evaluation(data, ELEMENTWISE[task.split("-")[1]])
    return {"W9": TinyGraph, "W11": NaiveLoop}[family](data)


def warm_up(task):
    """Seconds of a late run, after three runs or 0.3 s, whichever is longer."""
    start = time.perf_counter()
    runs = 0
    while True:
        before = time.perf_counter()
        task.run()
        after = time.perf_counter()
        runs += 1
        if runs >= 3 and after - start > 0.3:
            return after - before


def slice_samples(task, seconds, repeat):
    """Seconds per run, one number for each sample of `repeat` runs that fits in the slice, at least two."""
    task.run()
    samples = []
    end = time.perf_counter() + seconds
    while len(samples) < 2 or time.perf_counter() < end:
        before = time.perf_counter()
        for _ in range(repeat):
            task.run()
        samples.append((time.perf_counter() - before) / repeat)
    return samples


def cpu_slice(task, seconds):
    """CPU seconds per run, all threads together, of the fastest of many short samples."""
    end = time.perf_counter() + seconds
    least = math.inf
    runs = 1
    while least == math.inf or time.perf_counter() < end:
        before = time.process_time()
        for _ in range(runs):
            task.run()
        used = time.process_time() - before
        # Samples of 5 ms and more: the clock has steps.
        if used < 0.005:
            runs *= 2
        else:
            least = min(least, used / runs)
    return least


def resident_bytes():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def loaded_blas():
    """File name of the BLAS library that this process has loaded."""
    with open("/proc/self/maps") as file:
        names = sorted({os.path.basename(line.split()[-1]) for line in file if re.search(r"blas|mkl", line)})
    # libblas.so.3 is only the front of an optimised library, where there is one.
    optimised = [name for name in names if re.search(r"openblas|mkl|blis", name)]
    return ", ".join(optimised or names) or "built in"


class Host:
    def __init__(self):
        self.task = None
        self.repeat = 1

    def setup(self, name, path):
        self.task = create(name, read_data(path))
        losses = []
        if isinstance(self.task, Training) and not isinstance(self.task, (ClassifierInference, NaiveLoop)):
            for _ in range(10):
                self.task.run()
                losses.append(float(self.task.loss))
        reply = {"ready": True}
        if name != "W11":
            reply["warm"] = warm_up(self.task)
            self.repeat = max(1, math.ceil(0.02 / reply["warm"]))
        if losses:
            reply["losses"] = [losses[0], losses[9]]
        return reply

    def run(self, _name, seconds):
        return {"seconds": slice_samples(self.task, float(seconds), self.repeat)}

    def cpu(self, _name, seconds):
        return {"seconds": [cpu_slice(self.task, float(seconds))]}

    def leak(self, _name, steps):
        for _ in range(10):
            self.task.run()
        before = resident_bytes()
        for _ in range(int(steps)):
            self.task.run()
        return {"bytes": round((resident_bytes() - before) / int(steps)), "steps": int(steps)}

    def teardown(self, _name, _argument):
        self.task = None
        return {"done": True}

    def versions(self, _name, _argument):
        return {"versions": {"torch": torch.__version__, "BLAS": loaded_blas(), "threads": str(threads)}}


def main():
    host = Host()
    commands = {name: getattr(host, name) for name in ("setup", "run", "cpu", "leak", "teardown", "versions")}
    for line in sys.stdin:
        command, name, argument, *_ = line.split() + ["", ""]
        try:
            reply = commands[command](name, argument)
        except Exception as error:  # the harness reports every failure by name
            reply = {"error": f"{type(error).__name__}: {error}"}
        print("\n@bench " + json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
