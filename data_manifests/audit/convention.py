"""The convention by which most pictures of a kind are named, and the names that deviate from it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bgfg.data_manifests.audit.picture_entry import PictureEntry, name_without_flip
from bgfg.data_manifests.corpus.naming import SUFFIXES, NameWriter
from bgfg.data_manifests.terminal.findings import Finding

_MIN_NAMES = 3  # names that it takes to make another convention
_ZEROS = re.compile("0+")
_DIGITS = re.compile("[0-9]+")


@dataclass(frozen=True)
class NamingConvention:
    """How most names of a kind are written.

    Attributes:
        form: Their form, such as `bg000.jpeg`.
        least_digits: Least number of digits of each number in them; a number that needs more has more, without leading
            zeros, as `bg1000` has after `bg999`.
        example: The first name that is written so.
        count: How many are.
        foreign: Whether it is another convention than the grammar.
    """

    form: str
    least_digits: tuple[int, ...]
    example: str
    count: int
    foreign: bool

    def fits(self, entry: PictureEntry, written: str) -> bool:
        """Say whether the name of a picture, whose form is `written`, follows this convention."""
        if _ZEROS.sub("0", written) != _ZEROS.sub("0", self.form):
            return False
        numbers = _DIGITS.findall(name_without_flip(entry))
        return all(map(_has_digits, numbers, self.least_digits))


def find_convention(entries: Sequence[PictureEntry], forms: Sequence[str]) -> NamingConvention | None:
    """Return the convention of the pictures of a kind, given the forms of their names; None where there is none."""
    # A form in which most names are alike but for the number of digits is a convention of its own if it is that of more
    # than half of all names, and most of these deviate from the grammar.
    shapes = [_ZEROS.sub("0", text) for text in forms]
    shape, times = Counter(shapes).most_common(1)[0] if shapes else ("", 0)
    alike = [entry for entry, other in zip(entries, shapes, strict=True) if other == shape]
    deviating = sum(bool(entry.deviations) for entry in alike)
    if times >= _MIN_NAMES and 2 * times > len(entries) and 2 * deviating > times:
        return _convention(alike, shape, foreign=True)
    of_the_grammar = [(entry, text) for entry, text in zip(entries, shapes, strict=True) if not entry.deviations]
    if not of_the_grammar:
        return None
    usual = Counter(text for _, text in of_the_grammar).most_common(1)[0][0]
    return _convention([entry for entry, text in of_the_grammar if text == usual], usual, foreign=False)


def _convention(alike: Sequence[PictureEntry], shape: str, foreign: bool) -> NamingConvention:
    """Return the convention of names that are alike but for the number of digits."""
    names = [_DIGITS.findall(name_without_flip(entry)) for entry in alike]
    least = tuple(map(_least_digits, zip(*names, strict=True)))
    zeros = iter(least)
    form = _ZEROS.sub(lambda _: "0" * next(zeros), shape)
    fitting = [e for e, numbers in zip(alike, names, strict=True) if all(map(_has_digits, numbers, least))]
    return NamingConvention(form, least, fitting[0].file if fitting else form, len(fitting), foreign)


def _least_digits(numbers: Sequence[str]) -> int:
    """Return to how many digits most numbers are padded with zeros; 1 or more where they aren't padded.

    Padded or not, whichever fewer of the numbers deviate from.
    """
    padded = Counter(len(text) for text in numbers if _is_padded(text))
    if not padded:
        return min(map(len, numbers))
    digits = padded.most_common(1)[0][0]
    if sum(not _has_digits(text, digits) for text in numbers) <= padded.total():
        return digits
    return min(len(text) for text in numbers if not _is_padded(text))


def _is_padded(text: str) -> bool:
    return len(text) > 1 and text[0] == "0"


def _has_digits(text: str, least: int) -> bool:
    """Say whether a number has as many digits as asked, or more since it needs them."""
    return len(text) == least or (len(text) > least and not _is_padded(text))


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
        A note on a convention that isn't the grammar, and a finding for each name that doesn't follow the convention.
    """
    convention = find_convention(entries, forms)
    if convention is not None and convention.foreign:
        yield _foreign_convention(kind, label, entries, forms, names, convention)
    foreign = [entry for entry in entries if entry.name is None]
    by_words = 2 * len(foreign) > len(entries) and not (convention is not None and convention.foreign)
    if by_words:  # "beach.jpg", "kitchen.jpg": there is no form that one of them could break
        message = f"{len(foreign):,} of {len(entries):,} {label}s are named each in its own way, as this one is"
        yield Finding("note", "convention", foreign[0].path, message)
    # A folder may be named in a way of its own, as each scene of a set that was put together is.
    own_folders = _folder_conventions(entries, forms) if len(foreign) and not by_words else {}
    apart: dict[str, str] = {}
    for entry, written in zip(entries, forms, strict=True):
        fits = convention is None or convention.fits(entry, written)
        if (convention is not None and convention.foreign and fits) or (by_words and entry.name is None):
            continue
        if entry.folder in own_folders and own_folders[entry.folder].fits(entry, written):
            apart.setdefault(entry.folder, entry.path)
            continue
        told = list(entry.deviations)
        if convention is not None and not fits and (convention.foreign or not told):
            told.append(f"written otherwise than {convention.count:,} others, such as {convention.example}")
        if told:
            yield Finding("warning", "name", entry.path, f"{', '.join(told)}{_canonical_name(kind, entry, names)}")
    for folder, path in apart.items():
        message = (
            f"{own_folders[folder].count:,} {label}s of this folder are named in a way of their own, as this one is"
        )
        yield Finding("note", "convention", path, message)


def _folder_conventions(entries: Sequence[PictureEntry], forms: Sequence[str]) -> dict[str, NamingConvention]:
    """Return the conventions of folders that have one which isn't the grammar; none of a single folder."""
    folders: dict[str, list[tuple[PictureEntry, str]]] = defaultdict(list)
    for entry, written in zip(entries, forms, strict=True):
        folders[entry.folder].append((entry, written))
    if len(folders) < 2:
        return {}
    found = {folder: find_convention(*zip(*some, strict=True)) for folder, some in folders.items()}
    return {folder: way for folder, way in found.items() if way is not None and way.foreign}


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
    return Finding("note", "convention", fitting[0].path, f"{message}{example}")


def _canonical_name(kind: str, entry: PictureEntry, names: NameWriter) -> str:
    """Return the canonical name for one that deviates from the grammar, as the end of a message."""
    if entry.name is None or not entry.deviations:
        return ""
    suffix = entry.name.suffix if entry.name.suffix in SUFFIXES[kind] else ""
    return f"; the grammar has {names.write(replace(entry.name, suffix=suffix))}"
