"""Swin for pictures and volumes alike, written from the paper in plain PyTorch; of pictures with timm's names."""
import itertools
import math

import torch
from torch import nn


class Attention(nn.Module):
    def __init__(self, width, heads, window):
        super().__init__()
        self.heads, self.window = heads, window
        self.relative_position_bias_table = nn.Parameter(torch.zeros(math.prod(2 * w - 1 for w in window), heads))
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def bias(self):
        places = list(itertools.product(*(range(w) for w in self.window)))
        out = self.qkv.weight.new_zeros(self.heads, len(places), len(places))
        rows = []
        for a in places:
            for b in places:
                row = 0
                for x, y, w in zip(a, b, self.window):
                    row = row * (2 * w - 1) + x - y + w - 1
                rows.append(row)
        return self.relative_position_bias_table[rows].T.reshape(out.shape)

    def forward(self, tokens, regions):
        """tokens [n, t, c]; regions [n, t]: tokens of different regions do not see one another."""
        n, t, c = tokens.shape
        q, k, v = self.qkv(tokens).chunk(3, dim=-1)
        q, k, v = (part.reshape(n, t, self.heads, c // self.heads).transpose(1, 2) for part in (q, k, v))
        scores = q @ k.transpose(-1, -2) / math.sqrt(c // self.heads) + self.bias()
        apart = (regions[:, None, :, None] != regions[:, None, None, :])
        scores = scores - 100.0 * apart.to(scores.dtype)
        return self.proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(n, t, c))


class Block(nn.Module):
    def __init__(self, width, heads, window, shift):
        super().__init__()
        self.window, self.shift = window, shift
        self.norm1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads, window)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential()
        self.mlp.fc1, self.mlp.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + self.windows(self.norm1(x))
        return x + self.mlp.fc2(nn.functional.gelu(self.mlp.fc1(self.norm2(x))))

    def windows(self, x):
        sides, width = x.shape[1:-1], x.shape[-1]
        whole = [-(-s // w) * w for s, w in zip(sides, self.window)]
        padded = x.new_zeros(x.shape[0], *whole, width)
        padded[(slice(None), *(slice(0, s) for s in sides))] = x
        out = torch.zeros_like(padded)
        # Every window's places in the map that was turned by the shift.
        for corner in itertools.product(*(range(0, s, w) for s, w in zip(whole, self.window))):
            axes = [(torch.arange(c, c + w) + shift) % s
                    for c, w, shift, s in zip(corner, self.window, self.shift, whole)]
            region = [((torch.arange(c, c + w) >= s - w).long() + (torch.arange(c, c + w) >= s - shift).long())
                      if shift else torch.zeros(w, dtype=torch.long)
                      for c, w, shift, s in zip(corner, self.window, self.shift, whole)]
            places = torch.meshgrid(*axes, indexing="ij")
            regions = sum(r * 3 ** n for n, r in enumerate(torch.meshgrid(*region, indexing="ij"))).reshape(1, -1)
            index = (slice(None), *places)
            tokens = padded[index].reshape(x.shape[0], -1, width)
            out[index] = self.attn(tokens, regions.expand(x.shape[0], -1)).reshape(padded[index].shape)
        return out[(slice(None), *(slice(0, s) for s in sides))]


class Merging(nn.Module):
    def __init__(self, width, cell):
        super().__init__()
        self.cell = cell
        self.norm = nn.LayerNorm(len(cell) * width)
        self.reduction = nn.Linear(len(cell) * width, 2 * width, bias=False)

    def forward(self, x):
        even = [s + s % 2 for s in x.shape[1:-1]]
        padded = x.new_zeros(x.shape[0], *even, x.shape[-1])
        padded[(slice(None), *(slice(0, s) for s in x.shape[1:-1]))] = x
        parts = [padded[(slice(None), *(slice(o, None, 2) for o in offset))] for offset in self.cell]
        return self.reduction(self.norm(torch.cat(parts, dim=-1)))


class Stage(nn.Module):
    def __init__(self, width, heads, window, shift, depth, cell):
        super().__init__()
        if cell:
            self.downsample = Merging(width // 2, cell)
        self.blocks = nn.Sequential(*[Block(width, heads, window, shift if n % 2 else [0] * len(shift))
                                      for n in range(depth)])

    def forward(self, x):
        return self.blocks(self.downsample(x) if hasattr(self, "downsample") else x)


class Swin(nn.Module):
    def __init__(self, inputs, sides, patch, embedding, depths, heads, window, classes):
        super().__init__()
        axes = len(sides)
        cell = [[0, 0], [1, 0], [0, 1], [1, 1]] if axes == 2 else [
            [0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
        convolution = nn.Conv2d if axes == 2 else nn.Conv3d
        self.patch_embed = nn.Module()
        self.patch_embed.proj = convolution(inputs, embedding, patch, patch)
        self.patch_embed.norm = nn.LayerNorm(embedding)
        grid, layers = [s // patch for s in sides], []
        for s, (depth, count) in enumerate(zip(depths, heads)):
            if s:
                grid = [(g + 1) // 2 for g in grid]
            shift = [w // 2 if w < g else 0 for w, g in zip(window, grid)]
            layers.append(Stage(embedding << s, count, [min(w, g) for w, g in zip(window, grid)], shift, depth,
                                cell if s else None))
        self.layers = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(embedding << 3)
        self.head = nn.Module()
        self.head.fc = nn.Linear(embedding << 3, classes)

    def stages(self, x):
        x = self.patch_embed.norm(self.patch_embed.proj(x).movedim(1, -1))
        out = {}
        for s, layer in enumerate(self.layers):
            x = out[f"stage{s}"] = layer(x)
        out["logits"] = self.head.fc(self.norm(x).flatten(1, -2).mean(1))
        return out
