"""Differences of networks on the same pictures, with intervals over people and places, and over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.ablation.test_sets import identity_of
from bgfg.train.evaluation.bootstrap import Estimate, PigeonholeBootstrap


def mean_of(seeds: Sequence[Mapping[str, float]]) -> Estimate:
    """Return the mean score, and its interval by drawing identities again, and seeds too where there are several.

    Pictures of one identity are alike, and so are all scores of a network that was luckily trained: both count as what
    they are in the pigeonhole bootstrap, whose rows are identities here and whose columns are seeds.

    Args:
        seeds: For each seed the scores by the pictures' names; all of the same pictures, one at least.
    """
    names = sorted(seeds[0])
    values = np.array([[scores[name] for name in names] for scores in seeds])
    identities = np.tile([identity_of(name) for name in names], len(seeds))
    numbers = np.repeat(np.arange(len(seeds)), len(names))
    bootstrap = PigeonholeBootstrap(identities, numbers if len(seeds) > 1 else None)
    return bootstrap.estimate(values.ravel())


def mean_difference(seeds: Sequence[Mapping[str, float]], others: Sequence[Mapping[str, float]]) -> Estimate:
    """Return by how much scores are above others of the same pictures and seeds, with the interval of `mean_of`.

    Args:
        seeds: For each seed the scores by the pictures' names.
        others: Those that are compared with, in the same form.

    Raises:
        ValueError: They aren't of the same pictures and as many seeds.
    """
    pairs = list(zip(seeds, others, strict=True))
    if any(scores.keys() != other.keys() for scores, other in pairs):
        raise ValueError("scores of other pictures")
    return mean_of([{name: scores[name] - other[name] for name in scores} for scores, other in pairs])
