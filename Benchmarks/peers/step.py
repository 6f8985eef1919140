"""Times one training step of EoFormer, forward, backward and AdamW, on one patch: brainkit against PyTorch, turn by turn.

    Benchmarks/peers/run step [--threads 2] [--rounds 3] [--size 96] [--json]

PyTorch trains the published form, with Dice and binary cross-entropy on noise, once in each memory layout. Its process gets an
allocator that keeps what it freed (glibc's, by GLIBC_TUNABLES), which makes it faster; brainkit needs no such help.
Exit codes: 0 done; 1 a command failed; 69 something is missing.
"""
import argparse
import json
import os
import pathlib
import statistics
import sys

import machine
from report import rows, table
from turns import measure
from workers import Brainkit, Worker

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEEP_MEMORY = "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=17179869184"


def training(folder, threads, precision, channels_last, size):
    """One step of PyTorch eager."""
    import torch
    from network import load
    from torch.nn import functional as F
    assert precision == "float32"
    torch.set_num_threads(threads)
    layout = torch.channels_last_3d if channels_last else torch.contiguous_format
    network = load().train().to(memory_format=layout)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-4, weight_decay=1e-5, fused=True)
    patch = torch.randn(1, 4, size, size, size, generator=torch.Generator().manual_seed(7)).to(memory_format=layout)
    target = torch.zeros(1, 3, size, size, size)

    def step():
        optimiser.zero_grad(set_to_none=True)
        logits = network(patch)
        p, axes = torch.sigmoid(logits), (2, 3, 4)
        dice = 1 - (2 * (p * target).sum(axes) + 1e-5) / (p.sum(axes) + target.sum(axes) + 1e-5)
        loss = dice.mean() + F.binary_cross_entropy_with_logits(logits, target)
        loss.backward()
        optimiser.step()
        return loss.item()
    return step


class BrainkitStep(Brainkit):
    def __init__(self, binary, size):
        super().__init__(binary, "float32")
        self.size = size

    def start(self, folder, threads):
        self.choice = ["--threads", threads, "--device", "cpu", "--size", self.size]

    def turn(self, passes):
        return json.loads(self.run("bench", "step", "--repeats", passes, "--json"))["seconds"]


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brainkit", type=pathlib.Path, default=ROOT / ".build/release/brainkit")
    parser.add_argument("--threads", type=int, default=min(2, machine.cores()), help="threads of every peer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--passes", type=int, default=3, help="steps of a turn; their median counts")
    parser.add_argument("--size", type=int, default=96, help="voxels along each side of the patch")
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    arguments = parser.parse_args()
    if not arguments.brainkit.exists():
        print(f"{arguments.brainkit} is missing: run `make build`, or name the binary by --brainkit.", file=sys.stderr)
        sys.exit(69)
    return arguments


def main():
    arguments = parsed()
    os.environ["GLIBC_TUNABLES"] = KEEP_MEMORY      # read when a worker's process starts
    running = [
        Worker("PyTorch eager", "float32", training, channels_last=False, size=arguments.size),
        Worker("PyTorch eager, channels last", "float32", training, channels_last=True, size=arguments.size)]
    for peer in running:
        peer.start(None, arguments.threads)
    del os.environ["GLIBC_TUNABLES"]
    running.insert(0, BrainkitStep(arguments.brainkit, arguments.size))
    running[0].start(None, arguments.threads)
    turns = measure(running, arguments.rounds, arguments.passes)
    for peer in running:
        peer.stop()
    report = {"what": f"one training step, 1x4x{arguments.size}^3", "machine": machine.description(),
              "threads": arguments.threads, "rounds": arguments.rounds, "passes": arguments.passes,
              "peers": rows(running, {}, turns)}
    print(json.dumps(report, indent=2) if arguments.json else "\n".join(table(report)))


if __name__ == "__main__":
    main()
