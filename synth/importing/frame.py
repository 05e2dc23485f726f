"""Pictures brought to the frame of an imported corpus: composites, masks, depth maps, pictures of instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.decode import PictureError, decode
from bgfg.data_manifests.images.light import brightest_channel
from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.pixels import MODES_U16, grey_values, load_pixels, unstretched
from bgfg.data_manifests.images.resampling.fit_to_frame import fit_background, fit_depth
from bgfg.data_manifests.imports.plain_picture import decode_plain
from bgfg.data_manifests.imports.source_files import SourceFile

Pixels = NDArray[np.uint8]

# Channels of a grey picture that was saved as a JPEG in colours may differ by that.
_GREY_TOLERANCE = 12


@dataclass(frozen=True)
class Frame:
    """The frame of a corpus, and whether pictures may be brought to it.

    Attributes:
        height_px: H.
        width_px: W.
        fits: Whether composites of other sizes are cropped and resized; else they are refused.
    """

    height_px: int
    width_px: int
    fits: bool

    def image(self, file: SourceFile) -> tuple[Pixels, tuple[int, int]]:
        """Return a composite, (H, W, 3) RGB, and the size that it came with; raise PictureError where it can't be."""
        pixels = read_image(file)
        size_px = pixels.shape[0], pixels.shape[1]
        if size_px == (self.height_px, self.width_px):
            return pixels, size_px
        self._require_fits(file.path, size_px)
        return fit_background(pixels, self.height_px, self.width_px), size_px

    def mask(self, file: SourceFile, whole_px: tuple[int, int]) -> Pixels:
        """Return the mask of a composite that came with a size, (H, W) alpha."""
        alpha_u8 = read_alpha(file)
        if alpha_u8.shape != whole_px:
            _require_one_shape(file.path, alpha_u8.shape, whole_px, "mask")
            alpha_u8 = cv2.resize(alpha_u8, whole_px[::-1], interpolation=cv2.INTER_AREA).astype(np.uint8)
        if whole_px == (self.height_px, self.width_px):
            return alpha_u8
        return fit_background(alpha_u8, self.height_px, self.width_px)

    def nearest(self, values: NDArray[Any], whole_px: tuple[int, int], path: str) -> NDArray[Any]:
        """Return values of a composite that came with a size, (H, W), by the nearest pixel; the path is for errors."""
        if values.shape == whole_px == (self.height_px, self.width_px):
            return values
        return fit_depth(values, whole_px, self.height_px, self.width_px, path)

    def _require_fits(self, path: str, size_px: tuple[int, int]) -> None:
        if not self.fits:
            reason = f"{size_px[1]}x{size_px[0]}, where others are {self.width_px}x{self.height_px}"
            raise PictureError(path, reason, "Give --size, which crops and resizes them")


def _require_one_shape(path: str, size_px: tuple[int, ...], whole_px: tuple[int, int], what: str) -> None:
    """Raise PictureError where a map isn't of the shape of its composite, but for rounding to whole pixels."""
    scale = size_px[1] / whole_px[1]
    if abs(size_px[0] - scale * whole_px[0]) > max(1.0, scale):
        reason = f"a {what} of {size_px[1]}x{size_px[0]} to a composite of {whole_px[1]}x{whole_px[0]}"
        raise PictureError(path, reason, "Give it that of its composite")


def read_image(file: SourceFile) -> Pixels:
    """Return a composite as it came, (H, W, 3) RGB; raise PictureError where it isn't opaque."""
    plain = decode_plain(file.data)
    if plain is not None and plain.dtype == np.uint8:
        return plain if plain.ndim == 3 else np.asarray(cv2.cvtColor(plain, cv2.COLOR_GRAY2RGB), np.uint8)
    image, file_format, _, _ = decode(file.path, file.data)
    pixels = load_pixels(file.path, image, file_format).pixels
    if pixels.shape[2] == 4:
        if pixels[..., 3].min() < 255:
            raise PictureError(file.path, "a composite with transparent pixels", "Save it without alpha")
        pixels = np.ascontiguousarray(pixels[..., :3])
    return pixels


def read_alpha(file: SourceFile) -> Pixels:
    """Return a mask as alpha, (H, W) uint8: as it is where grey levels reach 128, else set pixels as 255.

    Of two values the higher is set where the other is 0; of more, those from half of the highest on.
    """
    levels = _mask_levels(file)
    highest = int(levels.max())
    if levels.dtype == np.uint8 and (highest >= OPAQUE_U8 or highest == 0):
        return np.ascontiguousarray(levels)
    is_two = bool(((levels == 0) | (levels == highest)).all())
    if levels.dtype == np.uint16 and highest > 255 and not is_two:
        return ((levels.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    least = highest if is_two else (highest + 1) // 2
    return np.where(levels >= max(1, least), 255, 0).astype(np.uint8)


def _mask_levels(file: SourceFile) -> NDArray[Any]:
    """Return the levels of a mask as they stand, (H, W) uint8 or uint16: grey, alpha, or the brightest channel."""
    plain = decode_plain(file.data)
    if plain is not None:
        return plain if plain.ndim == 2 else brightest_channel(plain)
    image, file_format, maxval, _ = decode(file.path, file.data)
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    if image.mode in MODES_U16:
        return unstretched(grey_values(file.path, image), maxval)
    pixels = load_pixels(file.path, image, file_format).pixels
    has_alpha = pixels.shape[2] == 4 and pixels[..., 3].min() < 255
    return pixels[..., 3] if has_alpha else brightest_channel(pixels[..., :3])


def read_values(file: SourceFile) -> NDArray[Any]:
    """Return the grey values of a picture as they stand, (H, W) uint8 or uint16; raise PictureError for colours."""
    plain = decode_plain(file.data)
    if plain is not None and plain.ndim == 2:
        return plain
    image, file_format, maxval, _ = decode(file.path, file.data)
    if image.mode in MODES_U16:
        return unstretched(grey_values(file.path, image), maxval)
    if image.mode == "L":
        return np.asarray(image)
    pixels = load_pixels(file.path, image, file_format).pixels
    grey = pixels[..., 1]
    if any(cv2.absdiff(pixels[..., channel], grey).max() > _GREY_TOLERANCE for channel in (0, 2)):
        raise PictureError(file.path, "a depth map in colours, which no scale tells", "Save it as grey levels")
    return np.ascontiguousarray(grey)
