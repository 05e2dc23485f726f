"""Colour profiles: what the numbers of a picture mean, brought to sRGB and back by LittleCMS.

A profile by which colours are nearly those of sRGB counts as none, as a plain gamma of 2.2 does: such pictures keep
their numbers.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

# Mean change of a grid of colours, in levels, up to which a profile is one of the many spellings of sRGB.
_MOST_LIKE_SRGB = 2.0

_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


class UnreadableProfile(ValueError):
    """A colour profile that is damaged, or of a kind that isn't read here."""


@dataclass(frozen=True, eq=False)
class ColourProfile:
    """A colour profile whose colours aren't nearly those of sRGB.

    Attributes:
        icc: The profile as it stands in a picture's file.
        name: What it calls itself, such as "Display P3".
        mode: Pillow's mode of the pixels that it describes: "RGB", "L" or "CMYK".
    """

    icc: bytes = field(repr=False)
    name: str
    mode: str
    _to_srgb: Any = field(repr=False)
    _from_srgb: Any = field(repr=False)

    @property
    def is_reversible(self) -> bool:
        """Whether colours of sRGB can be written in it: then a picture may keep its own numbers."""
        return self._from_srgb is not None

    def to_srgb(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Convert pixels to sRGB.

        Args:
            pixels: (H, W, 3) uint8 for "RGB", (H, W) for "L", (H, W, 4) for "CMYK".

        Returns:
            (H, W, 3) uint8 RGB; what sRGB can't show is clipped.
        """
        return _applied(self._to_srgb, pixels, self.mode)

    def from_srgb(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Convert (H, W, 3) uint8 RGB from sRGB to this profile, which must be reversible."""
        return _applied(self._from_srgb, rgb, "RGB")


def profile_of(image: Image.Image) -> ColourProfile | None:
    """Return the colour profile of a picture.

    Args:
        image: As Pillow opened it.

    Returns:
        The profile, or None where there is none, or one of sRGB.

    Raises:
        UnreadableProfile: It is damaged, or doesn't describe pixels such as these.
    """
    icc = image.info.get("icc_profile")
    if not icc:
        return None
    profile = _parsed(icc)
    if profile is not None and not _describes(profile.mode, image.mode):
        raise UnreadableProfile(f"{profile.name}, which describes {profile.mode}, in a picture of mode {image.mode}")
    return profile


def _describes(profile_mode: str, image_mode: str) -> bool:
    if "CMYK" in (profile_mode, image_mode):
        return profile_mode == image_mode
    # Grey pictures with a profile of colours are common, and mean what they say.
    return profile_mode == "RGB" or image_mode in ("1", "L", "LA", "La") or image_mode.startswith("I")


@lru_cache(maxsize=64)
def _parsed(icc: bytes) -> ColourProfile | None:
    """Return the profile of these bytes, None where it is one of sRGB. Cached: a folder has few."""
    srgb = ImageCms.createProfile("sRGB")
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        name = ImageCms.getProfileDescription(profile).strip() or "a profile without a name"
        mode = _MODES.get(profile.profile.xcolor_space.strip(), "")
        if not mode:
            raise UnreadableProfile(f"{name}, of the colour space {profile.profile.xcolor_space.strip()}")
        # Joined to one table, the curves of grey levels would be 10 levels off in the darks.
        flags = ImageCms.Flags.NOOPTIMIZE if mode == "L" else ImageCms.Flags.NONE
        to_srgb = ImageCms.buildTransform(profile, srgb, mode, "RGB", flags=flags)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        if isinstance(error, UnreadableProfile):
            raise
        raise UnreadableProfile("damaged") from error
    if mode != "CMYK" and _is_like_srgb(to_srgb, mode):
        return None
    return ColourProfile(icc, name, mode, to_srgb, _inverse(srgb, profile) if mode == "RGB" else None)


def _inverse(srgb: Any, profile: Any) -> Any:
    """Return the transform from sRGB to a profile, None where the profile leads one way only."""
    try:
        return ImageCms.buildTransform(srgb, profile, "RGB", "RGB")
    except ImageCms.PyCMSError:
        return None


def _is_like_srgb(to_srgb: Any, mode: str) -> bool:
    levels = np.arange(0, 256, 17, dtype=np.uint8)
    if mode == "L":
        grid, expected = levels[None], np.repeat(levels[None, :, None], 3, axis=2)
    else:
        expected = grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    change = np.abs(_applied(to_srgb, grid, mode).astype(int) - expected)
    return float(change.mean()) <= _MOST_LIKE_SRGB


def _applied(transform: Any, pixels: NDArray[np.uint8], mode: str) -> NDArray[np.uint8]:
    image = Image.frombytes(mode, pixels.shape[1::-1], np.ascontiguousarray(pixels).tobytes())
    converted = ImageCms.applyTransform(image, transform)
    return np.array(converted, np.uint8)
