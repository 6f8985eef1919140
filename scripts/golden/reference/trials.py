"""Networks on EEG trials, written from their papers and the published state dicts' names; shares nothing with the Swift code."""
import math

import torch
from torch import nn
from torch.nn import functional as F


class Residual(nn.Module):
    def __init__(self, fn):
        super().__init__()
        self.fn = fn

    def forward(self, x):
        return x + self.fn(x)


class Channels(nn.Module):
    """S3T's attention over channels; `shipped` sums the weights instead of mixing with them."""

    def __init__(self, channels, pooling, shipped):
        super().__init__()
        self.query, self.key, self.projection = (
            nn.Sequential(nn.Linear(channels, channels), nn.LayerNorm(channels), nn.Dropout(0.3)) for _ in range(3))
        self.pool = nn.AvgPool2d((1, pooling), (1, pooling))
        self.shipped = shipped

    def forward(self, x):
        on_channels = lambda layer, y: layer(y.transpose(2, 3)).transpose(2, 3)
        q, k = self.pool(on_channels(self.query, x)), self.pool(on_channels(self.key, x))
        weights = torch.softmax(torch.einsum("bocs,boms->bocm", q, k) / math.sqrt(q.shape[-1]), -1)
        mixed = torch.einsum("bocs,bocm->bocs" if self.shipped else "boms,bocm->bocs", x, weights)
        return on_channels(self.projection, mixed)


class Attention(nn.Module):
    def __init__(self, width, heads, drop):
        super().__init__()
        self.keys, self.queries, self.values, self.projection = (nn.Linear(width, width) for _ in range(4))
        self.heads, self.drop = heads, nn.Dropout(drop)

    def forward(self, x):
        b, n, w = x.shape
        q, k, v = (layer(x).view(b, n, self.heads, w // self.heads).transpose(1, 2)
                   for layer in (self.queries, self.keys, self.values))
        weights = self.drop(torch.softmax(q @ k.mT / math.sqrt(w), -1))
        return self.projection((weights @ v).transpose(1, 2).reshape(b, n, w))


def block(width, heads, drop):
    mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Dropout(drop), nn.Linear(4 * width, width))
    return nn.Sequential(
        Residual(nn.Sequential(nn.LayerNorm(width), Attention(width, heads, drop), nn.Dropout(drop))),
        Residual(nn.Sequential(nn.LayerNorm(width), mlp, nn.Dropout(drop))))


class Tokens(nn.Module):
    def __init__(self, layers, width, name="projection", class_token=True, after=None):
        super().__init__()
        if class_token:
            self.cls_token = nn.Parameter(torch.randn(1, 1, width))
        setattr(self, name, nn.Sequential(*layers))
        self.parts = [getattr(self, name)]
        if after is not None:
            self.projection = nn.Sequential(after)
            self.parts.append(self.projection)

    def forward(self, x):
        for part in self.parts:
            x = part(x)
        return x.flatten(2).mT


