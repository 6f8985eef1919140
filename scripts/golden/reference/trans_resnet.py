"""An independent build of the Trans-ResNet-style network on views: PyTorch's own layers wherever there are some."""
import torch
from torch import nn


class Residual(nn.Module):
    def __init__(self, before, after):
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.downsample = nn.Sequential(nn.Conv2d(before, after, 1, 2, bias=False), nn.BatchNorm2d(after))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + self.downsample(x))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.ModuleDict({"qkv": nn.Linear(width, 3 * width), "proj": nn.Linear(width, width)})
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)})
        self.heads = heads

    def forward(self, x):
        q, k, v = self.attn["qkv"](self.norm1(x)).chunk(3, dim=2)
        parted = [part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in (q, k, v)]
        mixed = nn.functional.scaled_dot_product_attention(*parted).transpose(1, 2).flatten(2)
        x = x + self.attn["proj"](mixed)
        return x + self.mlp["fc2"](nn.functional.gelu(self.mlp["fc1"](self.norm2(x))))


class TransResNet(nn.Module):
    def __init__(self, views=1, sides=(128, 128), channels=(24, 48, 96, 160), width=128, depth=3, heads=4, answers=4):
        super().__init__()
        self.conv1 = nn.Conv2d(1, channels[0], 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels[0])
        for n in range(1, 4):
            setattr(self, f"layer{n}", Residual(channels[n - 1], channels[n]))
        self.embed = nn.Linear(channels[3], width)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, sides[0] // 16 * (sides[1] // 16), width))
        self.view_embed = nn.Parameter(torch.zeros(views, 1, width))
        self.blocks = nn.Sequential(*[Block(width, heads) for _ in range(depth)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, answers)

    def forward(self, x):
        sequences = []
        for n in range(x.shape[1]):
            y = torch.relu(self.bn1(self.conv1(x[:, n:n + 1])))
            for stage in (self.layer1, self.layer2, self.layer3):
                y = stage(y)
            sequences.append(self.embed(y.flatten(2).transpose(1, 2)) + self.pos_embed + self.view_embed[n])
        seen = torch.cat(sequences, dim=1)
        mixed = self.blocks(torch.cat([self.cls_token.expand(len(x), -1, -1), seen], dim=1))
        return self.head(self.norm(mixed[:, 0] + seen.mean(dim=1)))


class ResNet(nn.Module):
    """The same encoder, the views' means one after the other, and a linear head."""

    def __init__(self, views=1, channels=(24, 48, 96, 160), answers=4):
        super().__init__()
        self.conv1 = nn.Conv2d(1, channels[0], 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels[0])
        for n in range(1, 4):
            setattr(self, f"layer{n}", Residual(channels[n - 1], channels[n]))
        self.fc = nn.Linear(views * channels[3], answers)

    def forward(self, x):
        means = []
        for view in x.split(1, dim=1):
            y = torch.relu(self.bn1(self.conv1(view)))
            means.append(nn.functional.adaptive_avg_pool2d(self.layer3(self.layer2(self.layer1(y))), 1).flatten(1))
        return self.fc(torch.cat(means, dim=1))
