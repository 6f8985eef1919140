"""Writes Tests/EvaluationTests/Golden/metrics.json: metrics of medpy, MONAI and NumPy on masks made by a formula.

A mask is a union of balls, given as [ci, cj, ck, r] in voxels, in which voxel (i, j, k) is flipped where
(i * 73856093 ^ j * 19349663 ^ k * 83492791) % 97 < noise. The tests draw the same masks from the same numbers.
Needs numpy, medpy, monai, torch.
"""
import json
import sys

import numpy as np
import torch
from medpy.metric import binary
from monai.metrics import compute_hausdorff_distance

CASES = [
    ("two balls", [24, 20, 18], [1, 1, 1], [[10, 10, 9, 6]], 0, [[12, 11, 8, 5]], 0),
    ("thick slices", [26, 24, 9], [0.7813, 0.7813, 6.5], [[12, 12, 4, 4], [20, 6, 6, 2]], 0, [[13, 11, 4, 3]], 0),
    ("all axes differ", [20, 22, 16], [0.5, 1.25, 2], [[9, 9, 8, 6]], 2, [[11, 12, 7, 5]], 1),
    ("speckled", [18, 17, 16], [1, 1, 1], [[9, 8, 8, 5]], 6, [[9, 9, 8, 5]], 6),
    ("touching the border", [14, 12, 10], [1, 2, 1.5], [[0, 0, 0, 6]], 0, [[2, 0, 9, 7]], 0),
    ("filling the image", [8, 9, 7], [1, 1, 3], [[4, 4, 3, 20]], 0, [[3, 4, 3, 3]], 0),
    ("single voxels", [16, 12, 9], [0.9, 1.1, 4], [[2, 3, 1, 0]], 0, [[13, 9, 7, 0]], 0),
    ("one voxel against a ball", [16, 16, 16], [1, 1, 1], [[1, 1, 1, 0]], 0, [[9, 9, 9, 4]], 0),
    ("equal", [12, 12, 12], [1, 1, 2], [[6, 6, 6, 4]], 0, [[6, 6, 6, 4]], 0),
    ("apart", [30, 10, 10], [1, 1, 1], [[4, 4, 4, 3]], 0, [[25, 5, 5, 3]], 0),
    ("a far speck", [40, 20, 20], [1, 1, 1.2], [[8, 9, 9, 6], [37, 17, 17, 1]], 0, [[9, 9, 9, 6]], 0),
    ("one slice", [20, 20, 1], [0.8, 0.8, 5], [[9, 9, 0, 6]], 0, [[11, 8, 0, 5]], 0),
]


def mask(size, balls, noise):
    i, j, k = np.indices(size, dtype=np.int64)
    inside = np.zeros(size, bool)
    for ci, cj, ck, r in balls:
        inside |= (i - ci) ** 2 + (j - cj) ** 2 + (k - ck) ** 2 <= r * r
    return inside ^ ((i * 73856093 ^ j * 19349663 ^ k * 83492791) % 97 < noise)


def directed(prediction, truth, spacing, percent):
    a, b = (torch.from_numpy(m[None, None].astype(np.float32)) for m in (prediction, truth))
    return float(compute_hausdorff_distance(a, b, include_background=True, percentile=percent, spacing=spacing)[0, 0])


cases = []
for name, size, spacing, p, p_noise, t, t_noise in CASES:
    prediction, truth = mask(size, p, p_noise), mask(size, t, t_noise)
    spacing = [float(s) for s in spacing]
    ml = np.prod(spacing) / 1000
    values = {
        "dice": binary.dc(prediction, truth),
        "hd95": binary.hd95(prediction, truth, voxelspacing=spacing),
        "hd": binary.hd(prediction, truth, voxelspacing=spacing),
        "hd95_directed": directed(prediction, truth, spacing, 95),
        "sensitivity": binary.sensitivity(prediction, truth),
        "precision": binary.precision(prediction, truth),
        "specificity": binary.specificity(prediction, truth) if not truth.all() else 1,
        "predictedMillilitres": prediction.sum() * ml,
        "trueMillilitres": truth.sum() * ml,
        "differenceMillilitres": (int(prediction.sum()) - int(truth.sum())) * ml,
    }
    cases.append({
        "name": name, "size": size, "spacing": spacing,
        "prediction": {"balls": p, "noise": p_noise}, "truth": {"balls": t, "noise": t_noise},
        "values": {key: float(value) for key, value in values.items()},
    })

samples = [[3, 1, 2], [0.5], [1, 2, 3, 4, 5, 6, 7, 8, 9, 100], [-2.5, 7.25, 0, 0, 3.125]]
statistics = [{
    "values": [float(v) for v in s], "mean": float(np.mean(s)), "median": float(np.median(s)),
    "percentiles": {str(q): float(np.percentile(s, q)) for q in (0, 2.5, 25, 50, 95, 97.5, 100)},
} for s in samples]

target = sys.argv[1] if len(sys.argv) > 1 else "Tests/EvaluationTests/Golden/metrics.json"
with open(target, "w") as file:
    json.dump({"cases": cases, "statistics": statistics}, file, indent=1)
    file.write("\n")
for case in cases:
    print(case["name"], case["values"])
