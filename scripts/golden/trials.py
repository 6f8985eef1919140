"""Makes the golden files of the tests of networks on EEG trials.

    python scripts/golden/trials.py Tests/BrainModelsTests/Golden
    python scripts/golden/trials.py --check

--check compares S3T, as its authors shipped it, with numbers measured on their program.
"""
import torch
from torch.nn import functional as F

from common import command_line, draw_halves, report, save, waves
from reference.trials import EEGConformer, EEGformer, EEGNet, S3T

SMALL = {
    "s3t": (S3T, {"channels": 5, "samples": 120, "classes": 3, "width": 6, "blocks": 2, "heads": 3, "pooling": 20}),
    "eeg-conformer": (EEGConformer, {"channels": 4, "samples": 90, "classes": 3, "width": 8, "blocks": 2, "heads": 2,
                                     "filter": 9, "pooling": 20, "stride": 7, "hidden": (12, 6)}),
    "eegnet": (EEGNet, {"channels": 4, "samples": 101, "classes": 3, "filters": 3, "depth": 2, "kernel": 10,
                        "separable": 5, "pooling": (4, 3)}),
    "eegformer": (EEGformer, {"channels": 3, "samples": 50, "classes": 3, "maps": 5, "kernel": 4, "width": 12,
                              "blocks": 2, "heads": (3, 2, 4), "groups": 4, "outputs": 2}),
    "eegformer-port": (EEGformer, {"channels": 2, "samples": 12, "classes": 2, "maps": 3, "kernel": 3, "width": 6,
                                   "blocks": 1, "heads": (3, 2, 4), "groups": 3, "outputs": 2, "softmax": False,
                                   "last_norm": True, "regions": "maps", "activation": F.relu}),
}
PUBLISHED_TOKENS = (0.0917269674, 2.4549369030, -0.932148826)
PUBLISHED_LOGITS = (0.0554290662, 0.0555342673, 0.0555373946, 0.0554385777)


@torch.no_grad()
def draw_statistics(network):
    """Running moments that half precision holds exactly, variances around 1."""
    for name, buffer in network.named_buffers():
        if buffer.is_floating_point():
            buffer.copy_((torch.randn_like(buffer) * 0.2 + (1 if name.endswith("var") else 0)).half())


@torch.no_grad()
def base_ones(network):
    """The weights of the published numbers: 0.05 sin(0.7 t + 0.013 k), around 1 for 1-D weights and variances."""
    filled = [(n, p) for n, p in network.state_dict().items() if p.is_floating_point()]
    for t, (name, p) in enumerate(filled):
        base = 1.0 if p.dim() == 1 and name.endswith("weight") or name.endswith("running_var") else 0.0
        k = torch.arange(p.numel(), dtype=torch.float64)
        p.copy_((base + 0.05 * torch.sin(0.7 * t + 0.013 * k)).reshape(p.shape))
    return [name for name, _ in filled]


def write_one(name, make, sizes, folder, **forms):
    torch.manual_seed(17)
    network = make(**sizes)
    draw_halves(network, matrices=0.5, others=0.3)
    draw_statistics(network)
    stored = {n: p.half() for n, p in network.state_dict().items() if p.is_floating_point()}
    save(stored, folder / f"{name}-small.safetensors", {})
    network.double().eval()
    x = waves((2, 1, sizes["channels"], sizes["samples"]), 0.11, 0.37).float().double()
    out = network.stages(x)
    for form, change in forms.items():
        other = make(**sizes, **change).double().eval()
        other.load_state_dict(network.state_dict())
        out[form] = other.stages(x)["logits"].detach()
    (out["logits"] * waves(out["logits"].shape, 0.31, 0.83)).sum().backward()
    kept = {n: p.grad for n, p in network.named_parameters() if p.grad is not None and p.numel() <= 400}
    shown = {n: kept[n] for n in list(kept)[:: max(1, len(kept) // 12)]}
    save(out | {f"gradient.{n}": g for n, g in shown.items()}, folder / f"{name}-small-io.safetensors", {})
    print(f"{name}: published size {sum(p.numel() for p in make().state_dict().values() if p.is_floating_point())}")


def write(folder):
    for name, (make, sizes) in SMALL.items():
        forms = {"s3t": {"shipped": {"shipped": True}}, "eegformer": {"port": {"softmax": False}}}.get(name, {})
        write_one(name, make, sizes, folder, **forms)


def check(_):
    network = S3T(shipped=True).double().eval()
    names = base_ones(network)
    with torch.no_grad():
        out = network.stages(waves((2, 1, 16, 1000), 0.011, 0.37))
    print(len(names), "tensors")
    tokens = out["tokens"]
    report("tokens", (tokens.mean(), tokens.std(correction=0), tokens.flatten()[0]), PUBLISHED_TOKENS)
    report("logits", out["logits"][0], PUBLISHED_LOGITS)


if __name__ == "__main__":
    command_line(__doc__, write, check)
