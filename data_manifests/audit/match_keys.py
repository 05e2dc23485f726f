"""Keys by which pictures of one sample are matched in other naming conventions.

A key is what is left of a path without the words that tell a kind, such as "images" or "mask".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import takewhile

from bgfg.data_manifests.audit.picture_entry import MatchKey, PictureEntry
from bgfg.data_manifests.corpus.naming import MAX_DIGITS

_WORD = re.compile(r"[0-9]+|[^\W\d_]+")
_KIND_WORDS = frozenset(
    word
    for line in (
        "bg fg bgfg fgbg frg background backgrounds foreground foregrounds on over with img imgs image images picture",
        "mask masks matte mattes alpha depth depths dep map maps depthmap depthmaps composite composites overlay",
        "overlays bgimg fgimg cutout cutouts person people jpg jpeg png zip tar",
        "matting clip trimap trimaps segmentation segmentationclass segmentationobject jpegimages",
        "rgb color colour colors colours sync gt label labels annotation annotations",
    )
    for word in line.split()
)


def match_key(path: str) -> MatchKey:
    """Return the key of a picture: the words and numbers of its folders, and of its name, that tell no kind."""
    folder, _, file = path.rpartition("/")
    return _folder_words(folder), _words(file.rpartition(".")[0])


def align_match_keys(kinds: Mapping[str, list[PictureEntry]]) -> Mapping[str, list[PictureEntry]]:
    """Match keys across folders that are named differently for each kind.

    Where no picture of a kind matches any composite, the words with which the folders of all pictures of a kind begin
    are left out of the keys. So `train/images/1.jpg` belongs to `train/masks/1.png`, and `a/images/1.jpg` to
    `b/masks/1.png` too, if that holds for all of them.

    Args:
        kinds: The pictures of a tree by kind.

    Returns:
        The same pictures, with new keys where that is needed.
    """
    images = {entry.sample for entry in kinds["image"]}
    unmatched = [
        kind
        for kind in ("mask", "depth")
        if images and kinds[kind] and images.isdisjoint(entry.sample for entry in kinds[kind])
    ]
    if not unmatched:
        return kinds
    samples = ("image", "mask", "depth")
    return {kind: _without_root(entries) if kind in samples else entries for kind, entries in kinds.items()}


def _without_root(entries: list[PictureEntry]) -> list[PictureEntry]:
    """Leave the words with which the folders of all pictures begin out of their keys."""
    folders = {entry.key[0] for entry in entries if entry.key}
    shared = sum(1 for _ in takewhile(lambda words: len(set(words)) == 1, zip(*folders, strict=False)))
    return [entry._replace(key=(entry.key[0][shared:], *entry.key[1:])) if entry.key else entry for entry in entries]


@lru_cache(maxsize=64)
def _folder_words(folder: str) -> tuple[str | int, ...]:
    return _words(folder)


def _words(text: str) -> tuple[str | int, ...]:
    words = (word for word in _WORD.findall(text.lower()) if word not in _KIND_WORDS)
    return tuple(int(word) if word.isdecimal() and len(word) <= MAX_DIGITS else word for word in words)
