"""Times EoFormer on one 1x4x128^3 patch: brainkit against PyTorch, ONNX Runtime and OpenVINO, turn by turn.

    Benchmarks/peers/run patch [--threads 2] [--rounds 5] [--weights FILE.safetensors] [--json]

All have the same weights, and must give the same logits before the clock starts. In each round every peer takes its
turn, in an order that moves on by one from round to round: a machine that others slow down slows all alike.
Exit codes: 0 done; 1 peers disagree; 69 something is missing.
"""
import argparse
import json
import multiprocessing
import pathlib
import sys
import tempfile

import numpy

import engines
import machine
from prepare import prepare
from report import rows, table
from turns import measure
from workers import Brainkit, Worker

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOLERANCE = {"float32": 1e-3, "bfloat16": 5e-2}     # largest difference over largest logit


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brainkit", type=pathlib.Path, default=ROOT / ".build/release/brainkit")
    parser.add_argument("--threads", type=int, default=min(2, machine.cores()), help="threads of every peer")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--passes", type=int, default=3, help="forward passes of a turn; their median counts")
    parser.add_argument("--weights", type=pathlib.Path, help="default: random ones")
    parser.add_argument("--only", action="append", metavar="WORD",
                        help="only peers with this word in their name; brainkit always runs; may be repeated")
    parser.add_argument("--bfloat16", action="store_true", help="also where the processor only emulates it")
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    arguments = parser.parse_args()
    if not arguments.brainkit.exists():
        print(f"{arguments.brainkit} is missing: run `make build`, or name the binary by --brainkit.", file=sys.stderr)
        sys.exit(69)
    return arguments


def peers(arguments):
    found = [
        Brainkit(arguments.brainkit, "float32"),
        Worker("PyTorch eager", "float32", engines.pytorch, channels_last=False),
        Worker("PyTorch eager, channels last", "float32", engines.pytorch, channels_last=True),
        Worker("ONNX Runtime", "float32", engines.onnx_runtime),
        Worker("OpenVINO", "float32", engines.openvino)]
    if arguments.bfloat16 or machine.has_bfloat16():
        found += [
            Brainkit(arguments.brainkit, "bfloat16"),
            Worker("PyTorch bfloat16, channels last", "bfloat16", engines.pytorch, channels_last=True),
            Worker("OpenVINO bfloat16", "bfloat16", engines.openvino)]
    words = [word.lower() for word in arguments.only or [""]]
    return [p for p in found if isinstance(p, Brainkit) or any(word in p.name.lower() for word in words)]


def error(peer, folder):
    """How far a peer's logits are from those of the published network in PyTorch."""
    peer.logits(folder / "logits.npy")
    found, expected = numpy.load(folder / "logits.npy"), numpy.load(folder / "expected.npy")
    return float(abs(found - expected).max() / abs(expected).max())


def main():
    arguments = parsed()
    report = {"what": "one 1x4x128^3 patch", "machine": machine.description(), "threads": arguments.threads, "rounds": arguments.rounds,
              "passes": arguments.passes}
    running = peers(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        with multiprocessing.get_context("spawn").Pool(1) as own_process:
            own_process.apply(prepare, (folder, arguments.threads, arguments.weights))
        errors = {}
        for peer in running:
            peer.start(folder, arguments.threads)
            errors[peer.name] = error(peer, folder)
            print(f"{peer.name}: largest error {errors[peer.name]:.1e} of the largest logit", file=sys.stderr)
        far = [p.name for p in running if not errors[p.name] <= TOLERANCE[p.precision]]
        if far:
            sys.exit(f"These give other logits than the published network: {', '.join(far)}.")
        turns = measure(running, arguments.rounds, arguments.passes)
        for peer in running:
            peer.stop()
    report["peers"] = rows(running, errors, turns)
    print(json.dumps(report, indent=2) if arguments.json else "\n".join(table(report)))


if __name__ == "__main__":
    main()
