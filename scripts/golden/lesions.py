"""Writes Tests/EvaluationTests/Golden/lesions.json: lesion-wise scores of the published script of BraTS 2023.

Needs a clone of https://github.com/rachitsaluja/BraTS-2023-Metrics, named by the first argument, and the packages it
lists (pandas 1.5.3 serves, too; from 2.0 the script no longer runs). Masks are made by a formula, as in metrics.py; both lie in files
of label 3, so that all three regions are the mask.
"""
import json
import os
import sys
import tempfile

import nibabel
import numpy as np
import pandas as pd

sys.path.insert(0, sys.argv[1])
import metrics  # noqa: E402

whole = pd.DataFrame.replace


def replace(self, old, new, inplace=False):
    """Leaves alone the column whose cells are arrays: pandas fails on it where one has several parts."""
    columns = self.select_dtypes("number").columns
    table = self if inplace else self.copy()
    table[columns] = whole(table[columns], old, new)
    return None if inplace else table


pd.DataFrame.replace = replace

CASES = [
    # name, task, size, spacing, balls and noise of the prediction and of the truth
    ("one lesion, moved", "GLI", [24, 20, 18], [1, 1, 1], [[11, 10, 9, 5]], 0, [[10, 9, 9, 5]], 0),
    ("one found, one missed, one false", "GLI", [60, 24, 20], [1, 1, 1], [[10, 10, 10, 4], [52, 12, 9, 3]], 0,
     [[10, 11, 10, 5], [32, 12, 10, 3]], 0),
    ("two joined by growth", "GLI", [40, 20, 20], [1, 1, 1], [[9, 10, 10, 5]], 0,
     [[9, 10, 10, 4], [21, 10, 10, 3]], 0),
    ("two apart under little growth", "MEN", [40, 20, 20], [1, 1, 1], [[9, 10, 10, 5]], 0,
     [[9, 10, 10, 4], [21, 10, 10, 3]], 0),
    ("one part for two lesions", "MEN", [40, 20, 20], [1, 1, 1], [[14, 10, 10, 8]], 0,
     [[7, 10, 10, 4], [21, 10, 10, 4]], 0),
    ("a small lesion is left out", "GLI", [40, 20, 20], [1, 1, 1], [[9, 10, 10, 5]], 0,
     [[9, 10, 10, 4], [30, 10, 10, 1]], 0),
    ("a small lesion counts", "MET", [40, 20, 20], [1, 1, 1], [[9, 10, 10, 5], [31, 10, 10, 2]], 0,
     [[9, 10, 10, 4], [30, 10, 10, 1]], 0),
    ("near and not touching", "GLI", [40, 20, 20], [1, 1, 1], [[17, 10, 10, 3]], 0, [[8, 10, 10, 4]], 0),
    ("nothing found", "SSA", [24, 20, 18], [1, 1, 1], [], 0, [[10, 9, 9, 5]], 0),
    ("nothing there", "PED", [24, 20, 18], [1, 1, 1], [[10, 9, 9, 2], [3, 3, 3, 0]], 0, [], 0),
    ("nothing at all", "GLI", [8, 8, 8], [1, 1, 1], [], 0, [], 0),
    ("speckled", "MET", [30, 26, 22], [1, 1, 1], [[14, 12, 11, 6]], 2, [[15, 12, 11, 6]], 1),
    ("very speckled", "MET", [20, 18, 16], [1, 1, 1], [[9, 9, 8, 5]], 9, [[9, 8, 8, 5]], 5),
    ("thick slices", "GLI", [40, 40, 9], [0.5, 0.75, 5], [[14, 14, 4, 7]], 0, [[17, 15, 4, 6]], 0),
    ("at the border", "MET", [16, 12, 10], [1, 2, 1.5], [[0, 0, 0, 6]], 1, [[2, 0, 9, 7]], 1),
]


def mask(size, balls, noise):
    i, j, k = np.indices(size, dtype=np.int64)
    inside = np.zeros(size, bool)
    for ci, cj, ck, r in balls:
        inside |= (i - ci) ** 2 + (j - cj) ** 2 + (k - ck) ** 2 <= r * r
    return inside ^ ((i * 73856093 ^ j * 19349663 ^ k * 83492791) % 97 < noise)


def score(task, spacing, prediction, truth):
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, part in (("prediction", prediction), ("truth", truth)):
            files.append(os.path.join(folder, name + ".nii.gz"))
            nibabel.save(nibabel.Nifti1Image(3 * part.astype(np.uint8), np.diag(spacing + [1.0])), files[-1])
        row = metrics.get_LesionWiseResults(files[0], files[1], f"BraTS-{task}").set_index("Labels").loc["ET"]
    return {
        "lesionWiseDice": row["LesionWise_Score_Dice"], "lesionWiseHD95": row["LesionWise_Score_HD95"],
        "lesionsFound": row["Num_TP"], "lesionsMissed": row["Num_FN"], "falseLesions": row["Num_FP"],
    }


cases = []
for name, task, size, spacing, p, p_noise, t, t_noise in CASES:
    spacing = [float(s) for s in spacing]
    values = score(task, spacing, mask(size, p, p_noise), mask(size, t, t_noise))
    cases.append({
        "name": name, "rules": task.lower(), "size": size, "spacing": spacing,
        "prediction": {"balls": p, "noise": p_noise}, "truth": {"balls": t, "noise": t_noise},
        "values": {key: float(value) for key, value in values.items()},
    })
    print(name, cases[-1]["values"])

target = sys.argv[2] if len(sys.argv) > 2 else "Tests/EvaluationTests/Golden/lesions.json"
with open(target, "w") as file:
    json.dump(cases, file, separators=(",", ":"))
    file.write("\n")
