"""The focal length of a photograph in pixels, from its EXIF data, and EXIF data that tell it.

A camera writes the focal length as that of 35 mm film whose picture, 36×24 mm, has the same diagonal angle of view
(CIPA DC-008, FocalLengthIn35mmFilm), or in millimetres beside the sensor's pixels a unit (FocalPlaneXResolution). Both
are about the picture as it was taken, whose size is there too: of one that was cropped since, they say nothing.
"""

from __future__ import annotations

import math

from PIL import ExifTags, Image

from bgfg.data_manifests.images.field_of_view import field_of_view_deg

_FILM_DIAGONAL_MM = math.hypot(36, 24)
_MM_PER_UNIT = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}  # of FocalPlaneResolutionUnit
_MILLIMETRES = 4
_ASPECT_TOLERANCE = 0.01
_FIELDS_OF_VIEW_DEG = (10, 150)  # across the shorter side; what is beyond is a mistake, or no pinhole camera
_KIT_FOCAL_LENGTH_MM = 20.0

_Tag = ExifTags.Base


def focal_length_px(image: Image.Image) -> float | None:
    """Return the focal length of a photograph.

    Args:
        image: The picture as it lies in its file, with its EXIF data.

    Returns:
        Pixels of this picture; None where the data don't say it, or the picture was cropped since they were written.

    Raises:
        OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, struct.error: Damaged EXIF data.
    """
    data = image.getexif().get_ifd(ExifTags.IFD.Exif)
    width_px, height_px = _number(data, _Tag.ExifImageWidth), _number(data, _Tag.ExifImageHeight)
    if not (width_px and height_px and _is_whole(image.size, (width_px, height_px))):
        return None
    diagonal_px = math.hypot(*image.size)
    film_mm = _number(data, _Tag.FocalLengthIn35mmFilm)
    if film_mm:
        return _plausible(film_mm / _FILM_DIAGONAL_MM * diagonal_px, image.size)
    length_mm, per_unit = _number(data, _Tag.FocalLength), _number(data, _Tag.FocalPlaneXResolution)
    unit_mm = _MM_PER_UNIT.get(data.get(_Tag.FocalPlaneResolutionUnit, 2))
    if not (length_mm and per_unit and unit_mm):
        return None
    shrunk = diagonal_px / math.hypot(width_px, height_px)
    return _plausible(length_mm / unit_mm * per_unit * shrunk, image.size)


def focal_length_exif(size_px: tuple[int, int], focal_px: float) -> bytes:
    """Return EXIF data that tell the focal length of a picture of this width and height, whole as it was taken."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {
            _Tag.ExifImageWidth: size_px[0],
            _Tag.ExifImageHeight: size_px[1],
            _Tag.FocalLength: _KIT_FOCAL_LENGTH_MM,
            _Tag.FocalPlaneXResolution: focal_px / _KIT_FOCAL_LENGTH_MM,
            _Tag.FocalPlaneResolutionUnit: _MILLIMETRES,
        }
    )
    return exif.tobytes()


def _number(data: dict[int, object], tag: int) -> float:
    """Return a positive number of the EXIF data; 0 where there is none."""
    value = float(data.get(tag) or 0)  # type: ignore[arg-type]  # what isn't a number raises TypeError, as told
    return value if math.isfinite(value) and value > 0 else 0.0


def _is_whole(size_px: tuple[int, int], taken_px: tuple[float, float]) -> bool:
    """Say whether a picture has the aspect of what was taken, turned or not."""
    aspect, taken = max(size_px) / min(size_px), max(taken_px) / min(taken_px)
    # A pixel of the shorter side is allowed in any case: that is how far thumbnails are rounded.
    return abs(aspect / taken - 1) <= max(_ASPECT_TOLERANCE, 1 / min(size_px))


def _plausible(focal_px: float, size_px: tuple[int, int]) -> float | None:
    low, high = _FIELDS_OF_VIEW_DEG
    return focal_px if low <= field_of_view_deg(focal_px, min(size_px)) <= high else None
