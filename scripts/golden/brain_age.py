"""Makes the golden files of the brain-age networks' tests.

    python scripts/golden/brain_age.py Tests/BrainModelsTests/Golden
"""
import torch

from common import command_line, draw_halves, save, waves
from reference.brain_age import GlobalLocal, Relation, Triamese
from reference.trans_resnet import ResNet, TransResNet


@torch.no_grad()
def draw(network):
    """Halves everywhere; weights of batch norms around 1, and moments that differ from those of any batch."""
    draw_halves(network)
    for name, p in network.named_parameters():
        if ("bn" in name) and name.endswith("weight"):
            p.copy_((p + 1).half())
        elif p.dim() > 2 and "token" not in name and "pos" not in name:
            p.copy_((p * 3).half())
    for name, b in network.named_buffers():
        if b.is_floating_point():
            moments = torch.randn_like(b) * 0.2
            b.copy_((moments.abs() + 0.5 if name.endswith("var") else moments).half())


def make(network, name, x, kept, folder, trains=True):
    draw(network)
    weights = {key: p.half() for key, p in network.state_dict().items() if p.is_floating_point()}
    save(weights, folder / f"{name}.safetensors", {})
    network.double().eval()
    out = {"answer": network(x)}
    (out["answer"] * waves(out["answer"].shape, 0.7, 0.3)).sum().backward()
    out |= {f"gradient.{key}": network.get_parameter(key).grad for key in kept}
    with torch.no_grad():
        network.train(trains)
        out["training"] = network(x)
        buffers = dict(network.named_buffers())
        out |= {f"moments.{key}": buffers[key] for key in buffers if key.endswith(("11.bn1.running_var", "0.bn.running_var"))}
    save(out, folder / f"{name}-io.safetensors", {})


def write(folder):
    torch.manual_seed(3)
    make(GlobalLocal(3, (2, 3, 4, 6), heads=2, blocks=2, patch=32, step=16), "global-local-small",
         waves((2, 3, 60, 72), 0.11, 0.37),
         ("global_feat.conv11.conv1.weight", "attnlist.0.key.weight", "fftlist.1.conv1.bn1.weight"), folder)
    make(Relation((2, 3, 4, 4, 6), width=8, heads=2), "relation-small", waves((2, 2, 64, 64, 32), 0.11, 0.37),
         ("backbone.0.conv.weight", "blocks.1.norm_context.weight", "blocks.0.attn.query.weight"), folder)
    make(Triamese((10, 12, 9), patch=4, width=8, depth=1, heads=2, hidden=3), "triamese-small",
         waves((2, 1, 10, 12, 9), 0.11, 0.37), ("views.1.pos_embed", "fusion.fc1.weight"), folder)
    # Its reference sees one view after the other, so the batch norms' moments of training are not compared.
    make(TransResNet(2, (32, 48), (2, 3, 4, 6), width=8, depth=2, heads=2, answers=3), "trans-resnet-small",
         waves((2, 2, 32, 48), 0.11, 0.37),
         ("conv1.weight", "layer2.downsample.0.weight", "view_embed", "blocks.1.attn.qkv.weight"), folder, trains=False)
    make(ResNet(2, (2, 3, 4, 6), answers=3), "resnet-small", waves((2, 2, 32, 48), 0.11, 0.37),
         ("conv1.weight", "layer3.conv1.weight", "fc.weight"), folder, trains=False)
    with torch.device("meta"):
        for network in (GlobalLocal(), Relation(), Triamese(), TransResNet(), ResNet()):
            print(type(network).__name__, sum(p.numel() for p in network.parameters()), "parameters")


if __name__ == "__main__":
    command_line(__doc__, write)
