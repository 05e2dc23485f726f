"""Statistics of a mask: which values it has, how often, and whether they fill areas or lie along edges.

How masks are read is decided from those of all masks of a folder: nothing is scaled, merged or thrown away here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.label_picture import LabelPicture
from bgfg.data_manifests.images.strips import row_strips
from bgfg.train.folders.object_numbers import count_whole

# The value of a pixel that is transparent: beyond all colours.
TRANSPARENT = 0x1000000
# An alpha from which on a pixel shows its colour.
_OPAQUE = 128

# A picture with more colours than this is a photograph. One with more than the second number is so too, unless its
# colours fill areas: a small photograph has few pixels, and so few colours.
MAX_COLOURS = 255
_FEW_COLOURS = 24
# What of MaskStatistics is counted by value.
_TABLES = ("counts", "flat", "between", "alpha", "edge")
_PLAIN = ("kind", "colours", "wide", "lossy", "floats", "ends_touch", "whole")
# The share of a value's pixels whose neighbours have it too, from which on it fills areas.
FLAT_SHARE = 0.3


@dataclass(frozen=True)
class MaskStatistics:
    """What was found in one mask.

    Attributes:
        kind: "grey" (levels or numbers), "palette", "colour", or "alpha" (colours with an alpha channel that isn't
            opaque everywhere, or that is the mask in any case).
        counts: How often each value occurs: levels, palette indices, or colours as 0xRRGGBB and TRANSPARENT. Empty
            where there are more colours than a mask has.
        flat: How many pixels of a value have it in common with their four neighbours; of levels and indices, where
            there are more than two.
        between: How many pixels of a value lie between a lower and a higher neighbour, likewise.
        colours: Number of colours, also where `counts` doesn't list them; 0 without.
        alpha: How often each level of the alpha channel occurs; empty without one.
        palette: Colour of each palette index that occurs, as in `counts`.
        wide: Whether the file has 16 bits a pixel.
        lossy: Whether the file's format may have changed values.
        floats: Whether the file has floating-point values: then a 1 may stand for full coverage.
        ends_touch: How many neighbours in a grey mask of more than two levels have its lowest and its highest one.
        whole: How many of its numbers are in one piece, of `count_whole`.
        edge: How often each value occurs along the frame's edge, but for its lowest quarter, where things stand;
            likewise of values as in `counts`, and empty where a mask has an alpha channel.
    """

    kind: str = ""
    counts: Counter[int] = field(default_factory=Counter)
    flat: Counter[int] = field(default_factory=Counter)
    between: Counter[int] = field(default_factory=Counter)
    colours: int = 0
    alpha: Counter[int] = field(default_factory=Counter)
    palette: Mapping[int, int] = field(default_factory=dict)
    wide: bool = False
    lossy: bool = False
    floats: bool = False
    ends_touch: int = 0
    whole: int = 0
    edge: Counter[int] = field(default_factory=Counter)

    @property
    def is_photograph(self) -> bool:
        """Whether it has more colours than a mask has."""
        return self.colours > 0 and not self.counts

    def level_of(self, key: int) -> int:
        """Return the level of a grey value, or of an index in a palette of greys."""
        return self.palette[key] & 255 if self.kind == "palette" else key

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it, what is empty left out; `of` reads it."""
        values = {
            "kind": self.kind, "counts": _pairs(self.counts), "flat": _pairs(self.flat),
            "between": _pairs(self.between), "colours": self.colours,
            "alpha": _pairs(self.alpha), "palette": _pairs(self.palette), "wide": self.wide, "lossy": self.lossy,
            "floats": self.floats, "ends_touch": self.ends_touch, "whole": self.whole,
            "edge": _pairs(self.edge),
        }  # fmt: skip
        return {name: value for name, value in values.items() if value}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> MaskStatistics:
        """Return what `content` was made of."""
        tables: dict[str, Any] = {name: Counter(dict(content.get(name, ()))) for name in _TABLES}
        rest: dict[str, Any] = {name: content[name] for name in _PLAIN if name in content}
        return cls(**tables, palette=dict(content.get("palette", ())), **rest)


