"""A symmetric registration network in plain PyTorch, Swin-VoxelMorph-style: a 3-D Swin-UNet with two heads and the loss of
Zhu & Lu (MICCAI 2022). To compare with, for golden files only."""
import torch
from torch import nn
from torch.nn import functional as F

from .transmorph import Block, Configuration, Merging, warp


class Expanding(nn.Module):
    """One token to a cell of `factor`³ tokens of `output` features."""

    def __init__(self, width, output, factor):
        super().__init__()
        self.factor = factor
        self.expand = nn.Linear(width, factor ** 3 * output, bias=False)
        self.norm = nn.LayerNorm(output)

    def forward(self, x):
        cells = self.expand(x).unflatten(-1, (self.factor, self.factor, self.factor, -1))
        for axis in (1, 2, 3):
            # The first axis of the cell that is left goes beside its own axis of the map.
            cells = cells.movedim(4, axis + 1).flatten(axis, axis + 1)
        return self.norm(cells)


class Level(nn.Module):
    def __init__(self, s, c, ending=None):
        super().__init__()
        width = c.embed * 2 ** s
        self.blocks = nn.ModuleList(Block(width, c.heads[s], b % 2 == 1, c) for b in range(c.depths[s]))
        for name, module in (ending or {}).items():
            self.add_module(name, module)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x


class SwinUNet(nn.Module):
    def __init__(self, c):
        super().__init__()
        width = [c.embed * 2 ** s for s in range(4)]
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv3d(c.inputs, c.embed, 4, 4), "norm": nn.LayerNorm(c.embed)})
        self.layers = nn.ModuleList(
            Level(s, c, {"downsample": Merging(width[s])} if s < 3 else None) for s in range(4))
        self.norm = nn.LayerNorm(width[3])
        self.layers_up = nn.ModuleList([Expanding(width[3], width[2], 2)])
        self.concat_back_dim = nn.ModuleList([nn.Identity()])
        for s in (2, 1, 0):
            ending = {"upsample": Expanding(width[s], width[s] // 2, 2)} if s else None
            self.layers_up.append(Level(s, c, ending))
            self.concat_back_dim.append(nn.Linear(2 * width[s], width[s]))
        self.norm_up = nn.LayerNorm(c.embed)
        self.up = Expanding(c.embed, c.embed, 4)
        self.output1 = nn.Conv3d(c.embed, 3, 1, bias=False)
        self.output2 = nn.Conv3d(c.embed, 3, 1, bias=False)

    def forward(self, x):
        x = self.patch_embed["norm"](self.patch_embed["proj"](x).permute(0, 2, 3, 4, 1))
        skips = []
        for level in self.layers:
            skips.append(x)
            x = level(x)
            if hasattr(level, "downsample"):
                x = level.downsample(x)
        x = self.layers_up[0](self.norm(x))
        for n in (1, 2, 3):
            x = self.layers_up[n](self.concat_back_dim[n](torch.cat([x, skips[3 - n]], -1)))
            if hasattr(self.layers_up[n], "upsample"):
                x = self.layers_up[n].upsample(x)
        x = self.up(self.norm_up(x)).permute(0, 4, 1, 2, 3)
        return self.output1(x), self.output2(x)


class SwinVoxelMorph(nn.Module):
    def __init__(self, c=Configuration(embed=48, depths=(2, 2, 2, 2), heads=(3, 6, 12, 24), qkv_bias=True)):
        super().__init__()
        self.swin_unet = SwinUNet(c)

    def stages(self, x, squarings=0):
        there, back = self.swin_unet(x)
        if squarings:
            there, back = there / 2 ** squarings, back / 2 ** squarings
            for _ in range(squarings):
                there, back = there + warp(there, there), back + warp(back, back)
        return {"flow": there, "inverse": back, "warped": warp(x[:, :1], there), "warped-fixed": warp(x[:, 1:], back)}


def symmetric_loss(moving, fixed, there, back):
    value = F.mse_loss(warp(moving, there), fixed) + F.mse_loss(warp(fixed, back), moving)
    for field in (there, back):
        value = value + 0.01 * sum(field.diff(dim=axis).square().mean() for axis in (2, 3, 4)) / 3
        value = value + 1000 * F.relu(-determinants(field)).mean()
    round_trip = back + warp(there, back)
    return value + 10 * round_trip.square().sum(1).mean()


def determinants(field):
    """Of the map x + u, from differences to the next voxel."""
    cut = [slice(0, -1)] * 3
    columns = []
    for axis in range(3):
        where = [slice(None)] * 2 + [cut[a] if a != axis else slice(None) for a in range(3)]
        columns.append(field.diff(dim=axis + 2)[tuple(slice(None) if a == axis + 2 else w for a, w in enumerate(where))])
    jacobian = torch.stack(columns, -1).permute(0, 2, 3, 4, 1, 5) + torch.eye(3, dtype=field.dtype)
    return torch.linalg.det(jacobian)
