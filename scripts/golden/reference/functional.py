"""Networks on functional MRI, written from their papers and the published state dict's names; shares nothing with the Swift code."""
import math

import torch
from torch import nn
from torch.nn import functional as F


def received(weights):
    """The share of attention that every key gets of `[batch, head, query, key]`."""
    return weights.mean((1, 2))


class Assignment(nn.Module):
    def __init__(self, clusters, width):
        super().__init__()
        start = nn.init.orthogonal_(torch.empty(clusters, width))
        self.cluster_centers = nn.Parameter(start, requires_grad=False)


class Clustering(nn.Module):
    """OCREAD: as the public program has it, or as the paper's equations say."""

    def __init__(self, encoder, clusters, width, readout):
        super().__init__()
        self.readout = readout
        if readout == "shipped":
            self.encoder = encoder
        self.assignment = Assignment(clusters, width)

    def forward(self, x):
        centres = self.assignment.cluster_centers
        if self.readout == "shipped":
            x = self.encoder(x.flatten(1)).unflatten(1, x.shape[1:])
            scores = torch.einsum("bnw,cw->bnc", x, centres) ** 2 / centres.norm(dim=1)
        else:
            scores = torch.einsum("bnw,cw->bnc", x, centres)
        assigned = scores.softmax(-1)
        return torch.einsum("bnc,bnw->bcw", assigned, x), assigned


class PoolingEncoder(nn.Module):
    def __init__(self, width, tokens, hidden, heads, clusters, bottleneck, readout, biases):
        super().__init__()
        self.transformer = nn.TransformerEncoderLayer(width, heads, hidden, batch_first=True, bias=biases)
        if clusters:
            self.encoder = nn.Sequential(
                nn.Linear(tokens * width, bottleneck), nn.LeakyReLU(), nn.Linear(bottleneck, bottleneck),
                nn.LeakyReLU(), nn.Linear(bottleneck, tokens * width))
            self.dec = Clustering(self.encoder, clusters, width, readout)


class BrainNetworkTransformer(nn.Module):
    def __init__(self, regions=200, classes=2, heads=4, hidden=1024, clusters=100, bottleneck=32, reduction=8,
                 perceptron=(256, 32), identity=0, first_pools=False, readout="shipped", biases=True):
        super().__init__()
        width = regions + identity
        if identity:
            self.node_identity = nn.Parameter(torch.randn(regions, identity))
        self.attention_list = nn.ModuleList(
            PoolingEncoder(width, regions, hidden, heads, made, bottleneck, readout, biases)
            for made in (regions if first_pools else 0, clusters))
        self.dim_reduction = nn.Sequential(nn.Linear(width, reduction), nn.LeakyReLU())
        self.fc = nn.Sequential(
            nn.Linear(reduction * clusters, perceptron[0]), nn.LeakyReLU(), nn.Linear(*perceptron), nn.LeakyReLU(),
            nn.Linear(perceptron[1], classes))

    def stages(self, x):
        if hasattr(self, "node_identity"):
            x = torch.cat([x, self.node_identity.expand(len(x), -1, -1)], -1)
        out, shares, pooled = {}, [], False
        for n, layer in enumerate(self.attention_list):
            attention = layer.transformer.self_attn
            if not pooled:
                shares.append(received(attention(x, x, x, need_weights=True, average_attn_weights=False)[1]))
            x = layer.transformer(x)
            out[f"layer{n}"] = x
            if hasattr(layer, "dec"):
                x, out[f"assignment{n}"] = layer.dec(x)
                out[f"clusters{n}"] = x
                pooled = True
        out["reduced"] = self.dim_reduction(x)
        return out | {"logits": self.fc(out["reduced"].flatten(1)), "regions": torch.stack(shares).mean(0)}


class Head(nn.Sequential):
    def __init__(self, width, hidden, classes):
        super().__init__(nn.Linear(width, hidden), nn.GELU(), nn.Identity(), nn.Linear(hidden, classes))


class LinearAttention(nn.Module):
    """Linear attention in its quadratic form: the whole matrix of weights."""

    def __init__(self, width, heads):
        super().__init__()
        self.qkv, self.proj, self.heads = nn.Linear(width, 3 * width), nn.Linear(width, width), heads

    def forward(self, x):
        q, k, v = (y.unflatten(-1, (self.heads, -1)).transpose(1, 2) for y in self.qkv(x).chunk(3, -1))
        products = (F.elu(q) + 1) @ (F.elu(k) + 1).mT
        weights = products / (products.sum(-1, keepdim=True) + 1e-6)
        return self.proj((weights @ v).transpose(1, 2).flatten(2)), received(weights)