def measure_mask(picture: LabelPicture, alpha: bool = False) -> MaskStatistics:
    """Measure a mask.

    Args:
        picture: The mask as it is stored.
        alpha: Whether an alpha channel is the mask in any case, even where it is opaque everywhere.
    """
    values, lossy = picture.values, picture.lossy
    if picture.palette is not None:
        counts = _counted(values)
        colours = pack_colours(picture.palette[None])[0]
        used = {i: int(colours[i]) for i in counts}
        whole = count_whole(values, counts)
        places, edge = _places(values, counts), _along_edge(values)
        return MaskStatistics("palette", counts, *places, palette=used, lossy=lossy, whole=whole, edge=edge)
    if values.ndim == 2:
        return replace(_of_grey(values, lossy), floats=picture.floats)
    has_alpha = values.shape[2] == 4
    if has_alpha and (alpha or values[..., 3].min() < 255):
        return _of_colours("alpha", pack_colours(values), _counted(values[..., 3]), lossy)
    grey = grey_of(values)
    opaque = Counter({255: values[..., 0].size}) if has_alpha else Counter[int]()
    if grey is not None:
        found = _of_grey(grey, lossy)
        return replace(found, alpha=opaque)
    return _of_colours("colour", pack_colours(values[..., :3]), opaque, lossy)


def pack_colours(pixels: NDArray[Any]) -> NDArray[np.uint32]:
    """Return colours (H, W, 3 or 4) uint8 as 0xRRGGBB, and TRANSPARENT where they are less than half opaque."""
    packed = np.empty(pixels.shape[:2], np.uint32)
    for rows in row_strips(len(pixels), pixels[:1].size):
        red, green, blue = np.moveaxis(pixels[rows, :, :3].astype(np.uint32), 2, 0)
        packed[rows] = red << 16 | green << 8 | blue
        if pixels.shape[2] == 4:
            packed[rows][pixels[rows, :, 3] < _OPAQUE] = TRANSPARENT
    return packed


def grey_of(pixels: NDArray[Any]) -> NDArray[Any] | None:
    """Return the levels (H, W) of colours (H, W, 3 or 4) that are all grey; None where one of them isn't."""
    red, green, blue = (pixels[..., channel] for channel in range(3))
    return red if np.array_equal(red, green) and np.array_equal(red, blue) else None


def _of_grey(values: NDArray[Any], lossy: bool) -> MaskStatistics:
    counts = _counted(values)
    touch = _ends_touch(values) if len(counts) > 2 else 0
    wide, whole = values.dtype == np.uint16, count_whole(values, counts)
    places, edge = _places(values, counts), _along_edge(values)
    return MaskStatistics("grey", counts, *places, wide=wide, lossy=lossy, ends_touch=touch, whole=whole, edge=edge)


def _places(values: NDArray[Any], counts: Counter[int]) -> tuple[Counter[int], Counter[int]]:
    """Count the pixels within areas, and those on slopes; nothing of two values alone, which can't be soft."""
    if len(counts) <= 2:
        return Counter(), Counter()
    flat, between = Counter[int](), Counter[int]()
    for around, inner in _neighbourhoods(values):
        flat += _counted(around[inner][_same_as_neighbours(around)[inner]])
        between += _counted(around[inner][_between_neighbours(around)[inner]])
    return flat, between


def _of_colours(kind: str, packed: NDArray[np.uint32], alpha: Counter[int], lossy: bool) -> MaskStatistics:
    counts, colours = _counted_colours(packed)
    few = colours <= _FEW_COLOURS or (colours <= MAX_COLOURS and _fill_areas(packed))
    edge = _along_edge(packed) if few and kind == "colour" else Counter[int]()
    return MaskStatistics(kind, counts if few else Counter(), colours=colours, alpha=alpha, lossy=lossy, edge=edge)


