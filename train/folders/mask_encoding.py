"""Encoding of masks: what their grey levels, palette indices, colours or alpha mean, and label maps made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.label_picture import LabelPicture
from bgfg.data_manifests.images.strips import row_strips
from bgfg.data_manifests.terminal.errors import first_few
from bgfg.train.folders.mask_statistics import FLAT_SHARE, MaskStatistics
from bgfg.train.folders.mask_values import (
    COLOURS,
    NUMBERS,
    UnreadableMask,
    format_value,
    on_one_scale,
    parse_value,
    pixel_values,
    scale_level,
    values_in,
)  # fmt: skip
from bgfg.train.ops.label_codes import IGNORE_INDEX

MASK_MODES = ("auto", "binary", "soft", "classes", "trimap")
OUTLINE_MODES = ("pet", "background", "ignore")

# Names of the classes of a mask.
MASK_NAMES = ("background", "mask")


# Levels of full coverage in files of 1, 8, 10, 12, 14 and 16 bits.
FULL_LEVELS = (1, 255, 1023, 4095, 16383, 65535)

# Levels so near to the highest, as shares of it, are full too: where they were cut off, and in lossy files.
_NEAR_FULL, _NEAR_FULL_LOSSY = 1 / 50, 1 / 8


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
        source: What values are: NUMBERS, LEVELS, COLOURS or ALPHA.
        full_level: The level of full coverage in files of 16 bits, of soft masks: they are scaled to 0..255 by it.
            None where values are taken as they stand.
        palette: Colour of each palette index, where masks have one palette.
    """

    kind: str
    description: str
    codes: Mapping[int, int]
    names: tuple[str, ...] = ()
    background: int = 0
    outline_class: int | None = None
    source: str = NUMBERS
    full_level: int | None = None
    palette: Mapping[int, int] = field(default_factory=dict)

    @property
    def colour(self) -> bool:
        """Whether values are colours."""
        return self.source == COLOURS

    def decode(self, picture: LabelPicture, alpha: bool = False) -> NDArray[np.uint8]:
        """Return the codes of a mask, (H, W) uint8.

        Args:
            picture: The mask as it is stored.
            alpha: Whether an alpha channel is the mask even where it is opaque everywhere.

        Raises:
            UnreadableMask: It has a value that no other mask has, or values of another kind.
        """
        values = pixel_values(picture, self.source, self.full_level, alpha)
        codes, strange = np.empty(values.shape, np.uint8), set[int]()
        for rows in row_strips(len(values), values[:1].size):
            found = self._codes_of(values[rows])
            strange.update(np.unique(values[rows][found < 0]).tolist())
            codes[rows] = found.clip(min=0)
        if strange:
            strangers = [format_value(value, self.colour) for value in sorted(strange)]
            raise UnreadableMask(f"values {first_few(strangers)}, where the other masks are {self.description}")
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
            made = {"mask": _full(inside), "known": _full(~unknown), "classes": codes}
        return {name: made[name] for name in wanted}

    def values_of(self, mask: MaskStatistics) -> Counter[int]:
        """Return how often each value occurs in a mask, values as `codes` has them."""
        counts = values_in(mask, self.source)
        if not (mask.wide and self.full_level):
            return counts
        levels = np.array(list(counts), np.uint16)
        levels = on_one_scale(levels, self.full_level) if mask.floats else levels
        scaled: Counter[int] = Counter()
        for level, count in zip(levels.tolist(), counts.values(), strict=True):
            scaled[scale_level(level, self.full_level)] += count
        return scaled

    def class_shares(self, counts: Mapping[int, int]) -> dict[str, float]:
        """Return the share of pixels of each class, or of mask and background, from the counts of values."""
        total = max(1, sum(counts.values()))
        if self.kind == "mask":
            covered = sum(self.codes[value] / 255 * count for value, count in counts.items()) / total
            return dict(zip(MASK_NAMES, (1 - covered, covered), strict=True))
        shares = dict.fromkeys(self.names, 0.0)
        for value, count in counts.items():
            code = self.codes[value]
            name = "ignored" if code == IGNORE_INDEX else self.names[code]
            shares[name] = shares.get(name, 0.0) + count / total
        return shares

    def legend(self) -> list[dict[str, Any]]:
        """Return what stands for each class in the masks, in the order of their codes, which a model's card keeps.

        Returns:
            For each class "code", "name" and "value": a number, a colour such as "#800000", or "transparent"; and
            "colour" where a palette has one.
        """
        values = {code: value for value, code in self.codes.items()}
        entries = []
        for code, name in enumerate(self.names):
            value = values.get(code, code)
            entry: dict[str, Any] = {"code": code, "name": name}
            entry["value"] = format_value(value, True) if self.colour else value
            if value in self.palette:
                entry["colour"] = format_value(self.palette[value], True)
            entries.append(entry)
        return entries

    def record(self) -> dict[str, Any]:
        """Return what was decided, as run.json and a model's card have it."""
        content: dict[str, Any] = {"read_as": self.kind, "how": self.description, "values_are": self.source}
        if self.full_level is None and len(self.codes) < 256:
            content["codes"] = {format_value(value, self.colour): code for value, code in sorted(self.codes.items())}
        if self.names:
            content |= {"classes": self.legend(), "background": self.background, "outline": self.outline_class}
        return content

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> MaskEncoding | None:
        """Return the encoding that `record` was made of; None for soft masks, which are read by their own levels."""
        if "codes" not in record:
            return None
        codes = {parse_value(text): code for text, code in record["codes"].items()}
        names = tuple(entry["name"] for entry in record.get("classes", ()))
        palette = {
            entry["value"]: parse_value(entry["colour"]) for entry in record.get("classes", ()) if "colour" in entry
        }
        background, outline = record.get("background", 0), record.get("outline")
        return cls(
            record["read_as"], record["how"], codes, names, background, outline, record["values_are"], palette=palette
        )

    def _codes_of(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the codes of values (H, W); -1 of those that have none."""
        if not self.colour:
            return np.asarray(self._table[values])
        known = np.array(sorted(self.codes), np.uint32)
        at = np.searchsorted(known, values).clip(max=len(known) - 1)
        codes = np.array([self.codes[int(value)] for value in known])
        return np.asarray(np.where(known[at] == values, codes[at], -1))

    @cached_property
    def _table(self) -> NDArray[np.int16]:
        """The code of each value that a file of 16 bits can have, -1 where there is none, (65536,)."""
        table = np.full(65536, -1, np.int16)
        table[list(self.codes)] = list(self.codes.values())
        return table


def soft_encoding(
    masks: Mapping[str, MaskStatistics], values: Mapping[str, Counter[int]], source: str = ""
) -> MaskEncoding:
    """Return how levels of coverage are read, all on one scale, whatever a single file reaches.

    Args:
        masks: What was found in each mask.
        values: How often each level occurs in each of them.
        source: Words that the description begins with.
    """
    wide = max((max(values[file]) for file, mask in masks.items() if mask.wide), default=0)
    scaled, full = wide > 255, wide if wide in FULL_LEVELS else 65535
    if not scaled:
        # Of alpha channels nothing tells a plateau: what is counted of places is that of colours.
        full = (None if source else full_by_plateau(masks, values)) or 255
    scale = f"0 to {full}"
    if scaled and not all(mask.wide for mask in masks.values()):
        scale += " in files of 16 bits, else 0 to 255"
    if full < 255:
        scale += f", where {full} is full, the highest level of all and one that fills areas"
    description = f"{source}soft, {scale} (a half and more is the mask where it is to be one)"
    codes = {value: value if scaled else scale_level(value, full) for value in range(256)}
    return MaskEncoding("mask", description, codes, full_level=full if scaled else None)


def full_by_plateau(masks: Mapping[str, MaskStatistics], values: Mapping[str, Counter[int]]) -> int | None:
    """Return the highest level of soft masks where it is that of full coverage, on whatever scale; else None.

    It is so where most masks that hold anything reach it, and it fills areas, as the inside of objects does.
    """
    lowest, highest = min(map(min, values.values())), max(map(max, values.values()))
    lossy = any(mask.lossy for mask in masks.values())
    near = highest - int(highest * (_NEAR_FULL_LOSSY if lossy else _NEAR_FULL))
    filled = [file for file, found in values.items() if max(found) > lowest]
    reaching = [file for file in filled if max(values[file]) >= near]
    if not reaching or 2 * len(reaching) < len(filled):
        return None
    if lossy:  # whose areas are never quite flat
        at_top = sum(n for found in values.values() for level, n in found.items() if level >= near)
        inside = sum(n for found in values.values() for level, n in found.items() if level > lowest + highest - near)
        return highest if at_top >= FLAT_SHARE * inside else None
    count, flat = 0, 0
    for file in reaching:
        full = sum(n for level, n in values[file].items() if level >= near)
        two = len(values[file]) <= 2  # where they are not looked at, and fill areas
        count += full
        flat += full if two else sum(n for key, n in masks[file].flat.items() if masks[file].level_of(key) >= near)
    return highest if flat >= FLAT_SHARE * count else None


def _full(inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return inside.astype(np.uint8) * np.uint8(255)
