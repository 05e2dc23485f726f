"""Shards that are written without a flush each: what a power cut may have taken is found and made again.

Flushing every shard by itself costs more than composing it where shards are small. So a note says, on the disk before
the first of them, that shards are being written; they are flushed together at the end, and the note goes. Whoever finds
the note knows that the last run didn't get there: what is marked is then held to the SHA-256 in its mark. Files alone
don't tell, since a file system may bring names and sizes back without their data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from bgfg.data_manifests.files.atomic_write import replace_bytes
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.flush import flush_file_system, make_folder
from bgfg.data_manifests.machine.cpu_count import default_threads
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import DoneMark, mark_path

NOTE_FILE = ".unflushed"


def may_be_torn(corpus: Corpus, arrays: Sequence[str]) -> bool:
    """Say whether the last run on some of these arrays ended without flushing what it wrote."""
    return any(_note(corpus, array).exists() for array in arrays)


def unmark_torn_shards(corpus: Corpus, arrays: Sequence[str]) -> None:
    """Remove the marks of shards whose bytes aren't those that were marked, where the last run didn't flush them.

    The caller holds the writer lock.
    """
    for array in arrays:
        if _note(corpus, array).exists():
            done = sorted(corpus.done_shards(array))
            # Hashing and reading leave Python alone, so that threads are enough.
            with ThreadPoolExecutor(default_threads()) as threads:
                whole = threads.map(lambda shard, array=array: _is_whole(corpus, array, shard), done)
            for shard, is_whole in zip(done, whole, strict=True):
                if not is_whole:
                    mark_path(corpus.path, array, shard).unlink()


@contextmanager
def flushed_together(corpus: Corpus, arrays: Sequence[str]) -> Iterator[None]:
    """Flush the shards and marks that are written within, whatever ends it but a kill or a power cut."""
    notes = [_note(corpus, array) for array in arrays]
    for note in notes:
        make_folder(note.parent)
        replace_bytes(note, b"")
    try:
        yield
    finally:
        flush_file_system(corpus.path)
        for note in notes:
            note.unlink()


def _note(corpus: Corpus, array: str) -> Path:
    return corpus.path / "done" / array / NOTE_FILE


def _is_whole(corpus: Corpus, array: str, shard: int) -> bool:
    return file_sha256(corpus.chunk_path(array, shard)) == DoneMark.load(corpus.path, array, shard).sha256
