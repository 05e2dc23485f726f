"""The grammar of picture names: six kinds of picture, written and parsed by one table of patterns.

Numbers count from 1 (`bg001` is background 0) and have at least three digits, more where the count needs them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

KINDS = ("bg", "fg", "fg_mask", "image", "mask", "depth")

SUFFIXES = {
    "bg": ("jpeg",),
    "fg": ("png",),
    "fg_mask": ("png",),
    "image": ("jpeg",),
    "mask": ("png",),
    "depth": ("jpeg", "png"),
}

_FORMS = {
    "bg": "bg{b}",
    "fg": "fg{f}",
    "fg_mask": "frg{f}",
    "image": "bg{b}_fg{f}_{k}",
    "mask": "bg{b}_fg{f}_{k}_mask",
    "depth": "bg_{b}_fg_{f}_{k}_depth_map_{k}",
}

# The forms with every number as 0, by kind and whether the cut-out is flipped.
_SHAPES = {
    (kind, flipped): form.format(b="0", f="0_0" if flipped else "0", k="0")
    for kind, form in _FORMS.items()
    for flipped in (False, True)
}

_NUMBERS = re.compile("[0-9]+")
MAX_DIGITS = 18  # longer ones are no numbers of pictures
_NUMBER = rf"(\d{{1,{MAX_DIGITS}}})"
_FLIP = r"(_01)?"
# Stems as people write them: `img001` for either picture, underscores or none, any letter case.
_STEMS = {
    "depth": rf"bg_?{_NUMBER}_fg_?{_NUMBER}{_FLIP}_{_NUMBER}_depth(?:_?map)?(?:_{_NUMBER})?",
    "mask": rf"bg_?{_NUMBER}_fg_?{_NUMBER}{_FLIP}_{_NUMBER}_mask",
    "image": rf"bg_?{_NUMBER}_fg_?{_NUMBER}{_FLIP}_{_NUMBER}",
    "fg_mask": rf"frg_?{_NUMBER}{_FLIP}",
    "fg": rf"fg_?{_NUMBER}{_FLIP}",
    "bg": rf"bg_?{_NUMBER}",
    "img": rf"img_?{_NUMBER}",
}
_PATTERNS = {kind: re.compile(stem, re.IGNORECASE | re.ASCII) for kind, stem in _STEMS.items()}
# Other spellings of parts of such stems, and what to replace them by, in this order.
_RESPELLINGS = [
    (re.compile(pattern, re.IGNORECASE | re.ASCII), replacement)
    for pattern, replacement in (
        (r"[-.]+", "_"),
        (r"background", "bg"),
        (r"foreground", "fg"),
        (r"(?<=[bf]g)_?im(?:g|age)", ""),
        (r"_(?:h?flip(?:ped)?|mirror(?:ed)?)(?=_|$)", "_01"),
        (r"^(?:mask|matte)_(.+)", r"\1_mask"),
        (r"^depth(?:_?map)?_(.+)", r"\1_depth"),
        (r"_(?:matte|alpha)$", "_mask"),
        (r"(?<=\d)_image$", ""),
        (r"^fg_?(\d+(?:_01)?)_bg_?(\d+)(?=_)", r"bg\2_fg\1"),
        (r"^fg_?(\d+(?:_01)?)_mask$", r"frg\1"),
        (r"^fg_?(?:mask|matte|alpha)_?(\d+(?:_01)?)$", r"frg\1"),
    )
]
# A cheap test that spares the respellings for names that can't become one of ours.
_MAY_BE_RESPELLED = re.compile("[bf]g|ground", re.IGNORECASE)


@dataclass(frozen=True)
class Name:
    """A parsed name, its numbers counted from 0.

    Attributes:
        kind: One of KINDS.
        background: Number of the background; None where the kind has none.
        cutout: Number of the cut-out, flips not counted; None where the kind has none.
        flipped: Whether the cut-out is flipped.
        placement: Number of the placement; None where the kind has none.
        suffix: Suffix without its dot; empty for the usual one of the kind.
    """

    kind: str
    background: int | None = None
    cutout: int | None = None
    flipped: bool = False
    placement: int | None = None
    suffix: str = ""

    def __str__(self) -> str:
        return NameWriter().write(self)


@dataclass(frozen=True)
class NameWriter:
    """Writes the names of one corpus, whose counts say how many digits each number has.

    Attributes:
        backgrounds: B; 0 where unknown: three digits then, more where needed.
        cutouts: C, likewise.
        placements: K, likewise.
    """

    backgrounds: int = 0
    cutouts: int = 0
    placements: int = 0

    def write(self, name: Name) -> str:
        """Return a name as canonical text."""
        b = "" if name.background is None else _digits(name.background, self.backgrounds)
        f = "" if name.cutout is None else self.write_cutout(name.cutout, name.flipped)
        k = "" if name.placement is None else _digits(name.placement, self.placements)
        return f"{_FORMS[name.kind].format(b=b, f=f, k=k)}.{name.suffix or SUFFIXES[name.kind][0]}"

    def of_background(self, kind: str, background: int, suffix: str = "", cutouts: range | None = None) -> list[str]:
        """Return the names of the samples of some cut-outs on one background, in order.

        Args:
            kind: "image", "mask" or "depth".
            background: Number of the background.
            suffix: Suffix without its dot; empty for the usual one of the kind.
            cutouts: Numbers of the cut-outs, flips counted; None for all F.

        Returns:
            K names of each.
        """
        head = _FORMS[kind].partition("{b}")[0] + _digits(background, self.backgrounds)
        return [head + tail for tail in _tails(self, kind, suffix, cutouts or range(2 * self.cutouts))]

    def write_cutout(self, cutout: int, flipped: bool) -> str:
        """Return the number of a cut-out, or of its flip, as names have it."""
        return _digits(cutout, self.cutouts) + ("_01" if flipped else "")


def parse_name(
    text: str, suffixes: Mapping[str, tuple[str, ...]] = SUFFIXES, first: int = 1
) -> tuple[Name, tuple[str, ...]] | None:
    """Parse a file name.

    The suffix is kept as the canonical one that its spelling stands for (`JPG` is `jpeg`). The form `img001` does
    not say which kind of picture it is: it is read as a cut-out if it is a PNG, else as a background, as the
    original exercise had them. Whether the suffix agrees with the file's content, only the content can say.

    Args:
        text: A file name, with or without folders.
        suffixes: Kind -> the suffixes that don't deviate; an export may have others than the grammar.
        first: Number that the first picture of a kind has in its name: 1 in the grammar.

    Returns:
        The name and its deviations from the grammar, none for a canonical name; None where it can't be parsed.
    """
    stem, suffix = os.path.splitext(text.rpartition("/")[2])
    suffix = suffix.removeprefix(".")
    # Spaces count as underscores.
    tidy = "_".join(stem.split())
    found = _matched(tidy)
    respelled = found is None and _MAY_BE_RESPELLED.search(tidy) is not None
    if respelled:
        found = _matched(_respelled(tidy))
    if found is None:
        return None
    kind, numbers = found
    canonical_suffix = suffix.strip().lower()
    name = _named(kind, numbers, {"jpg": "jpeg", "jpe": "jpeg"}.get(canonical_suffix, canonical_suffix), first)
    if name is None:
        return None
    deviations = ["spaces in the name"] if tidy != stem else []
    deviations += suffix_deviations(suffix, name, suffixes[name.kind])
    if kind == "img":
        deviations.append("the form img001")
    elif any(len(digits) < 3 for digits in numbers if digits and digits != "_01"):
        deviations.append("missing zeros")
    shape, wanted = _NUMBERS.sub("0", tidy), _SHAPES[name.kind, name.flipped]
    if shape == wanted and not respelled:
        return name, tuple(deviations)
    if respelled or (kind != "img" and _letters(shape) != _letters(wanted)):
        deviations.append(f"the form {shape}")
    elif not deviations:
        deviations.append("underscores or letter case")
    return name, tuple(deviations)


def suffix_deviations(spelled: str, name: Name, suffixes: tuple[str, ...]) -> list[str]:
    """Return how a suffix deviates: from what the kind of its name may have, or in its spelling."""
    if not spelled:
        return [f"no suffix, not .{suffixes[0]}"]
    if name.suffix not in suffixes:
        return [f"suffix .{spelled}, not .{suffixes[0]}"]
    return [f"suffix .{spelled}, not .{name.suffix}"] if spelled != name.suffix else []


def _letters(shape: str) -> str:
    return shape.replace("_", "").lower()


def _matched(stem: str) -> tuple[str, tuple[str | None, ...]] | None:
    for kind, pattern in _PATTERNS.items():
        if match := pattern.fullmatch(stem):
            return kind, match.groups()
    return None


def _respelled(stem: str) -> str:
    for pattern, replacement in _RESPELLINGS:
        stem = pattern.sub(replacement, stem)
    return stem


def _named(kind: str, groups: tuple[str | None, ...], suffix: str, first: int) -> Name | None:
    if kind == "img":
        kind = "fg" if suffix == "png" else "bg"
        groups = (groups[0], None) if kind == "fg" else groups
    numbers = [int(g) - first for g in groups if g is not None and g != "_01"]
    flipped = "_01" in groups
    if min(numbers) < 0:
        return None
    if kind == "bg":
        return Name(kind, background=numbers[0], suffix=suffix)
    if kind in ("fg", "fg_mask"):
        return Name(kind, cutout=numbers[0], flipped=flipped, suffix=suffix)
    # The grammar writes the placement of a depth map twice; both must agree.
    if kind == "depth" and numbers[-1] != numbers[2]:
        return None
    return Name(kind, numbers[0], numbers[1], flipped, numbers[2], suffix)


@lru_cache(maxsize=12)  # a list for each kind; they are asked for again for each background
def _tails(writer: NameWriter, kind: str, suffix: str, cutouts: range) -> list[str]:
    """Return what follows the number of the background in the names of the samples of some cut-outs."""
    ks = [_digits(k, writer.placements) for k in range(writer.placements)]
    fs = [writer.write_cutout(f // 2, f % 2 == 1) for f in cutouts]
    write = f"{_FORMS[kind].partition('{b}')[2]}.{suffix or SUFFIXES[kind][0]}".format
    return [write(f=f, k=k) for f in fs for k in ks]


def _digits(number: int, count: int) -> str:
    return f"{number + 1:0{max(3, len(str(count)))}d}"
