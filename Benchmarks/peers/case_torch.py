"""Segments one BraTS case with PyTorch and MONAI, as `brainkit segment` does: four scans in, one label map out.

Right-anterior-superior, cropped to the brain, zero mean and unit variance over it, windows of 128^3 that overlap by
half and are blended by a Gaussian, a region where its probability is one half or more, labels on the scans' grid.
"""
import argparse
import pathlib

import nibabel
import numpy
import torch
from monai.inferers import sliding_window_inference
from nibabel import orientations

from network import folded, load

SUFFIXES = (("flair", "t2f"), ("t1", "t1n"), ("t1ce", "t1c"), ("t2", "t2w"))     # BraTS to 2021, and later
LABELS = ((1, 2), (0, 1), (2, 4))       # output of the network, label: oedema, necrosis and core, enhancing


def scans(folder):
    """The four files in the order of the network's channels."""
    found = []
    for suffixes in SUFFIXES:
        files = [file for suffix in suffixes for file in sorted(folder.glob(f"*[_-]{suffix}.nii.gz"))]
        if len(files) != 1:
            raise SystemExit(f"expected one scan that ends in {' or '.join(suffixes)} in {folder}, found {len(files)}")
        found.append(files[0])
    return found


def prepared(images):
    """All contrasts, cropped to the brain, where the first is not 0, and normalised over it; and the brain's box."""
    volumes = numpy.stack([image.get_fdata(dtype=numpy.float32) for image in images])
    brain = volumes[0] != 0
    box = tuple(slice(where.min(), where.max() + 1) for where in numpy.nonzero(brain))
    volumes, brain = volumes[(slice(None), *box)], brain[box]
    for volume in volumes:
        inside = volume[brain]
        volume[:] = numpy.where(brain, (volume - inside.mean()) / inside.std(), 0)
    return torch.from_numpy(volumes), box


@torch.inference_mode()
def labelled(network, volumes, layout):
    number = next(network.parameters()).dtype

    def answer(window):
        return network(window.to(dtype=number, memory_format=layout)).float()

    logits = sliding_window_inference(volumes[None], (128, 128, 128), 1, answer, overlap=0.5, mode="gaussian")[0]
    regions = (logits.sigmoid() >= 0.5).numpy()
    labels = numpy.zeros(regions.shape[1:], numpy.uint8)
    for output, label in LABELS:
        labels[regions[output]] = label
    return labels


def write(file, labels, box, canonical, original):
    """Labels of the brain's box, on the grid of the scan as it came."""
    whole = numpy.zeros(canonical.shape, numpy.uint8)
    whole[box] = labels
    back = orientations.ornt_transform(orientations.io_orientation(canonical.affine),
                                       orientations.io_orientation(original.affine))
    nibabel.save(nibabel.Nifti1Image(orientations.apply_orientation(whole, back), original.affine), file)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--weights", type=pathlib.Path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--channels-last", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    layout = torch.channels_last_3d if arguments.channels_last else torch.contiguous_format
    network = folded(load(arguments.weights)).to(dtype=getattr(torch, arguments.precision), memory_format=layout)
    originals = [nibabel.load(file) for file in scans(arguments.folder)]
    images = [nibabel.as_closest_canonical(image) for image in originals]
    volumes, box = prepared(images)
    write(arguments.output, labelled(network, volumes, layout), box, images[0], originals[0])


if __name__ == "__main__":
    main()
