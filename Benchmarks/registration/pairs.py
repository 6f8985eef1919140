"""All ordered pairs of a folder's scans through brainkit and ANTs: overlap, folds, consistency and time."""

import argparse
import itertools
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

METHODS = ["affine", "brainkit", "ants-affine", "ants-syn"]


def arguments():
    parser = argparse.ArgumentParser(
        prog="Benchmarks/registration/run",
        description="Every method gets the same brains, taken out once by `brainkit extract` (not timed; --heads: whole heads, "
        "as they are). Each run is a process of its own on as many threads as asked for, so that CPU seconds are its own, "
        "reading and writing included. Inverse consistency is the mean distance, in the fixed brain, between a place "
        "and where the pair's map and then the map of the pair the other way round take it.")
    parser.add_argument("folder", type=pathlib.Path, help="X.nii.gz beside X_DLMUSE.nii.gz")
    parser.add_argument("--labels", default="_DLMUSE", help="the ending of label files (%(default)s)")
    parser.add_argument("--pairs", nargs="*", metavar="MOVING:FIXED", help="only these; parts of names will do")
    parser.add_argument("--methods", nargs="*", default=METHODS, choices=METHODS, help="all of %(choices)s if left out")
    parser.add_argument("--brainkit", default=".build/release/brainkit", help="the command (%(default)s)")
    parser.add_argument("--register", default="", help="more arguments of brainkit register, in one string")
    parser.add_argument("--threads", type=int, default=1, help="of each method (%(default)s)")
    parser.add_argument("--heads", action="store_true", help="whole heads for all methods")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--ants", nargs=4, help=argparse.SUPPRESS)  # the process that is timed
    return parser.parse_args()


