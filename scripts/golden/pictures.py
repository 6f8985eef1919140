"""Makes the golden file of the tests that read pictures: small files and the pixels that Pillow or their maker sees in them.

    python scripts/golden/pictures.py Tests/BrainDataTests/Golden
"""
import argparse
import base64
import io
import json
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 19, 13
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def scene(channels, white):
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    planes = [np.sin(0.31 * x + 0.17 * y * (c + 1) + c) * 0.5 + 0.5 for c in range(channels)]
    return np.round(np.stack(planes, axis=-1) * white).astype(np.uint16)


def png(pixels, bits, kind, extra=b"", interlaced=False):
    """A PNG by the letter of the specification, rows unfiltered."""
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    def rows(part):
        out = b""
        for row in part:
            if bits == 16:
                out += b"\0" + row.astype(">u2").tobytes()
            elif bits == 8:
                out += b"\0" + row.astype(np.uint8).tobytes()
            else:
                flags = "".join(format(int(v), f"0{bits}b") for v in row.ravel())
                flags += "0" * (-len(flags) % 8)
                out += b"\0" + bytes(int(flags[n:n + 8], 2) for n in range(0, len(flags), 8))
        return out

    if interlaced:
        parts = [pixels[y::dy, x::dx] for x, y, dx, dy in ADAM7]
        data = b"".join(rows(part) for part in parts if part.size)
    else:
        data = rows(pixels)
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, kind, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(data, 9))
            + chunk(b"IEND", b""))


def palette(colours):
    content = bytes(colours.astype(np.uint8).ravel())
    return struct.pack(">I", len(content)) + b"PLTE" + content + struct.pack(">I", zlib.crc32(b"PLTE" + content))


def jpeg(pixels, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8).squeeze()).save(buffer, "JPEG", quality=90, **options)
    return buffer.getvalue()


def write(folder):
    cases = []

    def add(name, data, pixels, bits=8, alpha=False):
        cases.append({"name": name, "bytes": base64.b64encode(data).decode(), "channels": pixels.shape[-1],
                      "bits": bits, "alpha": alpha, "values": pixels.ravel().tolist()})

    grey, colour = scene(1, 255), scene(3, 255)
    for name, pixels, options in (("grey.jpg", grey, {}), ("colour.jpg", colour, {"subsampling": 0}),
                                  ("progressive.jpg", colour, {"subsampling": 2, "progressive": True})):
        data = jpeg(pixels, **options)
        seen = np.asarray(Image.open(io.BytesIO(data))).reshape(HEIGHT, WIDTH, -1)
        add(name, data, seen)
    add("grey8.png", png(grey, 8, 0), grey)
    add("colour8.png", png(colour, 8, 2), colour)
    add("grey16.png", png(scene(1, 65535), 16, 0), scene(1, 65535), bits=16)
    add("colour16.png", png(scene(3, 65535), 16, 2), scene(3, 65535), bits=16)
    add("interlaced16.png", png(scene(1, 65535), 16, 0, interlaced=True), scene(1, 65535), bits=16)
    bilevel = (grey > 127).astype(np.uint16)
    add("bits1.png", png(bilevel, 1, 0), bilevel * 255)
    four = scene(1, 15)
    add("bits4.png", png(four, 4, 0, interlaced=True), four * 17)
    table = np.array([[16 * n, 255 - 16 * n, (n * 37) % 256] for n in range(16)])
    add("palette.png", png(four, 4, 3, palette(table)), table[four[..., 0]])
    add("alpha.png", png(scene(4, 255), 8, 6), scene(4, 255)[..., :3], alpha=True)
    add("grey-alpha.png", png(scene(2, 65535), 16, 4), scene(2, 65535)[..., :1], bits=16, alpha=True)
    for case in cases:
        if case["bits"] == 8 and not case["alpha"]:
            image = Image.open(io.BytesIO(base64.b64decode(case["bytes"])))
            mode = "RGB" if case["channels"] == 3 else "L"
            assert np.asarray(image.convert(mode)).ravel().tolist() == case["values"], case["name"]
    inks = io.BytesIO()
    Image.fromarray(scene(4, 255).astype(np.uint8), "CMYK").save(inks, "JPEG")
    document = {"width": WIDTH, "height": HEIGHT, "cases": cases, "inks": base64.b64encode(inks.getvalue()).decode()}
    path = folder / "pictures.json"
    path.write_text(json.dumps(document, separators=(",", ":")) + "\n")
    print(f"{path} {path.stat().st_size} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    write(parser.parse_args().folder)
