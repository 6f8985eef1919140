"""Makes the golden files of GraformerDIR's tests.

    python scripts/golden/graformer.py Tests/BrainModelsTests/Golden
"""
import torch

from common import command_line, draw_halves, save, smaller, waves
from reference.graformer import GraformerDIR

SMALL = {"encoder": (3, 4, 4, 6), "decoder": (4, 4, 3, 3, 2), "layers": 2, "heads": 2, "neighbours": 3, "order": 4}
KEPT = ("encoder.0.weight", "graph.0.queries.weight", "graph.0.keys.weight", "graph.1.values.weight",
        "graph.1.chebyshev.3.weight", "graph.0.norm1.weight", "decoder.3.weight", "flow.bias")


def write(folder):
    torch.manual_seed(13)
    network = GraformerDIR(**SMALL)
    draw_halves(network, matrices=0.8, others=0.15)
    save({name: p.half() for name, p in network.state_dict().items()}, folder / "graformer-dir-small.safetensors", {})
    network.double().train()
    x = waves((1, 2, 32, 64, 32), 0.11, 0.37).float().double()
    results = network.stages(x)
    (results["warped"] * waves(results["warped"].shape, 0.31, 0.83)).sum().backward()
    out = {name: smaller(value) for name, value in results.items()}
    out |= {f"gradient.{name}": network.get_parameter(name).grad for name in KEPT}
    save(out, folder / "graformer-dir-small-io.safetensors", {})
    with torch.device("meta"):
        print(f"published size: {sum(p.numel() for p in GraformerDIR().parameters())} parameters")


if __name__ == "__main__":
    command_line(__doc__, write)
