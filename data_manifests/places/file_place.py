"""A file that is read: one of this machine, or under a URL, of which a copy is made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike, fspath
from pathlib import Path

from bgfg.data_manifests.objects.mirror_folders import mirror, mirrored
from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.data_manifests.objects.urls import is_url, parent_and_name
from bgfg.data_manifests.places.path_of_place import path_of_place
from bgfg.data_manifests.places.pictures_place import PICTURES_CONTENTS, pictures_folder
from bgfg.data_manifests.terminal.errors import Problem

# The files of a teacher's weights go in pairs.
_PAIR = {".safetensors": ".onnx", ".onnx": ".safetensors"}


@path_of_place
def file_place(location: str) -> Iterator[Path]:
    """Give a file to be read: itself, or for a URL a copy of what is there, for as long as this lasts.

    Args:
        location: A path, or the URL of a file; web servers' too.

    Raises:
        Problem: The URL is none of a store, or nothing is there, or it can't be read.
    """
    above, name = parent_and_name(location)
    with mirror(above, PICTURES_CONTENTS) as found:
        try:
            found.download([name])
        except FileNotFoundError:
            unlisted = "" if found.store.is_writable else " (of a web server each file has to be named)"
            raise Problem(f"{location}: no such file{unlisted}: check the URL", exit_code=2) from None
        yield found.folder / name


@contextmanager
def weights_place(location: str | PathLike[str]) -> Iterator[Path]:
    """Give a file of weights as `file_place` does, and beside it the other one of a pair, where that is there."""
    with file_place(location) as path:
        found = mirrored(path.parent)
        if found is not None and path.suffix in _PAIR:
            with suppress(FileNotFoundError):
                found.download([path.with_suffix(_PAIR[path.suffix]).name])
        yield path


@contextmanager
def shots_place(location: str | PathLike[str]) -> Iterator[Path]:
    """Give a picture, a video or a folder of pictures: itself, or for a URL a copy of what is there.

    Args:
        location: A path, or a URL: of a file, or of what its files lie under. A web server's is of a file.

    Raises:
        Problem: As `file_place` and `pictures_folder` do.
    """
    is_there = is_url(url := fspath(location))
    is_folder = is_there and (there := ObjectStore(url)).is_writable and bool(there.list())
    with (pictures_folder if is_folder else file_place)(location) as path:
        yield path
