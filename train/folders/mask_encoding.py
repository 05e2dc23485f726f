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
from bgfg.data_manifests.terminal.errors import first_few
from bgfg.train.folders.mask_statistics import MaskStatistics
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
        if self.colour:
            known = np.array(sorted(self.codes), np.uint32)
            at = np.searchsorted(known, values).clip(max=len(known) - 1)
            found = np.where(known[at] == values, np.array([self.codes[int(value)] for value in known])[at], -1)
        else:
            found = self._table[values]
        strange = found < 0
        if strange.any():
            strangers = [format_value(value, self.colour) for value in np.unique(values[strange]).tolist()]
            raise UnreadableMask(f"values {first_few(strangers)}, where the other masks are {self.description}")
        return found.astype(np.uint8)

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

    @cached_property
    def _table(self) -> NDArray[np.int16]:
        """The code of each value that a file of 16 bits can have, -1 where there is none, (65536,)."""
        table = np.full(65536, -1, np.int16)
        table[list(self.codes)] = list(self.codes.values())
        return table


def _full(inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return inside.astype(np.uint8) * np.uint8(255)
