"""What samples a page of thumbnails is of: the fields of its form, read into a selection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, TypeVar
from urllib.parse import urlencode

from bgfg.data_manifests.corpus.selection import Filter, Selection, parse_range
from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.overview.thumbnails import SHOWN, Shown

Choice = TypeVar("Choice")

# Field -> column and operator of the filter that it stands for.
_NUMBERS = {
    "background": ("background", "="),
    "cutout": ("cutout", "="),
    "placement": ("placement", "="),
    "height_from": ("height_px", ">="),
    "height_to": ("height_px", "<="),
    "depth_from": ("person_m", ">="),
    "depth_to": ("person_m", "<="),
}
_WHOLE = ("background", "cutout", "placement")
_FLIPS = {"yes": True, "no": False}
FIELDS = ("background", "cutout", "label", "flip", "split", "placement", "height_from", "height_to", "depth_from",
          "depth_to", "name", "samples", "shown", "page")  # fmt: skip


@dataclass(frozen=True)
class SampleQuery:
    """A page of samples.

    Attributes:
        fields: Field -> its text, of those that are filled in.
        selection: What the fields select.
        name: Part of a name.
        shown: Which array is shown.
        page: Number of the page, from 1 on.
    """

    fields: dict[str, str]
    selection: Selection
    name: str
    shown: Shown
    page: int

    @classmethod
    def of(cls, query: Mapping[str, str], classes: tuple[str, ...]) -> Self:
        """Read the fields; raise Problem for the first one that has no meaning."""
        fields = {name: query[name].strip()[:200] for name in FIELDS if query.get(name, "").strip()}
        filters = [Filter(*_NUMBERS[name], _numbers(name, fields[name])) for name in _NUMBERS if name in fields]
        if label := fields.get("label"):
            if label not in classes:
                raise Problem(f"class {label!r}: there is none of this name")
            filters.append(Filter("label", "=", (label,)))
        if flip := fields.get("flip"):
            filters.append(Filter("flipped", "=", (_chosen("flip", flip, _FLIPS),)))
        splits = (_chosen("split", fields["split"], {split: split for split in SPLITS}),) if "split" in fields else ()
        samples = parse_range(fields["samples"]) if "samples" in fields else None
        shown = _chosen("shown", fields.get("shown", "image"), {name: name for name in SHOWN})
        page = fields.get("page", "1")
        if not re.fullmatch("[0-9]{1,9}", page):
            raise Problem(f"page {page!r}: give a number, from 1 on")
        return cls(fields, Selection(splits, samples, tuple(filters)), fields.get("name", ""), shown, int(page))

    @property
    def needs_depth(self) -> bool:
        """Whether the depth of all samples has to be measured for it."""
        return any(condition.column == "person_m" for condition in self.selection.filters)

    def at_page(self, page: int) -> str:
        """Return the address of another page of the same samples."""
        return f"/corpus?{urlencode({**self.fields, 'page': page})}"


def _numbers(name: str, text: str) -> tuple[int | float, ...]:
    """Return the numbers of a field: several only where one of them may be met."""
    parts, form = text.split(","), "[0-9]{1,9}" if name in _WHOLE else r"[0-9]{1,6}(\.[0-9]{1,6})?"
    if not all(re.fullmatch(form, part.strip()) for part in parts) or (len(parts) > 1 and name not in _WHOLE):
        raise Problem(f"{name.replace('_', ' ')} {text!r}: give a number")
    return tuple(int(part) if name in _WHOLE else float(part) for part in parts)


def _chosen(name: str, text: str, choices: Mapping[str, Choice]) -> Choice:
    if text not in choices:
        raise Problem(f"{name} {text!r}: choose {', '.join(choices)}")
    return choices[text]
