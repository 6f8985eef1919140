"""Makes the golden files of TransMorph's tests, or proves that the reference behind them is TransMorph.

    python scripts/golden/transmorph.py Tests/BrainModelsTests/Golden     writes the golden files
    python scripts/golden/transmorph.py --check [--names LIST.tsv]        compares with published numbers
"""
import dataclasses

import torch

from common import (command_line, draw_halves, fill_with_sines, named_shapes, report, save, shapes_of, smaller,
                    waves)
from reference.transmorph import (Configuration, TransMorph, TransMorphAffine, TransMorphBSpline, TransMorphDiff,
                                  divergence)

MEASURED = Configuration(embed=24, heads=(2, 2, 4, 4), window=(4, 4, 4))
SMALL = Configuration(embed=4, heads=(1, 2, 2, 4), depths=(2, 2, 1, 1), window=(3, 2, 2), head_channels=4)
AFFINE = Configuration(embed=4, heads=(1, 2, 2, 4), depths=(2, 1, 1, 1), window=(2, 2, 3))
SHAPE = (1, 2, 32, 64, 32)
AFFINE_SHAPE = (1, 2, 64, 64, 96)

# Mean, population standard deviation, first element, measured with the published code in float64.
PUBLISHED = {
    "feat0": (-0.0146244198, 0.9582096711, 0.436834562),
    "feat1": (0.0468462348, 1.0257966086, 1.200932722),
    "feat2": (0.0079873902, 1.0362421086, 1.472277604),
    "feat3": (-0.0368512959, 0.9660108647, 1.287551323),
    "flow": (0.4883945560, 1.4987951197, 0.115118068),
    "warped": (0.0143903603, 0.6700262260, None),
}
CENTRE = {"flow": (-1.270566377, -0.033828659, 1.235440577), "warped": (-0.437473281,)}
COUNTS = {
    "TransMorph": (Configuration(), 46771251),
    "Tiny": (Configuration(embed=6, heads=(2, 2, 4, 4)), 244527),
    "Small": (Configuration(embed=48, heads=(4, 4, 4, 4)), 11757195),
    "Large": (Configuration(embed=128, depths=(2, 2, 12, 2), heads=(4, 4, 8, 16)), 108343907),
    "Lrn": (Configuration(position="learned"), 63630387),
    "No-Conv-Skip": (Configuration(conv_skip=False), 46702131),
    "No-Trans-Skip": (Configuration(trans_skip=False), 41545779),
    "No-Skip": (Configuration(conv_skip=False, trans_skip=False), 41476659),
}


def check_names(path):
    listed = [row for row in named_shapes(path) if row[0] != "spatial_trans.grid"]
    found = shapes_of(TransMorph())
    assert found == listed, set(found) ^ set(listed)
    print(f"{len(found)} names and shapes agree, in order")


def check(names):
    with torch.device("meta"):
        for label, (c, count) in COUNTS.items():
            found = sum(p.numel() for p in TransMorph(c).parameters())
            print(f"{label:14}{found:12} (published {count})")
            assert found == count
        assert sum(p.numel() for p in TransMorphDiff().parameters()) == 46557414
        assert sum(p.numel() for p in TransMorphAffine().parameters()) == 90095131
        print(f"B-spline      {sum(p.numel() for p in TransMorphBSpline().parameters()):12}")
    if names:
        check_names(names)
    network = TransMorph(MEASURED).double().eval()
    assert sum(p.numel() for p in network.parameters()) == 2960147
    worst = 0.0
    with torch.no_grad():
        print(f"{len(fill_with_sines(network))} tensors filled (published 155)")
        results = network.stages(waves((1, 2, 64, 64, 64), 0.011, 0.37))
        for name, published in PUBLISHED.items():
            x = results[name].flatten()
            worst = max(worst, report(name, (x.mean(), x.std(correction=0), x[0]), published))
        for name, published in CENTRE.items():
            worst = max(worst, report(name + " centre", results[name][0, :, 32, 32, 32], published))
    print(f"largest difference {worst:.1e}")
    assert worst < 1e-9


def write(folder):
    out, settings = {}, {"small": dataclasses.asdict(SMALL)}
    x = waves(SHAPE, 0.11, 0.37).float().double()
    torch.manual_seed(7)
    network = TransMorph(SMALL)
    draw_halves(network)
    with torch.no_grad():
        network.reg_head[0].weight.mul_(4)
    state = {name: p.half() if p.is_floating_point() else p for name, p in network.state_dict().items()}
    weights = {name: p for name, p in state.items() if p.is_floating_point()}
    save(weights, folder / "transmorph-small.safetensors", {})
    grid = torch.zeros(1, 3, 1, 1, 1, dtype=torch.half)
    torch.save({"epoch": 3, "state_dict": {**state, "spatial_trans.grid": grid}, "best_dsc": 0.5, "optimizer": {}},
               folder / "transmorph-official.pth")

    network.double().train()
    results = network.stages(x)
    (results["warped"] * waves(results["warped"].shape, 0.31, 0.83)).sum().backward()
    out |= {name: smaller(value) for name, value in results.items()}
    out |= {f"gradient.{name}": network.get_parameter(name).grad for name in KEPT}
    for label, c in {"sin": {"position": "sines"}, "lrn": {"position": "learned", "embedding_side": 5},
                     "norelative": {"relative": False}, "noconv": {"conv_skip": False},
                     "notrans": {"trans_skip": False}}.items():
        other = TransMorph(dataclasses.replace(SMALL, **c)).double().eval()
        settings[label] = fill_with_sines(other)
        out[label + ".flow"] = other.stages(x)["flow"][..., ::4, ::8, ::4]
    diff = TransMorphDiff(SMALL).double().eval()
    settings["diff"] = fill_with_sines(diff)
    for label, published in (("diff", False), ("shipped", True)):
        out |= {f"{label}.{name}": smaller(value) for name, value in diff.stages(x, published).items()}
    found = diff.stages(x)
    out["diff.divergence"] = divergence(found["velocity"], found["sigma"]).reshape(1)
    bspline = TransMorphBSpline(SMALL, spacing=(3, 4, 2), channels=(5, 4)).double().eval()
    settings["bspline"] = fill_with_sines(bspline)
    out |= {f"bspline.{name}": smaller(value) for name, value in bspline.stages(x).items()}
    affine = TransMorphAffine(AFFINE).double().eval()
    settings["affine"] = fill_with_sines(affine)
    found = affine.stages(waves(AFFINE_SHAPE, 0.011, 0.37).float().double())
    out |= {f"affine.{name}": value[..., ::6, ::6, ::6] if value.dim() == 5 else value for name, value in found.items()}
    save(out, folder / "transmorph-small-io.safetensors", settings)


KEPT = ("transformer.patch_embed.proj.weight", "transformer.layers.0.blocks.1.attn.relative_position_bias_table",
        "transformer.layers.1.downsample.reduction.weight", "transformer.layers.3.blocks.0.mlp.fc1.bias",
        "up2.conv1.0.weight", "c1.0.weight", "reg_head.0.weight", "reg_head.0.bias")


if __name__ == "__main__":
    command_line(__doc__, write, check)
