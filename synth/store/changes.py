"""A corpus that is planned or labelled anew while it is read: what was read may be a mix, and its reader says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus


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
        now = Manifest.load(corpus.path / "manifest" / "corpus.json")
    except Problem as problem:
        if problem.exit_code != 2:  # damaged, which others say
            return
        is_same = False  # a plan is being put in its place
    else:
        is_same = now.digest == corpus.manifest.digest and not (depth and now.teacher != corpus.manifest.teacher)
    if not is_same:
        raise Problem(f"{corpus.path}: planned or labelled anew while it was read: run the same command again")