def timed(command, threads):
    """CPU and wall seconds of a process."""
    environment = os.environ | {
        "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    # One thread means one core, whatever pools a program makes.
    cores = sorted(os.sched_getaffinity(0))[:threads] if hasattr(os, "sched_getaffinity") else None
    bind = (lambda: os.sched_setaffinity(0, cores)) if cores else None
    done = subprocess.run(command, env=environment, capture_output=True, text=True, preexec_fn=bind)
    if done.returncode:
        sys.exit(f"registration: {' '.join(map(str, command))} failed: {done.stderr.strip()[-400:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = sum(getattr(after, key) - getattr(before, key) for key in ("ru_utime", "ru_stime"))
    return cpu, time.monotonic() - start


def run_ants(kind, fixed, moving, place):
    """One registration by ANTs, its whole map written as one field."""
    import ants
    still, other = ants.image_read(fixed), ants.image_read(moving)
    found = ants.registration(still, other, type_of_transform=kind)
    field = ants.apply_transforms(still, other, found["fwdtransforms"], compose=place + "/")
    os.replace(field, place + "/field.nii.gz")


def register(method, fixed, moving, place, options):
    """Aligns one pair; the whole map is written as one field."""
    place.mkdir(parents=True, exist_ok=True)
    field = place / "field.nii.gz"
    if method.startswith("ants"):
        kind = "SyN" if method == "ants-syn" else "Affine"
        command = [sys.executable, __file__, str(options.folder), "--ants", kind, fixed, moving, place]
    else:
        command = [options.brainkit, "register", "--fixed", fixed, "--moving", moving, "-o", place / "warped.nii.gz",
                   "--warp", field, "--threads", str(options.threads), *options.register.split()]
        command += ["--model", "none", "--refine", "0"] if method == "affine" else []
        command += ["--extraction", "none"] if options.heads else []
    return (field, *timed([str(part) for part in command], options.threads))


def scores(brainkit, field, labels, truth, place):
    """Dice and folds by brainkit's own command, for every method alike."""
    warped = place / "labels.nii.gz"
    subprocess.run([brainkit, "warp", "-i", labels, "--warp", field, "--reference", truth, "--interpolation", "nearest",
                    "-o", warped], check=True, capture_output=True)
    answer = subprocess.run([brainkit, "evaluate", "registration", "--warped-labels", warped, "--truth", truth,
                             "--field", field, "--json"], check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


def inconsistency(there, back, brain):
    """Mean millimetres between places of a brain and where both fields, one after the other, take them."""
    import ants
    import numpy
    import scipy.ndimage
    first, second, mask = ants.image_read(str(there)), ants.image_read(str(back)), ants.image_read(str(brain))
    index = numpy.argwhere(mask.numpy() != 0)[::7]
    direction, origin, spacing = second.direction, numpy.array(second.origin), numpy.array(second.spacing)
    start = (first.direction @ (index * numpy.array(first.spacing)).T).T + numpy.array(first.origin)
    place = start + first.numpy()[tuple(index.T)]
    voxel = (numpy.linalg.inv(direction) @ (place - origin).T).T / spacing
    vectors = second.numpy()
    moved = numpy.stack([
        scipy.ndimage.map_coordinates(vectors[..., axis], voxel.T, order=1, mode="nearest") for axis in range(3)], 1)
    return float(numpy.linalg.norm(place + moved - start, axis=1).mean())


def prepared(options, scratch):
    """The scans by name, their brains taken out."""
    scans = {}
    for labels in sorted(options.folder.glob(f"*{options.labels}.nii.gz")):
        name = labels.name.removesuffix(f"{options.labels}.nii.gz")
        scan = options.folder / f"{name}.nii.gz"
        if not scan.exists():
            sys.exit(f"registration: expected {scan} beside its labels")
        brain = scratch / f"{name}.nii.gz"
        subprocess.run([options.brainkit, "extract", "-i", scan, "-o", brain], check=True, capture_output=True)
        scans[name] = (scan if options.heads else brain, labels, brain)
    if len(scans) < 2:
        sys.exit(f"registration: {options.folder} holds no two scans with labels")
    return scans


def chosen(options, names):
    """The ordered pairs, moving first."""
    every = list(itertools.permutations(names, 2))
    if not options.pairs:
        return every
    wanted = [pair.split(":") for pair in options.pairs]
    return [p for p in every if any(w[0] in p[0] and w[1] in p[1] for w in wanted if len(w) == 2)]


def measured(options, scratch):
    scans, rows, fields = prepared(options, scratch), [], {}
    pairs = chosen(options, scans)
    for moving, fixed in pairs:
        for method in options.methods:
            place = scratch / method / f"{moving}-{fixed}"
            field, cpu, wall = register(method, scans[fixed][0], scans[moving][0], place, options)
            found = scores(options.brainkit, field, scans[moving][1], scans[fixed][1], place)
            fields[method, moving, fixed] = field
            rows.append({"method": method, "moving": moving, "fixed": fixed, "dice": found["meanDice"],
                         "folds": found["field"]["foldedShare"], "sdLogJ": found["field"]["logJacobianDeviation"],
                         "cpu": cpu, "wall": wall})
            print(f"{moving} → {fixed} {method}: Dice {found['meanDice']:.4f}, {cpu:.1f} s CPU", file=sys.stderr)
    for row in rows:
        other = fields.get((row["method"], row["fixed"], row["moving"]))
        if other:
            own = fields[row["method"], row["moving"], row["fixed"]]
            row["inconsistency"] = inconsistency(own, other, scans[row["fixed"]][2])
    return rows


def summary(rows, methods):
    lines = [f"{'method':12} {'pairs':>5} {'Dice':>7} {'folds %':>8} {'SD log J':>8} {'there and back mm':>17} "
             f"{'CPU s':>7} {'wall s':>7}"]
    for method in methods:
        own = [row for row in rows if row["method"] == method]
        if not own:
            continue

        def mean(key):
            values = [row[key] for row in own if key in row]
            return sum(values) / len(values) if values else float("nan")

        lines.append(f"{method:12} {len(own):5} {mean('dice'):7.4f} {100 * mean('folds'):8.4f} {mean('sdLogJ'):8.3f} "
                     f"{mean('inconsistency'):17.2f} {mean('cpu'):7.1f} {mean('wall'):7.1f}")
    return "\n".join(lines)


def main():
    options = arguments()
    if options.ants:
        return run_ants(*options.ants)
    with tempfile.TemporaryDirectory() as scratch:
        rows = measured(options, pathlib.Path(scratch))
    print(json.dumps({"threads": options.threads, "pairs": rows}, indent=2) if options.json
          else summary(rows, options.methods))


if __name__ == "__main__":
    main()
