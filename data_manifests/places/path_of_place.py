"""The path of a place: that which was given, or for a URL one that stands for it meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from os import PathLike, fspath
from pathlib import Path
from typing import Concatenate, ParamSpec

from bgfg.data_manifests.objects.urls import is_url

P = ParamSpec("P")


def path_of_place(
    stand_in: Callable[Concatenate[str, P], Iterator[Path]],
) -> Callable[Concatenate[str | PathLike[str], P], AbstractContextManager[Path]]:
    """Make of a generator of the path that stands for a URL what gives any other location as it is.

    Args:
        stand_in: Takes the URL; yields the path once, and has done with it afterwards.
    """
    under_url = contextmanager(stand_in)

    @wraps(stand_in)
    def given(location: str | PathLike[str], /, *args: P.args, **options: P.kwargs) -> AbstractContextManager[Path]:
        if is_url(location := fspath(location)):
            return under_url(location, *args, **options)
        return nullcontext(Path(location))

    return given
