"""The array `depth` of a corpus: started with the teacher that labels it, and removed before another one labels."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import zarr
from zarr.storage import LocalStore

from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import PARTIAL_FOLDER
from bgfg.synth.store.layout import array_layouts


def start_depth(corpus: Corpus, teacher: Mapping[str, Any]) -> None:
    """Record the teacher in the manifest and create the array, where that isn't done; the caller holds the lock.

    Args:
        corpus: A corpus without a teacher, or with this very one.
        teacher: What the manifest is to say of the teacher, `encoding` of its codes included.
    """
    array = corpus.path / "data.zarr" / "depth"
    if corpus.manifest.teacher is None:
        _remove(corpus, array)  # what a killed run may have left: without a teacher there is no such array
        corpus.save_manifest(replace(corpus.manifest, teacher=dict(teacher)))
    if not array.exists():
        group = zarr.open_group(LocalStore(corpus.path / "data.zarr"), mode="r+")
        array_layouts(corpus.geometry, True, teacher)["depth"].create(group)


def remove_depth(corpus: Corpus) -> None:
    """Remove the teacher from the manifest, and what it made; the caller holds the lock.

    The marks go first, so that from then on no shard counts as done, and the manifest follows. The array itself is
    removed by `start_depth`, when the next teacher starts.
    """
    _remove(corpus, corpus.path / "done" / "depth")
    statistics = {array: found for array, found in corpus.manifest.statistics.items() if array != "depth"}
    corpus.save_manifest(replace(corpus.manifest, teacher=None, statistics=statistics))


def _remove(corpus: Corpus, folder: Path) -> None:
    """Remove a folder of the corpus at one stroke: it loses its name before its files go."""
    if folder.exists():
        corpus.clear_partial()
        gone = corpus.path / PARTIAL_FOLDER / "removed"
        gone.parent.mkdir(exist_ok=True)
        folder.rename(gone)
        shutil.rmtree(gone)
