"""EoFormer in PyTorch, written from its description: the measure that the Swift network is held to.

She et al., "EoFormer: Edge-oriented Transformer for Brain Tumor Segmentation", MICCAI 2023. Tensor names and shapes are
those of the published checkpoints. Features are channel-first between stages and channel-last inside blocks, as in the
published network, so that its eager speed is the published one's.

`train()` selects the training form (edge branches apart), `eval()` the folded one, whose kernels are folded anew on
every forward, again as published.
"""
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Configuration:
    contrasts: int = 4
    classes: int = 3
    channels: tuple = (32, 64, 128, 256)
    head_width: int = 32
    depths: tuple = (2, 2, 2, 2)
    stochastic_depth: float = 0.0


class ScaleNorm(nn.Module):
    """Layer norm over the last axis with a scale and no bias."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, x):
        return F.layer_norm(x, x.shape[-1:], self.weight, None, 1e-6)


def channel_last(x):
    return x.permute(0, 2, 3, 4, 1)


def channel_first(x):
    return x.permute(0, 4, 1, 2, 3)


class StarReLU(nn.Module):
    """`scale * max(x, 0)^2 + bias` with two learnt numbers."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return self.scale * F.relu(x).square() + self.bias


class ResidualScale(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels))

    def forward(self, x):
        return self.scale * x


