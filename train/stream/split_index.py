"""The samples of a split, found from the splits of assets, without a pass over the corpus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.splits import ASSET_SPLITS, SPLITS, sample_splits
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus


def split_samples(corpus: Corpus, split: str) -> NDArray[np.int64]:
    """Return the samples of a split, (n,) ascending, from the splits of backgrounds and cut-outs.

    Raises:
        Problem: There is no such split, it has no sample, or the table of assets was changed.
    """
    if split not in SPLITS:
        raise Problem(f"split={split!r}: give one of {', '.join(SPLITS)}", exit_code=2)
    backgrounds, cutouts = (_splits(corpus, kind) for kind in ("background", "cutout"))
    K = corpus.geometry.placements
    code = SPLITS.index(split)
    within = {part: np.flatnonzero(sample_splits(part, cutouts, K) == code) for part in ASSET_SPLITS}
    per_background = len(cutouts) * K
    found = np.concatenate([b * per_background + within[part] for b, part in enumerate(backgrounds)])
    if not len(found):
        raise Problem(
            f"{corpus.location}: the split {split} has no sample (planned with --split {corpus.manifest.split})"
        )
    return found.astype(np.int64)


def require_done(corpus: Corpus, arrays: Sequence[str], samples: NDArray[np.int64]) -> None:
    """Check that arrays are made for some samples.

    Args:
        corpus: The corpus.
        arrays: Names of arrays.
        samples: (n,) indices.

    Raises:
        Problem: A shard that holds them isn't done, or an array isn't what the manifest says.
    """
    shards = np.unique(samples // corpus.samples_per_shard).tolist()
    for array in arrays:
        for shard in shards:
            corpus.require_done(array, shard)
        corpus.array(array)


def _splits(corpus: Corpus, kind: str) -> list[str]:
    rows = tables.read_assets(corpus.table_path(tables.ASSETS_FILE))
    return [str(row["split"]) for row in sorted(rows, key=lambda row: int(row["id"])) if row["kind"] == kind]
