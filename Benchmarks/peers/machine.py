"""What the machine is, as far as timings depend on it."""
import importlib.metadata
import os
import pathlib
import platform

PACKAGES = ("torch", "onnxruntime", "openvino", "monai")


def flags():
    return set(information("flags").split())


def information(key):
    """The first line of that key in what Linux says of its processors; empty elsewhere."""
    file = pathlib.Path("/proc/cpuinfo")
    for line in file.read_text().splitlines() if file.exists() else ():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""


def cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def has_bfloat16():
    """Whether the processor computes in bfloat16 itself. Elsewhere engines emulate it, which is slower than float32."""
    return bool(flags() & {"avx512_bf16", "amx_bf16"})


def busy_seconds(process=None):
    """Processor time so far of one process, or of all and of a virtual machine's host in our place; None off Linux."""
    file = pathlib.Path(f"/proc/{process}/stat" if process else "/proc/stat")
    if not file.exists():
        return None
    if process:
        ticks = file.read_text().rpartition(")")[2].split()[11:13]
    else:
        user, nice, system, _, _, *rest = file.read_text().split()[1:9]
        ticks = [user, nice, system, *rest]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def description():
    return {"processor": information("model name") or platform.processor() or platform.machine(),
            "cores": cores(), "bfloat16": has_bfloat16(), "load": round(os.getloadavg()[0], 2),
            "versions": {name: importlib.metadata.version(name) for name in PACKAGES}}
