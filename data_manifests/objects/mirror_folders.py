"""The folders that stand for URLs as long as this process runs: made, found again by their paths, and cleared.

Each lies among the temporary files, locked by the process that has made it, so that those of killed processes are told
from others and go.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bgfg.data_manifests.files.json_form import read_json
from bgfg.data_manifests.objects.contents import Contents
from bgfg.data_manifests.objects.mirror import Mirror
from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.data_manifests.terminal.errors import tell_as

_PREFIX = "bgfg-mirror-"
_STATE_FILE = "mirror.json"
_FOLDER = "folder"
_NEW_S = 10.0


@contextmanager
def mirror(url: str, contents: Contents) -> Iterator[Mirror]:
    """Make an empty folder that stands for a URL, for as long as this lasts; those of killed processes go.

    Raises:
        Problem: The URL is none of a store.
    """
    store = ObjectStore(url)
    _clear_left()
    root = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()  # as those name it who follow links
    folder, descriptor = root / _FOLDER, os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        (root / _STATE_FILE).write_text(json.dumps({"url": store.url}), "utf-8")
        found = _known[folder] = Mirror(folder, store, contents)
        with tell_as(str(folder), store.url):
            yield found
    finally:
        _known.pop(folder, None)
        shutil.rmtree(root)
        os.close(descriptor)


def mirrored(folder: Path) -> Mirror | None:
    """Return the mirror that a folder is, also in a worker process; None where it is a folder like any other."""
    if folder.name != _FOLDER or not folder.parent.name.startswith(_PREFIX):
        return None
    if folder not in _known:
        state = read_json(folder.parent / _STATE_FILE)
        _known[folder] = Mirror(folder, ObjectStore(state["url"]), _OF_A_WORKER)
    return _known[folder]


def names_in(folder: Path) -> set[str]:
    """Return the names in a folder, none where there is none; of a URL, those of what lies there, copied or not."""
    found = mirrored(folder)
    if found is None:
        return {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
    return {key.partition("/")[0] for key, _ in found.listed()}


def mirror_above(path: Path) -> Mirror | None:
    """Return the mirror in whose folder a path lies; None where it lies in none."""
    return next((found for folder in (path, *path.parents) if (found := mirrored(folder)) is not None), None)


# A worker puts into the store what it makes, and publishes nothing else.
_OF_A_WORKER = Contents("", lambda _key: False, lambda _key: False, lambda _folder, _key: False, "")

_known: dict[Path, Mirror] = {}


def _clear_left() -> None:
    """Remove the folders of processes that are gone, as their locks tell; one that was just made has none yet."""
    for root in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another user's, held, or gone by now
            descriptor = os.open(root, os.O_RDONLY)
            try:
                found = os.fstat(descriptor)
                if found.st_uid == os.getuid() and time.time() - found.st_mtime > _NEW_S:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(root)
            finally:
                os.close(descriptor)
