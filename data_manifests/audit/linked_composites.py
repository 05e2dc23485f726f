"""Composites whose names are made of the names of their background and their cut-out.

`composite/background (1)__person-1.jpg` is that of `BG/background (1).jpg` and `FG/person-1.png`: who renames one
renames all three, or the composite is nobody's any more.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from bgfg.data_manifests.audit.picture_entry import BACKGROUND_DEPTH, PictureEntry
from bgfg.data_manifests.corpus.naming import MAX_DIGITS, Name
from bgfg.data_manifests.terminal.errors import counted, first_few
from bgfg.data_manifests.terminal.findings import Finding

LINKED_KINDS = ("image", "mask", "depth")

_WORD = re.compile(r"[0-9]+|[^\W\d_]+")
_FLIPPED = re.compile("h?flip(?:ped)?|mirror(?:ed)?")
_OF_DEPTH = frozenset(("depth", "map", "depthmap"))
_MAX_WORDS = 24  # longer names are sentences

Words = tuple[str, ...]
Kinds = Mapping[str, Sequence[PictureEntry]]


class Link(NamedTuple):
    """What the name of a composite, of its mask or of its depth map is made of.

    Attributes:
        background: Its background; None where the name fits several.
        cutout: Its cut-out, likewise.
        rest: The words of the name that are of neither, in lower case.
    """

    background: PictureEntry | None
    cutout: PictureEntry | None
    rest: Words


class _Span(NamedTuple):
    start: int
    stop: int
    sources: list[PictureEntry]


def link_composites(kinds: Kinds) -> dict[PictureEntry, Link]:
    """Find what names that aren't of the grammar are made of.

    Args:
        kinds: The pictures of a tree by kind.

    Returns:
        The link of each composite, mask or depth map whose name holds those of a background and of a cut-out.
    """
    backgrounds, cutouts = _by_words(kinds["bg"]), _by_words(kinds["fg"])
    if not backgrounds or not cutouts:
        return {}
    foreign = (entry for kind in LINKED_KINDS for entry in kinds[kind] if entry.name is None)
    found = ((entry, _link(_words(entry), backgrounds, cutouts)) for entry in foreign)
    return {entry: link for entry, link in found if link is not None}


def link_background_depths(kinds: Kinds) -> dict[PictureEntry, PictureEntry]:
    """Return the background of each depth map that bears its name, where that isn't of the grammar."""
    backgrounds = _by_words([entry for entry in kinds["bg"] if entry.name is None])
    found = {}
    for entry in kinds[BACKGROUND_DEPTH]:
        own = tuple(word for word in _words(entry) if word not in _OF_DEPTH)
        if entry.name is None and len(backgrounds.get(own, [])) == 1:
            found[entry] = backgrounds[own][0]
    return found


def named_together(kinds: Kinds, links: Mapping[PictureEntry, Link]) -> set[PictureEntry]:
    """Return linked pictures with the backgrounds and cut-outs they are named by: all, where one fits several."""
    sources = {source for link in links.values() for source in (link.background, link.cutout)}
    known = {source for source in sources if source is not None}
    return {*links, *known, *((*kinds["bg"], *kinds["fg"]) if None in sources else ())}


def linked_names(
    links: Mapping[PictureEntry, Link], names: Mapping[PictureEntry, Name | None]
) -> dict[PictureEntry, Name | None]:
    """Return the names of the grammar that linked pictures should have, from those that their sources should have.

    Args:
        links: As of `link_composites`.
        names: Background or cut-out -> the name that it should have, if any.

    Returns:
        The name of each; None where a source has none, or where more is left of the name than one number.
    """
    told = {entry: [word for word in link.rest if not _FLIPPED.fullmatch(word)] for entry, link in links.items()}
    usual: dict[str, set[str]] = {}  # such as `mask`: a word of all of a kind tells nothing
    for entry, rest in told.items():
        usual[entry.kind] = usual.get(entry.kind, set(rest)) & set(rest)
    left = {
        entry: [word for word in rest if word.isdecimal() or word not in usual[entry.kind]]
        for entry, rest in told.items()
    }
    first = 0 if any([int(word) for word in rest if word.isdecimal()] == [0] for rest in left.values()) else 1
    return {entry: _name(entry.kind, link, left[entry], names, first) for entry, link in links.items()}


