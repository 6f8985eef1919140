"""Makes the golden files of EoFormer's tests, or proves that the reference behind them is EoFormer.

    python scripts/golden/eoformer.py Tests/BrainModelsTests/Golden     writes the golden files
    python scripts/golden/eoformer.py --check [--names LIST.tsv]        compares with published numbers
"""
import torch

from common import command_line, named_shapes, report, save, shapes_of, waves
from reference.eoformer import (Configuration, EdgeConvolution, EfficientAttention, EoFormer, StarReLU, channel_first,
                                channel_last, draw)
from reference.losses import corrected_loss, published_loss

SMALL = Configuration(channels=(4, 4, 4, 6), head_width=2, depths=(1, 1, 1, 1))
SIDE = 16
SEED = 56   # of the first 160 the one whose float32 gradients lie closest to its float64 gradients

# Mean, population standard deviation, first and last element, measured with the published code in float64.
PUBLISHED = {
    "S0": (-0.0011396715, 1.0199872829, 0.529177873, -0.029500255),
    "S1": (-0.0151752824, 0.1343035469, -0.018179980, -0.051715653),
    "S2": (0.0251409880, 0.0904595597, 0.067396481, 0.193361527),
    "bottleneck": (-0.0294826369, 1.6814924823, -1.198998177, 1.617455011),
    "decoder": (-0.0185942659, 0.0133676919, -0.015194317, -0.004958448),
    "logits": (-0.0010792270, 0.0024065826, 0.000161757, -0.001657176),
}
PUBLISHED_VOXELS = {
    16: (0.0015030621, 0.0004720452, -0.0007776148),
    0: (0.0001617572, -0.0006153010, -0.0015641287),
}


def fill_with_sines(network):
    filled = [(name, p) for name, p in network.state_dict().items() if not name.endswith(".mask")]
    for t, (name, parameter) in enumerate(filled):
        leaf = name.rsplit(".", 1)[1]
        ones = parameter.dim() == 1 and (leaf == "scale" or leaf == "weight" and "norm" in name)
        base = 1.0 if ones else 0.25 if name.endswith("token_mixer.act.weight") else 0.0
        k = torch.arange(parameter.numel(), dtype=torch.float64)
        parameter.copy_((base + 0.02 * torch.sin(0.7 * t + 0.013 * k)).reshape(parameter.shape))
    return len(filled)


def check_names(network, path):
    listed, found = named_shapes(path), shapes_of(network)
    assert found == listed, set(found) ^ set(listed)
    print(f"{len(found)} names and shapes agree, in order")


def check(names):
    network = EoFormer().double().eval()
    trainable = sum(p.numel() for p in network.parameters())
    masks = sum(b.numel() for b in network.buffers())
    print(f"parameters {trainable + masks} (published 6401783), trainable {trainable} (published 6377591)")
    assert (trainable, masks, len(network.state_dict())) == (6377591, 24192, 255)
    if names:
        check_names(network, names)
    worst = 0.0
    with torch.no_grad():
        print(f"{fill_with_sines(network)} tensors filled (published 243)")
        for form in ("folded", "training"):
            results = network.train(form == "training").stages(waves((1, 4, 32, 32, 32), 0.011, 0.37))
            for name, published in PUBLISHED.items():
                x = results[name].flatten()
                found = (x.mean(), x.std(correction=0), x[0], x[-1])
                worst = max(worst, report(f"{form} {name}", found, published))
            for side, published in PUBLISHED_VOXELS.items():
                found = results["logits"][0, :, side, side, side]
                worst = max(worst, report(f"{form} voxel {side}", found, published))
    print(f"largest difference {worst:.1e}")
    assert worst < 1e-9


def small_case():
    """Input and target: float16 and uint8 hold them exactly, which keeps the files small."""
    shape = (1, SMALL.contrasts, SIDE, SIDE, SIDE)
    scan = waves(shape, 0.011, 0.37).half()
    field = waves((1, SMALL.classes, SIDE, SIDE, SIDE), 0.0017, 0.05)
    return scan, (field > 0.4).to(torch.uint8)


def after_steps(network, scan, target, steps=4):
    """Losses before each step and after the last; the network keeps the weights of the last step."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-5)
    losses = []
    for _ in range(steps):
        optimiser.zero_grad()
        loss = corrected_loss(network(scan), target)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    with torch.no_grad():
        losses.append(corrected_loss(network(scan), target).item())
    return torch.tensor(losses)


KEPT_AFTER_STEPS = (
    "encoder.downsample_layers.0.conv.bias", "encoder.stages.0.0.mlp.act.scale",
    "encoder.stages.2.0.token_mixer.queries.weight", "decoder.stages.0.0.token_mixer.conv1x1x1_sbx.scale",
    "decoder.stages.2.1.token_mixer.conv1x1x1_lpl.k0", "decoder.stages.2.1.token_mixer.act.weight",
    "out.conv.conv.weight")


def write_network(folder):
    network = draw(EoFormer(SMALL), SEED)
    settings = {"channels": SMALL.channels, "head_width": SMALL.head_width, "depths": SMALL.depths}
    save(network.state_dict(), folder / "eoformer-small.safetensors", settings)

    network.double().train()
    scan, target = small_case()
    results = network.stages(scan.double())
    loss = corrected_loss(results["logits"], target.double())
    loss.backward()
    out = {"input": scan, "target": target, **results}
    out["loss.corrected"] = loss.reshape(1)
    out["loss.published"] = published_loss(results["logits"], target.double()).reshape(1)
    out |= {f"gradient.{name}": p.grad.clone() for name, p in network.named_parameters()}
    settings["zero_gradients"] = [n for n, p in network.named_parameters() if p.grad.norm() < 1e-12]
    out["steps.losses"] = after_steps(network, scan.double(), target.double())
    out |= {f"steps.{name}": network.get_parameter(name) for name in KEPT_AFTER_STEPS}
    save(out, folder / "eoformer-small-io.safetensors", settings)


def write_layers(folder):
    """Each layer: `NAME.input`, `NAME.output`, weights by their own names, gradients of the sum of weighted outputs."""
    channel_first_layers = {
        "star_relu": (StarReLU(), (2, 3, 4), lambda layer, x: layer(x)),
        "attention": (EfficientAttention(4, 2), (2, 4, 2, 3, 4), on_channel_first),
        "eos": (EdgeConvolution(3, ("sbx", "sby", "sbz")), (2, 3, 3, 4, 5), on_channel_first),
        "eol": (EdgeConvolution(3, ("lpl",)), (2, 3, 3, 4, 5), on_channel_first),
    }
    out = {}
    for seed, (name, (layer, shape, apply)) in enumerate(channel_first_layers.items()):
        # `draw` tells parameters apart by their place in a network.
        draw(torch.nn.ModuleDict({"token_mixer": layer}), seed).double().train()
        x = waves(shape, 0.7, 1.9).float().double().requires_grad_()
        y = apply(layer, x)
        (y * waves(y.shape, 0.31, 0.83)).sum().backward()
        out |= {f"{name}.input": x, f"{name}.output": y, f"{name}.gradient.input": x.grad}
        out |= {f"{name}.weights.{key}": value for key, value in layer.state_dict().items()}
        out |= {f"{name}.gradient.{key}": value.grad for key, value in layer.named_parameters()}
    save(out, folder / "eoformer-layers.safetensors", {"weighting": "sin(0.31 k) + 0.5 cos(0.83 k)"})


def on_channel_first(layer, x):
    return channel_first(layer(channel_last(x)))


def write(folder):
    write_network(folder)
    write_layers(folder)


if __name__ == "__main__":
    command_line(__doc__, write, check)
