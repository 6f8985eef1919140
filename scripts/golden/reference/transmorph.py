"""TransMorph in plain PyTorch, written from the paper (Chen et al., Medical Image Analysis 82, 2022) and a description of
its state dict: an implementation to compare with, for golden files only. Maps are `[batch, channel, i, j, k]`, flows are in
voxels along i, j, k."""
import itertools
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Configuration:
    inputs: int = 2
    embed: int = 96
    depths: tuple = (2, 2, 4, 2)
    heads: tuple = (4, 4, 8, 8)
    window: tuple = (5, 6, 7)
    head_channels: int = 16
    conv_skip: bool = True
    trans_skip: bool = True
    relative: bool = True
    position: str = "none"        # or "learned", "sines"
    embedding_side: int = 56
    qkv_bias: bool = False


def windows(x, w):
    """[B, I, J, K, C] to [B, windows, tokens, C]."""
    b, i, j, k, c = x.shape
    x = x.reshape(b, i // w[0], w[0], j // w[1], w[1], k // w[2], w[2], c)
    return x.permute(0, 1, 3, 5, 2, 4, 6, 7).reshape(b, -1, w[0] * w[1] * w[2], c)


def from_windows(x, w, size):
    """The inverse of `windows` for a map of `size`."""
    b, c = x.shape[0], x.shape[-1]
    n = [s // side for s, side in zip(size, w)]
    return x.reshape(b, *n, *w, c).permute(0, 1, 4, 2, 5, 3, 6, 7).reshape(b, *size, c)


def relative_index(w):
    points = torch.tensor(list(itertools.product(*map(range, w))))
    apart = points[:, None] - points[None] + torch.tensor(w) - 1
    return (apart[..., 0] * (2 * w[1] - 1) + apart[..., 1]) * (2 * w[2] - 1) + apart[..., 2]


def shift_mask(size, w, shift):
    """0 between tokens of one region of the turned map, -100 between those of two: [windows, tokens, tokens]."""
    region = torch.zeros(1, *size, 1)
    for axis, factor in zip(range(3), (9, 3, 1)):
        place = torch.arange(size[axis])
        part = (place >= size[axis] - w[axis]).int() + (place >= size[axis] - shift[axis]).int()
        region += factor * part.reshape([-1 if a == axis + 1 else 1 for a in range(5)])
    tokens = windows(region, w)[0, :, :, 0]
    return -100.0 * (tokens[:, :, None] != tokens[:, None]).double()


class WindowAttention(nn.Module):
    def __init__(self, width, heads, c):
        super().__init__()
        self.heads, self.relative = heads, c.relative
        rows = (2 * c.window[0] - 1) * (2 * c.window[1] - 1) * (2 * c.window[2] - 1)
        self.relative_position_bias_table = nn.Parameter(torch.zeros(rows, heads))
        if c.relative:
            self.register_buffer("relative_position_index", relative_index(c.window))
        self.qkv = nn.Linear(width, 3 * width, bias=c.qkv_bias)
        self.proj = nn.Linear(width, width)

    def forward(self, x, mask):
        b, n, t, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, t, 3, self.heads, c // self.heads).permute(3, 0, 1, 4, 2, 5)
        scores = q @ k.transpose(-1, -2) * (c // self.heads) ** -0.5
        if self.relative:
            scores = scores + self.relative_position_bias_table[self.relative_position_index].permute(2, 0, 1)
        if mask is not None:
            scores = scores + mask[:, None].to(x.dtype)
        return self.proj((scores.softmax(-1) @ v).transpose(2, 3).reshape(b, n, t, c))


class Block(nn.Module):
    def __init__(self, width, heads, shifted, c):
        super().__init__()
        self.w = c.window
        self.shift = [side // 2 if shifted else 0 for side in c.window]
        self.norm1 = nn.LayerNorm(width)
        self.attn = WindowAttention(width, heads, c)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)})

    def forward(self, x):
        size = x.shape[1:4]
        pads = [-s % side for s, side in zip(size, self.w)]
        y = F.pad(self.norm1(x), (0, 0, 0, pads[2], 0, pads[1], 0, pads[0]))
        padded, mask = y.shape[1:4], None
        if any(self.shift):
            y = y.roll([-s for s in self.shift], (1, 2, 3))
            mask = shift_mask(padded, self.w, self.shift)
        y = from_windows(self.attn(windows(y, self.w), mask), self.w, padded)
        x = x + y.roll(self.shift, (1, 2, 3))[:, :size[0], :size[1], :size[2]]
        return x + self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(x))))