class MeanHead(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.clshead = nn.Sequential(nn.Identity(), nn.LayerNorm(width), nn.Linear(width, classes))

    def forward(self, x):
        return self.clshead(x.mean(1))


class S3T(nn.Sequential):
    def __init__(self, channels=16, samples=1000, classes=4, width=10, blocks=3, heads=5, pooling=30, shipped=False):
        super().__init__(
            Residual(nn.Sequential(nn.LayerNorm(samples), Channels(channels, pooling, shipped), nn.Dropout(0.5))),
            Tokens([nn.Conv2d(1, 2, (1, 51)), nn.BatchNorm2d(2), nn.LeakyReLU(0.2),
                    nn.Conv2d(2, width, (channels, 5), stride=(1, 5))], width),
            nn.Sequential(*(block(width, heads, 0.5) for _ in range(blocks))),
            MeanHead(width, classes))

    def stages(self, x):
        tokens = self[2](self[1](self[0](x)))
        return {"tokens": tokens, "logits": self[3](tokens)}


class ConformerHead(nn.Module):
    def __init__(self, width, tokens, hidden, classes):
        super().__init__()
        self.clshead = nn.Sequential(nn.Identity(), nn.LayerNorm(width), nn.Linear(width, classes))
        self.fc = nn.Sequential(nn.Linear(tokens * width, hidden[0]), nn.ELU(), nn.Dropout(0.5),
                                nn.Linear(hidden[0], hidden[1]), nn.ELU(), nn.Dropout(0.3),
                                nn.Linear(hidden[1], classes))

    def forward(self, x):
        return self.fc(x.flatten(1))


class EEGConformer(nn.Sequential):
    def __init__(self, channels=22, samples=1000, classes=4, width=40, blocks=6, heads=10, filter=25, pooling=75,
                 stride=15, hidden=(256, 32)):
        tokens = (samples - filter + 1 - pooling) // stride + 1
        shallow = [nn.Conv2d(1, width, (1, filter)), nn.Conv2d(width, width, (channels, 1)), nn.BatchNorm2d(width),
                   nn.ELU(), nn.AvgPool2d((1, pooling), (1, stride)), nn.Dropout(0.5)]
        super().__init__(
            Tokens(shallow, width, "shallownet", class_token=False, after=nn.Conv2d(width, width, (1, 1))),
            nn.Sequential(*(block(width, heads, 0.5) for _ in range(blocks))),
            ConformerHead(width, tokens, hidden, classes))

    def stages(self, x):
        tokens = self[1](self[0](x))
        return {"tokens": tokens, "logits": self[2](tokens)}


class EEGNet(nn.Module):
    def __init__(self, channels=22, samples=1000, classes=4, filters=8, depth=2, kernel=64, separable=16, pooling=(4, 8)):
        super().__init__()
        wide = filters * depth
        self.conv_temporal = nn.Conv2d(1, filters, (1, kernel), padding=(0, kernel // 2), bias=False)
        self.bnorm_temporal = nn.BatchNorm2d(filters, momentum=0.01, eps=1e-3)
        self.conv_spatial = nn.Conv2d(filters, wide, (channels, 1), groups=filters, bias=False)
        self.bnorm_1 = nn.BatchNorm2d(wide, momentum=0.01, eps=1e-3)
        self.conv_separable_depth = nn.Conv2d(wide, wide, (1, separable), padding=(0, separable // 2), groups=wide,
                                              bias=False)
        self.conv_separable_point = nn.Conv2d(wide, wide, (1, 1), bias=False)
        self.bnorm_2 = nn.BatchNorm2d(wide, momentum=0.01, eps=1e-3)
        self.pooling = pooling
        left = ((samples + 1 - kernel % 2) // pooling[0] + 1 - separable % 2) // pooling[1]
        self.final_layer = nn.Sequential()
        self.final_layer.add_module("conv_classifier", nn.Conv2d(wide, classes, (1, left)))

    def stages(self, x):
        x = self.bnorm_temporal(self.conv_temporal(x))
        kernel = torch.renorm(self.conv_spatial.weight, 2, 0, 1.0)  # no kernel longer than 1
        x = F.elu(self.bnorm_1(F.conv2d(x, kernel, groups=self.conv_spatial.groups)))
        x = F.avg_pool2d(x, (1, self.pooling[0]))
        x = F.elu(self.bnorm_2(self.conv_separable_point(self.conv_separable_depth(x))))
        return {"logits": self.final_layer(F.avg_pool2d(x, (1, self.pooling[1]))).flatten(1)}


class RegionBlock(nn.Module):
    def __init__(self, width, heads, softmax):
        super().__init__()
        self.Wqkv = nn.Parameter(torch.randn(3, heads, width // heads, width))
        self.Wo = nn.Parameter(torch.randn(width, width))
        self.lnorm, self.lnormz = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp = nn.Module()
        self.mlp.fc1, self.mlp.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.softmax = softmax

    def forward(self, z):
        q, k, v = torch.einsum("xhdm,...nm->x...hnd", self.Wqkv, self.lnorm(z))
        scores = q @ k.mT / math.sqrt(q.shape[-1])
        mixed = (torch.softmax(scores, -1) if self.softmax else scores) @ v
        z = z + mixed.transpose(-3, -2).flatten(-2) @ self.Wo.T
        return z + self.mlp.fc2(F.gelu(self.mlp.fc1(self.lnormz(z))))


class Transformer(nn.Module):
    def __init__(self, table, before, width, heads, blocks, softmax):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(width, before))
        self.bias = nn.Parameter(torch.randn(*table, width))
        self.cls = nn.Parameter(torch.randn(*table[:-1], 1, width))
        self.tfb = nn.ModuleList(RegionBlock(width, heads, softmax) for _ in range(blocks))

    def forward(self, x):
        z = x @ self.weight.T
        z = torch.cat([self.cls.expand(len(z), *self.cls.shape), z], -2) + self.bias
        for one in self.tfb:
            z = one(z)
        return z


class EEGformer(nn.Module):
    def __init__(self, channels=3, samples=1000, classes=2, maps=120, kernel=10, width=120, blocks=3, heads=(6, 6, 11),
                 groups=10, outputs=2, softmax=True, last_norm=False, regions="channels", activation=F.elu):
        super().__init__()
        self.activation = activation
        length, wide = samples - 3 * (kernel - 1), (maps + 1) * (channels + 1)
        self.odcm = nn.Module()
        for n, out in ((1, channels), (2, channels), (3, maps * channels)):
            setattr(self.odcm, f"cvf{n}", nn.Conv1d(channels, out, kernel, groups=channels))
        rows, tokens = (maps, channels) if regions == "channels" else (channels, maps)
        self.rtm = Transformer((rows, tokens + 1), length, width, heads[0], blocks, softmax)
        self.stm = Transformer((tokens + 1, rows + 1), width, width, heads[1], blocks, softmax)
        self.ttm = Transformer((groups + 1,), wide, wide, heads[2], blocks, softmax)
        self.cnndecoder = nn.Module()
        self.cnndecoder.cvd1 = nn.Conv1d(tokens + 1, 1, 1)
        self.cnndecoder.cvd2 = nn.Conv1d(rows + 1, outputs, 1)
        self.cnndecoder.cvd3 = nn.Conv1d(groups + 1, (groups + 1) // 2, 1)
        self.cnndecoder.fc = nn.Linear((groups + 1) // 2 * outputs, classes)
        if last_norm:
            self.ttm.lnorm_extra = nn.LayerNorm(wide)
        self.regions = regions
        self.sizes = channels, maps, groups, rows, tokens

    def stages(self, x):
        channels, maps, groups, rows, tokens = self.sizes
        x = x[:, 0]
        for layer in (self.odcm.cvf1, self.odcm.cvf2, self.odcm.cvf3):
            x = self.activation(layer(x))
        x = x.unflatten(1, (channels, maps))
        out = {"features": x}
        z = self.stm(self.rtm(x if self.regions == "maps" else x.transpose(1, 2)).transpose(1, 2))  # b, token + 1, row + 1, width
        z = z.unflatten(-1, (groups, -1)).mean(-1)
        z = self.ttm(torch.einsum("bcsm->bmsc", z).flatten(2))
        if hasattr(self.ttm, "lnorm_extra"):
            z = self.ttm.lnorm_extra(z)
        out["tokens"] = z
        z = z.unflatten(-1, (rows + 1, tokens + 1)).transpose(1, 2)  # b, row + 1, group + 1, token + 1
        decoder, f = self.cnndecoder, self.activation
        y = torch.stack([f(decoder.cvd1(one.mT)).squeeze(0) for one in z.flatten(0, 1)]).unflatten(0, z.shape[:2])
        y = f(decoder.cvd2(y)).mT                                  # b, group + 1, output
        out["logits"] = decoder.fc(f(decoder.cvd3(y)).flatten(1))
        return out
