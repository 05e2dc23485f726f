"""Encoding of masks: what their grey levels, palette indices or colours mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem, first_few
from bgfg.train.targets.classes import IGNORE_INDEX

MASK_MODES = ("auto", "binary", "soft", "classes")
OUTLINE_MODES = ("pet", "background", "ignore")

# If no grey level is above this, but for 255, levels are taken for numbers of classes: there are no soft masks so dark,
# and few data sets of more classes.
_MOST_CLASS = 63
# A picture of more colours than this is a photograph.
_MOST_COLOURS = 64

# A grey level times this is its colour.
_GREY = 0x010101

_PETS = ("pet", "background", "outline")


class UnreadableMask(Exception):
    """Raised for a mask that can't be read as the others are; its message says why."""


@dataclass(frozen=True)
class MaskPlane:
    """The values of a mask.

    Attributes:
        kind: "grey" (levels, or palette indices), "alpha" or "colour".
        values: (H, W) uint8; of colours uint32, as 0xRRGGBB.
    """

    kind: str
    values: NDArray[np.unsignedinteger]

    @classmethod
    def of(cls, stored: NDArray[np.uint8], alpha: bool = False) -> MaskPlane:
        """Find the mask's values in a picture.

        Args:
            stored: The picture as it is stored, (H, W) or (H, W, 3 or 4) uint8.
            alpha: Whether the alpha channel is the mask in any case. Otherwise it is where it isn't opaque everywhere.
        """
        if stored.ndim == 2:
            return cls("grey", stored)
        if stored.shape[2] == 4 and (alpha or stored[..., 3].min() < 255):
            return cls("alpha", stored[..., 3])
        red, green, blue = (stored[..., channel] for channel in range(3))
        if np.array_equal(red, green) and np.array_equal(red, blue):
            return cls("grey", red)
        wide = stored.astype(np.uint32)
        packed: NDArray[np.uint32] = (wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]).astype(np.uint32)
        return cls("colour", packed)

    def value_counts(self) -> Counter[int]:
        """Count how often each value occurs; raise UnreadableMask where there are too many colours for a mask."""
        if self.kind != "colour":
            found = np.bincount(self.values.ravel(), minlength=256)
            return Counter({int(value): int(found[value]) for value in np.flatnonzero(found)})
        values, counts = np.unique(self.values, return_counts=True)
        if len(values) > _MOST_COLOURS:
            raise UnreadableMask(f"{len(values):,} colours: a photograph, for a mask has {_MOST_COLOURS} at most")
        return Counter(dict(zip(values.tolist(), counts.tolist(), strict=True)))


@dataclass(frozen=True)
class MaskEncoding:
    """How the masks of a folder are read.

    Attributes:
        kind: "mask" (codes are levels of coverage, 0..255) or "classes" (codes are numbers of classes, and
            IGNORE_INDEX).
        description: How they are read, in words.
        codes: The code of each value.
        names: Names of the classes.
        background: The class that is none of the others.
        outline_class: The class along the outline, of trimaps.
        colour: Whether values are colours.
    """

    kind: str
    description: str
    codes: Mapping[int, int]
    names: tuple[str, ...] = ()
    background: int = 0
    outline_class: int | None = None
    colour: bool = False

    def decode(self, plane: MaskPlane) -> NDArray[np.uint8]:
        """Return the codes of a mask, (H, W) uint8; raise UnreadableMask for a value that no other mask has."""
        values = _as_colours(plane) if self.colour else plane
        if values.kind == "colour" and not self.colour:
            raise UnreadableMask("in colour, where the other masks are grey")
        known = np.array(sorted(self.codes), np.uint32)
        at = np.searchsorted(known, values.values).clip(max=len(known) - 1)
        if not np.array_equal(known[at], values.values):
            strange = np.unique(values.values[known[at] != values.values]).tolist()
            strangers = first_few([format_value(value, self.colour) for value in strange])
            raise UnreadableMask(f"values {strangers}, where the other masks are {self.description}")
        codes: NDArray[np.uint8] = np.array([self.codes[int(value)] for value in known], np.uint8)[at]
        return codes

    def label_maps(self, codes: NDArray[np.uint8], wanted: Sequence[str], outline: str) -> dict[str, NDArray[np.uint8]]:
        """Return label maps made of a mask's codes.

        Args:
            codes: (H, W) uint8, of `decode`.
            wanted: Maps that are returned, of "mask", "known" and "classes".
            outline: What the class along the outline counts as in a mask, of OUTLINE_MODES.

        Returns:
            (H, W) uint8 each; "mask" and "known" 0..255.
        """
        if self.kind == "mask":
            made = {"mask": codes, "known": np.full_like(codes, 255)}
        else:
            inside = (codes != self.background) & (codes != IGNORE_INDEX)
            unknown = codes == IGNORE_INDEX
            if self.outline_class is not None and outline != "pet":
                inside &= codes != self.outline_class
            if self.outline_class is not None and outline == "ignore":
                unknown = unknown | (codes == self.outline_class)
            made = {"mask": _levels(inside), "known": _levels(~unknown), "classes": codes}
        return {name: made[name] for name in wanted}

    def class_shares(self, counts: Mapping[int, int]) -> dict[str, float]:
        """Return the share of pixels of each class, or of mask and background, from the counts of values."""
        total = max(1, sum(counts.values()))
        if self.kind == "mask":
            covered = sum(self.codes[value] / 255 * count for value, count in counts.items()) / total
            return {"background": 1 - covered, "mask": covered}
        shares = dict.fromkeys(self.names, 0.0)
        for value, count in counts.items():
            code = self.codes[value]
            name = "ignored" if code == IGNORE_INDEX else self.names[code]
            shares[name] = shares.get(name, 0.0) + count / total
        return shares


