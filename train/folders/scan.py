"""Every pair of a folder, read once before any training: what is broken, and what the masks hold."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from bgfg.data_manifests.images.decode import PictureError
from bgfg.data_manifests.images.pictures import look, read_stored
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.data_manifests.terminal.progress import Progress, silent
from bgfg.train.folders.discovery import Pair
from bgfg.train.folders.mask_encoding import Plane, Unreadable
from numpy.typing import NDArray

# How much the proportions of a mask may differ from its picture's: what rounding to whole pixels does to small ones.
_MOST_SKEW = 0.02


@dataclass(frozen=True)
class Seen:
    """What reading one pair gave. image_px, mask_px: (height, width). kind, counts: of the mask's plane and values.

    digest: SHA-256 of the image's file. findings: why it can't be used, or what is to be said of it.
    """

    image_px: tuple[int, int] = (0, 0)
    mask_px: tuple[int, int] = (0, 0)
    kind: str = ""
    counts: Counter[int] = field(default_factory=Counter)
    digest: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether the pair can be trained on."""
        return not any(finding.severity == "error" for finding in self.findings)


def survey(root: Path, pairs: Sequence[Pair], alpha: bool, threads: int, progress: Progress = silent) -> list[Seen]:
    """Read pairs, on threads, and say of each what it is. alpha: the masks are alpha channels, whatever these hold."""
    with ThreadPoolExecutor(threads) as pool, progress("reading images and masks", len(pairs), 0) as advance:
        found = []
        for seen in pool.map(lambda pair: inspect(root, pair, alpha), pairs):
            found.append(seen)
            advance(1)
    return found


def inspect(root: Path, pair: Pair, alpha: bool) -> Seen:
    """Read one pair whole."""
    broken: list[Finding] = []
    image, stored = (
        _read(read, root, file, broken) for read, file in ((_pixels, pair.image), (read_stored, pair.mask))
    )
    if image is None or stored is None:
        return Seen(findings=tuple(broken))
    plane = Plane.of(stored, alpha)
    try:
        counts = plane.counts()
    except Unreadable as error:
        return Seen(findings=(Finding("error", "not-a-mask", pair.mask, f"{error}: left out"),))
    image_px, mask_px = image.shape[:2], plane.values.shape[:2]
    with (root / pair.image).open("rb") as file_:
        digest = hashlib.file_digest(file_, "sha256").hexdigest()
    return Seen(image_px, mask_px, plane.kind, counts, digest, _size_findings(pair, image_px, mask_px))


def _read(
    read: Callable[[Path], NDArray[np.uint8]], root: Path, file: str, broken: list[Finding]
) -> NDArray[np.uint8] | None:
    """Read a file, or add why it can't be read to what is broken."""
    try:
        return read(root / file)
    except PictureError as error:
        broken.append(Finding("error", "broken", file, f"{error.reason}: left out. {error.remedy}."))
        return None


def _pixels(path: Path) -> NDArray[np.uint8]:
    return look(path).pixels


def _size_findings(pair: Pair, image_px: tuple[int, int], mask_px: tuple[int, int]) -> tuple[Finding, ...]:
    if image_px == mask_px:
        return ()
    sizes = f"{written_size(mask_px)}, and its picture {written_size(image_px)}"
    skew = abs(image_px[0] * mask_px[1] / (image_px[1] * mask_px[0]) - 1)
    if skew > _MOST_SKEW:
        turned = (
            " (it lies on its side: was the picture turned after it was made?)" if image_px == mask_px[::-1] else ""
        )
        return (Finding("error", "other-shape", pair.mask, f"{sizes}, of another shape{turned}: left out"),)
    return (Finding("note", "other-size", pair.mask, f"{sizes}, of the same shape: both are fitted to one frame"),)


def written_size(size_px: tuple[int, int]) -> str:
    """Return (height, width) as people write it, width × height."""
    return f"{size_px[1]}×{size_px[0]}"
