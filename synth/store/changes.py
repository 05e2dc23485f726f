"""A corpus that is planned or labelled anew while it is read: what was read may be a mix, and its reader says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.files.file_version import FileVersion
from bgfg.data_manifests.terminal.errors import Problem, TryAgain
from bgfg.synth.store.corpus import Corpus

# What of a plan is written anew when it is made anew, or when an array of it is finished.
_PLAN_FILES = ("manifest/corpus.json", "data.zarr/zarr.json")


@contextmanager
def unchanged_meanwhile(corpus: Corpus, depth: bool) -> Iterator[None]:
    """Hold what is read of a corpus to the state in which it was opened.

    Args:
        corpus: The corpus that is read.
        depth: Whether its labels are read too.

    Raises:
        Problem: It was changed meanwhile, whatever else that has led to.
    """
    try:
        yield
    except Exception:
        require_unchanged(corpus, depth)
        raise
    require_unchanged(corpus, depth)


def require_unchanged(corpus: Corpus, depth: bool) -> None:
    """Raise Problem where a corpus was planned anew since it was opened, or with `depth` labelled anew."""
    try:
        now = load_manifest(corpus.path / "manifest" / "corpus.json")
    except Problem as problem:
        if problem.exit_code != 2:  # damaged, which others say
            return
        is_same = False  # a plan is being put in its place
    else:
        # What is added to it changes nothing of what there was; what is being added isn't listed yet.
        listed = corpus.manifest.parts[min(corpus.listed, len(corpus.parts)) - 1].digest
        is_same = listed in {part.digest for part in now.parts}
        is_same = is_same and not (depth and now.teacher != corpus.manifest.teacher)
    if not is_same:
        raise TryAgain(f"{corpus.path}: planned or labelled anew while it was read: run the same command again")


def open_with_digest(path: Path, digest: str, hold_metadata: bool = True) -> Corpus:
    """Open a corpus to work on one of its shards; it is kept for the next ones, as long as its plan stays as it is.

    Args:
        path: Its folder.
        digest: Of which state: what it was before parts were added, or will be with those that are being made.
        hold_metadata: As for Corpus.

    Raises:
        Problem: The corpus has no such state any more.
    """
    try:
        versions = tuple(FileVersion.of(path / file) for file in _PLAN_FILES)
    except (FileNotFoundError, NotADirectoryError):
        return Corpus(path, hold_metadata=hold_metadata, digest=digest)  # says what is missing
    return _open_version(path, digest, hold_metadata, versions)


@lru_cache(maxsize=1)
def _open_version(path: Path, digest: str, hold_metadata: bool, _versions: tuple[FileVersion, ...]) -> Corpus:
    return Corpus(path, hold_metadata=hold_metadata, digest=digest)