class MLP(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.fc1 = nn.Linear(channels, 4 * channels, bias=False)
        self.act = StarReLU()
        self.fc2 = nn.Linear(4 * channels, channels, bias=False)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


class SeparableConvolution(nn.Module):
    """The mixer of the two outer encoder stages: widen, StarReLU, depthwise 3x3x3, narrow."""

    def __init__(self, channels):
        super().__init__()
        self.pwconv1 = nn.Linear(channels, 2 * channels, bias=False)
        self.act1 = StarReLU()
        self.dwconv = nn.Conv3d(2 * channels, 2 * channels, 3, padding=1, groups=2 * channels, bias=False)
        self.pwconv2 = nn.Linear(2 * channels, channels, bias=False)

    def forward(self, x):
        x = self.act1(self.pwconv1(x))
        return self.pwconv2(channel_last(self.dwconv(channel_first(x))))


class EfficientAttention(nn.Module):
    """Attention linear in the number of voxels: keys are normalised over positions, queries over a head's channels."""

    def __init__(self, channels, head_width):
        super().__init__()
        self.heads = channels // head_width
        self.keys = nn.Conv3d(channels, channels, 1)
        self.queries = nn.Conv3d(channels, channels, 1)
        self.values = nn.Conv3d(channels, channels, 1)
        self.reprojection = nn.Conv3d(channels, channels, 1)

    def forward(self, x):
        x = channel_first(x)
        split = (x.shape[0], self.heads, -1, x[0, 0].numel())           # [batch, head, channel, position]
        keys = self.keys(x).reshape(split).softmax(-1)
        queries = self.queries(x).reshape(split).softmax(-2)
        values = self.values(x).reshape(split)
        context = keys @ values.transpose(-1, -2)                       # [batch, head, key channel, value channel]
        attended = context.transpose(-1, -2) @ queries
        return channel_last(self.reprojection(attended.reshape(x.shape)))


def edge_mask(kind):
    smooth, edge = torch.tensor([1.0, 2.0, 1.0]), torch.tensor([-1.0, 0.0, 1.0])
    along = {"sbx": (smooth, smooth, edge), "sby": (smooth, edge, smooth), "sbz": (edge, smooth, smooth)}
    if kind in along:
        return torch.einsum("a,b,c->abc", *along[kind])
    mask = torch.zeros(3, 3, 3)
    mask[1, 1, :] = mask[1, :, 1] = mask[:, 1, 1] = 1
    mask[1, 1, 1] = -6
    return mask


class EdgeBranch(nn.Module):
    """A 1x1x1 convolution, then a fixed edge mask with a learnt scale and bias per channel."""

    def __init__(self, channels, kind):
        super().__init__()
        drawn = nn.Conv3d(channels, channels, 1)
        self.k0 = nn.Parameter(drawn.weight.detach())
        self.b0 = nn.Parameter(drawn.bias.detach())
        self.scale = nn.Parameter(torch.randn(channels, 1, 1, 1, 1) * 1e-3)
        self.bias = nn.Parameter(torch.randn(channels) * 1e-3)
        self.register_buffer("mask", edge_mask(kind).repeat(channels, 1, 1, 1, 1))

    def forward(self, x):
        # One voxel of zeros around x becomes one voxel of b0 around the product.
        mixed = F.conv3d(x, self.k0, self.b0, padding=1)
        return F.conv3d(mixed, self.scale * self.mask, self.bias, groups=x.shape[1])

    def folded(self):
        scaled = self.scale * self.mask
        return scaled * self.k0, self.bias + scaled.sum((1, 2, 3, 4)) * self.b0


class EdgeConvolution(nn.Module):
    """The decoder's mixer: EoS with three Sobel branches, EoL with one Laplacian."""

    def __init__(self, channels, kinds):
        super().__init__()
        self.conv3x3x3 = nn.Conv3d(channels, channels, 3, padding=1)
        self.branches = [f"conv1x1x1_{kind}" for kind in kinds]
        for name, kind in zip(self.branches, kinds):
            self.add_module(name, EdgeBranch(channels, kind))
        self.act = nn.PReLU(channels)

    def folded(self):
        kernel, bias = self.conv3x3x3.weight, self.conv3x3x3.bias
        for name in self.branches:
            k, b = getattr(self, name).folded()
            kernel, bias = kernel + k, bias + b
        shortcut = torch.zeros_like(kernel)
        each = torch.arange(kernel.shape[0], device=kernel.device)
        shortcut[each, each, 1, 1, 1] = 1
        return kernel + shortcut, bias

    def forward(self, x):
        x = channel_first(x)
        if self.training:
            mixed = self.conv3x3x3(x) + x
            for name in self.branches:
                mixed = mixed + getattr(self, name)(x)
        else:
            mixed = F.conv3d(x, *self.folded(), padding=1)
        mixed = channel_last(mixed)
        normalised = F.layer_norm(mixed, mixed.shape[-1:], eps=1e-5)
        return channel_last(self.act(channel_first(normalised)))


class Block(nn.Module):
    def __init__(self, channels, mixer, scaled, drop=0.0):
        super().__init__()
        self.drop = drop
        self.norm1 = ScaleNorm(channels)
        self.token_mixer = mixer
        if scaled:
            self.res_scale1 = ResidualScale(channels)
        self.norm2 = ScaleNorm(channels)
        self.mlp = MLP(channels)
        if scaled:
            self.res_scale2 = ResidualScale(channels)
        self.scaled = scaled

    def dropped(self, x):
        if not self.training or self.drop == 0:
            return x
        kept = torch.rand(x.shape[0], 1, 1, 1, 1, dtype=x.dtype, device=x.device) >= self.drop
        return x * kept / (1 - self.drop)

    def forward(self, x):
        x = (self.res_scale1(x) if self.scaled else x) + self.dropped(self.token_mixer(self.norm1(x)))
        return (self.res_scale2(x) if self.scaled else x) + self.dropped(self.mlp(self.norm2(x)))


class Downsampling(nn.Module):
    """Halves the grid. The first one is normalised behind its convolution, the others before it."""

    def __init__(self, before, after, first):
        super().__init__()
        if not first:
            self.pre_norm = ScaleNorm(before)
        self.conv = nn.Conv3d(before, after, 3, stride=2, padding=1)
        if first:
            self.post_norm = ScaleNorm(after)
        self.first = first

    def forward(self, x):
        if self.first:
            return self.post_norm(channel_last(self.conv(x)))
        return channel_last(self.conv(channel_first(self.pre_norm(channel_last(x)))))


class Encoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        widths = (c.contrasts, *c.channels)
        rates = iter(torch.linspace(0, c.stochastic_depth, sum(c.depths)).tolist())
        self.downsample_layers = nn.ModuleList(Downsampling(widths[s], widths[s + 1], s == 0) for s in range(4))
        self.stages = nn.ModuleList(
            nn.Sequential(*(
                Block(width, SeparableConvolution(width) if s < 2 else EfficientAttention(width, c.head_width),
                      scaled=s >= 2, drop=next(rates))
                for _ in range(c.depths[s])))
            for s, width in enumerate(c.channels))

    def forward(self, x):
        features = []
        for down, stage in zip(self.downsample_layers, self.stages):
            x = channel_first(stage(down(x)))
            features.append(x)
        return features


class Wrapped(nn.Module):
    """A convolution one step down, where the checkpoints have it."""

    def __init__(self, conv):
        super().__init__()
        self.conv = conv

    def forward(self, x):
        return self.conv(x)


class Upsampling(nn.Module):
    """Doubles the grid and, but for the last one, mixes in the encoder's features of that grid."""

    def __init__(self, before, after, skip):
        super().__init__()
        self.norm = nn.GroupNorm(1, before)
        self.transp_conv = Wrapped(nn.ConvTranspose3d(before, after, 2, stride=2, bias=False))
        if skip:
            self.conv_block = Wrapped(nn.Conv3d(2 * after, after, 3, padding=1, bias=False))

    def forward(self, x, skip=None):
        x = self.transp_conv(self.norm(x))
        return x if skip is None else self.conv_block(torch.cat([x, skip], 1))


class Decoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        widths = tuple(reversed(c.channels))                            # deepest first
        rates = torch.linspace(0, c.stochastic_depth, 6).flip(0).tolist()
        self.upsample_layers = nn.ModuleList(
            [Upsampling(widths[s], widths[s + 1], skip=True) for s in range(3)]
            + [Upsampling(widths[3], widths[3] // 2, skip=False)])
        kinds = (("sbx", "sby", "sbz"), ("lpl",))
        self.stages = nn.ModuleList(
            nn.Sequential(*(
                Block(widths[s + 1], EdgeConvolution(widths[s + 1], kinds[b]), scaled=s == 2, drop=rates[2 * s + b])
                for b in range(2)))
            for s in range(3))

    def forward(self, features):
        *skips, x = features
        for s, stage in enumerate(self.stages):
            x = channel_first(stage(channel_last(self.upsample_layers[s](x, skips[2 - s]))))
        return self.upsample_layers[3](x)


class EoFormer(nn.Module):
    """Scans `[batch, contrast, i, j, k]`, sides multiples of 16, to region logits `[batch, region, i, j, k]`."""

    def __init__(self, configuration=Configuration()):
        super().__init__()
        self.encoder = Encoder(configuration)
        self.decoder = Decoder(configuration)
        self.out = Wrapped(Wrapped(nn.Conv3d(configuration.channels[0] // 2, configuration.classes, 1)))

    def stages(self, x):
        """Every intermediate result by name; `logits` is the last."""
        features = self.encoder(x)
        decoded = self.decoder(features)
        return dict(zip(("S0", "S1", "S2", "bottleneck"), features), decoder=decoded, logits=self.out(decoded))

    def forward(self, x):
        return self.stages(x)["logits"]


def draw(network, seed):
    """Fills a network with weights of which none is 0 or 1, scaled so that activations stay near 1.

    The numbers are float32 numbers whatever the network's precision. Masks stay as they are.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            inputs = parameter[0].numel() if parameter.dim() > 1 else 1
            if name.endswith("transp_conv.conv.weight"):
                inputs = parameter.shape[0]
            leaf = name.rsplit(".", 1)[1]
            if parameter.dim() == 1 and (leaf == "scale" or "norm" in name and leaf == "weight"):
                drawn = 0.9 + 0.1 * noise
            elif name.endswith("token_mixer.act.weight"):
                drawn = 0.25 + 0.05 * noise
            elif leaf == "scale":
                drawn = 0.3 * noise
            elif parameter.dim() == 1:
                # Biases spread the channels: no voxel's variance vanishes, layer norms stay well-conditioned.
                drawn = noise if parameter.numel() > 1 else 0.1 * noise
            else:
                drawn = noise * inputs ** -0.5
            parameter.copy_(drawn)
    return network
