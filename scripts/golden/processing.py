"""Reference values for Tests/BrainDataTests: NumPy, SciPy and nibabel do what Processing and Orientation do.

Usage: python scripts/golden/processing.py   (writes Tests/BrainDataTests/Golden/processing.json)
Arrays are listed with i varying fastest.
"""
import json
import pathlib

import nibabel as nib
import numpy as np
from scipy import ndimage

rng = np.random.default_rng(20230917)


def flat(array, digits=6):
    return [round(float(v), digits) for v in np.asarray(array).flatten(order="F")]


def rows(matrix):
    return [[float(v) for v in row] for row in np.asarray(matrix)]


def oblique(angles, spacing, origin, permutation=(0, 1, 2), signs=(1, 1, 1)):
    a, b, c = np.deg2rad(angles)
    rx = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    ry = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = (rz @ ry @ rx)[:, list(permutation)] * np.array(signs) * np.array(spacing)
    affine[:3, 3] = origin
    return affine


def orientations():
    cases = []
    for _ in range(24):
        affine = oblique(rng.uniform(-80, 80, 3), rng.uniform(0.5, 6, 3), rng.uniform(-90, 90, 3),
                         rng.permutation(3), rng.choice([-1, 1], 3))
        if rng.random() < 0.4:
            affine[:3, :3] = affine[:3, :3] @ (np.eye(3) + rng.uniform(-0.25, 0.25, (3, 3)))
        cases.append({"affine": rows(np.round(affine, 6)), "codes": "".join(nib.aff2axcodes(np.round(affine, 6)))})
    return cases


def reorientation():
    affine = np.round(oblique((10, -20, 15), (1, 2, 3), (5, -6, 7), (1, 2, 0), (-1, 1, -1)), 6)
    data = np.arange(2 * 3 * 4, dtype=np.float32).reshape((2, 3, 4), order="F")
    image = nib.Nifti1Image(data, affine)
    results = []
    for codes in ["RAS", "LPI", "SAR", "PIL"]:
        transform = nib.orientations.ornt_transform(nib.io_orientation(affine), nib.orientations.axcodes2ornt(codes))
        turned = image.as_reoriented(transform)
        results.append({"codes": codes, "size": list(turned.shape), "affine": rows(turned.affine),
                        "voxels": flat(turned.get_fdata())})
    return {"affine": rows(affine), "results": results}


def resampling():
    data = np.round(rng.normal(size=(6, 5, 4)) * 10, 3).astype(np.float32)
    source = np.round(oblique((12, -7, 33), (1.1, 0.9, 2.3), (3, -4, 5)), 6)
    cases = []
    for angles, spacing, origin, size in [((0, 0, 0), (0.7, 0.8, 1.1), (0.5, -4.2, 5.1), (7, 6, 5)),
                                          ((25, 14, -40), (1.3, 1.2, 1.9), (2.2, -2.5, 7.3), (5, 5, 6)),
                                          ((12, -7, 33), (2.2, 1.8, 2.3), (3.3, -4.1, 5.2), (4, 4, 4))]:
        target = np.round(oblique(angles, spacing, origin), 6)
        both = np.linalg.inv(source) @ target
        case = {"affine": rows(target), "size": size}
        for name, order in [("linear", 1), ("nearest", 0)]:
            case[name] = flat(ndimage.affine_transform(data.astype(np.float64), both[:3, :3], both[:3, 3], size,
                                                       order=order, mode="constant", cval=-5), 5)
        cases.append(case)
    smooth = ndimage.gaussian_filter(data.astype(np.float64), (0.5, 0, 1.25), mode="nearest", truncate=4)
    return {"affine": rows(source), "size": data.shape, "voxels": flat(data), "cases": cases, "smooth": flat(smooth, 5)}


def intensities():
    data = np.round(rng.gamma(2, 30, 90), 3).astype(np.float32)
    data[rng.random(90) < 0.3] = 0
    inside = data[data != 0].astype(np.float64)
    scored = np.where(data != 0, (data - inside.mean()) / inside.std(), 0)
    percents = [0, 1, 2, 25, 50, 97.5, 99, 100]
    return {"voxels": flat(data), "scored": flat(scored), "percents": percents,
            "percentiles": [float(v) for v in np.percentile(inside, percents)]}


def components():
    data = rng.random((9, 8, 7)) < 0.28
    result = {"size": data.shape, "voxels": [int(v) for v in data.flatten(order="F")]}
    for name, rank in [("faces", 1), ("corners", 3)]:
        # Labels are numbered in memory order: i fastest, so the axes are turned before and after.
        labels, _ = ndimage.label(data.T, ndimage.generate_binary_structure(3, rank))
        result[name] = [int(v) for v in labels.flatten()]
    cross = ndimage.generate_binary_structure(3, 1)
    solid = ndimage.binary_dilation(data, cross)
    result["dilated"] = [int(v) for v in solid.flatten(order="F")]
    result["eroded"] = [int(v) for v in ndimage.binary_erosion(solid, cross).flatten(order="F")]
    result["filled"] = [int(v) for v in ndimage.binary_fill_holes(solid).flatten(order="F")]
    distance = ndimage.distance_transform_edt(~data, sampling=(1.0, 1.5, 2.5))
    result["near"] = [int(v) for v in (distance <= 2.6).flatten(order="F")]
    return result


golden = {"orientations": orientations(), "reorientation": reorientation(), "resampling": resampling(),
          "intensities": intensities(), "components": components()}
folder = pathlib.Path(__file__).parents[2] / "Tests/BrainDataTests/Golden"
(folder / "processing.json").write_text(json.dumps(golden, separators=(",", ":")))
