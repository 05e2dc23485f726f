"""Many files that are written without a flush each: what a power cut may have taken is found and made again.

Flushing every shard by itself costs more than composing it where shards are small. So a note says, on the disk before
the first of them, that shards are being written; they are flushed together at the end, and the note goes. Whoever finds
the note knows that the last run didn't get there: what is marked is then held to the SHA-256 in its mark. Files alone
don't tell, since a file system may bring names and sizes back without their data. Exports do the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

from bgfg.data_manifests.files.atomic_write import replace_bytes
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.flush import flush_file_system, make_folder
from bgfg.data_manifests.machine.cpu_count import default_threads
from bgfg.data_manifests.terminal.progress import Progress, no_progress
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.shard_slice import ShardSlice

NOTE_FILE = ".unflushed"

Marked = TypeVar("Marked")


def may_be_torn(corpus: Corpus, arrays: Sequence[str], which: ShardSlice | None = None) -> bool:
    """Say whether a run on some of these arrays, or on a slice of their shards, ended without a flush."""
    return any(_notes(corpus, array, which) for array in arrays)


def unmark_torn_shards(
    corpus: Corpus, arrays: Sequence[str], progress: Progress = no_progress, which: ShardSlice | None = None
) -> None:
    """Remove the marks of shards whose bytes aren't those that were marked, where a run didn't flush them.

    Args:
        corpus: The corpus; the caller holds the writer lock.
        arrays: Of which arrays.
        progress: Shows how far that is.
        which: The slice that the caller writes, where others may be writing others.
    """
    ours = set(corpus.shards if which is None else which.of(corpus.shards))
    unflushed = [array for array in arrays if _notes(corpus, array, which)]
    shards = [(array, shard) for array in unflushed for shard in sorted(corpus.done_shards(array) & ours)]
    for array, shard in torn(shards, lambda shard: _is_whole(corpus, *shard), progress):
        corpus.mark_path(array, shard).unlink()


def torn(marked: Sequence[Marked], is_whole: Callable[[Marked], bool], progress: Progress) -> list[Marked]:
    """Return what of the marked isn't whole, where a run ended without flushing it."""
    if not marked:
        return []
    found = []
    # Hashing and reading leave Python alone, so that threads are enough.
    with (
        progress("checking what the last run left", len(marked), 0) as advance,
        ThreadPoolExecutor(default_threads()) as threads,
    ):
        for each, whole in zip(marked, threads.map(is_whole, marked), strict=True):
            found += [] if whole else [each]
            advance(1)
    return found


def flushed_together(
    corpus: Corpus, arrays: Sequence[str], which: ShardSlice | None = None
) -> AbstractContextManager[None]:
    """Flush the shards and marks that are written within, whatever ends it but a kill or a power cut.

    A slice has a note of its own; who holds the whole corpus takes away those of slices too.
    """
    notes = [{_note(corpus, array, which), *_notes(corpus, array, which)} for array in arrays]
    return flushed_at_the_end(corpus.path, sorted(set().union(*notes)))


@contextmanager
def flushed_at_the_end(folder: Path, notes: Sequence[Path]) -> Iterator[None]:
    """Flush what is written to the file system of a folder within; the notes are there until that is done."""
    for note in notes:
        make_folder(note.parent)
        replace_bytes(note, b"")
    try:
        yield
    finally:
        flush_file_system(folder)
        for note in notes:
            note.unlink()


def _note(corpus: Corpus, array: str, which: ShardSlice | None) -> Path:
    name = NOTE_FILE if which is None else f"{NOTE_FILE}-{which.number}-{which.count}"
    return corpus.path / "done" / array / name


def _notes(corpus: Corpus, array: str, which: ShardSlice | None) -> list[Path]:
    """Return the notes that are there and concern a slice; for the whole corpus, those of its slices too."""
    note = _note(corpus, array, which)
    return [*note.parent.glob(f"{NOTE_FILE}*")] if which is None else [note] * note.exists()


def _is_whole(corpus: Corpus, array: str, shard: int) -> bool:
    return file_sha256(corpus.chunk_path(array, shard)) == corpus.mark(array, shard).sha256
