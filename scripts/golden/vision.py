"""Makes the golden files of the vision transformers' tests: timm's ViT and Swin, MONAI's ViT, and Swin along three axes.

    python scripts/golden/vision.py Tests/BrainModelsTests/Golden

Needs timm, monai and einops beside torch.
"""
import monai
import timm
import torch
from torch.nn import functional

from common import command_line, draw_halves, save, waves
from reference.swin_classifier import Swin


def store(network, name, folder):
    weights = {key: p.half() for key, p in network.state_dict().items() if p.is_floating_point()}
    save(weights, folder / f"{name}.safetensors", {})
    return network.double().eval()


def gradients(network, logits, names):
    """Of the sum of the logits' waves, so that every logit counts differently."""
    (logits * waves(logits.shape, 0.7, 0.3)).sum().backward()
    return {f"gradient.{name}": network.get_parameter(name).grad for name in names}


def plane_transformer(folder):
    network = timm.models.vision_transformer.VisionTransformer(
        img_size=(32, 24), patch_size=8, in_chans=3, embed_dim=12, depth=2, num_heads=3, num_classes=4,
        dynamic_img_size=True)
    draw_halves(network)
    store(network, "vision-transformer-small", folder)
    maps = {}
    network.norm_pre.register_forward_hook(lambda _, __, y: maps.update(tokens=y))
    for n, block in enumerate(network.blocks):
        block.register_forward_hook(lambda _, __, y, n=n: maps.update({f"block{n}": y}))
    x = waves((2, 3, 32, 24), 0.11, 0.37)
    maps["logits"] = network(x)
    out = dict(maps) | gradients(network, maps["logits"], (
        "cls_token", "pos_embed", "patch_embed.proj.weight", "blocks.0.attn.qkv.bias", "blocks.1.mlp.fc1.weight"))
    with torch.no_grad():
        out["other.logits"] = network(waves((2, 3, 16, 56), 0.11, 0.37))
        out["other.tokens"] = maps["tokens"]
    save(out, folder / "vision-transformer-small-io.safetensors", {})


def volume_transformer(folder):
    def made(post):
        return monai.networks.nets.ViT(
            1, (16, 24, 8), 8, hidden_size=12, mlp_dim=20, num_layers=2, num_heads=3, classification=True, num_classes=2,
            post_activation=post)

    network = made("none")
    draw_halves(network)
    store(network, "volume-transformer-small", folder)
    x = waves((2, 1, 16, 24, 8), 0.11, 0.37)
    out = {}
    out["logits"], hidden = network(x)
    out |= {f"block{n}": map for n, map in enumerate(hidden)}
    patches = network.patch_embedding(x)
    out["tokens"] = torch.cat([network.cls_token.expand(2, -1, -1), patches], dim=1)
    out |= gradients(network, out["logits"], (
        "patch_embedding.position_embeddings", "patch_embedding.patch_embeddings.weight", "blocks.0.attn.qkv.weight"))
    with torch.no_grad():
        out["squashed"] = torch.tanh(out["logits"])
        place = network.patch_embedding
        table = place.position_embeddings.reshape(1, 2, 3, 1, 12).permute(0, 4, 1, 2, 3)
        table = functional.interpolate(table, size=(3, 2, 2), mode="trilinear", align_corners=False)
        place.position_embeddings = torch.nn.Parameter(table.flatten(2).transpose(1, 2))
        out["other.logits"] = network(waves((1, 1, 24, 16, 16), 0.11, 0.37))[0]
    squashing = made("Tanh").double().eval()
    names = {"classification_head.0.weight": "classification_head.weight",
             "classification_head.0.bias": "classification_head.bias"}
    network = made("none").double()
    network.load_state_dict({key: p.double() for key, p in torch_file(folder, "volume-transformer-small").items()})
    state = network.state_dict()
    squashing.load_state_dict({key: state[names.get(key, key)] for key in squashing.state_dict()})
    assert torch.equal(squashing(x)[0], out["squashed"])
    save(out, folder / "volume-transformer-small-io.safetensors", {})


def torch_file(folder, name):
    from safetensors.torch import load_file
    return load_file(folder / f"{name}.safetensors")


def swin(folder):
    sizes = {"inputs": 3, "sides": (64, 48), "patch": 4, "embedding": 4, "depths": (2, 1, 2, 1), "heads": (1, 2, 2, 4),
             "window": (4, 4), "classes": 3}
    network = Swin(**sizes)
    draw_halves(network)
    peer = timm.models.swin_transformer.SwinTransformer(
        img_size=(64, 48), patch_size=4, in_chans=3, num_classes=3, embed_dim=4, depths=(2, 1, 2, 1),
        num_heads=(1, 2, 2, 4), window_size=4)
    peer.load_state_dict(network.state_dict(), strict=False)
    missing = set(peer.state_dict()) ^ set(network.state_dict())
    assert all("relative_position_index" in name or "attn_mask" in name for name in missing), missing
    store(network, "swin-classifier-small", folder)
    x = waves((2, 3, 64, 48), 0.11, 0.37)
    out = network.stages(x)
    seen = peer.double().eval()(x)
    assert (seen - out["logits"]).abs().max() < 1e-9, "timm differs"
    out["logits"] = seen
    out |= gradients(network, network.stages(x)["logits"], (
        "layers.0.blocks.1.attn.relative_position_bias_table", "layers.2.downsample.reduction.weight"))
    save(out, folder / "swin-classifier-small-io.safetensors", {})
    sizes |= {"inputs": 1, "sides": (24, 16, 20), "embedding": 2, "heads": (1, 1, 2, 2), "window": (4, 4, 3)}
    volume = Swin(**sizes)
    draw_halves(volume)
    store(volume, "swin-volume-small", folder)
    save(volume.stages(waves((2, 1, 24, 16, 20), 0.11, 0.37)), folder / "swin-volume-small-io.safetensors", {})


def write(folder):
    for seed, make in enumerate((plane_transformer, volume_transformer, swin)):
        torch.manual_seed(seed)
        make(folder)


if __name__ == "__main__":
    command_line(__doc__, write)