class Merging(nn.Module):
    ORDER = ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (0, 1, 1), (1, 0, 1), (1, 1, 1))

    def __init__(self, width):
        super().__init__()
        self.reduction = nn.Linear(8 * width, 2 * width, bias=False)
        self.norm = nn.LayerNorm(8 * width)

    def forward(self, x):
        parts = [x[:, a::2, b::2, c::2] for a, b, c in self.ORDER]
        return self.reduction(self.norm(torch.cat(parts, -1)))


class Stage(nn.Module):
    def __init__(self, s, c):
        super().__init__()
        width = c.embed * 2 ** s
        self.blocks = nn.ModuleList(Block(width, c.heads[s], b % 2 == 1, c) for b in range(c.depths[s]))
        self.downsample = Merging(width) if s < 3 else None

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x, self.downsample(x) if self.downsample is not None else None


def sines(size, width):
    """Sines and cosines of the place on each axis in turn, cut to `width` features: [1, width, I, J, K]."""
    channels = -(-width // 6) * 2
    frequencies = 10000.0 ** -(torch.arange(0, channels, 2).double() / channels)
    out = torch.zeros(*size, 3 * channels, dtype=torch.float64)
    for axis, side in enumerate(size):
        angles = torch.arange(side).double()[:, None] * frequencies
        waves = torch.cat([angles.sin(), angles.cos()], -1)
        out[..., axis * channels:(axis + 1) * channels] = waves.reshape(
            [side if a == axis else 1 for a in range(3)] + [channels])
    return out[..., :width].permute(3, 0, 1, 2)[None]


class Encoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv3d(c.inputs, c.embed, 4, 4), "norm": nn.LayerNorm(c.embed)})
        if c.position == "learned":
            self.absolute_pos_embed = nn.Parameter(torch.zeros(1, c.embed, *[c.embedding_side] * 3))
        self.layers = nn.ModuleList(Stage(s, c) for s in range(4))
        for s in range(4):
            self.add_module(f"norm{s}", nn.LayerNorm(c.embed * 2 ** s))

    def forward(self, x):
        pads = [-s % 4 for s in x.shape[2:]]
        x = self.patch_embed["proj"](F.pad(x, (0, pads[2], 0, pads[1], 0, pads[0]))).permute(0, 2, 3, 4, 1)
        x = self.patch_embed["norm"](x)
        if self.c.position == "learned":
            table = F.interpolate(self.absolute_pos_embed, size=x.shape[1:4], mode="trilinear")
            x = x + table.permute(0, 2, 3, 4, 1)
        elif self.c.position == "sines":
            x = x + sines(x.shape[1:4], self.c.embed).permute(0, 2, 3, 4, 1).to(x.dtype)
        features = []
        for s, stage in enumerate(self.layers):
            y, x = stage(x)
            features.append(getattr(self, f"norm{s}")(y).permute(0, 4, 1, 2, 3))
        return features


def unit(inputs, outputs):
    return nn.Sequential(
        nn.Conv3d(inputs, outputs, 3, padding=1, bias=False), nn.InstanceNorm3d(outputs), nn.LeakyReLU(0.01))


class Up(nn.Module):
    def __init__(self, inputs, outputs, skip):
        super().__init__()
        self.conv1, self.conv2 = unit(inputs + skip, outputs), unit(outputs, outputs)

    def forward(self, x, skip):
        x = F.interpolate(x, scale_factor=2, mode="trilinear", align_corners=False)
        return self.conv2(self.conv1(x if skip is None else torch.cat([x, skip], 1)))


