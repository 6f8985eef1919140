"""Makes the golden files of SwinVoxelMorph's tests.

    python scripts/golden/swin_voxelmorph.py Tests/BrainModelsTests/Golden
"""
import torch

from common import command_line, draw_halves, save, smaller, waves
from reference.swin_voxelmorph import SwinVoxelMorph, symmetric_loss
from reference.transmorph import Configuration

SMALL = Configuration(embed=4, heads=(1, 2, 2, 4), depths=(2, 1, 1, 1), window=(3, 2, 2), qkv_bias=True)
SEED = 20   # of the first 24 the one whose float32 fields lie closest to its float64 fields
KEPT = ("swin_unet.patch_embed.proj.weight", "swin_unet.layers.0.blocks.1.attn.qkv.bias",
        "swin_unet.layers_up.1.upsample.expand.weight", "swin_unet.concat_back_dim.2.weight",
        "swin_unet.up.norm.weight", "swin_unet.output1.weight", "swin_unet.output2.weight")


def write(folder):
    torch.manual_seed(SEED)
    network = SwinVoxelMorph(SMALL)
    draw_halves(network)
    weights = {name: p.half() for name, p in network.state_dict().items() if p.is_floating_point()}
    save(weights, folder / "swin-voxelmorph-small.safetensors", {})
    network.double().train()
    x = waves((1, 2, 32, 32, 64), 0.11, 0.37).float().double()
    results = network.stages(x)
    loss = symmetric_loss(x[:, :1], x[:, 1:], results["flow"], results["inverse"])
    loss.backward()
    out = {name: smaller(value) for name, value in results.items()}
    out["loss"] = loss.reshape(1)
    out |= {f"gradient.{name}": network.get_parameter(name).grad for name in KEPT}
    with torch.no_grad():
        out["velocity.flow"] = network.stages(x, squarings=5)["flow"][..., ::4, ::4, ::8]
    save(out, folder / "swin-voxelmorph-small-io.safetensors", {})
    with torch.device("meta"):
        print(f"published size: {sum(p.numel() for p in SwinVoxelMorph().parameters())} parameters")


if __name__ == "__main__":
    command_line(__doc__, write)
