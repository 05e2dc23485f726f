"""Differences are those of the same pictures, and luck of a seed counts as luck."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.ablation.differences import mean_difference, mean_of


def _scores(rng: np.random.Generator, people: int, each: int) -> dict[str, float]:
    return {f"person-{p}-{n:03d}": float(rng.random()) for p in range(people) for n in range(each)}


def test_the_interval_is_that_of_drawing_people_and_seeds_again() -> None:
    rng = np.random.default_rng(3)
    people, each, seeds = 11, 3, 4
    scores = [_scores(rng, people, each) for _ in range(seeds)]
    drawn = []
    for _ in range(4_000):  # the obvious way
        who, which = rng.integers(0, people, people), rng.integers(0, seeds, seeds)
        drawn.append(np.mean([scores[s][f"person-{p}-{n:03d}"] for s in which for p in who for n in range(each)]))
    found = mean_of(scores)
    assert found.mean == pytest.approx(np.mean([list(seed.values()) for seed in scores]))
    assert (found.low, found.high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.012)
    assert found.n == people * each * seeds


def test_a_recipe_that_is_better_on_every_picture_is_surely_better_though_pictures_differ() -> None:
    rng = np.random.default_rng(1)
    plain = [_scores(rng, 9, 2) for _ in range(2)]
    better = [{name: value + 0.01 for name, value in reversed(seed.items())} for seed in plain]
    found = mean_difference(better, plain)
    assert (found.mean, found.low, found.high) == pytest.approx((0.01, 0.01, 0.01))


def test_seeds_that_disagree_widen_the_interval() -> None:
    rng = np.random.default_rng(2)
    lucky, unlucky = ({f"p{p}-000": luck + 0.001 * rng.random() for p in range(20)} for luck in (0.1, -0.1))
    alone, both = mean_of([lucky]), mean_of([lucky, unlucky])
    assert alone.low is not None
    assert both.low is not None
    assert both.high is not None
    assert alone.low > 0 > both.low
    assert both.high > 0


def test_other_pictures_or_other_seeds_are_no_pairs() -> None:
    with pytest.raises(ValueError, match="other pictures"):
        mean_difference([{"a-000": 1.0}], [{"b-000": 1.0}])
    with pytest.raises(ValueError, match="shorter"):
        mean_difference([{"a-000": 1.0}] * 2, [{"a-000": 1.0}])
