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

from bgfg.data_manifests.audit.cutout_findings import defect_findings
from bgfg.data_manifests.audit.inspection import Inspection, PictureParts, Thumbnail
from bgfg.data_manifests.audit.mask_pixels import read_set_pixels, set_pixels
from bgfg.data_manifests.audit.names import KIND_LABELS
from bgfg.data_manifests.audit.paired_sizes import SizePair
from bgfg.data_manifests.audit.picture_entry import BACKGROUND_DEPTH, INSTANCE_KIND, PictureEntry
from bgfg.data_manifests.audit.pixel_checks import check_alpha, make_thumbnail, same_cutout, size_text
from bgfg.data_manifests.audit.shapes import (
    BoolMask,
    ShapeMatch,
    match_anywhere,
    match_in_place,
    match_nearby,
    opaque_box,
)
from bgfg.data_manifests.audit.tree import PictureTree
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.memory_turn import memory_turn
from bgfg.data_manifests.images.decode import PictureError, decode, reading_bytes
from bgfg.data_manifests.images.image_reading import read_picture, require_cutout_size
from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.pixels import LoadedPicture
from bgfg.data_manifests.images.png_integrity import is_complete_png
from bgfg.data_manifests.images.resampling.fit_to_frame import flip
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
            mask, lossy = set_pixels(self._file(entry.path), seen), seen.format == "jpeg"
            del seen  # a large one is let go before the cut-out is read
            self._check_cutout_mask(entry, mask, found)
            if (original := self._original_of(entry, self._cutout_masks)) is not None:
                self._check_mask_flip(entry, mask, lossy, original, found)
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
        try:
            same = same_cutout(seen.pixels, flip(_pixels_of(self._file(original.path))))
        except PictureError:
            return  # it has its own finding
        if not same:
            found.findings.append(_unlike_mirror(entry, original))

    def _check_mask_flip(
        self, entry: PictureEntry, mask: BoolMask, lossy: bool, original: PictureEntry, found: Inspection
    ) -> None:
        """Compare the mask of a flip with its original's; lossy ones, as JPEGs are, by their shapes."""
        try:
            mirrored = read_set_pixels(self._file(original.path))[:, ::-1]
        except PictureError:
            return  # it has its own finding
        lossy = lossy and mask.shape == mirrored.shape
        if not (match_in_place(mask, mirrored).agrees if lossy else np.array_equal(mask, mirrored)):
            found.findings.append(_unlike_mirror(entry, original))

    def _check_cutout_mask(self, entry: PictureEntry, mask: BoolMask, found: Inspection) -> None:
        """Compare the mask of a cut-out with its size and, pixel by pixel, with its alpha.

        Of another size, it is compared at the size and place where the two agree best.
        """
        source = self._cutout_of.get(entry.sample)
        if source is None:
            return
        try:
            cutout = _pixels_of(self._file(source.path))
        except PictureError:
            return  # it has its own finding
        alpha_u8 = cutout[..., 3] if cutout.shape[2] == 4 and cutout[..., 3].min() < 255 else None
        if mask.shape == cutout.shape[:2]:
            if alpha_u8 is not None:
                _compare(entry, match_nearby(mask, alpha_u8 >= OPAQUE_U8), source, found)
            return
        sizes = size_text(mask), size_text(cutout)
        message = f"a {KIND_LABELS['fg_mask']} of {sizes[0]} to a {KIND_LABELS['fg']} of {sizes[1]}"
        figure = opaque_box(alpha_u8) if alpha_u8 is not None else None
        if figure is not None:
            match = match_anywhere(mask, figure)
            _compare(entry, match, source, found)
            message += f"; aligned, their shapes {'agree' if match.agrees else 'disagree'} (IoU {match.iou:.3f})"
        found.findings.append(Finding("error", "size", entry.path, message))

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
            instance = _pixels_of(self._file(path))[..., 0]
        except PictureError as error:
            found.findings.append(Finding("error", "unreadable", path, error.reason))
            return False
        if instance.shape != mask.shape or not mask[instance > 0].all():
            message = f"shows instances where {entry.path} isn't set, or is of another size"
            found.findings.append(Finding("error", "instance", path, message))
        elif not (match := match_in_place(instance > 0, mask)).agrees:
            message = f"disagrees with the instances of {path}: IoU {match.iou:.3f}"
            found.findings.append(Finding("warning", "mask-alpha", entry.path, message))
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
            _compare(entry, match_anywhere(mask, shape), source, found)


def _compare(entry: PictureEntry, match: ShapeMatch, source: PictureEntry, found: Inspection) -> None:
    if not match.agrees:
        message = f"disagrees with the alpha of {source.path}: IoU {match.iou:.3f}"
        found.findings.append(Finding("warning", "mask-alpha", entry.path, message))


def _unlike_mirror(entry: PictureEntry, original: PictureEntry) -> Finding:
    return Finding("error", "flip", entry.path, f"isn't the exact mirror of {original.path}")


def _own_words(entry: PictureEntry) -> object:
    """Return what a background and its depth map have in common: the numbers of the grammar, or the words of a name."""
    return entry.sample if entry.name else entry.key[-1]


def _size(pixels: NDArray[np.uint8]) -> tuple[int, int]:
    return pixels.shape[1], pixels.shape[0]


def _read_depth(path: Path) -> LoadedPicture:
    """Read a depth map of any mode; its values aren't looked at, so that its pixels are (H, W, 0)."""
    image, file_format, *_ = decode(path)
    return LoadedPicture(file_format, image.mode, np.empty((image.height, image.width, 0), np.uint8))


def _pixels_of(path: Path) -> NDArray[np.uint8]:
    return read_picture(path).pixels


@lru_cache(maxsize=1024)
def _opaque_shape(path: Path, mirrored: bool) -> BoolMask | None:
    try:
        pixels = _pixels_of(path)
    except PictureError:
        return None  # it has its own finding
    if pixels.shape[2] == 3 or pixels[..., 3].min() == 255:
        return None
    shape = opaque_box(pixels[..., 3])
    return shape[:, ::-1] if mirrored and shape is not None else shape
