"""Where a run lies, or the file of a network: here, or under a URL, for which a folder stands meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from os import PathLike, fspath
from pathlib import Path

from bgfg.data_manifests.files.followed_folder import followed
from bgfg.data_manifests.objects.contents import Contents
from bgfg.data_manifests.objects.mirror import Mirror
from bgfg.data_manifests.objects.mirror_folders import mirror
from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.data_manifests.objects.urls import is_url, parent_and_name
from bgfg.data_manifests.places.corpus_place import corpus_folder
from bgfg.data_manifests.places.path_of_place import path_of_place
from bgfg.data_manifests.places.results_place import is_result, require_writable
from bgfg.data_manifests.terminal.errors import Problem, first_few

# Files that a network may be given as; another name under a URL is that of a run's folder.
NETWORK_SUFFIXES = (".safetensors", ".onnx", ".h5", ".pt", ".pth")

RUN_KIND = "run"
_RECORD = "run.json"
BEST_CHECKPOINT, LAST_CHECKPOINT = "checkpoints/best.safetensors", "checkpoints/last.safetensors"
_SCANS = "scans.json"
_TOLD = re.compile(r"run\.json|metrics\.csv|evaluation-[^/]+/report\.json")
_SEEN = re.compile(rf"{_TOLD.pattern}|evaluation-[^/]+/[^/]+|curves\.png|sheets/[^/]+\.png")
_RESUMED = re.compile(
    rf"{_TOLD.pattern}|scans\.json|compact\.[a-z]+|{re.escape(BEST_CHECKPOINT)}|{re.escape(LAST_CHECKPOINT)}"
)


@path_of_place
def run_place(location: str) -> Iterator[Path]:
    """Give the folder of a run that is to be trained: itself, or for a URL one that stands for it.

    What a run goes on from is copied, and each file goes to the store as soon as it is in place: a checkpoint after all
    that it counts on. Whoever trains holds the folder for writing, and with it the URL.

    Args:
        location: A folder, or a URL that can be written to.

    Raises:
        Problem: The URL is none of a store, can't be written to, or holds other things.
    """
    with mirror(location, _contents(_RESUMED)) as found:
        require_writable(found)
        found.fetch()
        _require_no_strangers(found)
        with followed(found.folder, found.bring):
            yield found.folder


@path_of_place
def seen_run(location: str) -> Iterator[Path]:
    """Give the folder of a run that is looked at: its figures, sheets and evaluations, and no checkpoint of a URL's.

    Args:
        location: A folder, or a URL whose objects can be listed.
    """
    with mirror(location, _contents(_SEEN)) as found:
        _require_listed(found)
        found.fetch()
        yield found.folder


def corpus_or_run(location: str | PathLike[str]) -> AbstractContextManager[Path]:
    """Give the folder of a corpus, or of a run that is looked at, as `corpus_folder` and `seen_run` do."""
    is_there = is_url(url := fspath(location)) and is_run(url)
    return (seen_run if is_there else corpus_folder)(location)


def is_run(url: str) -> bool:
    """Say whether a run lies under a URL, or a network's file."""
    return url.lower().endswith(NETWORK_SUFFIXES) or ObjectStore(url).read_all([_RECORD]) != [None]


def run_with_network(location: str | PathLike[str]) -> AbstractContextManager[Path]:
    """Give a run with all that there is to see of it, and its network, as `network_place` does."""
    return network_place(location, seen=True)


@path_of_place
def network_place(location: str, seen: bool = False) -> Iterator[Path]:
    """Give a trained network: a path as it is, or for a URL a copy of a file, or of what of a run is the network.

    What is written beside it, an evaluation, say, goes to the store.

    Args:
        location: A run's folder, a file, the name of a network, or the URL of a run or a file.
        seen: Whether figures and sheets of a run are copied too.

    Raises:
        Problem: The URL is none of a store, or what is there can't be read.
    """
    is_file = location.lower().endswith(NETWORK_SUFFIXES)
    above, name = parent_and_name(location) if is_file else (location, "")
    with ExitStack() as stack:
        found = stack.enter_context(mirror(above, _contents(_SEEN if seen else _TOLD)))
        found.folder.mkdir()
        if seen and not is_file:
            _require_listed(found)
        if is_file:
            _download(found, name)
        elif found.store.is_writable:
            found.fetch()
        else:
            found.copy([_RECORD])
        if not is_file and not _download(found, BEST_CHECKPOINT):
            _download(found, LAST_CHECKPOINT)
        stack.enter_context(followed(found.folder, found.bring))
        yield found.folder / name


def _download(found: Mirror, key: str) -> bool:
    """Copy an object, if it is there; say whether it is."""
    try:
        found.download([key])
    except FileNotFoundError:
        return False
    return True


def _require_listed(found: Mirror) -> None:
    """Raise Problem where nothing can be listed under the URL of a mirror, so that sheets couldn't be found."""
    if not found.store.is_writable:
        line = f"{found.store.url}: a web server doesn't list its files"
        raise Problem(f"{line}: copy the run into a folder, or give s3:// and the like", exit_code=2)


def _require_no_strangers(found: Mirror) -> None:
    """Raise Problem where under the URL is something, and no run."""
    there = sorted(key for key, _ in found.listed() if is_result(key) and key != _SCANS)
    if there and not {_RECORD, LAST_CHECKPOINT} & {*there}:
        line = f"{found.store.url}: holds other things ({first_few(there, 3)}) and isn't a run"
        raise Problem(f"{line}: give the URL of a run, or a new one", exit_code=2)


def _contents(copied: re.Pattern[str]) -> Contents:
    return Contents(RUN_KIND, lambda key: copied.fullmatch(key) is not None, is_result, lambda _folder, _key: False, "")
