"""What the pictures of a tree hold: each one read whole, and held to its kind, its name and its partners.

A part of the work is a run of samples, or of backgrounds and cut-outs: a pure function of the tree and the part's
number, so that any number of processes can share it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from bgfg.data_manifests.audit.names import LABELS
from bgfg.data_manifests.audit.shapes import Match, Shape, anywhere, in_place, opaque_box
from bgfg.data_manifests.audit.tree import INSTANCES, Entry, Tree
from bgfg.data_manifests.corpus.manifest import file_sha256
from bgfg.data_manifests.images.decode import PictureError
from bgfg.data_manifests.images.fit import flip
from bgfg.data_manifests.images.pictures import Look, look
from bgfg.data_manifests.images.png_end import has_end
from bgfg.data_manifests.placement.occlusion import OPAQUE_U8
from bgfg.data_manifests.terminal.findings import Finding
from numpy.typing import NDArray

# Of the pixels that aren't wholly transparent, how many may be half-transparent: neither that nor nearly opaque. People
# cut out of photographs have 0.06 to 0.34 of these, at 110 pixels high, where edges count most.
MAX_SOFT_SHARE = 0.5
_SOFT_U8 = (8, 248)
_PER_PART = 200
_COPY_PX = 128


class Copy(NamedTuple):
    """A small copy of a background or cut-out, by which duplicates are found; sha256: of its file."""

    path: str
    kind: str
    sha256: str
    pixels: NDArray[np.uint8]


@dataclass
class Inspection:
    """What reading some pictures gave.

    modes, sizes: kind -> mode, or (width, height) in pixels -> the paths of the pictures that have it.
    """

    findings: list[Finding] = field(default_factory=list)
    modes: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    sizes: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    copies: list[Copy] = field(default_factory=list)

    def add(self, other: Inspection) -> None:
        """Take over what another part found."""
        self.findings += other.findings
        self.copies += other.copies
        for mine, theirs in ((self.modes, other.modes), (self.sizes, other.sizes)):
            for key, paths in theirs.items():
                mine[key] += paths


class Inspector:
    """Reads the pictures of a tree, part by part; pictures in archives are left out."""

    def __init__(self, tree: Tree) -> None:
        self._root = tree.root
        there = {kind: [e for e in entries if (tree.root / e.path).exists()] for kind, entries in tree.kinds.items()}
        self._assets = [*there["bg"], *there["fg"], *there["fg_mask"]]
        samples: dict[object, list[Entry]] = defaultdict(list)
        for kind in ("image", "mask", "depth"):
            for entry in there[kind]:
                samples[entry.sample].append(entry)
        self._samples = list(samples.values())
        self._cutouts = {(e.name.cutout, e.name.flipped): e for e in there["fg"] if e.name}
        self._cutout_masks = {(e.name.cutout, e.name.flipped): e for e in there["fg_mask"] if e.name}
        self._instances = {entry.sample: entry.path for entry in there[INSTANCES]}
        self._asset_parts = -(-len(self._assets) // _PER_PART)
        self.pictures = len(self._assets) + sum(map(len, self._samples))
        self.parts = self._asset_parts + -(-len(self._samples) // _PER_PART)

    def inspect(self, part: int) -> Inspection:
        """Read the pictures of one part, 0..parts-1."""
        found = Inspection()
        if part < self._asset_parts:
            for entry in self._assets[part * _PER_PART : (part + 1) * _PER_PART]:
                self._inspect_asset(entry, found)
        else:
            start = (part - self._asset_parts) * _PER_PART
            for entries in self._samples[start : start + _PER_PART]:
                self._inspect_sample(entries, found)
        return found

    def pictures_in(self, part: int) -> int:
        """Return how many pictures a part has."""
        if part < self._asset_parts:
            return len(self._assets[part * _PER_PART : (part + 1) * _PER_PART])
        start = (part - self._asset_parts) * _PER_PART
        return sum(map(len, self._samples[start : start + _PER_PART]))

    def _look(self, entry: Entry, found: Inspection) -> Look | None:
        """Read one picture; note its mode and size, or why it can't be read, or a suffix that contradicts it."""
        path = self._root / entry.path
        try:
            seen = look(path)
        except PictureError as error:
            found.findings.append(Finding("error", "unreadable", entry.path, error.reason))
            return None
        if seen.format == "png" and not has_end(path):
            found.findings.append(
                Finding("error", "unreadable", entry.path, "cut short: the end of the PNG is missing")
            )
        height_px, width_px = seen.pixels.shape[:2]
        found.modes[entry.kind, seen.mode].append(entry.path)
        found.sizes[entry.kind, f"{width_px}x{height_px}"].append(entry.path)
        suffix = path.suffix.lower().removeprefix(".")
        if seen.format != {"jpg": "jpeg", "jpe": "jpeg", "jfif": "jpeg", "tif": "tiff"}.get(suffix, suffix):
            message = f"suffix .{suffix}, but it holds {seen.format.upper()}"
            found.findings.append(Finding("warning", "suffix", entry.path, message))
        return seen

    def _inspect_asset(self, entry: Entry, found: Inspection) -> None:
        seen = self._look(entry, found)
        if seen is None:
            return
        if entry.kind == "fg":
            found.findings += _check_alpha(entry.path, seen.pixels)
        if entry.kind == "fg_mask":
            self._check_cutout_mask(entry, seen, found)
        siblings = {"fg": self._cutouts, "fg_mask": self._cutout_masks}.get(entry.kind, {})
        original = siblings.get((entry.name.cutout, False)) if entry.name and entry.name.flipped else None
        if original is not None:
            self._check_flip(entry, seen.pixels, original, found)
        elif entry.kind != "fg_mask":
            copy = _small_copy(seen.pixels)
            found.copies.append(Copy(entry.path, entry.kind, file_sha256(self._root / entry.path), copy))

    def _check_flip(self, entry: Entry, pixels: NDArray[np.uint8], original: Entry, found: Inspection) -> None:
        try:
            expected = flip(_pixels_of(self._root / original.path))
        except PictureError:
            return  # it has its own finding
        same = _same_mask(pixels, expected) if entry.kind == "fg_mask" else _same_cutout(pixels, expected)
        if not same:
            message = f"isn't the exact mirror of {original.path}"
            found.findings.append(Finding("error", "flip", entry.path, message))

    def _check_cutout_mask(self, entry: Entry, seen: Look, found: Inspection) -> None:
        """Hold the mask of a cut-out to its size and, pixel by pixel, to its alpha."""
        source = self._cutouts.get((entry.name.cutout, entry.name.flipped)) if entry.name else None
        if source is None:
            return
        try:
            cutout = _pixels_of(self._root / source.path)
        except PictureError:
            return  # it has its own finding
        mask = seen.pixels[..., 0]
        if mask.shape != cutout.shape[:2]:
            message = f"a {LABELS['fg_mask']} of {_size(seen.pixels)} to a {LABELS['fg']} of {_size(cutout)}"
            found.findings.append(Finding("error", "size", entry.path, message))
        elif cutout.shape[2] == 4:
            _compare(entry, in_place(mask >= OPAQUE_U8, cutout[..., 3] >= OPAQUE_U8), source, found)

    def _inspect_sample(self, entries: list[Entry], found: Inspection) -> None:
        seen = {entry.kind: (entry, self._look(entry, found)) for entry in entries}
        _, image = seen.get("image", (None, None))
        for kind in ("mask", "depth"):
            entry, picture = seen.get(kind, (None, None))
            if entry is None or picture is None:
                continue
            if image is not None and picture.pixels.shape[:2] != image.pixels.shape[:2]:
                message = f"a {LABELS[kind]} of {_size(picture.pixels)} to a composite of {_size(image.pixels)}"
                found.findings.append(Finding("error", "size", entry.path, message))
            if kind == "mask" and self._is_of_one(entry, picture.pixels, found):
                self._check_shape(entry, picture.pixels, found)

    def _is_of_one(self, entry: Entry, mask: NDArray[np.uint8], found: Inspection) -> bool:
        """Say whether a mask shows one cut-out; where it comes with instances, hold it to them."""
        path = self._instances.get(entry.sample)
        if path is None:
            return True
        try:
            instance = _pixels_of(self._root / path)[..., 0]
        except PictureError as error:
            found.findings.append(Finding("error", "unreadable", path, error.reason))
            return False
        if instance.shape != mask.shape[:2] or (mask[..., 0][instance > 0] < OPAQUE_U8).any():
            message = f"shows instances where {entry.path} isn't set, or is of another size"
            found.findings.append(Finding("error", "instance", path, message))
        elif not (match := in_place(instance > 0, mask[..., 0] >= OPAQUE_U8)).agrees:
            message = f"disagrees with the instances of {path}: IoU {match.iou:.3f}"
            found.findings.append(Finding("warning", "mask-alpha", entry.path, message))
        return int(instance.max()) <= 1

    def _check_shape(self, entry: Entry, mask: NDArray[np.uint8], found: Inspection) -> None:
        """Hold the mask of a composite to the alpha of its cut-out, wherever that was pasted."""
        if entry.name is None:
            return
        cutout, flipped = entry.name.cutout, entry.name.flipped
        source = self._cutouts.get((cutout, flipped)) or self._cutouts.get((cutout, False))
        if source is None:
            return
        mirrored = flipped and source.name is not None and not source.name.flipped
        figure = _opaque_part(self._root / source.path, mirrored)
        if figure is not None:
            _compare(entry, anywhere(mask[..., 0], figure), source, found)


