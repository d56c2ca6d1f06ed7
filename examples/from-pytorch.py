# Writes the weights that from-pytorch.ts reads, and the output that it should print.
import torch
from safetensors.torch import save_file

net = torch.nn.ModuleDict(
    {"words": torch.nn.Embedding(100, 8), "reader": torch.nn.LSTM(8, 16, batch_first=True), "head": torch.nn.Linear(16, 2)}
)
save_file(net.state_dict(), "net.safetensors")
print(net["head"](net["reader"](net["words"](torch.tensor([[1, 2, 3, 4, 5]])))[1][0][-1]))
