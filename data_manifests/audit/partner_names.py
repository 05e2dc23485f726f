"""Numbers of the grammar for pictures whose partners have them: `matte_7.png` is the mask of `fg007.png`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from bgfg.data_manifests.audit.match_keys import match_key
from bgfg.data_manifests.audit.picture_entry import PictureEntry
from bgfg.data_manifests.corpus.naming import Name

_PARTNERS = (("fg", "fg_mask"), ("image", "mask"), ("image", "depth"))


def adopt_partner_names(kinds: Mapping[str, list[PictureEntry]]) -> Mapping[str, list[PictureEntry]]:
    """Name the pictures of a kind after their partners, where only those have names of the grammar.

    Partners have the same words and numbers in their paths, but for those that tell a kind. Where any of the two kinds
    have found one another already, nothing changes.

    Args:
        kinds: The pictures of a tree by kind.

    Returns:
        The same pictures, some of them with the numbers of their partners.
    """
    result = {**kinds}
    for one, other in _PARTNERS:
        for named, foreign in ((one, other), (other, one)):
            if {e.sample for e in result[named]}.isdisjoint(e.sample for e in result[foreign]):
                result[foreign] = _named_like(result[named], result[foreign], foreign)
    return result


def _named_like(partners: list[PictureEntry], entries: list[PictureEntry], kind: str) -> list[PictureEntry]:
    if not any(entry.name for entry in partners) or all(entry.name for entry in entries):
        return entries
    keys = [(match_key(entry.path), entry.name) for entry in partners if entry.name]
    times = Counter(key for key, _ in keys)
    names = {key: name for key, name in keys if times[key] == 1}
    return [entry if entry.name else _renamed(entry, names.get(entry.key), kind) for entry in entries]


def _renamed(entry: PictureEntry, name: Name | None, kind: str) -> PictureEntry:
    if name is None:
        return entry
    suffix = entry.file.rpartition(".")[2].lower()
    return entry._replace(name=replace(name, kind=kind, suffix={"jpg": "jpeg"}.get(suffix, suffix)))
