#!/usr/bin/env python3
"""Small recordings of every format that is read, and what MNE and SciPy make of them.

    python scripts/golden/recordings.py Tests/BrainDataTests/Golden/recordings

needs mne, numpy and scipy. The files are written here byte by byte, by the formats' descriptions; expected.json holds
what MNE reads from them, in microvolts where a channel is in volts.
"""
import json
import struct
import sys
import warnings
from pathlib import Path

import mne
import numpy as np
import scipy.io
import scipy.sparse

RATE, RECORDS = 16, 3
NAMES = ["C3", "Cz", "EOG"]


def numbers(kind="<i2", channels=3, count=RATE * RECORDS):
    """The same noise in every run, as the integers of a file."""
    rng = np.random.default_rng(7)
    wide = 2_000_000 if kind == "i3" else 20_000
    return rng.integers(-wide, wide, (channels, count))


def text(value, width):
    raw = value if isinstance(value, bytes) else str(value).encode("latin-1")
    assert len(raw) <= width, value
    return raw.ljust(width)


def edf(labels, digital, records, *, bdf=False, reserved="", units="uV", ends=None, announced=None, seconds=1,
        lists=None, subject="X X X X"):
    """An EDF or BDF file. `lists`: bytes of the annotations of each record."""
    signals = len(labels) + (lists is not None)
    width = 3 if bdf else 2
    room = 60  # samples of annotations in a record
    per_record = digital.shape[1] // records
    ends = ends or [(-500, 500, -2**23, 2**23 - 1) if bdf else (-500, 500, -32768, 32767)] * len(labels)
    labels = list(labels)
    if lists is not None:
        labels.append("BDF Annotations" if bdf else "EDF Annotations")
        ends = ends + [(-1, 1, -2**23, 2**23 - 1) if bdf else (-1, 1, -32768, 32767)]
    head = (b"\xffBIOSEMI" if bdf else text("0", 8)) + text(subject, 80)
    head += text("Startdate 05-MAR-2021 X X X", 80) + b"05.03.2114.30.10" + text(256 * (signals + 1), 8)
    head += text(reserved, 44) + text(records if announced is None else announced, 8) + text(seconds, 8) + text(signals, 4)
    head += b"".join(text(label, 16) for label in labels) + text("", 80) * signals
    head += b"".join(text(units if n < digital.shape[0] else "", 8) for n in range(signals))
    for place in range(4):
        head += b"".join(text(end[place], 8) for end in ends)
    head += text("HP:0.1Hz LP:70Hz", 80) * signals
    head += b"".join(text(per_record if n < digital.shape[0] else room, 8) for n in range(signals)) + text("", 32) * signals
    body = b""
    for record in range(records):
        for row in digital:
            part = row[record * per_record:(record + 1) * per_record]
            if bdf:
                body += b"".join(int(value).to_bytes(3, "little", signed=True) for value in part)
            else:
                body += part.astype("<i2").tobytes()
        if lists is not None:
            body += lists[record].ljust(room * width, b"\0")
    return head + body


def tal(onset, *texts, duration=None):
    head = ("%+g" % onset).encode() + (b"" if duration is None else b"\x15" + str(duration).encode())
    return head + b"\x14" + b"".join(t + b"\x14" for t in texts) + b"\0"


def gdf(digital, code, kind, *, version, mode, records=RECORDS):
    old = version < 1.9
    channels = digital.shape[0]
    per_record = digital.shape[1] // records
    head = text("GDF %.2f" % version, 8)
    if old:
        head += text("P1 X", 80) + text("rec", 80) + b"2021030514301000"
        head += struct.pack("<q", 256 * (channels + 1)) + bytes(8 * 3) + bytes(20)
    else:
        days = 738220 + 0.604282407  # 5 March 2021
        head += text("P1 X", 66) + bytes(10) + bytes(4) + text("rec", 64) + bytes(16)
        head += struct.pack("<QQ", int(days * 2**32), 0) + struct.pack("<H", channels + 1) + bytes(6) + bytes(8) + bytes(6)
        head += bytes(6) + bytes(24)
    head += struct.pack("<qII", records, 1, 1)
    head += struct.pack("<I", channels) if old else struct.pack("<HH", channels, 0)
    assert len(head) == 256
    head += b"".join(text(name, 16) for name in NAMES[:channels]) + bytes(80 * channels)
    if old:
        head += text("uV", 8) * channels
    else:
        head += text("uV", 6) * channels + struct.pack("<H", 4275) * channels
    head += struct.pack("<d", -500) * channels + struct.pack("<d", 500) * channels
    head += struct.pack("<q" if old else "<d", -20000) * channels + struct.pack("<q" if old else "<d", 20000) * channels
    if old:
        head += text("", 80) * channels
    else:
        head += bytes(68 * channels) + struct.pack("<f", 70) * channels + struct.pack("<f", 0.5) * channels
        head += struct.pack("<f", 50) * channels
    head += struct.pack("<I", per_record) * channels + struct.pack("<I", code) * channels
    head += bytes(32 * channels)
    assert len(head) == 256 * (channels + 1)
    body = b""
    for record in range(records):
        for row in digital:
            body += row[record * per_record:(record + 1) * per_record].astype(kind).tobytes()
    positions, codes = [1, 9, 30], [768, 769, 770]
    if version < 1.94:
        table = struct.pack("<B", mode) + RATE.to_bytes(3, "little") + struct.pack("<I", 3)
    else:
        table = struct.pack("<B", mode) + (3).to_bytes(3, "little") + struct.pack("<f", RATE)
    table += struct.pack("<3I", *positions) + struct.pack("<3H", *codes)
    if mode == 3:
        table += struct.pack("<3H", 0, 0, 2) + struct.pack("<3I", 16, 4, 8)
    return head + body + table


