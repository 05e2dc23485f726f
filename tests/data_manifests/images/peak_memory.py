"""Run in a process of its own: reads pictures, and says how many bytes of memory each took at its peak.

Not by tracemalloc, which sees no memory of Pillow or OpenCV.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from bgfg.data_manifests.images import strips
from bgfg.data_manifests.images.image_reading import read_picture
from bgfg.data_manifests.images.label_picture import read_label_picture
from bgfg.train.folders.mask_encoding import MaskEncoding
from bgfg.train.folders.mask_statistics import measure_mask

READERS: dict[str, Callable[[Path], Any]] = {
    "picture": read_picture,
    "12 bits": lambda path: read_picture(path, 12),
    "label": read_label_picture,
    "statistics": lambda path: measure_mask(read_label_picture(path)),
    "codes": lambda path: MaskEncoding("mask", "", {level: level for level in range(256)}, full_level=65535).decode(
        read_label_picture(path)
    ),
}


def memory_bytes(name: str) -> int:
    """Return VmRSS, what this process holds, or VmHWM, the most that it held since `forget_peak`."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name)]
    return int(line.split()[1]) * 1024


def forget_peak() -> None:
    """Begin anew with VmHWM."""
    Path("/proc/self/clear_refs").write_text("5")


def main(folder: Path, small: Path) -> None:
    strips._STRIP_VALUES = 2**15  # as small beside these pictures as strips are beside large ones
    for reader, name in [text.split(":") for text in sys.argv[3:]]:
        READERS[reader](small / name)  # loads libraries, and makes tables
        forget_peak()
        before = memory_bytes("VmRSS")
        READERS[reader](folder / name)
        taken = memory_bytes("VmHWM") - before
        with Image.open(folder / name) as image:
            print(json.dumps([reader, name, taken / (image.width * image.height)]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
