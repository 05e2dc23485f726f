"""Encoding of pixels as picture files: JPEG, PNG, 8-bit and 16-bit depth, depth as a file of NumPy too.

OpenCV's encoders: those of Pillow, byte for byte the same JPEG, without the detour through an image object.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.synth.export.request import ExportRequest
from bgfg.synth.store.depth_code import DepthCode

# Measured on office pictures and their masks and depth: what makes each kind small at a bearable time.
_MASK_PNG = (
    cv2.IMWRITE_PNG_STRATEGY,
    cv2.IMWRITE_PNG_STRATEGY_RLE,
    cv2.IMWRITE_PNG_FILTER,
    cv2.IMWRITE_PNG_FILTER_NONE,
)
_PICTURE_PNG = (
    cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_FILTERED,
    cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP,
)  # fmt: skip
_DEPTH_PNG = (
    cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_DEFAULT,
    cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE,
)  # fmt: skip


class ImageEncoder:
    """Encodes the pictures of one export.

    Attributes:
        image_suffix: Suffix of composites and backgrounds, "jpeg" or "png".
        depth_suffix: Suffix of depth maps, "jpeg", "png" or "npy"; empty where no depth is exported.
    """

    def __init__(self, request: ExportRequest, depth_code: DepthCode | None) -> None:
        """Set up for one export.

        Args:
            request: What is asked of the export.
            depth_code: The depth coding of the corpus; None where no depth is exported.
        """
        self._jpeg = (cv2.IMWRITE_JPEG_QUALITY, request.quality)
        self._grey = request.grey
        self.image_suffix = request.image
        self.depth_suffix = request.depth_suffix
        self._depth_table = None
        if depth_code is not None and request.depth_bits is not None:
            self._depth_table = depth_lookup_table(depth_code, request.depth_bits)

    def image(self, rgb: NDArray[np.uint8]) -> bytes:
        """Encode (H, W, 3) uint8 RGB, whose rows may lie apart, as the file of a composite or a background."""
        pixels = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY if self._grey else cv2.COLOR_RGB2BGR)
        return _encode(f".{self.image_suffix}", pixels, self._jpeg if self.image_suffix == "jpeg" else _PICTURE_PNG)

    def mask(self, alpha_u8: NDArray[np.uint8]) -> bytes:
        """Encode (H, W) uint8 as grey PNG."""
        return _encode(".png", alpha_u8, _MASK_PNG)

    def normals(self, coded: NDArray[np.uint8]) -> bytes:
        """Encode normals (Hd, Wd, 3) uint8, coded as RGB, as PNG: lossless, whatever the format of pictures."""
        return _encode(".png", cv2.cvtColor(coded, cv2.COLOR_RGB2BGR), _PICTURE_PNG)

    def cutout(self, rgba: NDArray[np.uint8]) -> bytes:
        """Encode (h, w, 4) uint8 RGBA as PNG, the colours of what is transparent included."""
        return _encode(".png", cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA), _PICTURE_PNG)

    def depth(self, codes: NDArray) -> bytes:
        """Encode (H, W) depth codes as a file of the bits that were asked for."""
        values = self.depth_values(codes)
        if self.depth_suffix == "npy":
            file = io.BytesIO()
            np.save(file, values, allow_pickle=False)
            return file.getvalue()
        return _encode(f".{self.depth_suffix}", values, self._jpeg if self.depth_suffix == "jpeg" else _DEPTH_PNG)

    def depth_values(self, codes: NDArray) -> NDArray:
        """Return the exported values, uint8 or uint16, of codes of any shape.

        Raises:
            ValueError: This export has no depth.
        """
        if self._depth_table is None:
            raise ValueError("this export has no depth")
        return cv2.LUT(codes, self._depth_table) if codes.dtype == np.uint8 else self._depth_table[codes]

    def grey_if_requested(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return (H, W, 3) RGB as it is, or as (H, W) luma where grey was asked for."""
        return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.uint8) if self._grey else rgb


def depth_lookup_table(code: DepthCode, bits: int) -> NDArray:
    """Return the exported value of each code, 0 for unknown.

    Args:
        code: The depth coding of the corpus.
        bits: 16 for millimetres, uint16, at most 65,535 (without a unit, the code itself); 8 for distance / far_m ·
            255, uint8, at least 1.
    """
    metres = code.values_m()
    if bits == 16:
        scale = 1 if _is_relative(code) else 1000
        return np.minimum(np.round(metres * scale), 65535).astype(np.uint16)
    values = np.maximum(np.round(metres / code.far_m * 255), 1)
    values[0] = 0
    return values.astype(np.uint8)


def _is_relative(code: DepthCode) -> bool:
    return bool(code.attributes()["kind"] == "relative")


def depth_metadata(code: DepthCode, bits: int) -> dict[str, Any]:
    """Return what a reader needs to turn exported values into metres."""
    if _is_relative(code):
        return {"bits": bits, "unknown": 0, "meaning": "no unit; larger is farther, on one scale for all samples"}
    scale_m = 0.001 if bits == 16 else code.far_m / 255
    return {"bits": bits, "scale_m": scale_m, "unknown": 0, "meaning": "metres from the camera plane = value * scale_m"}


def _encode(suffix: str, pixels: NDArray, options: Sequence[int]) -> bytes:
    done, data = cv2.imencode(suffix, pixels, options)
    if not done:
        raise ValueError(f"OpenCV can't encode {pixels.shape} {pixels.dtype} as {suffix}")
    return bytes(data.data)
