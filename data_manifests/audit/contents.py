"""Inspection of the contents of pictures: each is read whole and checked against its kind, its name and its partners.

A part of the work is a run of samples, or of backgrounds and cut-outs: a pure function of the tree and the part's
number, so that any number of processes can share it.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.audit.inspection import Inspection, Thumbnail
from bgfg.data_manifests.audit.names import KIND_LABELS
from bgfg.data_manifests.audit.picture_entry import INSTANCE_KIND, PictureEntry
from bgfg.data_manifests.audit.pixel_checks import check_alpha, make_thumbnail, same_cutout, same_mask, size_text
from bgfg.data_manifests.audit.shapes import BoolMask, ShapeMatch, match_anywhere, match_in_place, opaque_box
from bgfg.data_manifests.audit.tree import PictureTree
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.images.decode import PictureError
from bgfg.data_manifests.images.fit_to_frame import flip
from bgfg.data_manifests.images.image_io import LoadedPicture, read_picture
from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.png_integrity import is_complete_png
from bgfg.data_manifests.terminal.findings import Finding

_PICTURES_PER_PART = 200


class PictureInspector:
    """Reads the pictures of a tree, part by part; pictures in archives are left out.

    Args:
        tree: The tree.

    Attributes:
        picture_count: Number of pictures.
        part_count: Number of parts.
    """

    def __init__(self, tree: PictureTree) -> None:
        self._root = tree.root
        there = {kind: [e for e in entries if (tree.root / e.path).exists()] for kind, entries in tree.kinds.items()}
        self._assets = [*there["bg"], *there["fg"], *there["fg_mask"]]
        # The pictures of a sample are read together, since they are compared with one another.
        samples: dict[object, list[PictureEntry]] = defaultdict(list)
        for kind in ("image", "mask", "depth"):
            for entry in there[kind]:
                samples[entry.sample].append(entry)
        self._samples = list(samples.values())
        self._cutouts = {(e.name.cutout, e.name.flipped): e for e in there["fg"] if e.name}
        self._cutout_masks = {(e.name.cutout, e.name.flipped): e for e in there["fg_mask"] if e.name}
        self._instances = {entry.sample: entry.path for entry in there[INSTANCE_KIND]}
        self._asset_parts = -(-len(self._assets) // _PICTURES_PER_PART)
        self.picture_count = len(self._assets) + sum(map(len, self._samples))
        self.part_count = self._asset_parts + -(-len(self._samples) // _PICTURES_PER_PART)

    def inspect(self, part: int) -> Inspection:
        """Read the pictures of one part, 0..parts-1."""
        found = Inspection()
        if part < self._asset_parts:
            for entry in self._assets[part * _PICTURES_PER_PART : (part + 1) * _PICTURES_PER_PART]:
                self._inspect_asset(entry, found)
        else:
            start = (part - self._asset_parts) * _PICTURES_PER_PART
            for entries in self._samples[start : start + _PICTURES_PER_PART]:
                self._inspect_sample(entries, found)
        return found

    def pictures_in(self, part: int) -> int:
        """Return how many pictures a part has."""
        if part < self._asset_parts:
            return len(self._assets[part * _PICTURES_PER_PART : (part + 1) * _PICTURES_PER_PART])
        start = (part - self._asset_parts) * _PICTURES_PER_PART
        return sum(map(len, self._samples[start : start + _PICTURES_PER_PART]))

    def _read(self, entry: PictureEntry, found: Inspection) -> LoadedPicture | None:
        """Read one picture; record its mode and size, why it can't be read, or a suffix that contradicts its format."""
        path = self._root / entry.path
        try:
            seen = read_picture(path)
        except PictureError as error:
            found.findings.append(Finding("error", "unreadable", entry.path, error.reason))
            return None
        if seen.format == "png" and not is_complete_png(path):
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

    def _inspect_asset(self, entry: PictureEntry, found: Inspection) -> None:
        seen = self._read(entry, found)
        if seen is None:
            return
        if entry.kind == "fg":
            found.findings += check_alpha(entry.path, seen.pixels)
        if entry.kind == "fg_mask":
            self._check_cutout_mask(entry, seen, found)
        # A flip is compared with its original; it needs no thumbnail, for it would be a duplicate of it.
        siblings = {"fg": self._cutouts, "fg_mask": self._cutout_masks}.get(entry.kind, {})
        original = siblings.get((entry.name.cutout, False)) if entry.name and entry.name.flipped else None
        if original is not None:
            self._check_flip(entry, seen.pixels, original, found)
        elif entry.kind != "fg_mask":
            copy = make_thumbnail(seen.pixels)
            found.thumbnails.append(Thumbnail(entry.path, entry.kind, file_sha256(self._root / entry.path), copy))

    def _check_flip(
        self, entry: PictureEntry, pixels: NDArray[np.uint8], original: PictureEntry, found: Inspection
    ) -> None:
        try:
            expected = flip(_pixels_of(self._root / original.path))
        except PictureError:
            return  # it has its own finding
        same = same_mask(pixels, expected) if entry.kind == "fg_mask" else same_cutout(pixels, expected)
        if not same:
            message = f"isn't the exact mirror of {original.path}"
            found.findings.append(Finding("error", "flip", entry.path, message))

    def _check_cutout_mask(self, entry: PictureEntry, seen: LoadedPicture, found: Inspection) -> None:
        """Compare the mask of a cut-out with its size and, pixel by pixel, with its alpha."""
        source = self._cutouts.get((entry.name.cutout, entry.name.flipped)) if entry.name else None
        if source is None:
            return
        try:
            cutout = _pixels_of(self._root / source.path)
        except PictureError:
            return  # it has its own finding
        mask = seen.pixels[..., 0]
        if mask.shape != cutout.shape[:2]:
            sizes = size_text(seen.pixels), size_text(cutout)
            message = f"a {KIND_LABELS['fg_mask']} of {sizes[0]} to a {KIND_LABELS['fg']} of {sizes[1]}"
            found.findings.append(Finding("error", "size", entry.path, message))
        elif cutout.shape[2] == 4:
            _compare(entry, match_in_place(mask >= OPAQUE_U8, cutout[..., 3] >= OPAQUE_U8), source, found)

    def _inspect_sample(self, entries: list[PictureEntry], found: Inspection) -> None:
        seen = {entry.kind: (entry, self._read(entry, found)) for entry in entries}
        _, image = seen.get("image", (None, None))
        for kind in ("mask", "depth"):
            entry, picture = seen.get(kind, (None, None))
            if entry is None or picture is None:
                continue
            if image is not None and picture.pixels.shape[:2] != image.pixels.shape[:2]:
                message = (
                    f"a {KIND_LABELS[kind]} of {size_text(picture.pixels)} to a composite of {size_text(image.pixels)}"
                )
                found.findings.append(Finding("error", "size", entry.path, message))
            if kind == "mask" and self._shows_one_cutout(entry, picture.pixels, found):
                self._check_shape(entry, picture.pixels, found)

    def _shows_one_cutout(self, entry: PictureEntry, mask: NDArray[np.uint8], found: Inspection) -> bool:
        """Say whether a mask shows a single cut-out; where there is a picture of instances, compare it with that."""
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
        elif not (match := match_in_place(instance > 0, mask[..., 0] >= OPAQUE_U8)).agrees:
            message = f"disagrees with the instances of {path}: IoU {match.iou:.3f}"
            found.findings.append(Finding("warning", "mask-alpha", entry.path, message))
        return int(instance.max()) <= 1

    def _check_shape(self, entry: PictureEntry, mask: NDArray[np.uint8], found: Inspection) -> None:
        """Compare the mask of a composite with the alpha of its cut-out, wherever that was pasted."""
        if entry.name is None:
            return
        cutout, flipped = entry.name.cutout, entry.name.flipped
        # Where the flip is no file of its own, the original is mirrored.
        source = self._cutouts.get((cutout, flipped)) or self._cutouts.get((cutout, False))
        if source is None:
            return
        mirrored = flipped and source.name is not None and not source.name.flipped
        shape = _opaque_shape(self._root / source.path, mirrored)
        if shape is not None:
            _compare(entry, match_anywhere(mask[..., 0], shape), source, found)


def _compare(entry: PictureEntry, match: ShapeMatch, source: PictureEntry, found: Inspection) -> None:
    if not match.agrees:
        message = f"disagrees with the alpha of {source.path}: IoU {match.iou:.3f}"
        found.findings.append(Finding("warning", "mask-alpha", entry.path, message))


def _pixels_of(path: Path) -> NDArray[np.uint8]:
    return read_picture(path).pixels


@lru_cache(maxsize=1024)
def _opaque_shape(path: Path, mirrored: bool) -> BoolMask | None:
    try:
        pixels = _pixels_of(path)
    except PictureError:
        return None  # it has its own finding
    if pixels.shape[2] == 3:
        return None
    shape = opaque_box(pixels[..., 3])
    return shape[:, ::-1] if mirrored and shape is not None else shape
