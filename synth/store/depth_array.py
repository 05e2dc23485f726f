"""The array `depth` of a corpus: started with the teacher that labels it, and removed before another one labels.

Killed at any call, or after a power cut, a corpus has a teacher or none: without one, what is there of an array or its
marks goes; with one, the array is there, and whoever opens the corpus to write sees to that.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.atomic_write import replace_bytes
from bgfg.data_manifests.files.flush import flush_folder, make_folder
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import PARTIAL_FOLDER
from bgfg.synth.store.layout import metadata_bytes, part_layouts
from bgfg.synth.store.metadata import METADATA_FILE


def start_depth(corpus: Corpus, teacher: Mapping[str, Any]) -> None:
    """Record the teacher in the manifest and create the array, where that isn't done; the caller holds the lock.

    Args:
        corpus: A corpus without a teacher, or with this very one.
        teacher: What the manifest is to say of the teacher, `encoding` of its codes included.
    """
    if corpus.manifest.teacher is not None:
        return
    for part in corpus.parts:
        for folder in ("done/depth", "data.zarr/depth"):
            _remove(corpus, part.path / folder)
        metadata = part.path / "data.zarr" / "depth" / METADATA_FILE
        make_folder(metadata.parent)
        replace_bytes(metadata, metadata_bytes(part_layouts(corpus.geometry, part.number, True, teacher)["depth"]))
    corpus.save_manifest(replace(corpus.manifest, teacher=dict(teacher)))


def remove_depth(corpus: Corpus) -> None:
    """Remove the teacher from the manifest, and what it made; the caller holds the lock.

    The marks go first, so that from then on no shard counts as done, the manifest follows, then the array, of which
    `start_depth` removes what a killed run left. Under a URL all of it goes now: corpus.json and an array of another
    teacher would contradict each other until both are replaced.
    """
    for part in corpus.parts:
        _remove(corpus, part.path / "done" / "depth")
    statistics = {array: found for array, found in corpus.manifest.statistics.items() if array != "depth"}
    corpus.save_manifest(replace(corpus.manifest, teacher=None, statistics=statistics))
    for part in corpus.parts:
        _remove(corpus, part.path / "data.zarr" / "depth")
    if corpus.mirror is not None:
        corpus.mirror.publish()


def _remove(corpus: Corpus, folder: Path) -> None:
    """Remove a folder of the corpus at one stroke: it loses its name before its files go."""
    if folder.exists():
        corpus.clear_partial()
        gone = corpus.path / PARTIAL_FOLDER / "removed"
        gone.parent.mkdir(exist_ok=True)
        folder.rename(gone)
        flush_folder(folder.parent)  # before the manifest says that it is gone
        shutil.rmtree(gone)
