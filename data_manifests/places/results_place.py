"""Where results go: into a folder or a file, or under a URL, for which a folder stands while they are made.

Each file goes to the store as soon as it is in place, so that what is done there is done, whatever comes after it; and
what other processes than this one made goes there at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from os import PathLike
from pathlib import Path

from bgfg.data_manifests.files.followed_folder import followed
from bgfg.data_manifests.objects.contents import Contents
from bgfg.data_manifests.objects.mirror import Mirror
from bgfg.data_manifests.objects.mirror_folders import mirror
from bgfg.data_manifests.objects.urls import parent_and_name
from bgfg.data_manifests.places.path_of_place import path_of_place
from bgfg.data_manifests.terminal.errors import Problem

# The beginning of a file, in which most say what made them; and those that say it at their end, or are read again.
_HEAD_BYTES = 2**16
_READ_WHOLE = (".json", ".csv", ".md", ".html", ".mp4", ".mkv", ".safetensors", ".onnx", ".wasm", ".mjs")

# What a folder of something else has, and a folder of results never.
_OF_OTHERS = {"manifest/corpus.json": "a corpus", "export.json": "an export"}


@path_of_place
def results_place(location: str, whole: bool = False) -> Iterator[Path]:
    """Give a folder of results: itself, or for a URL one that stands for it, and is held for writing meanwhile.

    Args:
        location: A folder, or a URL that can be written to.
        whole: Whether all that is there is copied whole; else as much of pictures and the like as says what made them.

    Raises:
        Problem: The URL is none of a store, can't be written to, or is one of a corpus or an export, or another process
            writes there.
    """
    with mirror(location, _contents(_whole if whole else _head)) as found:
        require_writable(found)
        _require_no_others(found)
        with found.held("folder"), followed(found.folder, found.bring):
            try:
                yield found.folder
            finally:
                found.publish()


def whole_results(location: str | PathLike[str]) -> AbstractContextManager[Path]:
    """Give a folder of results, as `results_place` does, of which those that are there are read again."""
    return results_place(location, whole=True)


@path_of_place
def result_file(location: str) -> Iterator[Path]:
    """Give the path of a file that is to be written: itself, or for a URL one in a folder that stands for its folder.

    What is there already is copied, so that nothing is written over that would be kept here.

    Args:
        location: A path, or a URL that can be written to.

    Raises:
        Problem: The URL is none of a store, can't be written to, or what is there can't be read.
    """
    above, name = parent_and_name(location)
    with mirror(above, Contents("results", name.__eq__, name.__eq__, lambda _folder, _key: False, "")) as found:
        require_writable(found)
        found.folder.mkdir()
        found.copy([name])
        with followed(found.folder, found.bring):
            try:
                yield found.folder / name
            finally:
                found.bring_new()  # what was written straight


def require_writable(found: Mirror) -> None:
    """Raise Problem where nothing can be written under the URL of a mirror."""
    if not found.store.is_writable:
        line = f"{found.store.url}: can be read alone, not written to"
        raise Problem(f"{line}: give a folder, or s3:// and the like", exit_code=2)


def is_result(key: str) -> bool:
    """Say whether a file that was made goes to the store: locks and what is being written are of this machine alone."""
    return not Path(key).name.startswith(".")


def _require_no_others(found: Mirror) -> None:
    """Raise Problem, before anything is copied, where under the URL of a mirror is something else."""
    there = found.store.read_all([*_OF_OTHERS])
    kind = next((kind for kind, content in zip(_OF_OTHERS.values(), there, strict=True) if content is not None), "")
    if kind:
        raise Problem(f"{found.store.url}: is {kind}, and no place for results: give another URL", exit_code=2)


def _contents(copied_bytes: Callable[[str], int | None]) -> Contents:
    return Contents(
        "results", is_result, is_result, lambda _folder, _key: False, "", copied_bytes=copied_bytes, keeps_times=True
    )


def _whole(_key: str) -> None:
    return None


def _head(key: str) -> int | None:
    return None if key.lower().endswith(_READ_WHOLE) else _HEAD_BYTES
