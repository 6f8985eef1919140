"""Times a whole BraTS case, four .nii.gz in and a label map out: `brainkit segment` against PyTorch with MONAI.

    Benchmarks/peers/run case FOLDER [--threads 2] [--rounds 2] [--channels-last] [--json]

Each turn is a process from its start to its end, with 128^3 windows that overlap by half, the same weights and the same
number of threads; turns alternate. Besides the seconds, the most memory that a process held, and how well the two
label maps agree (Dice of the whole tumour).
Exit codes: 0 done; 1 a command failed; 69 something is missing.
"""
import argparse
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import machine

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="a BraTS case: FLAIR, T1, T1ce and T2 as .nii.gz")
    parser.add_argument("--brainkit", type=pathlib.Path, default=ROOT / ".build/release/brainkit")
    parser.add_argument("--weights", type=pathlib.Path, default=ROOT / "Models/eoformer-tumour/model.safetensors")
    parser.add_argument("--threads", type=int, default=min(2, machine.cores()), help="threads of each")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--channels-last", action="store_true", help="also PyTorch in this layout")
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    arguments = parser.parse_args()
    for needed in (arguments.brainkit, arguments.weights, arguments.folder):
        if not needed.exists():
            print(f"{needed} is missing.", file=sys.stderr)
            sys.exit(69)
    return arguments


def commands(arguments, folder):
    """Each peer's command and the label map that it leaves."""
    common = ["--weights", arguments.weights, "--threads", arguments.threads, "--precision", arguments.precision]
    pytorch = [sys.executable, HERE / "case_torch.py", arguments.folder]
    brainkit = [arguments.brainkit, "segment", "--device", "cpu", "-i", arguments.folder, "-o", folder / "brainkit"]
    found = {
        "brainkit": ([*brainkit, *common], folder / f"brainkit/{arguments.folder.resolve().name}_dseg.nii.gz"),
        "PyTorch + MONAI": ([*pytorch, folder / "eager.nii.gz", *common], folder / "eager.nii.gz")}
    if arguments.channels_last:
        found["PyTorch + MONAI, channels last"] = (
            [*pytorch, folder / "last.nii.gz", *common, "--channels-last"], folder / "last.nii.gz")
    return found


def run(command):
    """Seconds from start to end, and the most bytes that were resident."""
    command = [str(word) for word in command]
    with tempfile.TemporaryFile() as words:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=words, stderr=words)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            words.seek(0)
            sys.exit(f"{shlex.join(command)} ended with {process.returncode}: {words.read().decode().strip()}")
    return seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def agreement(one, other):
    """Dice of the whole tumour. Imported late: a parent's memory would count as that of the processes it starts."""
    import nibabel
    import numpy
    a, b = (numpy.asarray(nibabel.load(file).dataobj) > 0 for file in (one, other))
    return 2 * float((a & b).sum()) / max(1, int(a.sum()) + int(b.sum()))


def measure(arguments, folder):
    peers = commands(arguments, folder)
    turns = {name: [] for name in peers}
    for number in range(arguments.rounds):
        for name, (command, _) in peers.items():
            turns[name].append(run(command))
        print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
    ours = peers["brainkit"][1]
    return [{"name": name, "seconds": [seconds for seconds, _ in turns[name]],
             "median_seconds": statistics.median(seconds for seconds, _ in turns[name]),
             "peak_bytes": max(peak for _, peak in turns[name]),
             "dice_with_brainkit": agreement(ours, peers[name][1])} for name in peers]


def main():
    arguments = parsed()
    report = {"machine": machine.description(), "threads": arguments.threads, "precision": arguments.precision,
              "rounds": arguments.rounds}
    with tempfile.TemporaryDirectory() as temporary:
        report["peers"] = measure(arguments, pathlib.Path(temporary))
    if arguments.json:
        print(json.dumps(report, indent=2))
        return
    print(f"one case, {arguments.precision}, {arguments.threads} threads, {arguments.rounds} rounds; "
          f"{report['machine']['processor']}, load {report['machine']['load']} before")
    print(f"{'':32} {'median s':>9} {'best s':>9} {'to brainkit':>12} {'peak GB':>8} {'Dice':>7}")
    ours = report["peers"][0]["median_seconds"]
    for r in report["peers"]:
        print(f"{r['name']:32} {r['median_seconds']:9.2f} {min(r['seconds']):9.2f} {r['median_seconds'] / ours:11.2f}x "
              f"{r['peak_bytes'] / 1e9:8.2f} {r['dice_with_brainkit']:7.4f}")


if __name__ == "__main__":
    main()
