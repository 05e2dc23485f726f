"""Composites that are told by what surrounds them.

`overlay/bg_0050.jpg`, whose name tells a number alone, is no background by its folder; `a_1.jpg` is an image beside its
mask `a_1_mask.png`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from bgfg.data_manifests.audit.match_keys import match_key
from bgfg.data_manifests.audit.picture_entry import PictureEntry
from bgfg.data_manifests.audit.recognition import folder_kind, foreign_entry, is_picture_path

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


def find_unnamed_composites(paths: Sequence[str], kinds: Kinds) -> list[PictureEntry]:
    """Return the pictures whose masks or depth maps are there, though neither name nor folder says what they are.

    Where there are no composites at all, names alone tell partners: `photos/1.jpg` belongs to `masks/1.png`.

    Args:
        paths: Files of which nothing was told.
        kinds: The pictures of the tree by kind.
    """
    foreign = [entry for kind in ("mask", "depth") for entry in kinds[kind] if entry.name is None]
    whole, names = {entry.key for entry in foreign}, {entry.key[-1] for entry in foreign}
    keys = [(path, match_key(path)) for path in paths if is_picture_path(path)]
    beside = [path for path, key in keys if key in whole]
    if not beside and not kinds["image"]:
        beside = [path for path, key in keys if key[-1] in names]
    return [foreign_entry(path, "image") for path in beside]
