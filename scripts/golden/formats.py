"""Makes the small NIfTI files of Tests/BrainDataTests/Golden/formats with nibabel, and what nibabel reads from them.

    python scripts/golden/formats.py

Needs numpy and nibabel. `expected.json` holds, for each file, the shape, the affine's rows in millimetres and the values
in the file's own order, all as nibabel reports them.
"""

import json
from pathlib import Path

import nibabel as nib
import numpy as np

folder = Path(__file__).resolve().parents[2] / "Tests/BrainDataTests/Golden/formats"
turn = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0], [0.48, 0.64, 0.6]])
affine = np.eye(4)
affine[:3, :3] = turn @ np.diag([0.75, 1.25, 3])
affine[:3, 3] = [-40.5, 22.25, 9]
left_handed = affine @ np.diag([-1, 1, 1, 1])
sheared = affine.copy()
sheared[0, 1] += 0.3

expected = {}


def values(shape, dtype):
    count = np.arange(np.prod(shape), dtype=np.int64) * 7 % 113
    if np.dtype(dtype).kind != "u":
        count = count - 50
    return count.reshape(shape, order="F").astype(dtype)


def save(name, data, kind=nib.Nifti1Image, order="<", place=affine, sform=1, qform=1, unit="mm", scale=None, metres=1):
    header = kind.header_class(endianness=order)
    header.set_data_dtype(data.dtype)
    image = kind(data, place, header)
    image.set_qform(place, qform, strip_shears=True)
    image.set_sform(place, sform)
    image.header.set_xyzt_units(unit, "sec")
    if scale:
        image.header.set_slope_inter(*scale)
    nib.save(image, folder / name)
    back = nib.load(folder / name)
    rows = back.affine.copy()
    rows[:3] *= metres
    expected[name] = {
        "shape": list(back.shape),
        "affine": rows[:3].ravel().tolist(),
        "values": np.asarray(back.dataobj, dtype=np.float32).ravel(order="F").tolist(),
    }


folder.mkdir(parents=True, exist_ok=True)
for dtype in ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]:
    for order, word in [("<", "little"), (">", "big")]:
        save(f"{dtype}-{word}.nii.gz", values((3, 2, 2), dtype), order=order)
    save(f"{dtype}-second.nii.gz", values((3, 2, 2), dtype), nib.Nifti2Image, ">" if dtype in ("i2", "f8") else "<")
save("scaled.nii.gz", values((4, 3, 2), "i2"), scale=(0.25, -3.5))
save("scaled-big.nii", values((4, 3, 2), "i2"), order=">", scale=(1.5, 10))
save("series.nii.gz", values((3, 2, 2, 4), "f4"))
save("five.nii.gz", values((3, 2, 2, 1, 3), "f4"))
save("plane.nii.gz", values((5, 4), "u1"))
save("qform.nii", values((3, 2, 2), "i2"), sform=0)
save("left-handed.nii", values((3, 2, 2), "i2"), place=left_handed, sform=0)
save("sheared.nii.gz", values((3, 2, 2), "i2"), place=sheared)
save("micron.nii.gz", values((3, 2, 2), "i2"), unit="micron", metres=0.001)
save("metre.nii.gz", values((3, 2, 2), "i2"), unit="meter", metres=1000)
save("pair.img", values((3, 2, 2), "i2"), nib.Nifti1Pair, ">")
(folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")))
