"""Whose depth maps and masks are whose, where folders don't say: the pictures that they are named like decide.

Depth maps of composites and of backgrounds may lie in folders of one name; without composites, masks may be those of
cut-outs: `people/1.jpg` beside `masks/1.png`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from bgfg.data_manifests.audit.match_keys import match_key
from bgfg.data_manifests.audit.picture_entry import BACKGROUND_DEPTH, PictureEntry
from bgfg.data_manifests.audit.recognition import folder_owner, foreign_entry

Kinds = Mapping[str, list[PictureEntry]]


def settle_depth_owners(kinds: Kinds) -> Kinds:
    """Give the depth maps of each folder to composites or to backgrounds, whichever more of them are named like.

    Of two that are named alike, the composites have them: a depth map of a composite must never go by the name of a
    background.

    Args:
        kinds: The pictures of a tree by kind.

    Returns:
        The same pictures; those of a background have its name.
    """
    folders: dict[str, list[PictureEntry]] = defaultdict(list)
    for entry in (*kinds["depth"], *kinds[BACKGROUND_DEPTH]):
        open_question = entry.kind == BACKGROUND_DEPTH or entry.name is None
        if open_question and folder_owner(entry.folder) != "image":
            folders[entry.folder].append(entry)
    if not folders or not (kinds["image"] or kinds["bg"]):
        return kinds
    composites = {_words(entry) for entry in kinds["image"]}
    backgrounds = {_words(entry): entry for entry in kinds["bg"]}
    settled: dict[PictureEntry, PictureEntry] = {}
    for entries in folders.values():
        like_composites = sum(_words(entry) in composites for entry in entries)
        like_backgrounds = sum(_words(entry) in backgrounds for entry in entries)
        if like_backgrounds > like_composites and 2 * like_backgrounds >= len(entries):
            settled |= {entry: _of_background(entry, backgrounds.get(_words(entry))) for entry in entries}
        elif like_composites or like_backgrounds:
            settled |= {entry: _of_composite(entry) for entry in entries}
    both = [settled.get(entry, entry) for kind in ("depth", BACKGROUND_DEPTH) for entry in kinds[kind]]
    return {**kinds} | {kind: [e for e in both if e.kind == kind] for kind in ("depth", BACKGROUND_DEPTH)}


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


def _words(entry: PictureEntry) -> tuple[str | int, ...]:
    return (entry.key or match_key(entry.path))[-1]


def _of_background(entry: PictureEntry, background: PictureEntry | None) -> PictureEntry:
    name = entry.name or (background.name if background is not None else None)
    return entry._replace(kind=BACKGROUND_DEPTH, name=name, deviations=() if name else entry.deviations)


def _of_composite(entry: PictureEntry) -> PictureEntry:
    return entry if entry.kind == "depth" else foreign_entry(entry.path, "depth")
