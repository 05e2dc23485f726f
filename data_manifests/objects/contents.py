"""What may lie under a URL for which a folder stands: which objects are copied, which go back, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Contents:
    """What a folder that stands for a URL has to do with the objects there.

    Attributes:
        kind: What it is, in a word.
        is_copied: Says of a key whether the object is copied into the folder.
        is_published: Says of a key whether a file that was made in the folder goes to the store when that is published;
            others are put there by who makes them, or are of this machine alone.
        is_left: Says of the folder and the key of an object that isn't copied whether nothing there needs it any more.
        head: The file that says what the others are, and comes last; "" for none.
        is_told_by_head: Says of a key whether the head says what is in it: where such a file is replaced, and the head
            too, the head goes before, and whoever is stopped until it is there again leaves none.
        rank: Returns of a key when a file is published among the others: those of a lower rank are there before it, and
            what there was of a higher one goes before them.
        copied_bytes: Returns of a key how many of an object's bytes are copied, from its beginning on; None for all.
            With 0 it isn't asked for, and an empty file says that it is there.
        keeps_times: Whether a copy has the time at which its object was written.
    """

    kind: str
    is_copied: Callable[[str], bool]
    is_published: Callable[[str], bool]
    is_left: Callable[[Path, str], bool]
    head: str
    is_told_by_head: Callable[[str], bool] = lambda _key: False
    rank: Callable[[str], int] = lambda _key: 0
    copied_bytes: Callable[[str], int | None] = lambda _key: None
    keeps_times: bool = False
