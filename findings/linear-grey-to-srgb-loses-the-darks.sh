#!/usr/bin/env bash
# An 8-bit grey picture whose ICC profile says "linear light" (gamma 1.0) is converted to sRGB by Pillow's ImageCms
# (LittleCMS). Expected: the transform is a curve of 256 entries, so every level comes out within one of the formula of
# sRGB: level 2 is 0.78 % of white, 21.7 of 255. What happens with the default flags: level 2 comes out as 12, level 1 as
# 6 instead of 12.7: in the darks the curve is a straight line, as if it had been sampled coarsely; with
# Flags.NOOPTIMIZE every level is right. RGB profiles of the same curve are right with either flags. So pictures of
# sensors and renderers that are stored linear lose half of the brightness of their shadows, silently.
# Seen with Pillow 13.0.0, whose wheel has LittleCMS 2.19; source: Pillow's documentation of ImageCms, and sRGB (IEC 61966-2-1).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'P'
import io
import struct

import numpy as np
import PIL
from PIL import Image, ImageCms, features

D50 = b"".join(struct.pack(">i", round(v * 65536)) for v in (0.9642, 1.0, 0.8249))
COLUMNS = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))


def profile(space, tags):
    text = b"linear light\0"
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": b"XYZ " + bytes(4) + D50,
    } | tags
    at, table, content = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        table += tag + struct.pack(">II", at + len(content), len(data))
        content += data + bytes(-len(data) % 4)
    head = struct.pack(">I4sI", at + len(content), bytes(4), 0x02400000) + b"mntr" + space + b"XYZ "
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + D50
    return ImageCms.ImageCmsProfile(io.BytesIO(head.ljust(128, b"\0") + table + content))


curve = b"curv" + bytes(4) + struct.pack(">IH", 1, 256)  # one number: the gamma 1.0
xyz = [b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(v * 65536)) for v in c) for c in COLUMNS]
grey = profile(b"GRAY", {b"kTRC": curve})
rgb = profile(b"RGB ", dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), xyz)) | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))
levels = np.arange(256, dtype=np.uint8)
light = levels / 255
right = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def converted(source, mode, flags):
    transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB", flags=flags)
    picture = Image.fromarray(levels[None] if mode == "L" else np.repeat(levels[None, :, None], 3, axis=2))
    return np.asarray(ImageCms.applyTransform(picture, transform))[0, :, 1].astype(float)


print("Pillow", PIL.__version__, "with LittleCMS", features.version("littlecms2"))
off = {}
for name, source, mode in (("grey", grey, "L"), ("RGB", rgb, "RGB")):
    for flags in (ImageCms.Flags.NONE, ImageCms.Flags.NOOPTIMIZE):
        found = converted(source, mode, flags)
        off[name, flags.name] = np.abs(found - right).max()
        print(f"{name:4} {flags.name:10} levels 1, 2, 4, 8: {found[[1, 2, 4, 8]]}, at most {off[name, flags.name]:.1f} off")
print("by the formula                  ", right[[1, 2, 4, 8]].round(1))
assert off["grey", "NONE"] > 5, "the default is right now"
assert off["grey", "NOOPTIMIZE"] < 1
assert off["RGB", "NONE"] < 2
P
