"""Folders whose files go elsewhere too, such as under a URL for which the folder stands: told of each that changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_followers: dict[Path, Callable[[Path], None]] = {}


@contextmanager
def followed(folder: Path, follower: Callable[[Path], None]) -> Iterator[None]:
    """Have a function told of each file in a folder, however deep, that is put in place or goes, as long as this lasts.

    Those are meant that this very process changes, by `replacing` or with a call of `tell_changed`.
    """
    _followers[folder] = follower
    try:
        yield
    finally:
        del _followers[folder]


def tell_changed(path: Path) -> None:
    """Tell that a file was put in place, or is gone; raise what comes of it where it can't go where it is to."""
    for folder, follower in [*_followers.items()]:
        if folder in path.parents:
            follower(path)
