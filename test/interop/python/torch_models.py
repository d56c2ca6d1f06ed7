"""Models of PyTorch, for weights that go there and back.

torch_models.py write FOLDER   NAME.safetensors (weights) and NAME.io.safetensors (input, output) for each model
torch_models.py check FOLDER   reads the same files, written by the other side: prints the largest difference of outputs
"""
import json
import os
import sys

import torch
from safetensors_file import load, save
from torch import nn


class Chain(nn.Module):
    def __init__(self, forward, **parts):
        super().__init__()
        self.chain = forward
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x):
        return self.chain(self, x)


def encoder(layers, **options):
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True, **options)
    return nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)


ids = lambda: torch.randint(0, 20, (3, 7))
rows = lambda *shape: torch.randn(*shape)

MODELS = {
    "mlp": (
        lambda: Chain(lambda m, x: m.out(torch.relu(m.hidden(x))), hidden=nn.Linear(5, 8), out=nn.Linear(8, 3)),
        lambda: rows(4, 5),
    ),
    "lstm": (
        lambda: Chain(
            lambda m, x: m.fc(m.rnn(m.emb(x))[0][:, -1]),
            emb=nn.Embedding(20, 6),
            rnn=nn.LSTM(6, 5, num_layers=2, batch_first=True),
            fc=nn.Linear(5, 2),
        ),
        ids,
    ),
    "gru": (
        lambda: Chain(
            lambda m, x: m.fc(m.rnn(m.emb(x))[0]),
            emb=nn.Embedding(20, 6),
            rnn=nn.GRU(6, 4, bidirectional=True, batch_first=True),
            fc=nn.Linear(8, 2),
        ),
        ids,
    ),
    "rnn": (
        lambda: Chain(lambda m, x: m.rnn(x)[0], rnn=nn.RNN(3, 4, batch_first=True)),
        lambda: rows(2, 6, 3),
    ),
    "convolution": (
        lambda: Chain(
            lambda m, x: m.fc(torch.flatten(torch.max_pool2d(torch.relu(m.bn(m.conv(x))), 2), 1)),
            conv=nn.Conv2d(2, 4, 3, padding=1),
            bn=nn.BatchNorm2d(4),
            fc=nn.Linear(4 * 3 * 4, 3),
        ),
        lambda: rows(2, 2, 6, 8),
    ),
    "convolution1d": (
        lambda: Chain(
            lambda m, x: m.norm(m.conv(x).transpose(1, 2)), conv=nn.Conv1d(3, 5, 3), norm=nn.LayerNorm(5)
        ),
        lambda: rows(2, 3, 9),
    ),
    "transformer": (
        lambda: Chain(
            lambda m, x: m.fc(m.encoder(m.emb(x)).mean(1)),
            emb=nn.Embedding(20, 8),
            encoder=encoder(2),
            fc=nn.Linear(8, 2),
        ),
        ids,
    ),
    "transformer_norm_first": (
        lambda: Chain(lambda m, x: m.encoder(x), encoder=encoder(1, norm_first=True, activation="gelu")),
        lambda: rows(2, 5, 8),
    ),
}


def made(name):
    torch.manual_seed(7)
    make, make_input = MODELS[name]
    model = make()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.uniform_(module.bias)
    return model.eval(), make_input()


def write(folder):
    for name in MODELS:
        model, x = made(name)
        with torch.no_grad():
            y = model(x)
        save(model.state_dict(), os.path.join(folder, f"{name}.safetensors"))
        save({"input": x.to(torch.float32), "output": y}, os.path.join(folder, f"{name}.io.safetensors"))
    return {"models": list(MODELS), "torch": torch.__version__}


def check(folder):
    differences = {}
    for name in MODELS:
        model, x = made(name)
        state = load(os.path.join(folder, f"{name}.safetensors"))
        # Counters of batches, which nothing is computed from, are the only thing that may be missing.
        for key, value in model.state_dict().items():
            if key.endswith("num_batches_tracked"):
                state[key] = value
        for parameter in model.parameters():
            nn.init.constant_(parameter, 9)
        model.load_state_dict(state, strict=True)
        io = load(os.path.join(folder, f"{name}.io.safetensors"))
        with torch.no_grad():
            y = model(io["input"].to(x.dtype))
        differences[name] = (y - io["output"]).abs().max().item() if y.shape == io["output"].shape else None
    return differences


print(json.dumps({"write": write, "check": check}[sys.argv[1]](sys.argv[2])))
