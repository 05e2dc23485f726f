"""Whose depth maps are whose: those of composites and those of backgrounds may lie in folders of one name.

Where a folder's name doesn't say that it is of composites, the pictures that its depth maps are named like decide.
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


def _words(entry: PictureEntry) -> tuple[str | int, ...]:
    return (entry.key or match_key(entry.path))[-1]


def _of_background(entry: PictureEntry, background: PictureEntry | None) -> PictureEntry:
    name = entry.name or (background.name if background is not None else None)
    return entry._replace(kind=BACKGROUND_DEPTH, name=name, deviations=() if name else entry.deviations)


def _of_composite(entry: PictureEntry) -> PictureEntry:
    return entry if entry.kind == "depth" else foreign_entry(entry.path, "depth")
