"""The samples of a split, found from the splits of assets, without a pass over the corpus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus import sample_table
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
    found = _listed_samples(corpus, split) if corpus.geometry.listed else _planned_samples(corpus, split)
    if not len(found):
        raise Problem(
            f"{corpus.location}: the split {split} has no sample (planned with --split {corpus.manifest.split})"
        )
    return found.astype(np.int64)


def _listed_samples(corpus: Corpus, split: str) -> NDArray[np.int64]:
    """Return the samples of a split of an imported corpus, whose table alone says which these are."""
    strips = sample_table.iter_strips(corpus.samples_path, corpus.geometry, ("split",))
    return np.flatnonzero(np.concatenate([strip["split"].to_numpy() for strip in strips]) == split)


def _planned_samples(corpus: Corpus, split: str) -> NDArray[np.int64]:
    backgrounds, cutouts = (_splits(corpus, kind) for kind in ("background", "cutout"))
    blocks = corpus.geometry.placements, corpus.manifest.placements_per_place
    code, parts = SPLITS.index(split), []
    for rectangle in corpus.geometry.index.rectangles:
        shown = cutouts[rectangle.cutouts.start : rectangle.cutouts.stop]
        within = {part: np.flatnonzero(sample_splits(part, shown, *blocks) == code) for part in ASSET_SPLITS}
        parts += [rectangle.strip(b).samples.start + within[backgrounds[b]] for b in rectangle.backgrounds]
    return np.concatenate(parts)


def require_done(corpus: Corpus, arrays: Sequence[str], samples: NDArray[np.int64]) -> None:
    """Check that arrays are made for some samples.

    Args:
        corpus: The corpus.
        arrays: Names of arrays.
        samples: (n,) indices.

    Raises:
        Problem: A shard that holds them isn't done, or an array isn't what the manifest says.
    """
    shards = corpus.shards_of(samples)
    for array in arrays:
        for shard in shards:
            corpus.require_done(array, shard)
        for part in corpus.parts:
            part.array(array)


def _splits(corpus: Corpus, kind: str) -> list[str]:
    return [str(row["split"]) for row in corpus.assets.to_pylist() if row["kind"] == kind]