def _counted_colours(packed: NDArray[np.uint32]) -> tuple[Counter[int], int]:
    """Return how often each value of `pack_colours` occurs, none where a mask hasn't so many, and how many colours."""
    counts, strips = Counter[int](), list(row_strips(len(packed), packed.shape[1]))
    for rows in strips:
        found, times = np.unique(packed[rows], return_counts=True)
        counts.update(dict(zip(found.tolist(), times.tolist(), strict=True)))
        if len(counts) > MAX_COLOURS + 1:  # a photograph has millions, of which each would take 100 bytes and more
            seen = np.zeros(TRANSPARENT + 1, np.bool_)
            for each in strips:
                seen[packed[each]] = True
            return Counter(), int(seen[:TRANSPARENT].sum())
    return counts, len(counts) - int(TRANSPARENT in counts)


def _fill_areas(packed: NDArray[np.uint32]) -> bool:
    """Say whether the share of a mask's visible pixels whose neighbours have their colour is that of areas."""
    flat, visible = 0, 0
    for around, inner in _neighbourhoods(packed):
        seen = around[inner] != TRANSPARENT
        flat, visible = flat + int(_same_as_neighbours(around)[inner][seen].sum()), visible + int(seen.sum())
    return flat >= FLAT_SHARE * visible


def _neighbourhoods(values: NDArray[Any]) -> Iterator[tuple[NDArray[Any], slice]]:
    """Yield strips of a mask with the rows beside them, and which rows of that are the strip."""
    for rows in row_strips(len(values), values.shape[1]):
        first = max(0, rows.start - 1)
        yield values[first : rows.stop + 1], slice(rows.start - first, rows.stop - first)


def _along_edge(values: NDArray[Any]) -> Counter[int]:
    """Count the values along the frame's upper edge and the upper three quarters of its sides."""
    sides = values[: -(-3 * len(values) // 4), [0, -1]]
    found, counts = np.unique(np.concatenate([values[0], sides.ravel()]), return_counts=True)
    return Counter(dict(zip(found.tolist(), counts.tolist(), strict=True)))


def _same_as_neighbours(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where a pixel has the value of its neighbours above, below and beside it, (H, W) bool."""
    same = np.ones(values.shape, np.bool_)
    down, right = values[1:] == values[:-1], values[:, 1:] == values[:, :-1]
    same[1:] &= down
    same[:-1] &= down
    same[:, 1:] &= right
    same[:, :-1] &= right
    return same


def _between_neighbours(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where a pixel has a lower and a higher one above, below or beside it, (H, W) bool."""
    lower, higher = np.zeros(values.shape, np.bool_), np.zeros(values.shape, np.bool_)
    for here, there in (((slice(1, None),), (slice(-1),)), ((..., slice(1, None)), (..., slice(-1)))):
        rises, falls = values[here] > values[there], values[here] < values[there]
        lower[here] |= rises
        higher[there] |= rises
        higher[here] |= falls
        lower[there] |= falls
    both: NDArray[np.bool_] = lower & higher
    return both


def _ends_touch(values: NDArray[Any]) -> int:
    """Return how many pairs of neighbours have the lowest and the highest value."""
    lowest, highest, touch = values.min(), values.max(), 0
    for around, inner in _neighbourhoods(values):
        low, high = around == lowest, around == highest
        for here, there in (
            (np.s_[inner.start : len(around) - 1], np.s_[inner.start + 1 :]),  # below, for the last strip has none
            (np.s_[inner, 1:], np.s_[inner, :-1]),
        ):
            touch += int(((low[here] & high[there]) | (high[here] & low[there])).sum())
    return touch


def _counted(values: NDArray[Any]) -> Counter[int]:
    found = np.zeros(2 ** (8 * values.itemsize), np.int64)
    for rows in row_strips(len(values), values[:1].size):  # each value takes 8 bytes while it is counted
        found += np.bincount(values[rows].ravel(), minlength=len(found))
    return Counter({int(value): int(found[value]) for value in np.flatnonzero(found)})


def _pairs(table: Mapping[int, int]) -> list[list[int]]:
    return [[key, value] for key, value in sorted(table.items())]
