"""Makes the tiny checkpoints of Tests/NeuralNetTests/Golden with PyTorch, safetensors and NumPy.

Every number is a fixed ramp, so that the tests can say what they expect:
element n of any tensor is n / 4 - 1 for floating-point types and n % 100 - 1 (unsigned: n % 100) for integers.
Needs torch, safetensors and numpy; run it from anywhere.
"""
import collections
import os
import pathlib

import numpy
import safetensors.torch
import torch

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "NeuralNetTests" / "Golden"
TYPES = {
    "f64": torch.float64, "f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16, "i64": torch.int64,
    "i32": torch.int32, "i16": torch.int16, "i8": torch.int8, "u8": torch.uint8, "bool": torch.bool,
}


def ramp(*shape, dtype=torch.float32):
    count = int(numpy.prod(shape))
    n = torch.arange(count)
    if dtype.is_floating_point:
        values = n / 4 - 1
    elif dtype == torch.bool:
        values = n % 2 == 1
    elif dtype == torch.uint8:
        values = n % 100
    else:
        values = n % 100 - 1
    return values.to(dtype).reshape(shape)


def every_type():
    tensors = {f"type.{name}": ramp(2, 3, dtype=dtype) for name, dtype in TYPES.items()}
    tensors["scalar"] = ramp(1).reshape(())
    tensors["empty"] = torch.zeros(0, 4)
    return tensors


def save_safetensors():
    metadata = {"format": "pt", "note": "a \"quoted\" line\nand é"}
    safetensors.torch.save_file(every_type(), FOLDER / "types.safetensors", metadata)
    safetensors.torch.save_file(every_type(), FOLDER / "no-notes.safetensors")


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm = torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)
        for tensor in self.state_dict().values():
            tensor.copy_(ramp(*tensor.shape, dtype=tensor.dtype))

    def forward(self, x):
        return self.norm(self.first(x))


def views():
    base = ramp(4, 6)
    return {
        "whole": base, "transposed": base.t(), "offset": base[1:3], "strided": base[::2, 1::3],
        "permuted": ramp(2, 3, 4).permute(2, 0, 1), "permuted.f16": ramp(2, 3, 4, dtype=torch.float16).permute(1, 2, 0),
        "row": base[2], "expanded": base[0, 1].expand(2, 3), "truth": ramp(2, 4, dtype=torch.bool).t(),
        "parameter": torch.nn.Parameter(base[:, 0]),
    }


def save_checkpoints():
    torch.save(every_type(), FOLDER / "types.pth")
    torch.save(every_type(), FOLDER / "types-protocol5.pth", pickle_protocol=5)
    torch.save(views(), FOLDER / "views.pth")
    network = Network()
    torch.save(torch.nn.DataParallel(network).state_dict(), FOLDER / "parallel.pth")
    optimiser = torch.optim.AdamW(network.parameters(), betas=(0.9, 0.95))
    network.eval()(torch.ones(1, 3)).sum().backward()
    state = {"epoch": 7, "dice": [0.5, 0.25], "hausdorff": (1.5, None), "state_dict": network.state_dict()}
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    optimiser.step()
    state |= {"state_dict": collections.OrderedDict(weights), "optimizer": optimiser.state_dict()}
    state |= {"size": torch.Size([1, 2]), "kind": torch.float16, "done": {1, 2}, "seed": 2**63 + 5}
    torch.save(state, FOLDER / "training.pt")
    torch.save(network.state_dict(), FOLDER / "legacy.pth", _use_new_zipfile_serialization=False)


class Command:
    def __reduce__(self):
        return os.system, ("echo this must never run",)


def save_refused():
    torch.save({"state_dict": {"a": ramp(2)}, "hook": Command()}, FOLDER / "command.pth")
    torch.save({"state_dict": {"a": ramp(2)}, "dice": numpy.float64(0.5)}, FOLDER / "numpy-scalar.pth")
    torch.save(torch.nn.Linear(2, 2), FOLDER / "whole-module.pth")
    torch.save({"generator": {"a": ramp(2)}, "critic": {"a": ramp(2)}}, FOLDER / "two-networks.pth")
    torch.save({"epoch": 3, "names": ["a"]}, FOLDER / "no-tensors.pth")
    torch.jit.script(torch.nn.ReLU()).save(FOLDER / "script.pt")


def save_arrays():
    numpy.save(FOLDER / "c-order.npy", ramp(2, 3, 4).numpy())
    numpy.save(FOLDER / "fortran-order.npy", numpy.asfortranarray(ramp(2, 3, 4, dtype=torch.float64).numpy()))
    numpy.save(FOLDER / "big-endian.npy", ramp(2, 3, dtype=torch.int32).numpy().astype(">i4"))
    numpy.save(FOLDER / "scalar.npy", numpy.float16(-1))
    numpy.save(FOLDER / "truth.npy", ramp(5, dtype=torch.bool).numpy())
    arrays = {"a": numpy.arange(6, dtype=numpy.int8).reshape(2, 3), "b": numpy.array([1.5, -2])}
    numpy.savez(FOLDER / "stored.npz", **arrays)
    numpy.savez_compressed(FOLDER / "packed.npz", **arrays)
    numpy.save(FOLDER / "objects.npy", numpy.array([None, "a"], dtype=object))
    numpy.save(FOLDER / "record.npy", numpy.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
    for version in [(2, 0), (3, 0)]:
        with open(FOLDER / f"version{version[0]}.npy", "wb") as file:
            numpy.lib.format.write_array(file, ramp(3, dtype=torch.int64).numpy(), version=version)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    save_safetensors()
    save_checkpoints()
    save_refused()
    save_arrays()
