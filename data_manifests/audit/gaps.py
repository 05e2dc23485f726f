"""Numbers that are left out of a series of names, told by ranges and spelled as the others of the series are.

Time and memory follow the number of files, not the size of the numbers: a date in a name is a number too.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from bgfg.data_manifests.audit.picture_entry import PictureEntry
from bgfg.data_manifests.audit.spelling import find_spelling
from bgfg.data_manifests.terminal.findings import Finding

_DIGITS = re.compile("[0-9]+")
_RANGES_SHOWN = 5
# From this number on, numbers of which more are left out than are there are dates and the like, not a series.
_LEAST_DATE = 100_000

Gap = tuple[int, int]  # the first and the last of the numbers that are left out


def find_gaps(kind: str, label: str, entries: Sequence[PictureEntry]) -> Iterator[Finding]:
    """Find numbers that are left out between the first and the last of a kind.

    Args:
        kind: One of KINDS.
        label: What a picture of this kind is called.
        entries: Its pictures.

    Yields:
        At most one finding for the names of the grammar, whose first number is 1, and one for each series of another
        convention, whose names differ in one number alone.
    """
    if kind in ("bg", "fg"):
        named = [entry for entry in entries if entry.name is not None]
        yield from _grammar_gaps(label, named)
    yield from _foreign_gaps(label, [entry for entry in entries if entry.name is None])


def gaps_between(numbers: Sequence[int], start: int) -> list[Gap]:
    """Return the gaps in numbers that are sorted and differ, from `start` on: (first, last) of each."""
    steps = pairwise((start - 1, *numbers))
    return [(last + 1, number - 1) for last, number in steps if number > last + 1]


def _grammar_gaps(label: str, entries: Sequence[PictureEntry]) -> Iterator[Finding]:
    numbers = sorted({n for entry in entries if (n := _number(entry)) is not None})
    gaps = gaps_between(numbers, 0)
    left_out = _count(gaps)
    if not gaps or (numbers[-1] >= _LEAST_DATE and left_out >= len(numbers)):
        return
    series = [(entry, number + 1) for entry in entries if (number := _number(entry)) is not None]
    unflipped = [pair for pair in series if not (pair[0].name and pair[0].name.flipped)]
    spell = _speller(unflipped or series)
    told = _told([(first + 1, last + 1) for first, last in gaps], spell)
    yield Finding("warning", "numbering-gap", ".", f"{label}s are numbered with gaps: no {told}")


def _number(entry: PictureEntry) -> int | None:
    name = entry.name
    return None if name is None else name.background if name.kind == "bg" else name.cutout


def _foreign_gaps(label: str, entries: Sequence[PictureEntry]) -> Iterator[Finding]:
    series: dict[tuple[str, str, int], list[tuple[PictureEntry, int]]] = defaultdict(list)
    for entry in entries:
        numbers = [word for word in entry.key[-1] if isinstance(word, int)]
        if len(numbers) == 1 and entry.number is not None:
            form = _DIGITS.sub("0", entry.file)
            series[entry.folder, form, len(entry.key[-1])].append((entry, numbers[0]))
    everywhere: dict[tuple[str, int], set[int]] = defaultdict(set)
    for (_, form, words), found in series.items():
        everywhere[form, words] |= {number for _, number in found}
    in_order = {key: sorted(numbers) for key, numbers in everywhere.items()}
    for (folder, form, words), found in series.items():
        own = {number for _, number in found}
        # What another folder has, as a split that was drawn or another scene, isn't left out.
        of_all = in_order[form, words]
        numbers = of_all[bisect_left(of_all, min(own)) : bisect_right(of_all, max(own))]
        gaps = [] if _is_every_nth(numbers) else gaps_between(numbers, numbers[0])
        # Where more numbers are left out than there are, they are no series: dates, say, or years.
        if gaps and _count(gaps) < len(own):
            message = f"{label}s are numbered with gaps: no {_told(gaps, _speller(found))}"
            yield Finding("warning", "numbering-gap", folder or ".", message)


def _is_every_nth(numbers: Sequence[int]) -> bool:
    """Say whether all steps are the same, as in every fifth frame of a clip; two numbers say nothing of it."""
    return len(numbers) > 2 and len({after - before for before, after in pairwise(numbers)}) == 1


def _count(gaps: Sequence[Gap]) -> int:
    return sum(last + 1 - first for first, last in gaps)


def _told(gaps: Sequence[Gap], spell: Callable[[int], str]) -> str:
    shown = [spell(a) if a == b else f"{spell(a)} to {spell(b)}" for a, b in gaps[:_RANGES_SHOWN]]
    more = _count(gaps[_RANGES_SHOWN:])
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _speller(series: Sequence[tuple[PictureEntry, int]]) -> Callable[[int], str]:
    spell = find_spelling((entry.file, (number,)) for entry, number in series)
    return str if spell is None else lambda number: spell((number,))
