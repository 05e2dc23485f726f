"""Portable float maps: one channel of 32-bit floating-point numbers, from the bottom row to the top one."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation.pair_sizes import require_size

# Kind, width and height, and the scale, whose sign is the order of the bytes: below 0 the lowest comes first.
_HEADER = re.compile(rb"(P[Ff])\s+(\d{1,9})\s+(\d{1,9})\s+([+-]?[\d.]+(?:[eE][+-]?\d+)?)\s")
_MAX_HEADER_BYTES = 200


def read_pfm(path: Path) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Read a map.

    Args:
        path: The file.

    Returns:
        Values (h, w) from the top row to the bottom one, and in words that it has a scale, which isn't applied: some
        writers mean a factor by it, most nothing.

    Raises:
        Problem: It is none of one channel, too large, or not as long as its header says.
    """
    try:
        with open_regular(path) as stream:
            header = _HEADER.match(stream.read(_MAX_HEADER_BYTES))
            scale = float(header[4]) if header else math.nan
            if header is None or not math.isfinite(scale) or scale == 0:
                raise Problem(f"{path}: no PFM, or its header is damaged: replace it with a whole copy")
            width_px, height_px = int(header[2]), int(header[3])
            if header[1] == b"PF":
                raise Problem(f"{path}: a PFM of three channels; a depth map has one: save it as Pf")
            if width_px * height_px == 0:
                raise Problem(f"{path}: {width_px}x{height_px} pixels, no depth map: check the file")
            require_size(path, width_px * height_px, "depth map")
            stream.seek(header.end())
            data = stream.read(4 * width_px * height_px + 1)
    except (OSError, ValueError) as error:
        raise_failed_call(error, path)
        raise Problem(f"{path}: can't be read ({error}): put the file back") from error
    if len(data) != 4 * width_px * height_px:
        raise Problem(f"{path}: not as long as {width_px}x{height_px} pixels are: replace it with a whole copy")
    values = np.frombuffer(data, "<f4" if scale < 0 else ">f4").reshape(height_px, width_px)[::-1]
    decided = () if abs(scale) == 1 else (f"PFM with a scale of {abs(scale):g}, which isn't applied (--depth-scale)",)
    return values.astype(np.float32), decided
