"""The convention by which the pictures of a kind are named, ours or another, and the names that deviate from it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bgfg.data_manifests.audit.tree import Entry, unflipped
from bgfg.data_manifests.corpus.naming import SUFFIXES, Names
from bgfg.data_manifests.terminal.findings import Finding

_FEWEST = 3  # files of a kind that make a convention of their own
_ZEROS = re.compile("0+")
_LEADING_ZERO = re.compile(r"(?<![0-9])0[0-9]")


@dataclass(frozen=True)
class Convention:
    """How most names of a kind are written.

    usual: their form, such as `bg000.jpeg`; of numbers without leading zeros, such as `room_0.jpg`, any digits fit.
    times: how many are written so. own: whether that isn't the grammar, but a convention of their own.
    """

    usual: str
    natural: bool
    times: int
    own: bool

    def fits(self, entry: Entry, written: str) -> bool:
        """Say whether a name, whose form is `written`, is of this convention."""
        if not self.natural:
            return written == self.usual
        return _ZEROS.sub("0", written) == self.usual and not _LEADING_ZERO.search(unflipped(entry))


def convention_of(entries: Sequence[Entry], forms: Sequence[str]) -> Convention | None:
    """Return the convention of the pictures of a kind, whose forms are given; None where there is no picture."""
    own = [_ZEROS.sub("0", text) for text in forms]
    shape, times = Counter(own).most_common(1)[0] if own else ("", 0)
    alike = [(entry, text) for entry, text, loose in zip(entries, forms, own, strict=True) if loose == shape]
    deviating = sum(bool(entry.deviations) for entry, _ in alike)
    if times >= _FEWEST and 2 * times > len(entries) and 2 * deviating > times:
        return _of(alike, shape, own=True)
    of_the_grammar = [(entry, text) for entry, text in zip(entries, forms, strict=True) if not entry.deviations]
    return _of(of_the_grammar, None, own=False) if of_the_grammar else None


def _of(alike: Sequence[tuple[Entry, str]], shape: str | None, own: bool) -> Convention:
    """Return the convention of names: padded with zeros to one form, or without, whichever fewer names deviate from."""
    counted = Counter(text for _, text in alike)
    usual, times = counted.most_common(1)[0]
    if shape is not None and len(counted) > 1:
        padded = sum(_LEADING_ZERO.search(unflipped(entry)) is not None for entry, _ in alike)
        if padded < len(alike) - times:
            return Convention(shape, natural=True, times=len(alike) - padded, own=own)
    return Convention(usual, natural=False, times=times, own=own)


def deviating(kind: str, label: str, entries: Sequence[Entry], forms: Sequence[str], names: Names) -> Iterator[Finding]:
    """Yield what deviates among the names of a kind: its convention once, and each name that isn't of it."""
    convention = convention_of(entries, forms)
    if convention is not None and convention.own:
        yield _own_convention(kind, label, entries, forms, names, convention)
    for entry, written in zip(entries, forms, strict=True):
        fits = convention is None or convention.fits(entry, written)
        if convention is not None and convention.own and fits:
            continue
        told = list(entry.deviations)
        if convention is not None and not fits and (convention.own or not told):
            told.append(f"written otherwise than {convention.times:,} others, which are like {convention.usual}")
        if told:
            yield Finding("warning", "name", entry.path, f"{', '.join(told)}{_proposed(kind, entry, names)}")


def _own_convention(
    kind: str, label: str, entries: Sequence[Entry], forms: Sequence[str], names: Names, convention: Convention
) -> Finding:
    fitting = [entry for entry, text in zip(entries, forms, strict=True) if convention.fits(entry, text)]
    how = ", ".join(dict.fromkeys(deviation for entry in fitting for deviation in entry.deviations))
    example = _proposed(kind, fitting[0], names)
    message = f"{len(fitting):,} of {len(entries):,} {label}s are named in a way of their own, as this one is: {how}"
    return Finding("warning", "convention", fitting[0].path, f"{message}{example}")


def _proposed(kind: str, entry: Entry, names: Names) -> str:
    """Return what the grammar has for a name that isn't of it."""
    if entry.name is None or not entry.deviations:
        return ""
    suffix = entry.name.suffix if entry.name.suffix in SUFFIXES[kind] else ""
    return f"; the grammar has {names.write(replace(entry.name, suffix=suffix))}"