def brainvision(folder, name, digital, kind, layout, *, big=False, resolution="0.1"):
    form = {"i2": "INT_16", "i4": "INT_32", "f4": "IEEE_FLOAT_32"}.get(kind, "")
    binary = f"[Binary Infos]\nBinaryFormat={form}\n" + ("UseBigEndianOrder=YES\n" if big else "")
    if kind == "text":
        binary = "[ASCII Infos]\nDecimalSymbol=.\nSkipLines=1\nSkipColumns=0\n"
    lines = "".join(f"Ch{n + 1}={c},REF,{resolution},µV\n" for n, c in enumerate(["C3", "C\\1z", "EOG"]))
    (folder / f"{name}.vhdr").write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n\n[Common Infos]\nCodepage=UTF-8\n"
        f"DataFile={name}.eeg\nMarkerFile={name}.vmrk\nDataFormat={'ASCII' if kind == 'text' else 'BINARY'}\n"
        f"DataOrientation={layout}\nNumberOfChannels=3\nSamplingInterval=62500\n\n{binary}\n[Channel Infos]\n{lines}\n"
        "[Comment]\nCh1=not a channel\n", encoding="utf-8")
    (folder / f"{name}.vmrk").write_text(
        "Brain Vision Data Exchange Marker File, Version 1.0\n\n[Common Infos]\nCodepage=UTF-8\n"
        f"DataFile={name}.eeg\n\n[Marker Infos]\nMk1=New Segment,,1,1,0,20210305143010250000\n"
        "Mk2=Stimulus,S  1,9,1,0\nMk3=Response,R\\15,30,4,0\n", encoding="utf-8")
    if kind == "text":
        rows = "\n".join(" ".join("%.1f" % v for v in digital[:, t]) for t in range(digital.shape[1]))
        (folder / f"{name}.eeg").write_text("C3 Cz EOG\n" + rows + "\n")
        return
    order = digital if layout == "VECTORIZED" else digital.T
    (folder / f"{name}.eeg").write_bytes(order.astype((">" if big else "<") + kind).tobytes())


