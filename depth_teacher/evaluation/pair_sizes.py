"""How large the pictures and depth maps may be that are scored, and how much memory a pair takes."""

from __future__ import annotations

from pathlib import Path

from bgfg.data_manifests.images.decode import PictureError, reading_bytes

# Of a pair of these sizes pictures, maps, estimates and what is made of them take a gigabyte together.
MOST_PIXELS = {"picture": 50_000_000, "depth map": 30_000_000}
BYTES_PER_PIXEL = 27  # while a map of its picture's size is scored

_BYTES_PER_STORED = 8  # of arrays: four bytes a pixel, most often
_STORED_PLAINLY = frozenset((".npy", ".pfm"))


def require_size(path: Path, pixels: int, kind: str) -> None:
    """Raise PictureError where a picture or a map has too many pixels to be scored; `kind` is one of MOST_PIXELS."""
    if pixels > MOST_PIXELS[kind]:
        most = MOST_PIXELS[kind] // 10**6
        reason = f"a {kind} of {pixels / 1e6:.1f} megapixels; those of at most {most} are scored"
        raise PictureError(path, reason, "Save it smaller")


def pair_bytes(rgb_file: Path, depth_file: Path) -> int:
    """Return how much memory reading and scoring a pair takes, by its headers.

    Arrays are judged by the length of their files; a map in a compressed one counts as being of its picture's size.
    """
    files = (rgb_file, depth_file)
    arrays = [file for file in files if file.suffix.lower() in _STORED_PLAINLY and file.is_file()]
    found = [reading_bytes(file, BYTES_PER_PIXEL) for file in files]
    return max(*found, *(_BYTES_PER_STORED * file.stat().st_size for file in arrays))
