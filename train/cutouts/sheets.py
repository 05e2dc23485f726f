"""Contact sheets of cut-outs: those that are used, and those that are doubtful, on a checkerboard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bgfg.data_manifests.files.origin import Origin
from bgfg.data_manifests.images.image_reading import read_picture
from bgfg.data_manifests.images.image_writing import save_jpeg
from bgfg.data_manifests.images.panels import captioned, fit_in_square, on_checkerboard, panel_grid
from bgfg.data_manifests.images.resampling.fit_to_frame import fit_cutout
from bgfg.train.inference.inputs import Pixels

# Panels of a sheet, and side by side; and the side of one.
_MOST, _COLUMNS, _SIDE_PX = 60, 10, 160


def write_sheet(path: Path, entries: Sequence[tuple[Path, str]], origin: Origin) -> None:
    """Write a sheet of pictures, at most 60 spread evenly over them, as JPEG; without any, remove one that is there.

    Args:
        path: The file.
        entries: Files of cut-outs or photographs, each with its caption; those that are gone are left out.
        origin: What makes it, which it says of itself.
    """
    there = [entry for entry in entries if entry[0].is_file()]
    if not there:
        path.unlink(missing_ok=True)
        return
    count = min(_MOST, len(there))
    chosen = [there[number * len(there) // count] for number in range(count)]
    panels = [captioned(_panel(file), caption) for file, caption in chosen]
    save_jpeg(panel_grid(panels, _COLUMNS), path, origin=origin)


def _panel(file: Path) -> Pixels:
    """Return a cut-out on a checkerboard, or a photograph on white, as a square."""
    pixels = read_picture(file).pixels
    if pixels.shape[2] == 3:
        return fit_in_square(pixels, _SIDE_PX)
    small = fit_cutout(np.ascontiguousarray(pixels), _SIDE_PX, _SIDE_PX, _SIDE_PX, file)
    return on_checkerboard(small, _SIDE_PX, _SIDE_PX)
