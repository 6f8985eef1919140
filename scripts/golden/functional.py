"""Makes the golden files of the tests of networks on functional MRI.

    python scripts/golden/functional.py Tests/BrainModelsTests/Golden
    python scripts/golden/functional.py --check

--check compares Brain Network Transformer with numbers measured on the public program.
"""
import torch

from common import command_line, draw_halves, report, save, waves
from reference.functional import BrainNetworkTransformer, GraphTransformer, SpatialTemporalTransformer

BRAIN = {"regions": 6, "classes": 3, "heads": 2, "hidden": 10, "clusters": 3, "bottleneck": 5, "reduction": 4,
         "perceptron": (9, 5)}
SMALL = {
    "brain-network-transformer": (BrainNetworkTransformer, BRAIN),
    "brain-network-transformer-pooled": (BrainNetworkTransformer, BRAIN | {"identity": 2, "first_pools": True}),
    "st-transformer-style": (SpatialTemporalTransformer, {"regions": 5, "frames": 7, "classes": 3, "width": 8,
                                                          "blocks": 2, "heads": 2}),
    "graph-transformer": (GraphTransformer, {"regions": 6, "classes": 3, "width": 8, "blocks": 2, "heads": 2}),
}
# The same weights otherwise: the form's name in the file and what differs.
FORMS = {"brain-network-transformer": {"paper": {"readout": "paper"}, "biasless": {"biases": False}},
         "graph-transformer": {"sparse": {"neighbours": 2}}}
PUBLISHED_LOGITS = (-0.037698117284, -0.025635965195, -0.038039642661, -0.025553911239)
PUBLISHED_LAYER = (-0.001259916006, 1.002276028975, -0.101375565113)


def write_one(name, make, sizes, folder):
    torch.manual_seed(23)
    network = make(**sizes)
    draw_halves(network, matrices=0.5, others=0.3)
    save({n: p.half() for n, p in network.state_dict().items()}, folder / f"{name}-small.safetensors", {})
    network.double().eval()
    x = waves((2, sizes.get("frames", sizes["regions"]), sizes["regions"]), 0.11, 0.37).float().double()
    out = network.stages(x)
    for form, change in FORMS.get(name, {}).items():
        other = make(**sizes, **change).double().eval()
        other.load_state_dict({n: p for n, p in network.state_dict().items() if n in other.state_dict()})
        found = other.stages(x)
        out |= {form: found["logits"], f"{form}.regions": found["regions"]}
    (out["logits"] * waves(out["logits"].shape, 0.31, 0.83)).sum().backward()
    kept = {n: p.grad for n, p in network.named_parameters() if p.grad is not None and p.numel() <= 400}
    shown = {n: kept[n] for n in list(kept)[:: max(1, len(kept) // 12)]}
    save(out | {f"gradient.{n}": g for n, g in shown.items()}, folder / f"{name}-small-io.safetensors", {})
    print(f"{name}: published size {sum(p.numel() for p in make().parameters())}")


def write(folder):
    for name, (make, sizes) in SMALL.items():
        write_one(name, make, sizes, folder)


@torch.no_grad()
def base_ones(network):
    """0.05 sin(0.7 t + 1.3 k + 1e-5 k²), t the sum of the name's bytes, around 1 for the weights of norms."""
    for name, p in network.named_parameters():
        base = 1.0 if "norm" in name and name.endswith("weight") else 0.0
        k = torch.arange(p.numel(), dtype=torch.float64)
        p.copy_((base + 0.05 * torch.sin(0.7 * sum(name.encode()) + 1.3 * k + 1e-5 * k * k)).reshape(p.shape))


def check(_):
    network = BrainNetworkTransformer().double().eval()
    base_ones(network)
    with torch.no_grad():
        out = network.stages(waves((2, 200, 200), 0.011, 0.37))
    print(len(network.state_dict()), "tensors")
    layer = out["layer0"]
    report("first layer", (layer.mean(), layer.std(correction=0), layer[0, 0, 0]), PUBLISHED_LAYER)
    report("logits", out["logits"].flatten(), PUBLISHED_LOGITS)


if __name__ == "__main__":
    command_line(__doc__, write, check)
