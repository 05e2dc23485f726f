"""Composites whose names tell one number alone, as `overlay/bg_0050.jpg`: told from backgrounds by their folder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from bgfg.data_manifests.audit.picture_entry import PictureEntry
from bgfg.data_manifests.audit.recognition import folder_kind, foreign_entry

Kinds = Mapping[str, list[PictureEntry]]

_LEAST = 3  # pictures of one folder that say how it is named


def settle_numbered_composites(kinds: Kinds) -> Kinds:
    """Take the pictures of a folder of composites for composites, though they are named as backgrounds or cut-outs.

    That is so where all that lies there is named as one of the two, and others of these lie elsewhere: a folder of
    all kinds has several.

    Args:
        kinds: The pictures of a tree by kind.

    Returns:
        The same pictures.
    """
    folders: dict[str, list[PictureEntry]] = defaultdict(list)
    for entries in kinds.values():
        for entry in entries:
            folders[entry.folder].append(entry)
    composites = [
        entry
        for folder, entries in folders.items()
        if len(entries) >= _LEAST and folder_kind(folder) == "image"
        for kind in {entry.kind for entry in entries} & {"bg", "fg"}
        if all(entry.kind == kind for entry in entries) and len(entries) < len(kinds[kind])
        for entry in entries
    ]
    if not composites:
        return kinds
    moved = {entry.path for entry in composites}
    left = {kind: [entry for entry in entries if entry.path not in moved] for kind, entries in kinds.items()}
    return left | {"image": [*left["image"], *(foreign_entry(e.path, "image") for e in composites)]}