def total_counts(planes: Sequence[tuple[str, Mapping[int, int]]], colour: bool | None = None) -> Counter[int]:
    """Add up the value counts of masks.

    Args:
        planes: Kind and value counts of each mask.
        colour: Whether grey levels are counted as colours; None to do so where any mask is in colour.
    """
    colour = any(kind == "colour" for kind, _ in planes) if colour is None else colour
    total: Counter[int] = Counter()
    for kind, counts in planes:
        factor = _GREY if colour and kind != "colour" else 1
        total.update({value * factor: count for value, count in counts.items()})
    return total


def infer_encoding(kinds: Counter[str], counts: Counter[int], mode: str) -> MaskEncoding:
    """Decide how masks are read, from the values of all of them.

    Args:
        kinds: How many masks there are of each kind of MaskPlane.
        counts: How often each value occurs in all masks.
        mode: How they are to be read, of MASK_MODES.

    Raises:
        Problem: They can't be read in this mode (exit code 2).
    """
    colour = kinds["colour"] > 0
    values = sorted(counts)
    if colour:
        return _by_colour(values, mode)
    source = "alpha channel, " if set(kinds) == {"alpha"} else ""
    if mode == "binary" or (mode == "auto" and len(values) <= 2 and source == ""):
        return _binary(values)
    if mode == "classes":
        return _classes(values, by_rank=max([v for v in values if v != IGNORE_INDEX], default=0) > _MOST_CLASS)
    if (
        mode == "auto"
        and source == ""
        and values[-1] > 1
        and all(v <= _MOST_CLASS or v == IGNORE_INDEX for v in values)
    ):
        return _classes(values, by_rank=False)
    soft = f"{source}soft, 0 to 255 (a half and more is the mask where it is to be one)"
    return MaskEncoding("mask", soft, {value: value for value in range(256)})


def pets_trimaps() -> MaskEncoding:
    """Return how the trimaps of Oxford-IIIT Pets are read: 1 pet, 2 background, 3 not classified, along the outline."""
    description = "trimaps: 1 pet, 2 background, 3 outline"
    return MaskEncoding("classes", description, {1: 0, 2: 1, 3: 2}, _PETS, background=1, outline_class=2)


def format_value(value: int, colour: bool) -> str:
    """Return a value as text: a number, or a colour such as #800000."""
    return f"#{value:06x}" if colour else str(value)


def _levels(inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return inside.astype(np.uint8) * np.uint8(255)


def _binary(values: Sequence[int]) -> MaskEncoding:
    """Take the lowest value for the background, all others for the mask."""
    lowest = values[0] if len(values) > 1 else 0
    others = first_few([value for value in values if value != lowest]) or "any other"
    description = f"binary: {lowest} background, {others} mask"
    # Where all masks that were read are empty, foreground in masks that are read later is known by its usual levels.
    rest = {1: 255, 255: 255} if set(values) <= {0} else {}
    return MaskEncoding("mask", description, rest | {value: 0 if value == lowest else 255 for value in values})


def _classes(values: Sequence[int], by_rank: bool) -> MaskEncoding:
    """Take levels for numbers of classes, or their ranks, where levels were spread out so that one sees them."""
    numbers = [value for value in values if value != IGNORE_INDEX or by_rank]
    codes = {value: rank if by_rank else value for rank, value in enumerate(numbers)}
    if by_rank and len(codes) > _MOST_COLOURS:
        raise Problem(f"--masks classes: the masks have {len(codes)} values: give soft, or other masks", exit_code=2)
    count = max(codes.values(), default=0) + 1
    ranked = ", numbered in the order of their levels" if by_rank else ""
    ignored = ", 255 ignored" if IGNORE_INDEX in values and not by_rank else ""
    names = tuple(map(str, numbers if by_rank else range(count)))
    codes |= {IGNORE_INDEX: IGNORE_INDEX} if ignored else {}
    return MaskEncoding("classes", f"{count} classes{ranked}{ignored}", codes, names)


def _by_colour(values: Sequence[int], mode: str) -> MaskEncoding:
    """Take colours for classes, black first, in the order of their numbers; two of them for a mask."""
    names = tuple(format_value(value, colour=True) for value in values)
    if mode == "soft":
        raise Problem(
            f"--masks soft: the masks are in colour ({first_few(names)}): give auto, binary or classes", exit_code=2
        )
    if len(values) > _MOST_COLOURS:
        line = f"the masks have {len(values)} colours in all: give masks of at most {_MOST_COLOURS}"
        raise Problem(f"--masks {mode}: {line}", exit_code=2)
    if mode == "binary" or (mode == "auto" and len(values) <= 2):
        codes = {value: 0 if rank == 0 and len(values) > 1 else 255 for rank, value in enumerate(values)}
        return MaskEncoding("mask", f"binary: {names[0]} background, {first_few(names[1:])} mask", codes, colour=True)
    codes = {value: rank for rank, value in enumerate(values)}
    return MaskEncoding("classes", f"{len(values)} classes by colour, {names[0]} background", codes, names, colour=True)


def _as_colours(plane: MaskPlane) -> MaskPlane:
    if plane.kind == "colour":
        return plane
    return MaskPlane("colour", plane.values.astype(np.uint32) * np.uint32(_GREY))
