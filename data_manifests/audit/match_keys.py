"""What pictures of one sample have in common in other people's names: the words and numbers that say no kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bgfg.data_manifests.audit.tree import Entry

# Of the folders, and of the file.
Key = tuple[tuple[str | int, ...], ...]

_WORD = re.compile(r"[0-9]+|[^\W\d_]+")
_OF_KINDS = frozenset(
    word
    for line in (
        "bg fg bgfg fgbg frg background backgrounds foreground foregrounds on over with img imgs image images picture",
        "mask masks matte mattes alpha depth depths dep map maps depthmap depthmaps composite composites overlay",
        "overlays bgimg fgimg cutout cutouts person people jpg jpeg png zip tar",
    )
    for word in line.split()
)


def key_of(path: str) -> Key:
    """Return the key of a picture: what is left of the words of its folders, and of those of its name."""
    folder, _, file = path.rpartition("/")
    return _of_folder(folder), _words(file.rpartition(".")[0])


def paired(kinds: Mapping[str, list[Entry]]) -> Mapping[str, list[Entry]]:
    """Return the pictures of a tree; where their folders keep all of them apart, what all of a kind share is left out.

    So `train/images/1.jpg` belongs to `train/masks/1.png`, and `a/images/1.jpg` to `b/masks/1.png` too, if all do so.
    """
    images = {entry.sample for entry in kinds["image"]}
    apart = [
        kind
        for kind in ("mask", "depth")
        if images and kinds[kind] and images.isdisjoint(entry.sample for entry in kinds[kind])
    ]
    if not apart:
        return kinds
    samples = ("image", "mask", "depth")
    return {kind: _without_root(entries) if kind in samples else entries for kind, entries in kinds.items()}


def _without_root(entries: list[Entry]) -> list[Entry]:
    """Return pictures without the words with which the folders of all of them begin."""
    folders = {entry.key[0] for entry in entries if entry.key}
    shared = sum(1 for _ in takewhile(lambda words: len(set(words)) == 1, zip(*folders, strict=False)))
    return [entry._replace(key=(entry.key[0][shared:], *entry.key[1:])) if entry.key else entry for entry in entries]


@lru_cache(maxsize=64)
def _of_folder(folder: str) -> tuple[str | int, ...]:
    return _words(folder)


def _words(text: str) -> tuple[str | int, ...]:
    words = (word for word in _WORD.findall(text.lower()) if word not in _OF_KINDS)
    return tuple(int(word) if word.isascii() and word.isdecimal() else word for word in words)
