"""EoFormer and its patch as every peer gets them: one set of weights, edge branches folded into plain convolutions."""
import copy
import pathlib
import sys

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts/golden"))
from reference.eoformer import EdgeConvolution, EoFormer, channel_first, channel_last, draw  # noqa: E402


class FoldedEdge(nn.Module):
    """What an edge convolution computes, its branches folded once into a single 3x3x3 convolution."""

    def __init__(self, edge):
        super().__init__()
        kernel, bias = edge.folded()
        self.conv = nn.Conv3d(kernel.shape[1], kernel.shape[0], 3, padding=1)
        self.conv.weight.copy_(kernel)
        self.conv.bias.copy_(bias)
        self.act = edge.act

    def forward(self, x):
        mixed = channel_last(self.conv(channel_first(x)))
        normalised = F.layer_norm(mixed, mixed.shape[-1:], eps=1e-5)
        return channel_last(self.act(channel_first(normalised)))


@torch.no_grad()
def folded(network):
    network = copy.deepcopy(network).eval()
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, EdgeConvolution):
                setattr(module, name, FoldedEdge(child))
    return network


def load(weights=None):
    """The network as published, with the weights of a .safetensors file or with random ones."""
    network = draw(EoFormer(), seed=1)
    if weights:
        network.load_state_dict(load_file(weights))
    return network.eval()


def random_patch():
    return torch.randn(1, 4, 128, 128, 128, generator=torch.Generator().manual_seed(7))
