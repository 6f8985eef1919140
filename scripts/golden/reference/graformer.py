"""A registration network with graph layers in plain PyTorch, GraformerDIR-style: VoxelMorph's convolutions, attention turned
into a sparse graph, and Chebyshev filters (Defferrard et al. 2016) on it. To compare with, for golden files only."""
import torch
from torch import nn
from torch.nn import functional as F

from .transmorph import warp


class GraphLayer(nn.Module):
    def __init__(self, width, heads, neighbours, order):
        super().__init__()
        self.heads, self.neighbours = heads, neighbours
        self.queries, self.keys, self.values = (nn.Linear(width, width, bias=False) for _ in range(3))
        self.norm1 = nn.LayerNorm(width)
        self.chebyshev = nn.ModuleList(nn.Linear(width, width, bias=n == 0) for n in range(order))
        self.norm2 = nn.LayerNorm(width)

    def forward(self, x):
        q, k, v = (layer(x).chunk(self.heads, -1) for layer in (self.queries, self.keys, self.values))
        graphs, messages = [], []
        for h in range(self.heads):
            share = F.softmax(q[h] @ k[h].mT / q[h].shape[-1] ** 0.5, -1)
            weakest = share.sort(-1).values[..., -self.neighbours, None]
            share = torch.where(share >= weakest, share, 0)
            share = (share + share.mT) / 2
            degree = torch.diag_embed(share.sum(-1) ** -0.5)
            graphs.append(degree @ share @ degree)
            messages.append(graphs[-1] @ v[h])
        x = self.norm1(x + F.gelu(torch.cat(messages, -1)))
        # The Laplacian I − A has its eigenvalues from 0 to 2, so scaled to −1 … 1 it is −A.
        laplacian = -torch.stack(graphs).mean(0)
        terms = [x, laplacian @ x]
        while len(terms) < len(self.chebyshev):
            terms.append(2 * laplacian @ terms[-1] - terms[-2])
        return self.norm2(x + sum(theta(term) for theta, term in zip(self.chebyshev, terms)))


class GraformerDIR(nn.Module):
    def __init__(self, encoder=(16, 32, 32, 32), decoder=(32, 32, 32, 16, 16), layers=2, heads=4, neighbours=16, order=3):
        super().__init__()
        inward = (2, *encoder)
        self.encoder = nn.ModuleList(nn.Conv3d(a, b, 3, 2, 1) for a, b in zip(inward, encoder))
        self.graph = nn.ModuleList(GraphLayer(encoder[3], heads, neighbours, order) for _ in range(layers))
        skips = (encoder[2], encoder[1], encoder[0], 2, 0)
        outward = (encoder[3], *decoder)
        self.decoder = nn.ModuleList(nn.Conv3d(a + s, b, 3, 1, 1) for a, s, b in zip(outward, skips, decoder))
        self.flow = nn.Conv3d(decoder[4], 3, 3, 1, 1)

    def stages(self, x):
        maps = [x]
        for layer in self.encoder:
            maps.append(F.leaky_relu(layer(maps[-1]), 0.2))
        deepest = maps.pop()
        nodes = deepest.flatten(2).mT
        for layer in self.graph:
            nodes = layer(nodes)
        y = graph = nodes.mT.reshape(deepest.shape)
        for layer in self.decoder[:4]:
            y = F.interpolate(y, scale_factor=2, mode="trilinear", align_corners=False)
            y = F.leaky_relu(layer(torch.cat([y, maps.pop()], 1)), 0.2)
        flow = self.flow(F.leaky_relu(self.decoder[4](y), 0.2))
        return {"graph": graph, "flow": flow, "warped": warp(x[:, :1], flow)}
