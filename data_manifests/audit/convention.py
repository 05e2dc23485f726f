"""The convention by which most pictures of a kind are named, and the names that deviate from it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bgfg.data_manifests.audit.picture_entry import PictureEntry, name_without_flip
from bgfg.data_manifests.corpus.naming import SUFFIXES, NameWriter
from bgfg.data_manifests.terminal.findings import Finding

_MIN_NAMES = 3  # names that it takes to make another convention
_ZEROS = re.compile("0+")
_LEADING_ZERO = re.compile(r"(?<![0-9])0[0-9]")


@dataclass(frozen=True)
class NamingConvention:
    """How most names of a kind are written.

    Attributes:
        form: Their form, such as `bg000.jpeg`.
        unpadded: Whether numbers have no leading zeros, as in `room_0.jpg`: then they may have any number of digits.
        count: How many names are written so.
        foreign: Whether it is another convention than the grammar.
    """

    form: str
    unpadded: bool
    count: int
    foreign: bool

    def fits(self, entry: PictureEntry, written: str) -> bool:
        """Say whether the name of a picture, whose form is `written`, follows this convention."""
        if not self.unpadded:
            return written == self.form
        return _ZEROS.sub("0", written) == self.form and not _LEADING_ZERO.search(name_without_flip(entry))


def find_convention(entries: Sequence[PictureEntry], forms: Sequence[str]) -> NamingConvention | None:
    """Return the convention of the pictures of a kind, given the forms of their names; None where there is none."""
    # A form in which most names are alike but for the number of digits is a convention of its own if it is that of more
    # than half of all names, and most of these deviate from the grammar.
    unpadded = [_ZEROS.sub("0", text) for text in forms]
    shape, times = Counter(unpadded).most_common(1)[0] if unpadded else ("", 0)
    alike = [(entry, text) for entry, text, loose in zip(entries, forms, unpadded, strict=True) if loose == shape]
    deviating = sum(bool(entry.deviations) for entry, _ in alike)
    if times >= _MIN_NAMES and 2 * times > len(entries) and 2 * deviating > times:
        return _convention(alike, shape, foreign=True)
    of_the_grammar = [(entry, text) for entry, text in zip(entries, forms, strict=True) if not entry.deviations]
    return _convention(of_the_grammar, None, foreign=False) if of_the_grammar else None


def _convention(alike: Sequence[tuple[PictureEntry, str]], shape: str | None, foreign: bool) -> NamingConvention:
    """Return the convention of similar names: padded with zeros or not, whichever fewer names deviate from."""
    counted = Counter(text for _, text in alike)
    usual, times = counted.most_common(1)[0]
    if shape is not None and len(counted) > 1:
        padded = sum(_LEADING_ZERO.search(name_without_flip(entry)) is not None for entry, _ in alike)
        if padded < len(alike) - times:
            return NamingConvention(shape, unpadded=True, count=len(alike) - padded, foreign=foreign)
    return NamingConvention(usual, unpadded=False, count=times, foreign=foreign)


def naming_findings(
    kind: str, label: str, entries: Sequence[PictureEntry], forms: Sequence[str], names: NameWriter
) -> Iterator[Finding]:
    """Find what deviates among the names of a kind.

    Args:
        kind: One of KINDS.
        label: What a picture of this kind is called.
        entries: Its pictures.
        forms: The forms of their names.
        names: Writer of the canonical names.

    Yields:
        A finding for a convention that isn't the grammar, and one for each name that doesn't follow the convention.
    """
    convention = find_convention(entries, forms)
    if convention is not None and convention.foreign:
        yield _foreign_convention(kind, label, entries, forms, names, convention)
    for entry, written in zip(entries, forms, strict=True):
        fits = convention is None or convention.fits(entry, written)
        if convention is not None and convention.foreign and fits:
            continue
        told = list(entry.deviations)
        if convention is not None and not fits and (convention.foreign or not told):
            told.append(f"written otherwise than {convention.count:,} others, which are like {convention.form}")
        if told:
            yield Finding("warning", "name", entry.path, f"{', '.join(told)}{_canonical_name(kind, entry, names)}")


def _foreign_convention(
    kind: str,
    label: str,
    entries: Sequence[PictureEntry],
    forms: Sequence[str],
    names: NameWriter,
    convention: NamingConvention,
) -> Finding:
    fitting = [entry for entry, text in zip(entries, forms, strict=True) if convention.fits(entry, text)]
    how = ", ".join(dict.fromkeys(deviation for entry in fitting for deviation in entry.deviations))
    example = _canonical_name(kind, fitting[0], names)
    message = f"{len(fitting):,} of {len(entries):,} {label}s are named in a way of their own, as this one is: {how}"
    return Finding("warning", "convention", fitting[0].path, f"{message}{example}")


def _canonical_name(kind: str, entry: PictureEntry, names: NameWriter) -> str:
    """Return the canonical name for one that deviates from the grammar, as the end of a message."""
    if entry.name is None or not entry.deviations:
        return ""
    suffix = entry.name.suffix if entry.name.suffix in SUFFIXES[kind] else ""
    return f"; the grammar has {names.write(replace(entry.name, suffix=suffix))}"
