"""Names counted from 1, as the grammar counts, whatever the numbers of a set begin with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from bgfg.data_manifests.audit.picture_entry import BACKGROUND_DEPTH, PictureEntry, name_form
from bgfg.data_manifests.audit.recognition import recognise_path
from bgfg.data_manifests.corpus.naming import Name

_COUNTED = ("background", "cutout", "placement")
_ZEROS = re.compile("0+")


class NumberedNames(NamedTuple):
    """Names counted from 1.

    Attributes:
        names: Picture -> the name that it should have; None where its own tells too little, or the number 0 where the
            others count from 1.
        from_zero: Pictures of whose numbers any is counted from 0 in its own name.
    """

    names: dict[PictureEntry, Name | None]
    from_zero: set[PictureEntry]


def names_from_one(entries: Iterable[PictureEntry]) -> NumberedNames:
    """Return the names that pictures should have.

    A set may count its backgrounds, its cut-outs or its placements from 0. Then all names that tell such a number move
    by one together, so that composites stay those of their backgrounds and cut-outs.

    Args:
        entries: The pictures of a tree.
    """
    written = {entry: name for entry in entries if (name := _as_written(entry)) is not None}
    series = _series_from_zero(written)
    names: dict[PictureEntry, Name | None] = dict.fromkeys(entries)
    from_zero = set()
    for entry, name in written.items():
        zero_based = {counted for of_grammar, counted in series if of_grammar == _is_of_grammar(entry)}
        names[entry] = _counted(name, zero_based)
        if any(getattr(name, counted) is not None for counted in zero_based):
            from_zero.add(entry)
    return NumberedNames(names, from_zero)


def _as_written(entry: PictureEntry) -> Name | None:
    """Return a picture's name with the numbers that are written in it; None where they can't be told apart."""
    if entry.name is not None:
        return _moved(entry.name, dict.fromkeys(_COUNTED, 1))
    again = recognise_from_zero(entry)
    if again is not None:
        return again.name
    if entry.number is None:
        return None
    if entry.kind == "bg":
        return Name("bg", background=entry.number)
    return Name(entry.kind, cutout=entry.number) if entry.kind in ("fg", "fg_mask") else None


def recognise_from_zero(entry: PictureEntry) -> PictureEntry | None:
    """Return a picture whose name is of the grammar but for a number 0, with the numbers as they are written."""
    again = recognise_path(entry.path, first=0)
    return again if again is not None and again.kind == entry.kind and again.name is not None else None


def _is_of_grammar(entry: PictureEntry) -> bool:
    return entry.name is not None or recognise_from_zero(entry) is not None


def _series_from_zero(written: Mapping[PictureEntry, Name]) -> set[tuple[bool, str]]:
    """Return what is counted from 0, (by names of the grammar or by others, what).

    A number 0 counts where names like it are at least half of those of its kind: one stray `bg_0` moves no others.
    """
    forms = {entry: (_owner(entry), _ZEROS.sub("0", name_form(entry))) for entry in written}
    alike, all_of_kind = Counter(forms.values()), Counter(kind for kind, _ in forms.values())
    usual = {form for form, count in alike.items() if 2 * count >= all_of_kind[form[0]]}
    return {
        (_is_of_grammar(entry), counted)
        for entry, name in written.items()
        if forms[entry] in usual
        for counted in _COUNTED
        if getattr(name, counted) == 0
    }


def _owner(entry: PictureEntry) -> str:
    return "bg" if entry.kind == BACKGROUND_DEPTH else entry.kind


def _counted(name: Name, zero_based: set[str]) -> Name | None:
    """Return a name with its numbers as `Name` has them; None where one is below what its series begins with."""
    moved = _moved(name, {counted: 0 if counted in zero_based else -1 for counted in _COUNTED})
    return None if any(getattr(moved, counted) == -1 for counted in _COUNTED) else moved


def _moved(name: Name, by: Mapping[str, int]) -> Name:
    numbers = {counted: getattr(name, counted) for counted in _COUNTED}
    return replace(name, **{counted: n + by[counted] for counted, n in numbers.items() if n is not None})
