"""The grammar of names: six kinds of image, written and parsed by one table of patterns.

Numbers count from 1 (`bg001` is background 0) and have at least three digits, more where the count needs them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

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
_NUMBER = r"(\d+)"
_FLIP = r"(_01)?"
# Stems as people write them: `img001` for either picture, spaces for underscores, any letter case.
_STEMS = {
    "depth": rf"bg_?{_NUMBER}_fg_?{_NUMBER}{_FLIP}_{_NUMBER}_depth_map_{_NUMBER}",
    "mask": rf"bg_?{_NUMBER}_fg_?{_NUMBER}{_FLIP}_{_NUMBER}_mask",
    "image": rf"bg_?{_NUMBER}_fg_?{_NUMBER}{_FLIP}_{_NUMBER}",
    "fg_mask": rf"frg_?{_NUMBER}{_FLIP}",
    "fg": rf"fg_?{_NUMBER}{_FLIP}",
    "bg": rf"bg_?{_NUMBER}",
    "img": rf"img_?{_NUMBER}",
}
_PATTERNS = {kind: re.compile(stem, re.IGNORECASE | re.ASCII) for kind, stem in _STEMS.items()}


@dataclass(frozen=True)
class Name:
    """One parsed name: what it is called for, counted from 0, and in what suffix.

    `kind` is one of KINDS; `background`, `cutout` and `placement` are None where the kind has none.
    """

    kind: str
    background: int | None = None
    cutout: int | None = None
    flipped: bool = False
    placement: int | None = None
    suffix: str = ""

    def __str__(self) -> str:
        return Names().write(self)


@dataclass(frozen=True)
class Names:
    """The writer of names for one corpus: how many digits each number has.

    backgrounds, cutouts, placements: the counts B, C, K; 0 where unknown (three digits then, more where needed).
    """

    backgrounds: int = 0
    cutouts: int = 0
    placements: int = 0

    def write(self, name: Name) -> str:
        """Return the canonical text of `name`."""
        b = "" if name.background is None else _digits(name.background, self.backgrounds)
        f = "" if name.cutout is None else self._cutout(name.cutout, name.flipped)
        k = "" if name.placement is None else _digits(name.placement, self.placements)
        return f"{_FORMS[name.kind].format(b=b, f=f, k=k)}.{name.suffix or SUFFIXES[name.kind][0]}"

    def of_background(self, kind: str, background: int, suffix: str = "") -> list[str]:
        """Return the names of the `kind` ("image", "mask" or "depth") of all samples of one background, in order."""
        b = _digits(background, self.backgrounds)
        ks = [_digits(k, self.placements) for k in range(self.placements)]
        fs = [self._cutout(c, flipped) for c in range(self.cutouts) for flipped in (False, True)]
        write = f"{_FORMS[kind]}.{suffix or SUFFIXES[kind][0]}".format
        return [write(b=b, f=f, k=k) for f in fs for k in ks]

    def _cutout(self, cutout: int, flipped: bool) -> str:
        return _digits(cutout, self.cutouts) + ("_01" if flipped else "")


def parse(text: str, suffixes: Mapping[str, tuple[str, ...]] = SUFFIXES) -> tuple[Name, tuple[str, ...]] | None:
    """Parse a file name; return it with its deviations from the grammar (none for a canonical name), or None.

    suffixes: kind -> the suffixes that don't deviate; an export may have others than the grammar.

    The suffix is kept as the canonical one that its spelling stands for (`JPG` is `jpeg`). The form `img001` does
    not say which kind of picture it is: it is read as a cut-out if it is a PNG, else as a background, as the
    original exercise had them. Whether the suffix agrees with the file's content, only the content can say.
    """
    stem, suffix = os.path.splitext(text.rpartition("/")[2])
    suffix = suffix.removeprefix(".")
    deviations: list[str] = []
    tidy = "_".join(stem.split())
    if tidy != stem:
        deviations.append("spaces in the name")
    canonical_suffix = {"jpg": "jpeg", "jpe": "jpeg"}.get(suffix.lower(), suffix.lower())
    for kind, pattern in _PATTERNS.items():
        match = pattern.fullmatch(tidy)
        if match:
            name = _named(kind, match.groups(), canonical_suffix)
            short = any(len(digits) < 3 for digits in match.groups() if digits and digits != "_01")
            if name is None:
                return None
            return name, (*deviations, *_deviations(name, tidy, suffix, short, suffixes[name.kind]))
    return None


def _named(kind: str, groups: tuple[str | None, ...], suffix: str) -> Name | None:
    if kind == "img":
        kind = "fg" if suffix == "png" else "bg"
        groups = (groups[0], None) if kind == "fg" else groups
    numbers = [int(g) - 1 for g in groups if g is not None and g != "_01"]
    flipped = "_01" in groups
    if min(numbers) < 0:  # names count from 1
        return None
    if kind == "bg":
        return Name(kind, background=numbers[0], suffix=suffix)
    if kind in ("fg", "fg_mask"):
        return Name(kind, cutout=numbers[0], flipped=flipped, suffix=suffix)
    if kind == "depth" and numbers[2] != numbers[3]:
        return None
    return Name(kind, numbers[0], numbers[1], flipped, numbers[2], suffix)


def _deviations(name: Name, stem: str, suffix: str, short: bool, suffixes: tuple[str, ...]) -> list[str]:
    found = []
    if suffix != name.suffix:
        found.append(f"suffix .{suffix}, not .{name.suffix}")
    if name.suffix not in suffixes:
        found.append(f"suffix .{suffix}, not .{suffixes[0]}")
    if stem.lower().startswith("img"):
        found.append("the form img001")
    elif short:
        found.append("missing zeros")
    if not found and _NUMBERS.sub("0", stem) != _SHAPES[name.kind, name.flipped]:
        found.append("underscores or letter case")
    return found


def _digits(number: int, count: int) -> str:
    return f"{number + 1:0{max(3, len(str(count)))}d}"
