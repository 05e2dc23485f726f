"""Splits that a foreign set has already, by the names of its folders or files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from bgfg.data_manifests.corpus.splits import ASSET_SPLITS

_WORDS = {
    "train": "train", "training": "train", "trn": "train", "val": "val", "valid": "val", "validation": "val",
    "dev": "val", "test": "test", "testing": "test",
}  # fmt: skip
_WORD = re.compile(r"[a-z]+")


def given_splits(paths: Sequence[str]) -> list[str | None]:
    """Return the split of each file that its folders tell; of none where they don't tell two different ones.

    Args:
        paths: Relative paths of composites.

    Returns:
        "train", "val" or "test" of each, or None.
    """
    found = [folder_split(path.rpartition("/")[0]) for path in paths]
    return found if len(set(found) & set(ASSET_SPLITS)) > 1 else [None] * len(paths)


@lru_cache(maxsize=256)
def folder_split(folder: str) -> str | None:
    """Return the split that the innermost folder tells whose name has a word for one; None where none has."""
    for part in reversed(PurePosixPath(folder.lower()).parts):
        told = {_WORDS[word] for word in _WORD.findall(part) if word in _WORDS}
        if len(told) == 1:
            return told.pop()
    return None
