"""Groups of pairs that stay in one split: decided by names, and by what the pictures look like.

Names say which pictures are frames of one clip or copies of one picture. The pictures have a say where names may
mislead: folders of numbered pictures, and groups so large that a split would fail by them, are clips only if pictures
that follow each other are alike. Copies that no name tells are found by their looks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import first_few
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.train.folders.alike import NEIGHBOUR_CORRELATION, copies, neighbour_correlations
from bgfg.train.folders.discovery import ImageMaskPair, plain_groups
from bgfg.train.folders.name_groups import tiles_by_name

GROUP_MODES = ("auto", "names", "none")

# A group of more than this share of all pairs is a clip only if its pictures are alike.
_LARGE = 0.2
# So many neighbours must be alike in a clip, and so many must there be to say so.
_ALIKE_SHARE = 0.2
_MIN_NEIGHBOURS = 4
# Where copies would leave a group of more than this share, the pictures are too much alike to tell copies by looks.
_TOO_LARGE = 0.5

Look = NDArray[np.int8]


@dataclass(frozen=True)
class PairGroups:
    """Groups of pairs.

    Attributes:
        names: Name of the group of each pair.
        by_looks: Whether looks told copies.
        findings: Notes on what the pictures decided.
    """

    names: list[str]
    by_looks: bool
    findings: list[Finding]


def group_pairs(
    pairs: Sequence[ImageMaskPair],
    looks: Mapping[ImageMaskPair, Look],
    scenes: Mapping[ImageMaskPair, Look],
    mode: str,
    places: Mapping[str, str] | None = None,
) -> PairGroups:
    """Decide which pairs stay together.

    Args:
        pairs: The pairs, in natural order, with the groups that names give them.
        looks: Looks of those pictures that were read.
        scenes: Looks of what is behind the objects in these pictures.
        mode: Of GROUP_MODES: "auto"; "names" where names alone decide; "none" where each pair is by itself.
        places: Where pictures were taken, by their paths, as second shots tell: of several places each stays together.
    """
    if mode == "none":
        return PairGroups([pair.image for pair in pairs], False, [])
    names = [pair.group for pair in pairs]
    if mode == "names":
        return PairGroups(_joined(names, _of_one_place(pairs, places or {})), False, [])
    names, findings = _without_false_clips(pairs, names, scenes)
    names = _joined(names, _of_one_place(pairs, places or {}))
    seen = [i for i, pair in enumerate(pairs) if pair in looks]
    if len(seen) < 2:
        return PairGroups(names, False, findings)
    found = sorted({(seen[i], seen[j]) for i, j in copies(np.stack([looks[pairs[i]] for i in seen]))})
    joined = _joined(names, found)
    if max(Counter(joined).values()) > max(_TOO_LARGE * len(pairs), *Counter(names).values()):
        note = "the pictures are too much alike to tell copies by their looks: names alone say which stay together"
        return PairGroups(names, False, [*findings, Finding("note", "copies", ".", note)])
    return PairGroups(joined, True, [*findings, *_copies_found(pairs, names, found)])


def _without_false_clips(
    pairs: Sequence[ImageMaskPair], names: list[str], scenes: Mapping[ImageMaskPair, Look]
) -> tuple[list[str], list[Finding]]:
    """Return groups without those that pretend to be clips, and notes on these and on tiles."""
    members: dict[str, list[ImageMaskPair]] = defaultdict(list)
    tiles = tiles_by_name([(pair.folder, pair.name) for pair in pairs])
    for pair, name in zip(pairs, names, strict=True):
        # Layouts that are known say themselves what belongs together; tiles of one picture needn't be alike.
        if (pair.folder or pair.name) and (pair.folder, pair.name) not in tiles:
            members[name].append(pair)
    notes = [_tiles_found(tiles)] if tiles else []
    doubtful = {
        name: own
        for name, own in members.items()
        if len(own) > 1 and (name == own[0].folder or len(own) > _LARGE * len(pairs))
    }
    seen = [[scenes[pair] for pair in own if pair in scenes] for own in doubtful.values()]
    correlations = [neighbour_correlations(np.stack(own)) for own in seen if len(own) > 1]
    alike = np.concatenate(correlations or [np.zeros(0, np.float32)]) >= NEIGHBOUR_CORRELATION
    if len(alike) < _MIN_NEIGHBOURS or alike.mean() >= _ALIKE_SHARE:
        return names, notes
    plain = plain_groups([(pair.folder, pair.name) for pair in pairs], no_clips=doubtful)
    groups = [
        f"{pair.folder}/{pair.name}" if name in doubtful and name != pair.folder else own if name in doubtful else name
        for pair, name, own in zip(pairs, names, plain, strict=True)
    ]
    count, first = sum(map(len, doubtful.values())), min(doubtful)
    what = (
        f"{count:,} pictures whose names go together ({first_few(sorted(doubtful), 3)}) aren't alike, and so no clips"
    )
    note = f"{what}: each is split by itself (--groups names keeps those of a name together)"
    return groups, [*notes, Finding("note", "groups", first, note)]


def _tiles_found(tiles: Mapping[tuple[str, str], str]) -> Finding:
    (folder, name), whole = next(iter(tiles.items()))
    what = f"{len(tiles):,} pictures are tiles of {len(set(tiles.values())):,} by their names, as {name} is of {whole}"
    note = f"{what}: those of one stay in one split (--groups none splits each by itself)"
    return Finding("note", "groups", folder or name, note)


def _of_one_place(pairs: Sequence[ImageMaskPair], places: Mapping[str, str]) -> list[tuple[int, int]]:
    """Return pairs of indices that connect the pictures of the same place; none where all are of one."""
    first: dict[str, int] = {}
    known = [(i, places[pair.image]) for i, pair in enumerate(pairs) if pair.image in places]
    connected = [(first.setdefault(place, i), i) for i, place in known]
    return [(low, high) for low, high in connected if low != high] if len(first) > 1 else []


def _joined(names: Sequence[str], pairs: Sequence[tuple[int, int]]) -> list[str]:
    """Return the groups with those joined that pairs of indices connect; the first name of each stays."""
    parents = {name: name for name in names}

    def root(name: str) -> str:
        while parents[name] != name:
            parents[name] = parents[parents[name]]
            name = parents[name]
        return name

    for low, high in pairs:
        one, other = sorted((root(names[low]), root(names[high])))
        parents[other] = one
    return [root(name) for name in names]


def _copies_found(
    pairs: Sequence[ImageMaskPair], names: Sequence[str], found: Sequence[tuple[int, int]]
) -> list[Finding]:
    """Return a note on the copies that no name tells."""
    groups = [{names[low], names[high]} for low, high in found]
    # Those on two sides of a split that the data give stay there, and are warned of.
    given = [{pairs[low].split, pairs[high].split} for low, high in found]
    untold = [
        pair
        for pair, own, splits in zip(found, groups, given, strict=True)
        if len(own) == 2 and (len(splits) == 1 or None in splits)
    ]
    if not untold:
        return []
    low, high = untold[0]
    count = len({high for _, high in untold})
    what = "1 picture is a copy of another" if count == 1 else f"{count:,} pictures are copies of others"
    note = f"{what}, as they are, mirrored or turned, such as {pairs[high].image} of this: they stay in one split"
    return [Finding("note", "copies", pairs[low].image, note)]
