"""Folders that stand for URLs in the workers of a cluster: each has its own, for as long as it works on a run."""

from __future__ import annotations

import atexit
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from bgfg.data_manifests.places.corpus_place import CORPUS_CONTENTS, corpus_folder
from bgfg.data_manifests.places.export_place import EXPORT_CONTENTS, export_folder
from bgfg.data_manifests.places.pictures_place import PICTURES_CONTENTS, listed_pictures
from bgfg.data_manifests.places.run_place import RUN_KIND, network_place

_FOLDER_OF: dict[str, Callable[[str], AbstractContextManager[Path]]] = {
    CORPUS_CONTENTS.kind: corpus_folder,
    EXPORT_CONTENTS.kind: export_folder,
    PICTURES_CONTENTS.kind: listed_pictures,
}

# Of as many runs folders are kept, of which each is some megabytes.
_KEPT = 4

_opened: OrderedDict[tuple[str, str], tuple[ExitStack, Path]] = OrderedDict()
_changing = threading.Lock()


def folder_in_worker(kind: str, url: str, run: str, key: str) -> Path:
    """Return the path that stands for a key under a URL in this process.

    Args:
        kind: What lies under the URL, as `Contents` call it.
        url: The URL.
        run: A name of the run that asks: what is small there is as it was when that asked first.
        key: The key.

    Raises:
        Problem: What is there can't be read.
    """
    if kind == RUN_KIND:  # a run, or a file of a network, which is what is opened
        return _place_of(network_place, f"{url}/{key}".removesuffix("/."), run)
    return _place_of(_FOLDER_OF[kind], url, run) / key


def _place_of(opened: Callable[[str], AbstractContextManager[Path]], url: str, run: str) -> Path:
    with _changing:
        if (url, run) not in _opened:
            while len(_opened) >= _KEPT:
                _opened.popitem(last=False)[1][0].close()
            stack = ExitStack()
            _opened[url, run] = stack, stack.enter_context(opened(url))
        return _opened[url, run][1]


@atexit.register
def _close() -> None:
    while _opened:
        _opened.popitem()[1][0].close()
