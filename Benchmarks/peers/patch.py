"""Times EoFormer on one 1x4x128^3 patch: brainkit against PyTorch eager, turn by turn on the same machine.

    python Benchmarks/peers/patch.py [--brainkit .build/release/brainkit] [--rounds 5] [--arguments "--threads 2"]

PyTorch runs with its default settings in inference mode; the edge convolutions are folded anew on every forward, as the
published network does. Every peer takes its turn in each round, so that a busy machine slows all alike.
"""
import argparse
import json
import pathlib
import shlex
import statistics
import subprocess
import sys
import time

import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts/golden"))
from reference.eoformer import EoFormer, draw  # noqa: E402


def torch_peer(memory_format):
    network = draw(EoFormer(), seed=1).eval().to(memory_format=memory_format)
    patch = torch.randn(1, 4, 128, 128, 128, generator=torch.Generator().manual_seed(7))
    patch = patch.to(memory_format=memory_format)

    def seconds():
        with torch.inference_mode():
            began = time.perf_counter()
            network(patch)
            return time.perf_counter() - began

    seconds()
    return seconds


def brainkit_peer(binary, arguments):
    command = [str(binary), "bench", "patch", "--json", *arguments]

    def seconds():
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{shlex.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout)["median_seconds"]

    seconds()
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brainkit", type=pathlib.Path, default=ROOT / ".build/release/brainkit")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--arguments", default="", help="more arguments for `brainkit bench patch`")
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    arguments = parser.parse_args()
    if not arguments.brainkit.exists():
        sys.exit(f"{arguments.brainkit} is missing: run `make build`, or name the binary by --brainkit.")
    peers = {
        "brainkit": brainkit_peer(arguments.brainkit, shlex.split(arguments.arguments)),
        "PyTorch eager": torch_peer(torch.contiguous_format),
        "PyTorch eager, channels last": torch_peer(torch.channels_last_3d),
    }
    times = {name: [] for name in peers}
    for _ in range(arguments.rounds):
        for name, seconds in peers.items():
            times[name].append(seconds())
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratios = {name: median / medians["brainkit"] for name, median in medians.items()}
    if arguments.json:
        print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads(), "rounds": arguments.rounds,
                          "seconds": times, "median_seconds": medians, "ratio_to_brainkit": ratios}))
        return
    print(f"one 1x4x128^3 patch, {arguments.rounds} rounds after one warm-up, "
          f"torch {torch.__version__} with {torch.get_num_threads()} threads")
    print(f"{'':30} {'median s':>9} {'best s':>9} {'to brainkit':>12}")
    for name, values in times.items():
        print(f"{name:30} {medians[name]:9.3f} {min(values):9.3f} {ratios[name]:11.2f}x")


if __name__ == "__main__":
    main()
