"""What the makers of golden files share: inputs, weights without random numbers, and how files are written."""
import argparse
import csv
import json
import math
import pathlib

import torch
from safetensors.torch import save_file


def waves(shape, fast, slow):
    """A smooth input without random numbers: sin(fast * k) + 0.5 * cos(slow * k) for element k."""
    k = torch.arange(math.prod(shape), dtype=torch.float64)
    return (torch.sin(fast * k) + 0.5 * torch.cos(slow * k)).reshape(shape)


@torch.no_grad()
def fill_with_sines(network, amplitude=0.05):
    """Tensor t, element k: sin(0.7 t + 0.013 k) times the amplitude, around 1 for the weights of norms."""
    filled = [(name, p) for name, p in network.state_dict().items() if p.is_floating_point()]
    for t, (name, parameter) in enumerate(filled):
        base = 1.0 if parameter.dim() == 1 and "norm" in name and name.endswith("weight") else 0.0
        k = torch.arange(parameter.numel(), dtype=torch.float64)
        parameter.copy_((base + amplitude * torch.sin(0.7 * t + 0.013 * k)).reshape(parameter.shape))
    return [(name, list(p.shape)) for name, p in filled]


@torch.no_grad()
def draw_halves(network, matrices=0.3, others=0.1):
    """Random numbers that half precision holds exactly, around 1 for the weights of norms."""
    for name, p in network.named_parameters():
        draw = torch.randn_like(p) * (matrices if p.dim() == 2 else others)
        p.copy_((draw + (1 if "norm" in name and name.endswith("weight") else 0)).half())


def named_shapes(path):
    """The names and shapes of a table of a published state dict, in its order."""
    with open(path, newline="") as file:
        return [(row["name"], row["shape"]) for row in csv.DictReader(file, delimiter="\t")]


def shapes_of(network):
    return [(name, "x".join(map(str, p.shape))) for name, p in network.state_dict().items()]


def report(label, found, published, width=22):
    """Prints numbers beside their distance to published ones, None for those that are not; returns the largest."""
    differences = [abs(float(a) - b) for a, b in zip(found, published) if b is not None]
    print(f"{label:{width}}" + " ".join(f"{float(a):14.10f}" for a in found) + f"  {max(differences):.0e}")
    return max(differences)


def smaller(x):
    """Every third voxel along the last three axes of what is large."""
    return x[..., ::3, ::3, ::3] if x.dim() == 5 and x.numel() > 20000 else x


def save(tensors, path, settings):
    # One entry: the order of several would differ from run to run.
    metadata = {"settings": json.dumps(settings)}
    tensors = {name: t.detach().float() if t.dtype == torch.float64 else t.detach() for name, t in tensors.items()}
    save_file({name: t.contiguous().clone() for name, t in tensors.items()}, path, metadata=metadata)
    print(f"{path} {path.stat().st_size} bytes")


def command_line(description, write, check=None):
    """`FOLDER` writes the golden files, `--check` compares the reference with published numbers."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    if check:
        parser.add_argument("--check", action="store_true")
        parser.add_argument("--names", help="table with the columns name and shape of the published state dict")
    arguments = parser.parse_args()
    if check and arguments.check:
        check(arguments.names)
    elif arguments.folder:
        write(arguments.folder)
    else:
        parser.error("give a folder or --check" if check else "give a folder")
