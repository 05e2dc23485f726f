"""Pictures of 16 bits a channel: how many of these bits a folder of them uses, and their values in full.

Cameras of 10, 12 and 14 bits write 16-bit files and leave the upper bits empty: read as they stand, such pictures are
nearly black. A single file can't tell a dark picture from one of fewer bits; all files of a folder can.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.images.decode import UNREADABLE, PictureError, StrPath, decode, open_picture, require_pixels
from bgfg.data_manifests.images.orientation import read_orientation, turn_upright
from bgfg.data_manifests.images.strips import strips_of
from bgfg.data_manifests.terminal.errors import first_few

FULL_BITS = 16

# Bits that are looked for, and the share of their range that the brightest value must reach: 16-bit pictures whose
# brightest value is a little below a quarter of the range are only dark.
_NARROW = {8: 0.5, 10: 0.5, 12: 0.5, 14: 0.9}

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TIFF_SIGNATURES = (b"II*\0", b"MM\0*")
_PNG_DEPTH_AT = 24
_BITS_PER_SAMPLE = 258


class SignificantBits(NamedTuple):
    """How many bits the 16-bit files of a folder use.

    Attributes:
        bits: 8, 10, 12, 14 or 16.
        highest: Highest value in them; 0 where there are none.
        files: The 16-bit files.
    """

    bits: int = FULL_BITS
    highest: int = 0
    files: tuple[Path, ...] = ()

    def note(self) -> str:
        """Return the line that says what was decided; empty where pictures fill their 16 bits."""
        if self.bits == FULL_BITS:
            return ""
        names = first_few([path.name for path in self.files])
        return (
            f"{len(self.files)} 16-bit pictures hold values up to {self.highest:,} only: read as {self.bits} bits, "
            f"brightened {2 ** (FULL_BITS - self.bits)} times ({names}); if they are only dark, save them with "
            "8 bits a channel, which are read as they stand"
        )


def significant_bits(paths: Sequence[Path]) -> SignificantBits:
    """Find how many bits the 16-bit pictures among some files use, by the highest value in all of them.

    Files of 8 bits are told by their first bytes; files that can't be read are left to whoever reads them.
    """
    wide = tuple(path for path in paths if is_wide(path))
    highest = max(map(_highest_value, wide), default=0)
    for bits, share in _NARROW.items():
        top = 2**bits - 1
        if 0 < highest <= top:
            return SignificantBits(bits if highest > share * top else FULL_BITS, highest, wide)
    return SignificantBits(FULL_BITS, highest, wide)


def is_wide(path: StrPath) -> bool:
    """Say whether a file is a PNG or TIFF of 16 bits a channel; False where it can't be read."""
    if not os.path.isfile(path):  # a named pipe would block for ever
        return False
    try:
        with open_regular(path) as stream:
            head = stream.read(_PNG_DEPTH_AT + 1)
        if head.startswith(_TIFF_SIGNATURES):
            with open_picture(path) as image:
                depths: Any = image.tag_v2.get(_BITS_PER_SAMPLE, 0)  # type: ignore[attr-defined]
                return FULL_BITS in (depths if isinstance(depths, tuple) else (depths,))
    except UNREADABLE:
        return False
    return head.startswith(_PNG_SIGNATURE) and head[_PNG_DEPTH_AT:] == bytes([FULL_BITS])


def read_wide_colours(path: StrPath) -> NDArray[np.uint16]:
    """Read the colours of a 16-bit picture in full, of which Pillow keeps the high byte only.

    Args:
        path: A file that `decode` could read.

    Returns:
        (H, W, 3) RGB or (H, W, 4) RGBA uint16, upright.

    Raises:
        PictureError: OpenCV can't read it, or it is too large.
    """
    with open_picture(path) as image:  # four bytes a value: its own, and what is made of it
        require_pixels(path, *image.size, 4 * len(image.getbands()), "16-bit colours that are read in full")
    with open_regular(path) as stream:
        # By its descriptor: a name may hold bytes that OpenCV doesn't take.
        values = cv2.imread(f"/dev/fd/{stream.fileno()}", cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.ndim != 3 or values.shape[2] not in (3, 4):
        raise PictureError(path, "16-bit colours that can't be read in full", "Save it with 8 bits a channel")
    cv2.cvtColor(values, cv2.COLOR_BGR2RGB if values.shape[2] == 3 else cv2.COLOR_BGRA2RGBA, dst=values)
    return turn_upright(np.asarray(values, np.uint16), read_orientation(path))


def _highest_value(path: Path) -> int:
    """Return the highest value of a 16-bit picture; 0 of one that can't be read, which its reader names."""
    try:
        image = decode(path).image
        highest, is_in_full = 0, False
        for _, strip in strips_of(image):
            highest, is_in_full = max(highest, int(strip.max())), strip.dtype != np.uint8
        image.close()
        if is_in_full:
            return highest
        # Alpha counts too: it has as many bits as the colours.
        return highest * 257 if highest >= 2**6 else int(read_wide_colours(path).max())
    except PictureError:
        return 0
