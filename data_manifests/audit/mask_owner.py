"""Whose masks are whose where there are no composites: `people/1.jpg` beside `masks/1.png`."""

from __future__ import annotations

from collections.abc import Mapping

from bgfg.data_manifests.audit.match_keys import match_key
from bgfg.data_manifests.audit.picture_entry import PictureEntry
from bgfg.data_manifests.audit.recognition import foreign_entry

Kinds = Mapping[str, list[PictureEntry]]


def settle_mask_owners(kinds: Kinds) -> Kinds:
    """Give masks to the cut-outs that they are named like, where neither composites nor other masks of these are there.

    Args:
        kinds: The pictures of a tree by kind.

    Returns:
        The same pictures.
    """
    foreign = [entry for entry in kinds["mask"] if entry.name is None]
    if kinds["image"] or kinds["fg_mask"] or not kinds["fg"] or not foreign or len(foreign) < len(kinds["mask"]):
        return kinds
    cutouts = {match_key(entry.path)[-1] for entry in kinds["fg"]}
    if 2 * sum(entry.key[-1] in cutouts for entry in foreign) < len(foreign):
        return kinds
    return {**kinds} | {"mask": [], "fg_mask": [foreign_entry(entry.path, "fg_mask") for entry in foreign]}
