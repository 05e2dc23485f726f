"""Pictures that say nothing of themselves but their pixels, decoded in the fastest way that gives Pillow's."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from bgfg.data_manifests.imports.plain_jpeg import decode_plain_jpeg
from bgfg.data_manifests.imports.plain_png import decode_plain_png


def decode_plain(data: bytes) -> NDArray[Any] | None:
    """Return the pixels of a plain JPEG or PNG, as `decode_plain_jpeg` and `decode_plain_png` do; None for others.

    Args:
        data: Content of a file.
    """
    pixels = decode_plain_jpeg(data)
    return decode_plain_png(data) if pixels is None else pixels