class Branch(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = LinearAttention(width, heads)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)


class Tokens(nn.Module):
    def __init__(self, tokens, features, width):
        super().__init__()
        self.embedding = nn.Linear(features, width)
        self.positions = nn.Parameter(torch.randn(1, tokens, width))

    def forward(self, x):
        return self.embedding(x) + self.positions


class SpatialTemporalBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.temporal, self.spatial = Branch(width, heads), Branch(width, heads)
        self.fusion = nn.Linear(2 * width, 2 * width)

    def forward(self, tokens):
        branches, attended, shares = (self.temporal, self.spatial), [], []
        for branch, x in zip(branches, tokens):
            mixed, share = branch.attn(branch.norm1(x))
            attended.append(x + mixed)
            shares.append(share)
        common = self.fusion(torch.cat([x.mean(1) for x in attended], -1)).chunk(2, -1)
        attended = [x + y.unsqueeze(1) for x, y in zip(attended, common)]
        return [x + b.fc2(F.gelu(b.fc1(b.norm2(x)))) for b, x in zip(branches, attended)], shares


class SpatialTemporalTransformer(nn.Module):
    def __init__(self, regions=116, frames=100, classes=2, width=64, blocks=2, heads=4):
        super().__init__()
        self.temporal, self.spatial = Tokens(frames, regions, width), Tokens(regions, frames, width)
        self.blocks = nn.ModuleList(SpatialTemporalBlock(width, heads) for _ in range(blocks))
        self.norm = nn.LayerNorm(2 * width)
        self.head = Head(2 * width, width, classes)

    def stages(self, x):
        tokens, shares = [self.temporal(x), self.spatial(x.mT)], []
        for block in self.blocks:
            tokens, share = block(tokens)
            shares.append(share)
        pooled = self.norm(torch.cat([y.mean(1) for y in tokens], -1))
        frames, regions = (torch.stack(s).mean(0) for s in zip(*shares))
        return {"temporal": tokens[0], "spatial": tokens[1], "pooled": pooled, "logits": self.head(pooled),
                "frames": frames, "regions": regions}


class EdgeAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.qkv, self.proj, self.heads = nn.Linear(width, 3 * width), nn.Linear(width, width), heads
        self.edges = nn.Parameter(torch.randn(heads, 2))

    def forward(self, x, r, allowed):
        q, k, v = (y.unflatten(-1, (self.heads, -1)).transpose(1, 2) for y in self.qkv(x).chunk(3, -1))
        bias = torch.einsum("hc,bcij->bhij", self.edges, torch.stack([r, r.abs()], 1))
        scores = (q @ k.mT / math.sqrt(q.shape[-1]) + bias).masked_fill(~allowed.unsqueeze(1), -math.inf)
        weights = scores.softmax(-1)
        return self.proj((weights @ v).transpose(1, 2).flatten(2)), received(weights)


class EdgeBlock(Branch):
    def __init__(self, width, heads):
        super().__init__(width, heads)
        self.attn = EdgeAttention(width, heads)

    def forward(self, x, r, allowed):
        mixed, share = self.attn(self.norm1(x), r, allowed)
        x = x + mixed
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x)))), share


class GraphTransformer(nn.Module):
    def __init__(self, regions=200, classes=2, width=64, blocks=2, heads=4, neighbours=0):
        super().__init__()
        self.embedding = nn.Linear(regions, width)
        self.blocks = nn.ModuleList(EdgeBlock(width, heads) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.head = Head(width, width, classes)
        self.neighbours = neighbours

    def stages(self, x):
        itself = torch.eye(x.shape[1], dtype=torch.bool)
        allowed = torch.ones_like(x, dtype=torch.bool)
        if self.neighbours:
            strength = x.abs().masked_fill(itself, -1)
            strong = strength.topk(self.neighbours, -1).indices
            allowed = itself | torch.zeros_like(allowed).scatter(-1, strong, True)
        out, tokens, shares = {}, self.embedding(x), []
        for n, block in enumerate(self.blocks):
            tokens, share = block(tokens, x, allowed)
            out[f"block{n}"] = tokens
            shares.append(share)
        out["pooled"] = self.norm(tokens.mean(1))
        return out | {"logits": self.head(out["pooled"]), "regions": torch.stack(shares).mean(0)}
