"""Times brainkit against its threads, the size of the volume and the overlap of windows, and draws one picture.

    Benchmarks/peers/run scaling FOLDER [--repeats 3] [-o Documentation/images/scaling.svg] [--json]

FOLDER holds one BraTS case. Exit codes: 0 done; 1 a command failed; 69 something is missing.
"""
import argparse
import json
import pathlib
import subprocess
import sys

import machine

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZES = (32, 64, 96, 128, 160, 192)
OVERLAPS = (0, 0.25, 0.5, 0.75)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="a BraTS case: FLAIR, T1, T1ce and T2 as .nii.gz")
    parser.add_argument("--brainkit", type=pathlib.Path, default=ROOT / ".build/release/brainkit")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("-o", "--output", type=pathlib.Path, default=ROOT / "Documentation/images/scaling.svg")
    parser.add_argument("--json", action="store_true", help="print one object, too")
    arguments = parser.parse_args()
    for needed in (arguments.brainkit, arguments.folder):
        if not needed.exists():
            print(f"{needed} is missing.", file=sys.stderr)
            sys.exit(69)
    return arguments


def timed(arguments, *words):
    command = [arguments.brainkit, "bench", *words, "--repeats", arguments.repeats, "--precision", "float32", "--json"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command} ended with {done.returncode}: {done.stderr.strip()}")
    found = json.loads(done.stdout)
    print(*words, f"{found['median_seconds']:.3f} s", file=sys.stderr)
    return {key: found[key] for key in ("median_seconds", "min_seconds", "max_seconds", "peak_bytes")}


def measure(arguments):
    threads = sorted({1, min(2, machine.cores()), machine.cores()})
    return {
        "machine": machine.description(), "threads": threads, "sizes": SIZES, "overlaps": OVERLAPS,
        "patch": [[timed(arguments, "patch", "--size", s, "--threads", t) for s in SIZES] for t in threads],
        "case": [[timed(arguments, "case", "-i", arguments.folder, "--overlap", o, "--threads", t) for o in OVERLAPS]
                 for t in threads]}


def draw(found, file):
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for t, patches, cases in zip(found["threads"], found["patch"], found["case"]):
        label = f"{t} thread" + ("s" if t > 1 else "")
        for axes, x, runs in ((left, [s ** 3 / 1e6 for s in SIZES], patches), (right, OVERLAPS, cases)):
            median = [run["median_seconds"] for run in runs]
            spread = [[m - r["min_seconds"] for m, r in zip(median, runs)],
                      [r["max_seconds"] - m for m, r in zip(median, runs)]]
            axes.errorbar(x, median, yerr=spread, marker="o", capsize=3, label=label)
    left.set(xlabel="voxels", ylabel="seconds", title="one window", xscale="log", yscale="log")
    left.set_xticks([s ** 3 / 1e6 for s in SIZES], [f"{s}³" for s in SIZES], minor=False)
    left.minorticks_off()
    right.set(xlabel="overlap of windows", ylabel="seconds", title="a whole BraTS case", xticks=OVERLAPS, ylim=(0, None))
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None})


def main():
    arguments = parsed()
    found = measure(arguments)
    draw(found, arguments.output)
    print(arguments.output)
    if arguments.json:
        print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
