"""What the values of masks mean: a set of grey levels, palette indices or colours, and how they will be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from bgfg.data_manifests.terminal.errors import Problem, few
from bgfg.train.targets.classes import IGNORED
from numpy.typing import NDArray

MANNERS = ("auto", "binary", "soft", "classes")
OUTLINES = ("pet", "background", "ignore")

# Up to here grey levels, other than 255 beside them, are taken for the numbers of classes; there are no soft masks
# so dark, and few sets of more classes.
_MOST_CLASS = 63
# A picture of more colours than this is a photograph.
_MOST_COLOURS = 64

# A grey level times this is its colour.
_GREY = 0x010101

_PETS = ("pet", "background", "outline")


class Unreadable(Exception):
    """A mask that can't be read as the others are; says why."""


@dataclass(frozen=True)
class Plane:
    """The values of a mask, (H, W). kind: "grey" (levels, or palette indices), "alpha", both uint8, or "colour",
    uint32 as 0xRRGGBB.
    """

    kind: str
    values: NDArray[np.unsignedinteger]

    @classmethod
    def of(cls, stored: NDArray[np.uint8], alpha: bool = False) -> Plane:
        """Find the values in a picture as it is stored, (H, W) or (H, W, 3 or 4) uint8.

        An alpha channel that isn't opaque everywhere is what is meant by the mask; so it is with `alpha` in any case.
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

    def counts(self) -> Counter[int]:
        """Count how often each value occurs; raise Unreadable where there are so many colours that it is no mask."""
        if self.kind != "colour":
            found = np.bincount(self.values.ravel(), minlength=256)
            return Counter({int(value): int(found[value]) for value in np.flatnonzero(found)})
        values, counts = np.unique(self.values, return_counts=True)
        if len(values) > _MOST_COLOURS:
            raise Unreadable(f"{len(values):,} colours: a photograph, for a mask has {_MOST_COLOURS} at most")
        return Counter(dict(zip(values.tolist(), counts.tolist(), strict=True)))


@dataclass(frozen=True)
class Reading:
    """How masks are read. kind: "mask" (codes are levels of coverage, 0..255) or "classes" (codes are numbers of
    classes, and IGNORED). how: in words. codes: of each value. names: of the classes. background: the class that is
    none of the others. unsure: the class on the edge, of trimaps. colour: whether values are colours.
    """

    kind: str
    how: str
    codes: Mapping[int, int]
    names: tuple[str, ...] = ()
    background: int = 0
    unsure: int | None = None
    colour: bool = False

    def decode(self, plane: Plane) -> NDArray[np.uint8]:
        """Return the codes of a mask, (H, W) uint8; raise Unreadable for a value that the others don't have."""
        values = _as_colours(plane) if self.colour else plane
        if values.kind == "colour" and not self.colour:
            raise Unreadable("in colour, where the other masks are grey")
        known = np.array(sorted(self.codes), np.uint32)
        at = np.searchsorted(known, values.values).clip(max=len(known) - 1)
        if not np.array_equal(known[at], values.values):
            strange = np.unique(values.values[known[at] != values.values]).tolist()
            strangers = few([written(value, self.colour) for value in strange])
            raise Unreadable(f"values {strangers}, where the other masks are {self.how}")
        codes: NDArray[np.uint8] = np.array([self.codes[int(value)] for value in known], np.uint8)[at]
        return codes

    def parts(self, codes: NDArray[np.uint8], wanted: Sequence[str], outline: str) -> dict[str, NDArray[np.uint8]]:
        """Return the parts of a sample that targets read, of "mask", "known" and "classes", (H, W) uint8 each.

        codes: of `decode`. outline: of OUTLINES, what the class on the edge counts as in a mask.
        """
        if self.kind == "mask":
            made = {"mask": codes, "known": np.full_like(codes, 255)}
        else:
            inside = (codes != self.background) & (codes != IGNORED)
            unknown = codes == IGNORED
            if self.unsure is not None and outline != "pet":
                inside &= codes != self.unsure
            if self.unsure is not None and outline == "ignore":
                unknown = unknown | (codes == self.unsure)
            made = {"mask": _levels(inside), "known": _levels(~unknown), "classes": codes}
        return {name: made[name] for name in wanted}

    def shares(self, counts: Mapping[int, int]) -> dict[str, float]:
        """Return the share of all pixels that each class has, or mask and background, from the counts of the values."""
        total = max(1, sum(counts.values()))
        if self.kind == "mask":
            covered = sum(self.codes[value] / 255 * count for value, count in counts.items()) / total
            return {"background": 1 - covered, "mask": covered}
        shares = dict.fromkeys(self.names, 0.0)
        for value, count in counts.items():
            code = self.codes[value]
            name = "ignored" if code == IGNORED else self.names[code]
            shares[name] = shares.get(name, 0.0) + count / total
        return shares