def eeglab(folder, name, *, inline, flat=False, trials=1, compressed=True):
    digital = (numbers() / 7).astype("<f4")
    chanlocs = np.zeros((1, 3), dtype=[(f, "O") for f in ("labels", "type", "X", "Y", "Z")])
    for n, (x, y, z) in enumerate([(0, 71, 71), (0, 0, 95), (90, 20, -20)]):
        chanlocs[0, n] = (NAMES[n], "EOG" if n == 2 else "EEG", float(x), float(y), float(z))
    event = np.zeros((1, 3), dtype=[(f, "O") for f in ("type", "latency", "duration")])
    for n, (kind, latency) in enumerate([("go", 1.0), ("stop", 9.5), (33.0, 30.0)]):
        event[0, n] = (kind, latency, float(n))
    eeg = {"setname": name, "nbchan": 3.0, "pnts": float(48 // trials), "trials": float(trials), "srate": float(RATE),
           "xmin": 0.0, "xmax": 2.9375, "data": digital if inline else name + ".fdt", "chanlocs": chanlocs,
           "event": event, "urevent": [], "epoch": [], "ref": "common", "subject": "S7", "times": [], "icawinv": []}
    if inline and trials > 1:
        eeg["data"] = digital.reshape(3, trials, -1).transpose(0, 2, 1)
    if not inline:
        (folder / f"{name}.fdt").write_bytes(digital.T.tobytes())
    scipy.io.savemat(folder / f"{name}.set", eeg if flat else {"EEG": eeg}, do_compression=compressed)


def variables(folder, name, compressed):
    """Arrays of every kind."""
    tree = np.zeros((1, 2), dtype=[("name", "O"), ("inner", "O")])
    tree[0, 0], tree[0, 1] = ("a", {"deep": 3.0}), ("b", {"deep": 4.0})
    cells = np.empty((1, 2), dtype=object)
    cells[0, 0], cells[0, 1] = 7.0, "x"
    scipy.io.savemat(folder / name, {
        "double": np.array([[0.5, 1, 2], [3, -4.25, 1e300]]), "small": np.arange(-3, 3, dtype=np.int16).reshape(1, 2, 3),
        "truth": np.array([[True, False]]), "text": "Größe", "lines": np.array(["one  ", "three"]), "cells": cells,
        "tree": tree, "complex": np.array([[1 + 2j]]), "sparse": scipy.sparse.csc_matrix(np.eye(3)),
        "empty": np.zeros((0, 0)),
    }, do_compression=compressed)


def broken(folder):
    """Faults of real files, all in one."""
    lists = [tal(0, b"") + tal(0.5, b"\xe9tude"), tal(1, b"") + tal(-0.25, b"early"), tal(2, b"") + b"no onset\x14\x14\0"]
    data = edf(["C3", "C3", ""], numbers(), RECORDS, reserved="EDF+C", announced="-1", lists=lists,
               ends=[("-500,5", "500,5", -32768, 32767), (0, 0, -32768, 32767), (-500, 500, 5, 5)])
    (folder / "broken.edf").write_bytes(data + b"half a record")


def write(folder):
    lists = [tal(0, b"") + tal(0.5, b"eyes open", duration=1.5), tal(1, b"") + tal(1.25, b"T1", b"T2"), tal(2, b"")]
    (folder / "plus.edf").write_bytes(edf(NAMES, numbers(), RECORDS, reserved="EDF+C", lists=lists))
    gaps = [tal(0, b""), tal(1, b""), tal(10.5, b"") + tal(10.75, b"late")]
    (folder / "gaps.edf").write_bytes(edf(NAMES, numbers(), RECORDS, reserved="EDF+D", lists=gaps))
    (folder / "plus.bdf").write_bytes(edf(NAMES, numbers("i3"), RECORDS, bdf=True, reserved="BDF+C", lists=lists))
    status = np.zeros(48, int)
    status[5:8], status[8:12], status[20:] = 3, 0x10007, 0x10000
    (folder / "status.bdf").write_bytes(
        edf(["C3", "Status"], np.stack([numbers("i3")[0], status]), RECORDS, bdf=True, reserved="24BIT",
            ends=[(-500, 500, -2**23, 2**23 - 1), (-2**23, 2**23 - 1, -2**23, 2**23 - 1)]))
    for name, code, kind, version, mode in [
        ("old.gdf", 3, "<i2", 1.25, 3), ("new.gdf", 16, "<f4", 2.20, 1), ("middle.gdf", 5, "<i4", 2.10, 3),
    ]:
        (folder / name).write_bytes(gdf(numbers(), code, kind, version=version, mode=mode))
    brainvision(folder, "vector", numbers(), "i2", "VECTORIZED")
    brainvision(folder, "big", numbers(), "i4", "MULTIPLEXED", big=True)
    brainvision(folder, "text", numbers() / 10, "text", "MULTIPLEXED", resolution="1")
    eeglab(folder, "inline", inline=True)
    eeglab(folder, "beside", inline=False, flat=True, compressed=False)
    eeglab(folder, "trials", inline=True, trials=3)
    variables(folder, "plain.mat", False)
    variables(folder, "packed.mat", True)
    broken(folder)


def expected(folder):
    readers = {".edf": mne.io.read_raw_edf, ".bdf": mne.io.read_raw_bdf, ".gdf": mne.io.read_raw_gdf,
               ".vhdr": mne.io.read_raw_brainvision, ".set": mne.io.read_raw_eeglab}
    result = {}
    # What MNE 1.13 does not read alike is held against what was written: gaps, big-endian samples, faults and epochs.
    skipped = {"gaps.edf", "broken.edf", "trials.set", "big.vhdr"}
    for file in sorted(folder.iterdir()):
        if file.suffix not in readers or file.name in skipped:
            continue
        raw = readers[file.suffix](file, preload=True)
        kinds = raw.get_channel_types()
        volts = [1 if kind == "stim" else 1e6 for kind in kinds]
        result[file.name] = {
            "names": raw.ch_names, "rate": raw.info["sfreq"],
            "values": [[float("%.12g" % v) for v in row * volt] for row, volt in zip(raw.get_data(), volts)],
            "events": [[a["onset"], a["duration"], a["description"]] for a in raw.annotations],
            "start": raw.info["meas_date"].timestamp() if raw.info["meas_date"] else None,
        }
    return result


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    mne.set_log_level("ERROR")
    place = Path(sys.argv[1])
    place.mkdir(parents=True, exist_ok=True)
    write(place)
    (place / "expected.json").write_text(json.dumps(expected(place)))
