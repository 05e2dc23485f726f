"""Which samples of a corpus are streamed: those of a split, without a pass over the corpus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.manifest import file_sha256
from bgfg.data_manifests.corpus.splits import PARTS, SPLITS, sample_splits
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.store import Corpus
from numpy.typing import NDArray


def samples_of(corpus: Corpus, split: str) -> NDArray[np.int64]:
    """Return the samples of a split, (n,) ascending, from the splits of backgrounds and cut-outs.

    Raises Problem where there is no such split, where it has no sample, or where the table of assets was changed.
    """
    if split not in SPLITS:
        raise Problem(f"split={split!r}: give one of {', '.join(SPLITS)}", exit_code=2)
    backgrounds, cutouts = (_splits(corpus, kind) for kind in ("background", "cutout"))
    K = corpus.geometry.placements
    code = SPLITS.index(split)
    within = {part: np.flatnonzero(sample_splits(part, cutouts, K) == code) for part in PARTS}
    per_background = len(cutouts) * K
    found = np.concatenate([b * per_background + within[part] for b, part in enumerate(backgrounds)])
    if not len(found):
        raise Problem(
            f"{corpus.location}: the split {split} has no sample (planned with --split {corpus.manifest.split})"
        )
    return found.astype(np.int64)


def require(corpus: Corpus, arrays: Sequence[str], samples: NDArray[np.int64]) -> None:
    """Raise Problem where what holds these arrays of these samples isn't done, or isn't what the manifest says."""
    shards = np.unique(samples // corpus.samples_per_shard).tolist()
    for array in arrays:
        for shard in shards:
            corpus.require(array, shard)
        corpus.array(array)


def _splits(corpus: Corpus, kind: str) -> list[str]:
    path = corpus.path / "manifest" / tables.ASSETS
    rows = tables.read_assets(path)
    if file_sha256(path) != corpus.manifest.tables[tables.ASSETS]:
        raise Problem(f"{corpus.location}/manifest/{path.name}: changed since it was planned: {corpus.mend}")
    return [str(row["split"]) for row in sorted(rows, key=lambda row: int(row["id"])) if row["kind"] == kind]