def all_counts(planes: Sequence[tuple[str, Mapping[int, int]]], colour: bool | None = None) -> Counter[int]:
    """Add up the counts of masks, given with the kind of each.

    colour: count greys as colours; None to do so where any mask is in colour.
    """
    colour = any(kind == "colour" for kind, _ in planes) if colour is None else colour
    total: Counter[int] = Counter()
    for kind, counts in planes:
        factor = _GREY if colour and kind != "colour" else 1
        total.update({value * factor: count for value, count in counts.items()})
    return total


def reading_of(kinds: Counter[str], counts: Counter[int], manner: str) -> Reading:
    """Decide how masks are read, from the values of them all. kinds: of the planes, how many each; manner: of MANNERS.

    Raises Problem (exit code 2) where they can't be read in the manner asked for.
    """
    colour = kinds["colour"] > 0
    values = sorted(counts)
    if colour:
        return _by_colour(values, manner)
    source = "alpha channel, " if set(kinds) == {"alpha"} else ""
    if manner == "binary" or (manner == "auto" and len(values) <= 2 and source == ""):
        return _binary(values)
    if manner == "classes":
        return _classes(values, by_rank=max([v for v in values if v != IGNORED], default=0) > _MOST_CLASS)
    if manner == "auto" and source == "" and values[-1] > 1 and all(v <= _MOST_CLASS or v == IGNORED for v in values):
        return _classes(values, by_rank=False)
    soft = f"{source}soft, 0 to 255 (a half and more is the mask where it is to be one)"
    return Reading("mask", soft, {value: value for value in range(256)})


def trimaps() -> Reading:
    """Return how the trimaps of Oxford-IIIT Pets are read: 1 pet, 2 background, 3 not classified, along the outline."""
    how = "trimaps: 1 pet, 2 background, 3 outline"
    return Reading("classes", how, {1: 0, 2: 1, 3: 2}, _PETS, background=1, unsure=2)


def written(value: int, colour: bool) -> str:
    """Return a value as people know it: a number, or a colour such as #800000."""
    return f"#{value:06x}" if colour else str(value)


def _levels(inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return inside.astype(np.uint8) * np.uint8(255)


def _binary(values: Sequence[int]) -> Reading:
    """Take the lowest value for the background, all others for the mask."""
    lowest = values[0] if len(values) > 1 else 0
    others = few([value for value in values if value != lowest]) or "any other"
    how = f"binary: {lowest} background, {others} mask"
    rest = {1: 255, 255: 255} if set(values) <= {0} else {}
    return Reading("mask", how, rest | {value: 0 if value == lowest else 255 for value in values})


def _classes(values: Sequence[int], by_rank: bool) -> Reading:
    """Take levels for the numbers of classes; by rank where they are spread out to be seen."""
    numbers = [value for value in values if value != IGNORED or by_rank]
    codes = {value: rank if by_rank else value for rank, value in enumerate(numbers)}
    if by_rank and len(codes) > _MOST_COLOURS:
        raise Problem(f"--masks classes: the masks have {len(codes)} values: give soft, or other masks", exit_code=2)
    count = max(codes.values(), default=0) + 1
    ranked = ", numbered in the order of their levels" if by_rank else ""
    ignored = ", 255 ignored" if IGNORED in values and not by_rank else ""
    names = tuple(map(str, numbers if by_rank else range(count)))
    codes |= {IGNORED: IGNORED} if ignored else {}
    return Reading("classes", f"{count} classes{ranked}{ignored}", codes, names)


def _by_colour(values: Sequence[int], manner: str) -> Reading:
    """Take colours for classes, black first, in the order of their numbers; two of them for a mask."""
    names = tuple(written(value, colour=True) for value in values)
    if manner == "soft":
        raise Problem(
            f"--masks soft: the masks are in colour ({few(names)}): give auto, binary or classes", exit_code=2
        )
    if len(values) > _MOST_COLOURS:
        line = f"the masks have {len(values)} colours in all: give masks of at most {_MOST_COLOURS}"
        raise Problem(f"--masks {manner}: {line}", exit_code=2)
    if manner == "binary" or (manner == "auto" and len(values) <= 2):
        codes = {value: 0 if rank == 0 and len(values) > 1 else 255 for rank, value in enumerate(values)}
        return Reading("mask", f"binary: {names[0]} background, {few(names[1:])} mask", codes, colour=True)
    codes = {value: rank for rank, value in enumerate(values)}
    return Reading("classes", f"{len(values)} classes by colour, {names[0]} background", codes, names, colour=True)


def _as_colours(plane: Plane) -> Plane:
    if plane.kind == "colour":
        return plane
    return Plane("colour", plane.values.astype(np.uint32) * np.uint32(_GREY))
