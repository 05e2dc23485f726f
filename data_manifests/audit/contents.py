"""Inspection of the contents of pictures: each is read whole and checked against its kind, its name and its partners.

A part of the work is a run of samples, or of backgrounds and cut-outs: a pure function of the tree and the part's
number, so that any number of processes can share it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from copy import copy
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.audit.comparisons import (
    cutout_mask_findings,
    flip_findings,
    has_alpha,
    instance_findings,
    mask_flip_findings,
    shape_findings,
)
from bgfg.data_manifests.audit.inspection import Inspection, PictureParts, Thumbnail
from bgfg.data_manifests.audit.mask_pixels import read_set_pixels, set_pixels
from bgfg.data_manifests.audit.paired_sizes import SizePair
from bgfg.data_manifests.audit.picture_entry import BACKGROUND_DEPTH, INSTANCE_KIND, PictureEntry
from bgfg.data_manifests.audit.pixel_checks import check_alpha, defect_findings, make_thumbnail
from bgfg.data_manifests.audit.shapes import BoolMask, match_anywhere, opaque_box
from bgfg.data_manifests.audit.tree import PictureTree
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.memory_turn import memory_turn
from bgfg.data_manifests.images.decode import PictureError, decode, reading_bytes
from bgfg.data_manifests.images.image_reading import read_picture, require_cutout_size
from bgfg.data_manifests.images.pixels import LoadedPicture
from bgfg.data_manifests.images.png_integrity import is_complete_png
from bgfg.data_manifests.machine.memory_room import MOST_BYTES
from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.data_manifests.places.picture_copies import picture_copies
from bgfg.data_manifests.terminal.findings import Finding

# Suffixes of a format beside its own name.
_SUFFIXES_OF = {"jpg": "jpeg", "jpe": "jpeg", "jfif": "jpeg", "tif": "tiff", "pgm": "ppm", "pbm": "ppm", "pnm": "ppm"}


class PictureInspector:
    """Reads the pictures of a tree, part by part; pictures in archives are left out.

    Args:
        tree: The tree.
        processes: How many processes inspect it together: what takes more memory than the share of one takes turns.

    Attributes:
        picture_count: Number of pictures.
        part_count: Number of parts.
    """

    def __init__(self, tree: PictureTree, processes: int = 1) -> None:
        self._root, self._most_bytes = tree.root, MOST_BYTES // processes
        self._file: Callable[[str], Path] = lambda path: tree.root / path
        self._there = mirrored(tree.root)
        stored = None if self._there is None else {key for key, _ in self._there.listed()}
        there = {
            kind: [e for e in entries if (e.path in stored if stored is not None else self._file(e.path).exists())]
            for kind, entries in tree.kinds.items()
        }
        assets = [*there["bg"], *there["fg"], *there["fg_mask"], *there[BACKGROUND_DEPTH]]
        # The pictures of a sample are read together, since they are compared with one another.
        samples: dict[object, list[PictureEntry]] = defaultdict(list)
        for kind in ("image", "mask", "depth"):
            for entry in there[kind]:
                samples[entry.sample].append(entry)
        self._cutouts = {(e.name.cutout, e.name.flipped): e for e in there["fg"] if e.name}
        self._cutout_masks = {(e.name.cutout, e.name.flipped): e for e in there["fg_mask"] if e.name}
        self._cutout_of = {entry.sample: entry for entry in there["fg"]}
        self._has_mask = {entry.sample for entry in there["fg_mask"]}
        self._background_of = {_own_words(entry): entry for entry in there["bg"]}
        self._instances = {entry.sample: entry.path for entry in there[INSTANCE_KIND]}
        self._parts = PictureParts(assets, list(samples.values()))
        self.picture_count, self.part_count = self._parts.picture_count, len(self._parts)

    def inspect(self, part: int) -> Inspection:
        """Read the pictures of one part, 0..parts-1; those under a URL are copied for as long as that takes."""
        if self._there is None:
            return self._inspect(part)
        with picture_copies(self._there) as copies:
            copies.make(entry.path for entry in self._parts.entries_of(part))
            reader = copy(self)  # other threads may be reading other parts
            reader._file = copies
            return reader._inspect(part)

    def pictures_in(self, part: int) -> int:
        """Return how many pictures a part has."""
        return len(self._parts.entries_of(part))

    def _inspect(self, part: int) -> Inspection:
        found = Inspection()
        for entry in self._parts.assets_of(part):
            with self._turn([entry]):
                self._inspect_asset(entry, found)
        for entries in self._parts.samples_of(part):
            with self._turn(entries):
                self._inspect_sample(entries, found)
        return found

    def _turn(self, entries: Sequence[PictureEntry]) -> AbstractContextManager[None]:
        """Wait until pictures, which are read one after the other, may be: large ones while no process reads others."""
        size_bytes = max(reading_bytes(self._file(entry.path)) for entry in entries)
        return memory_turn(self._root, size_bytes > self._most_bytes)

    def _read(self, entry: PictureEntry, found: Inspection) -> LoadedPicture | None:
        """Read one picture; record its mode and size, why it can't be read, or a suffix that contradicts its format."""
        path = self._file(entry.path)
        try:
            seen = _read_depth(path) if entry.kind in ("depth", BACKGROUND_DEPTH) else read_picture(path)
            if entry.kind == "fg":
                require_cutout_size(path, seen)
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
        if seen.format != _SUFFIXES_OF.get(suffix, suffix):
            message = f"suffix .{suffix}, but it holds {seen.format.upper()}"
            found.findings.append(Finding("warning", "suffix", entry.path, message))
        return seen

    def _inspect_asset(self, entry: PictureEntry, found: Inspection) -> None:
        seen = self._read(entry, found)
        if seen is None:
            return
        if entry.kind == BACKGROUND_DEPTH:
            self._compare_with_background(entry, seen, found)
            return
        if entry.kind == "fg_mask":
            mask, is_lossy = set_pixels(self._file(entry.path), seen), seen.format == "jpeg"
            del seen  # a large one is let go before the cut-out is read
            self._check_cutout_mask(entry, mask, found)
            if (original := self._original_of(entry, self._cutout_masks)) is not None:
                self._check_mask_flip(entry, mask, is_lossy, original, found)
            return
        if entry.kind == "fg":
            for finding in check_alpha(entry.path, seen.pixels):
                # Whether masks stand in for transparency, only all cut-outs together can say.
                masked = finding.check == "no-transparency" and entry.sample in self._has_mask
                (found.opaque if masked else found.findings).append(finding)
            found.findings += defect_findings(entry.path, seen.pixels)
        # A flip is compared with its original; it needs no thumbnail, for it would be a duplicate of it.
        original = self._original_of(entry, self._cutouts) if entry.kind == "fg" else None
        if original is not None:
            self._check_flip(entry, seen, original, found)
        else:
            copy = make_thumbnail(seen.pixels)
            found.thumbnails.append(Thumbnail(entry.path, entry.kind, file_sha256(self._file(entry.path)), copy))

    def _compare_with_background(self, entry: PictureEntry, seen: LoadedPicture, found: Inspection) -> None:
        background = self._background_of.get(_own_words(entry))
        if background is None:
            return
        try:
            size = decode(self._file(background.path)).image.size
        except PictureError:
            return  # it has its own finding
        found.size_pairs.append(SizePair(entry.path, entry.kind, _size(seen.pixels), "bg", size))

    def _original_of(
        self, entry: PictureEntry, siblings: Mapping[tuple[int | None, bool], PictureEntry]
    ) -> PictureEntry | None:
        """Return what a flip is the mirror of; None for what is no flip."""
        return siblings.get((entry.name.cutout, False)) if entry.name and entry.name.flipped else None

    def _check_flip(self, entry: PictureEntry, seen: LoadedPicture, original: PictureEntry, found: Inspection) -> None:
        whole = _if_readable(self._file(original.path))
        if whole is not None:
            found.findings += flip_findings(entry, seen.pixels, original, whole.pixels)

    def _check_mask_flip(
        self, entry: PictureEntry, mask: BoolMask, is_lossy: bool, original: PictureEntry, found: Inspection
    ) -> None:
        try:
            whole = read_set_pixels(self._file(original.path))
        except PictureError:
            return  # it has its own finding
        found.findings += mask_flip_findings(entry, mask, original, whole, is_lossy)

    def _check_cutout_mask(self, entry: PictureEntry, mask: BoolMask, found: Inspection) -> None:
        source = self._cutout_of.get(entry.sample)
        if source is not None and (cutout := _if_readable(self._file(source.path))) is not None:
            found.findings += cutout_mask_findings(entry, mask, source, cutout.pixels)

    def _inspect_sample(self, entries: Sequence[PictureEntry], found: Inspection) -> None:
        sizes: dict[str, tuple[PictureEntry, tuple[int, int]]] = {}
        mask: tuple[PictureEntry, BoolMask] | None = None
        for entry in entries:
            picture = self._read(entry, found)
            if picture is not None:
                sizes[entry.kind] = entry, _size(picture.pixels)
                if entry.kind == "mask":
                    mask = entry, set_pixels(self._file(entry.path), picture)
            del picture  # a large one is let go before the next one is read
        whole_kind = next((kind for kind in ("image", "mask") if kind in sizes), None)
        for kind, (entry, size) in sizes.items():
            if whole_kind is not None and kind != whole_kind:
                found.size_pairs.append(SizePair(entry.path, kind, size, whole_kind, sizes[whole_kind][1]))
        if mask is not None and self._shows_one_cutout(*mask, found):
            self._check_shape(*mask, found)

    def _shows_one_cutout(self, entry: PictureEntry, mask: BoolMask, found: Inspection) -> bool:
        """Say whether a mask shows a single cut-out; where there is a picture of instances, compare it with that."""
        path = self._instances.get(entry.sample)
        if path is None:
            return True
        try:
            instance = read_picture(self._file(path)).pixels[..., 0]
        except PictureError as error:
            found.findings.append(Finding("error", "unreadable", path, error.reason))
            return False
        found.findings += instance_findings(entry, mask, path, instance)
        return int(instance.max()) <= 1

    def _check_shape(self, entry: PictureEntry, mask: BoolMask, found: Inspection) -> None:
        """Compare the mask of a composite with the alpha of its cut-out, wherever that was pasted."""
        if entry.name is None:
            return
        cutout, flipped = entry.name.cutout, entry.name.flipped
        # Where the flip is no file of its own, the original is mirrored.
        source = self._cutouts.get((cutout, flipped)) or self._cutouts.get((cutout, False))
        if source is None:
            return
        mirrored = flipped and source.name is not None and not source.name.flipped
        shape = _opaque_shape(self._file(source.path), mirrored)
        if shape is not None:
            found.findings += shape_findings(entry, match_anywhere(mask, shape), source)


def _own_words(entry: PictureEntry) -> object:
    """Return what a background and its depth map have in common: the numbers of the grammar, or the words of a name."""
    return entry.sample if entry.name else entry.key[-1]


def _size(pixels: NDArray[np.uint8]) -> tuple[int, int]:
    return pixels.shape[1], pixels.shape[0]


def _read_depth(path: Path) -> LoadedPicture:
    """Read a depth map of any mode; its values aren't looked at, so that its pixels are (H, W, 0)."""
    image, file_format, *_ = decode(path)
    return LoadedPicture(file_format, image.mode, np.empty((image.height, image.width, 0), np.uint8))


def _if_readable(path: Path) -> LoadedPicture | None:
    """Read a picture that another is compared with; None where it can't be read, which is a finding of its own."""
    try:
        return read_picture(path)
    except PictureError:
        return None


@lru_cache(maxsize=1024)
def _opaque_shape(path: Path, mirrored: bool) -> BoolMask | None:
    seen = _if_readable(path)
    if seen is None or not has_alpha(seen.pixels):
        return None
    shape = opaque_box(seen.pixels[..., 3])
    return shape[:, ::-1] if mirrored and shape is not None else shape