def find_missing_links(links: Mapping[PictureEntry, Link]) -> Iterator[Finding]:
    """Yield an error for composites that are left out, where more than four in five pairs of sources have theirs."""
    of_rest: dict[tuple[str, Words], dict[tuple[PictureEntry, PictureEntry], PictureEntry]] = defaultdict(dict)
    for entry, link in links.items():
        if entry.kind == "image" and link.background is not None and link.cutout is not None:
            of_rest[entry.folder, link.rest][link.background, link.cutout] = entry
    for (folder, _), there in of_rest.items():
        backgrounds, cutouts = (list(dict.fromkeys(sources)) for sources in zip(*there, strict=True))
        wanted = len(backgrounds) * len(cutouts)
        # Of fewer, nobody can tell whether a whole product was meant.
        if len(there) == wanted or 5 * len(there) <= 4 * wanted:
            continue
        missing = [f"{b.file} with {c.file}" for b, c in product(backgrounds, cutouts) if (b, c) not in there]
        plan = f"{counted(len(backgrounds), 'background')} x {counted(len(cutouts), 'cut-out')}"
        what = f"{len(there):,} composites, where {plan} make {wanted:,}: no {first_few(missing)}"
        yield Finding("error", "missing-image", folder or ".", what)


def _by_words(entries: Iterable[PictureEntry]) -> dict[Words, list[PictureEntry]]:
    found: dict[Words, list[PictureEntry]] = defaultdict(list)
    for entry in entries:
        found[_words(entry)].append(entry)
    return found


def _words(entry: PictureEntry) -> Words:
    return tuple(_WORD.findall(os.path.splitext(entry.file)[0].lower()))


def _link(
    words: Words, backgrounds: Mapping[Words, list[PictureEntry]], cutouts: Mapping[Words, list[PictureEntry]]
) -> Link | None:
    """Return the link of a name: that by which most of its words are told."""
    if len(words) > _MAX_WORDS:
        return None
    of_both = product(_spans(words, backgrounds), _spans(words, cutouts))
    fits = [(b, c) for b, c in of_both if b.stop <= c.start or c.stop <= b.start]
    if not fits:
        return None
    most = max(b.stop - b.start + c.stop - c.start for b, c in fits)
    best = [(b, c) for b, c in fits if b.stop - b.start + c.stop - c.start == most]
    background, cutout = best[0]
    rest = tuple(
        word
        for i, word in enumerate(words)
        if not (background.start <= i < background.stop or cutout.start <= i < cutout.stop)
    )
    if len(best) > 1 or len(background.sources) > 1 or len(cutout.sources) > 1:
        return Link(None, None, rest)
    return Link(background.sources[0], cutout.sources[0], rest)


def _spans(words: Words, sources: Mapping[Words, list[PictureEntry]]) -> list[_Span]:
    ends = range(1, len(words) + 1)
    return [_Span(i, j, found) for j in ends for i in range(j) if (found := sources.get(words[i:j])) is not None]


def _name(
    kind: str, link: Link, rest: Sequence[str], names: Mapping[PictureEntry, Name | None], first: int
) -> Name | None:
    background = names.get(link.background) if link.background is not None else None
    cutout = names.get(link.cutout) if link.cutout is not None else None
    if background is None or cutout is None or len(rest) > 1:
        return None
    if any(not word.isdecimal() or len(word) > MAX_DIGITS for word in rest):
        return None
    placement = int(rest[0]) - first if rest else 0
    flipped = cutout.flipped or any(map(_FLIPPED.fullmatch, link.rest))
    if background.background is None or cutout.cutout is None or placement < 0:
        return None
    return Name(kind, background.background, cutout.cutout, flipped, placement)
