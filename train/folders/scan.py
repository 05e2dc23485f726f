"""Scan of a folder: every pair is read once before any training, to find what is broken and what values masks have."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.decode import PictureError
from bgfg.data_manifests.images.image_io import read_label_picture, read_picture
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.data_manifests.terminal.progress import Progress, no_progress
from bgfg.train.folders.discovery import ImageMaskPair
from bgfg.train.folders.mask_encoding import MaskPlane, UnreadableMask

# How much the aspect ratio of a mask may differ from its picture's: as much as rounding does to small ones.
_MOST_SKEW = 0.02


@dataclass(frozen=True)
class PairScan:
    """What was found by reading one pair.

    Attributes:
        image_px: Height and width of the picture.
        mask_px: Height and width of the mask.
        mask_kind: Kind of the mask's plane, of MaskPlane.
        value_counts: How often each value occurs in the mask.
        image_digest: SHA-256 of the image's file.
        findings: Why the pair can't be used, or notes about it.
    """

    image_px: tuple[int, int] = (0, 0)
    mask_px: tuple[int, int] = (0, 0)
    mask_kind: str = ""
    value_counts: Counter[int] = field(default_factory=Counter)
    image_digest: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether the pair can be trained on."""
        return not any(finding.severity == "error" for finding in self.findings)


def scan_pairs(
    root: Path, pairs: Sequence[ImageMaskPair], alpha: bool, threads: int, progress: Progress = no_progress
) -> list[PairScan]:
    """Read pairs on threads.

    Args:
        root: The folder.
        pairs: The pairs.
        alpha: Whether masks are alpha channels, even where these are opaque.
        threads: How many threads read.
        progress: Shows how far it is.

    Returns:
        What was found, a scan for each pair.
    """
    with ThreadPoolExecutor(threads) as pool, progress("reading images and masks", len(pairs), 0) as advance:
        found = []
        for scan in pool.map(lambda pair: scan_pair(root, pair, alpha), pairs):
            found.append(scan)
            advance(1)
    return found


def scan_pair(root: Path, pair: ImageMaskPair, alpha: bool) -> PairScan:
    """Read one pair; its arguments are those of `scan_pairs`."""
    broken: list[Finding] = []
    image, stored = (
        _read(read, root, file, broken) for read, file in ((_pixels, pair.image), (read_label_picture, pair.mask))
    )
    if image is None or stored is None:
        return PairScan(findings=tuple(broken))
    plane = MaskPlane.of(stored, alpha)
    try:
        counts = plane.value_counts()
    except UnreadableMask as error:
        return PairScan(findings=(Finding("error", "not-a-mask", pair.mask, f"{error}: left out"),))
    image_px, mask_px = image.shape[:2], plane.values.shape[:2]
    with (root / pair.image).open("rb") as file_:
        digest = hashlib.file_digest(file_, "sha256").hexdigest()
    return PairScan(image_px, mask_px, plane.kind, counts, digest, _size_findings(pair, image_px, mask_px))


def _read(
    read: Callable[[Path], NDArray[np.uint8]], root: Path, file: str, broken: list[Finding]
) -> NDArray[np.uint8] | None:
    """Read a file; where it can't be read, add a finding to `broken` and return None."""
    try:
        return read(root / file)
    except PictureError as error:
        broken.append(Finding("error", "broken", file, f"{error.reason}: left out. {error.remedy}."))
        return None


def _pixels(path: Path) -> NDArray[np.uint8]:
    return read_picture(path).pixels


def _size_findings(pair: ImageMaskPair, image_px: tuple[int, int], mask_px: tuple[int, int]) -> tuple[Finding, ...]:
    if image_px == mask_px:
        return ()
    sizes = f"{format_size(mask_px)}, and its picture {format_size(image_px)}"
    skew = abs(image_px[0] * mask_px[1] / (image_px[1] * mask_px[0]) - 1)
    if skew > _MOST_SKEW:
        turned = (
            " (it lies on its side: was the picture turned after it was made?)" if image_px == mask_px[::-1] else ""
        )
        return (Finding("error", "other-shape", pair.mask, f"{sizes}, of another shape{turned}: left out"),)
    return (Finding("note", "other-size", pair.mask, f"{sizes}, of the same shape: both are fitted to one frame"),)


def format_size(size_px: tuple[int, int]) -> str:
    """Return (height, width) as text, width × height."""
    return f"{size_px[1]}×{size_px[0]}"
