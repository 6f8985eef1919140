"""Networks for brain age in plain PyTorch: Global-Local Transformer, relation transformer, Triamese-ViT."""
import math

import torch
from torch import nn
from torch.nn import functional


class ConvBN(nn.Module):
    def __init__(self, inputs, outputs, kernel):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.bn1(self.conv1(x)).relu()


class VGG8(nn.Module):
    def __init__(self, inputs, channels):
        super().__init__()
        for s, outputs in enumerate(channels, 1):
            self.add_module(f"conv{s}1", ConvBN(inputs, outputs, 3))
            self.add_module(f"conv{s}2", ConvBN(outputs, outputs, 3))
            inputs = outputs

    def forward(self, x):
        for s in range(1, 5):
            x = self.get_submodule(f"conv{s}2")(self.get_submodule(f"conv{s}1")(x))
            x = functional.max_pool2d(x, 2)
        return x


class Cross(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def forward(self, local, context):
        split = lambda x: x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        mixed = functional.scaled_dot_product_attention(
            split(self.query(local)), split(self.key(context)), split(self.value(context)))
        return self.out(mixed.transpose(1, 2).flatten(2))


class Mixing(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1, self.conv2 = ConvBN(2 * width, width, 1), ConvBN(width, width, 1)

    def forward(self, x):
        return self.conv2(self.conv1(x))


class GlobalLocal(nn.Module):
    """He et al. 2022, one patch after another."""
    def __init__(self, inputs=5, channels=(64, 128, 256, 512), heads=8, blocks=6, patch=64, step=32):
        super().__init__()
        width, self.patch, self.step = channels[-1], patch, step
        self.global_feat, self.local_feat = VGG8(inputs, channels), VGG8(inputs, channels)
        self.attnlist = nn.ModuleList(Cross(width, heads) for _ in range(blocks))
        self.fftlist = nn.ModuleList(Mixing(width) for _ in range(blocks))
        self.gloout, self.locout = nn.Linear(width, 1), nn.Linear(width, 1)

    def forward(self, x):
        wide = self.global_feat(x)
        ages, context = [self.gloout(wide.mean((2, 3)))], wide.flatten(2).transpose(1, 2)
        for y in range(0, x.shape[2] - self.patch, self.step):
            for z in range(0, x.shape[3] - self.patch, self.step):
                local = self.local_feat(x[:, :, y:y + self.patch, z:z + self.patch])
                for attention, mixing in zip(self.attnlist, self.fftlist):
                    tokens = local.flatten(2).transpose(1, 2)
                    seen = attention(tokens, context).transpose(1, 2).reshape(local.shape)
                    local = local + mixing(torch.cat([seen, local], dim=1))
                ages.append(self.locout(local.mean((2, 3))))
        return torch.cat(ages, dim=1)


class RelationBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm_query, self.norm_context, self.norm_mlp = (nn.LayerNorm(width) for _ in range(3))
        self.attn = Cross(width, heads)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + self.attn(self.norm_query(x), self.norm_context(x))
        return x + self.fc2(functional.gelu(self.fc1(self.norm_mlp(x)), approximate="tanh"))


class Relation(nn.Module):
    """After He et al. 2022: two scans, four relations of their ages."""
    def __init__(self, channels=(32, 64, 128, 256, 256), width=64, heads=8, blocks=2):
        super().__init__()
        steps, inputs = [], 1
        for n, outputs in enumerate((*channels, width)):
            kernel = 1 if n == len(channels) else 3
            step = nn.Module()
            step.conv = nn.Conv3d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
            step.bn = nn.BatchNorm3d(outputs)
            steps.append(step)
            inputs = outputs
        self.backbone = nn.ModuleList(steps)
        self.blocks = nn.ModuleList(RelationBlock(width, heads) for _ in range(blocks))
        self.heads = nn.ModuleList(nn.Linear(width, 1) for _ in range(4))

    def tokens(self, x):
        for n, step in enumerate(self.backbone):
            if n < len(self.backbone) - 1:
                x = functional.max_pool3d(x, 2)
            x = step.bn(step.conv(x)).relu()
        return x.flatten(2).transpose(1, 2)

    def forward(self, x):
        x = torch.cat([self.tokens(x[:, :1]), self.tokens(x[:, 1:])], dim=1)
        for block in self.blocks:
            x = block(x)
        return torch.cat([head(x[:, n]) for n, head in enumerate(self.heads)], dim=1)


class PlaneViT(nn.Module):
    def __init__(self, inputs, sides, patch, width, depth, heads):
        super().__init__()
        tokens = math.prod(s // patch for s in sides)
        self.cls_token, self.pos_embed = (nn.Parameter(torch.zeros(1, n, width)) for n in (1, tokens + 1))
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(inputs, width, patch, patch)
        blocks = []
        for _ in range(depth):
            block = nn.Module()
            block.norm1, block.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
            block.attn, block.mlp = nn.Module(), nn.Module()
            block.attn.qkv, block.attn.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
            block.mlp.fc1, block.mlp.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
            blocks.append(block)
        self.blocks, self.count = nn.ModuleList(blocks), heads
        self.norm, self.head = nn.LayerNorm(width, eps=1e-6), nn.Linear(width, 1)

    def forward(self, x):
        x = self.patch_embed.proj(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], dim=1) + self.pos_embed
        for b in self.blocks:
            q, k, v = b.attn.qkv(b.norm1(x)).unflatten(-1, (3, self.count, -1)).permute(2, 0, 3, 1, 4)
            x = x + b.attn.proj(functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
            x = x + b.mlp.fc2(functional.gelu(b.mlp.fc1(b.norm2(x))))
        return self.head(self.norm(x)[:, 0])


class Triamese(nn.Module):
    """After Zhang & Jiang 2024: the volume seen along each axis, whose slices are the channels."""
    def __init__(self, sides=(91, 109, 91), patch=13, width=384, depth=6, heads=8, hidden=9):
        super().__init__()
        self.patch, self.whole = patch, [-(-s // patch) * patch for s in sides]
        self.views = nn.ModuleList(
            PlaneViT(sides[axis], [w for n, w in enumerate(self.whole) if n != axis], patch, width, depth, heads)
            for axis in range(3))
        self.fusion = nn.Module()
        self.fusion.fc1, self.fusion.fc2 = nn.Linear(3, hidden), nn.Linear(hidden, 1)

    def forward(self, x):
        """[batch, 1, i, j, k] to the fused age and those of the three views."""
        ages = []
        for axis, view in enumerate(self.views):
            plane = x[:, 0].movedim(axis + 1, 1)
            margins = [w - s for n, (w, s) in enumerate(zip(self.whole, x.shape[2:])) if n != axis]
            ages.append(view(functional.pad(plane, (0, margins[1], 0, margins[0]))))
        ages = torch.cat(ages, dim=1)
        return torch.cat([self.fusion.fc2(functional.gelu(self.fusion.fc1(ages))), ages], dim=1)