def warp(x, flow):
    """x read at every voxel's place plus its displacement."""
    size = flow.shape[2:]
    grid = torch.stack(torch.meshgrid(*[torch.arange(s, dtype=flow.dtype) for s in size], indexing="ij"))
    at = torch.stack([2 * (grid + flow)[:, a] / (size[a] - 1) - 1 for a in (2, 1, 0)], -1)
    return F.grid_sample(x, at, align_corners=True)


class Decoder(nn.Module):
    """What TransMorph and TransMorph-diff share: up0 ... up3, and the skips they take."""

    def decode(self, x):
        f = self.transformer(x)
        skips = [f[2], f[1], f[0]] if self.c.trans_skip else [None] * 3
        y = f[3]
        for n, skip in enumerate(skips):
            y = getattr(self, f"up{n}")(y, skip)
        coarse = self.c1(F.avg_pool3d(x, 3, 2, 1)) if self.c.conv_skip else None
        return f, self.up3(y, coarse)

    def build(self, c, last):
        self.c = c
        e, t, s = c.embed, int(c.trans_skip), int(c.conv_skip)
        self.transformer = Encoder(c)
        self.up0, self.up1 = Up(8 * e, 4 * e, 4 * e * t), Up(4 * e, 2 * e, 2 * e * t)
        self.up2, self.up3 = Up(2 * e, e, e * t), Up(e, last, e // 2 * s)


class TransMorph(Decoder):
    def __init__(self, c=Configuration()):
        super().__init__()
        self.build(c, c.embed // 2)
        s = int(c.conv_skip)
        self.up4 = Up(c.embed // 2, c.head_channels, c.head_channels * s)
        # Both are there even where nothing is skipped to.
        self.c1, self.c2 = unit(2, c.embed // 2), unit(2, c.head_channels)
        self.reg_head = nn.Sequential(nn.Conv3d(c.head_channels, 3, 3, padding=1))

    def stages(self, x):
        features, y = self.decode(x)
        flow = self.reg_head(self.up4(y, self.c2(x) if self.c.conv_skip else None))
        return {**{f"feat{n}": f for n, f in enumerate(features)}, "flow": flow, "warped": warp(x[:, :1], flow)}


class TransMorphDiff(Decoder):
    def __init__(self, c=Configuration()):
        super().__init__()
        self.build(c, c.head_channels)
        self.c1 = unit(2, c.embed // 2)
        self.flow_mean = nn.Conv3d(c.head_channels, 3, 3, padding=1)
        self.flow_sigma = nn.Conv3d(c.head_channels, 3, 3, padding=1)

    def stages(self, x, published=False):
        _, y = self.decode(x)
        velocity = self.flow_mean(y)
        v = velocity if published else velocity / 2 ** 7
        for _ in range(7):
            v = v + warp(v, v)
        flow = F.interpolate(v, scale_factor=2, mode="trilinear") * (1 if published else 2)
        return {"velocity": velocity, "sigma": self.flow_sigma(y), "flow": flow, "warped": warp(x[:, :1], flow)}


def divergence(field, logarithm, precision=10.0):
    """Kullback-Leibler divergence of a normal velocity to smooth ones, up to a constant: VoxelMorph-diff's."""
    kernel = torch.zeros(1, 1, 3, 3, 3, dtype=field.dtype)
    for a, b, c in ((0, 1, 1), (2, 1, 1), (1, 0, 1), (1, 2, 1), (1, 1, 0), (1, 1, 2)):
        kernel[0, 0, a, b, c] = 1
    degrees = F.conv3d(torch.ones(1, 1, *logarithm.shape[2:], dtype=field.dtype), kernel, padding=1)
    sigma = (precision * degrees * logarithm.exp() - logarithm).mean()
    rough = sum(field.diff(dim=axis).square().mean() for axis in (2, 3, 4)) / 3
    return 0.5 * 3 * (sigma + precision * 0.5 * rough)


def cubic(x):
    """The cubic B-spline as the fourfold convolution of a box, by its recursion."""
    def spline(n, t):
        if n == 0:
            return ((t >= 0) & (t < 1)).to(t.dtype)
        return (t * spline(n - 1, t) + (n + 1 - t) * spline(n - 1, t - 1)) / n
    return spline(3, x + 2)


class TransMorphBSpline(Decoder):
    def __init__(self, c=Configuration(), spacing=(3, 3, 3), channels=(32, 32)):
        super().__init__()
        self.build(c, c.embed // 2)
        self.c1 = unit(2, c.embed // 2)
        self.spacing = spacing
        widths = (c.embed // 2, *channels)
        self.resize_conv = nn.ModuleList(
            nn.Sequential(nn.Conv3d(a, b, 3, padding=1), nn.LeakyReLU(0.2)) for a, b in zip(widths, channels))
        self.out_layer = nn.Conv3d(channels[-1], 3, 3, padding=1)

    def stages(self, x):
        _, y = self.decode(x)
        size = x.shape[2:]
        points = [-(-(n - 1) // s) + 3 for n, s in zip(size, self.spacing)]
        y = F.interpolate(y, size=points, mode="trilinear", align_corners=False)
        for layer in self.resize_conv:
            y = layer(y)
        velocity = self.out_layer(y)
        for axis, (n, s) in enumerate(zip(size, self.spacing)):
            # A transposed convolution with the sampled spline, cropped to the image.
            kernel = cubic(torch.arange(-2 * s + 1, 2 * s, dtype=x.dtype) / s)
            line = velocity.transpose(axis + 2, -1)
            shape = line.shape
            line = F.conv_transpose1d(line.reshape(-1, 1, shape[-1]), kernel[None, None], stride=s, padding=2 * s - 1)
            velocity = line[..., s:s + n].reshape(*shape[:-1], n).transpose(axis + 2, -1)
        v = velocity / 2 ** 7
        for _ in range(7):
            v = v + warp(v, v)
        return {"velocity": velocity, "flow": v, "warped": warp(x[:, :1], v)}


class TransMorphAffine(nn.Module):
    def __init__(self, c=Configuration()):
        super().__init__()
        self.transformer = Encoder(c)
        width = 8 * c.embed * c.window[0] * c.window[1] * c.window[2]
        for name, count in (("aff", 3), ("scl", 3), ("trans", 3), ("shear", 6)):
            self.add_module(f"{name}_mlp", nn.Sequential(nn.Linear(width, 100), nn.LeakyReLU(), nn.Linear(100, count)))

    def stages(self, x):
        y = F.instance_norm(self.transformer(x)[3]).flatten(1)
        turn, scale, shift, shear = (0.1 * m(y) for m in (self.aff_mlp, self.scl_mlp, self.trans_mlp, self.shear_mlp))
        turn, shear = turn.clamp(-1, 1) * torch.pi, shear.clamp(-1, 1) * torch.pi
        matrix = affine(turn, (scale + 1).clamp(0, 5), shear)
        whole = torch.cat([matrix, shift[:, :, None]], 2)
        grid = F.affine_grid(whole, x[:, :1].shape, align_corners=False)
        warped = F.grid_sample(x[:, :1], grid, align_corners=False)
        return {"matrix": whole, "inverse": torch.linalg.inv(matrix), "warped": warped}


def affine(turn, scale, shear):
    """Shear · scale · turns about the third, second and first coordinate; coordinates are k, j, i over half the sides."""
    def filled(entries):
        m = torch.eye(3, dtype=turn.dtype).expand(len(turn), 3, 3).clone()
        for (row, column), value in entries.items():
            m[:, row, column] = value
        return m

    def rotation(a, b, angle):
        return filled({(a, a): angle.cos(), (b, b): angle.cos(), (a, b): angle.sin(), (b, a): -angle.sin()})

    t = shear.tan()
    sheared = filled({(1, 0): t[:, 0], (2, 0): t[:, 1], (0, 1): t[:, 2], (2, 1): t[:, 3], (0, 2): t[:, 4], (1, 2): t[:, 5]})
    scaled = filled({(n, n): scale[:, n] for n in range(3)})
    turned = rotation(0, 1, turn[:, 2]) @ rotation(2, 0, turn[:, 1]) @ rotation(1, 2, turn[:, 0])
    return sheared @ scaled @ turned
