"""Writes what the peers share into a folder: weights, the patch, the logits that they must give, the ONNX model."""
import contextlib
import logging
import pathlib
import sys
import warnings

import numpy
import torch
from safetensors.torch import save_file

from network import folded, load, random_patch


def export(network, patch, file):
    """Opset 21 has a group norm, which OpenVINO computes exactly; ONNX Runtime's is off by up to 1e-3 either way."""
    logging.disable(logging.WARNING)
    with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, (patch,), file, input_names=["scan"], output_names=["logits"], opset_version=21,
                          dynamo=True, external_data=False, verbose=False)


def prepare(folder, threads, weights):
    folder = pathlib.Path(folder)
    torch.set_num_threads(threads)
    network, patch = load(weights), random_patch()
    save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()},
              folder / "weights.safetensors")
    numpy.save(folder / "patch.npy", patch.numpy())
    with torch.inference_mode():
        numpy.save(folder / "expected.npy", network(patch).numpy())
    export(folded(network), patch, folder / "network.onnx")