def _compare(entry: Entry, match: Match, source: Entry, found: Inspection) -> None:
    if not match.agrees:
        message = f"disagrees with the alpha of {source.path}: IoU {match.iou:.3f}"
        found.findings.append(Finding("warning", "mask-alpha", entry.path, message))


def _check_alpha(path: str, pixels: NDArray[np.uint8]) -> list[Finding]:
    """Check what makes a cut-out one: transparency, something to see, and no ghost of its old background."""
    if pixels.shape[2] == 3 or pixels[..., 3].min() == 255:
        return [Finding("error", "no-transparency", path, "a cut-out without transparency")]
    alpha_u8 = pixels[..., 3]
    if alpha_u8.max() == 0:
        return [Finding("error", "nothing-visible", path, "a cut-out that is wholly transparent")]
    low, high = _SOFT_U8
    visible = int((alpha_u8 >= low).sum())
    share = float(((alpha_u8 >= low) & (alpha_u8 < high)).sum() / max(visible, 1))
    if share <= MAX_SOFT_SHARE:
        return []
    message = f"{share:.0%} of what is visible is half-transparent: a ghost of its old background?"
    return [Finding("warning", "ghost", path, message)]


def _same_cutout(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Compare two cut-outs; the colour of what is wholly transparent doesn't count."""
    if one.shape != other.shape or one.shape[2] == 3:
        return np.array_equal(one, other)
    seen = one[..., 3] > 0
    return np.array_equal(one[..., 3], other[..., 3]) and np.array_equal(one[seen], other[seen])


def _same_mask(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Compare two masks where they are set, since a JPEG of one isn't quite its mirror's."""
    return np.array_equal(one[..., 0] >= OPAQUE_U8, other[..., 0] >= OPAQUE_U8)


def _small_copy(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height_px, width_px = pixels.shape[:2]
    scale = min(1.0, _COPY_PX / max(height_px, width_px))
    size = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _pixels_of(path: Path) -> NDArray[np.uint8]:
    return look(path).pixels


@lru_cache(maxsize=1024)
def _opaque_part(path: Path, mirrored: bool) -> Shape | None:
    try:
        pixels = _pixels_of(path)
    except PictureError:
        return None  # it has its own finding
    if pixels.shape[2] == 3:
        return None
    figure = opaque_box(pixels[..., 3])
    return figure[:, ::-1] if mirrored and figure is not None else figure


def _size(pixels: NDArray[np.uint8]) -> str:
    height_px, width_px = pixels.shape[:2]
    return f"{width_px}x{height_px}"
