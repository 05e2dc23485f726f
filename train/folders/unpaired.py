"""Findings about pictures that are in no pair: one a file, or one a folder where none of its pictures has a partner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

from bgfg.data_manifests.terminal.errors import first_few
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.train.folders.name_words import WORD

_CHECKS = {"image": ("orphan-image", "mask"), "mask": ("orphan-mask", "image")}


def find_unpaired(roles: Mapping[str, str], others: Collection[str]) -> Iterator[Finding]:
    """Yield a finding for each picture without a partner, or for a folder of them.

    Folders whose names promise partners are warned of; others, such as those of bare backgrounds, hold other pictures.

    Args:
        roles: "image" or "mask" of each picture without a partner, by its path.
        others: Paths of the other pictures: pairs, and pictures that are named otherwise.
    """
    folders: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path, role in roles.items():
        folders[_folder(path), role].append(path)
    mixed = {_folder(path) for path in others}
    for (folder, role), paths in folders.items():
        check, partner = _CHECKS[role]
        if not mixed or folder in mixed or len(paths) == 1:
            for path in paths:
                yield Finding("warning", check, path, f"no {partner} has this name: left out")
            continue
        what = f"none of the {len(paths):,} pictures of {folder or 'this folder'} has {_article(partner)}: left out"
        named = f"{what} ({first_few([PurePosixPath(path).name for path in paths], 3)})"
        promises = WORD.search(folder.lower()) is not None
        yield Finding("warning" if promises else "note", check, paths[0], named)


def find_beside(words: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a note for each kind of map that lies beside masks and isn't one.

    Args:
        words: The word that says so of each picture, by its path.
    """
    kinds: dict[str, list[str]] = defaultdict(list)
    for path, word in words.items():
        kinds[word].append(path)
    for word, paths in kinds.items():
        yield Finding("note", "beside-masks", paths[0], f"{len(paths):,} pictures called {word} beside masks: not read")


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _article(partner: str) -> str:
    return f"an {partner}" if partner == "image" else f"a {partner}"
