"""SAD, MSE, Grad and Conn, held to slow versions by their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.train.targets.matting_scores import matting_scores
from tests.support import references_matting as slow
from tests.support.paired_folders import disc

H, W = 13, 17


def soft(seed: int) -> NDArray[np.float32]:
    """Return a soft disc with noise around it and specks beside it, away from the thresholds of Conn."""
    draw = np.random.default_rng(seed)
    alpha = disc(seed, H, W) * draw.uniform(0.5, 1.0, (H, W)) + (draw.random((H, W)) < 0.1) * 0.4
    return (np.round(alpha.clip(0, 1) * 33) / 33).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
def test_the_four_errors_are_those_of_their_definitions(seed: int) -> None:
    found, true = soft(seed), soft(seed + 1)
    scores = matting_scores(found, true)
    for name in ("sad", "mse", "grad", "conn"):
        assert scores[name] == pytest.approx(getattr(slow, name)(found, true), rel=1e-5), name
        assert scores[name] > 0


def test_a_perfect_matte_has_no_error() -> None:
    assert matting_scores(soft(1), soft(1)) == {"sad": 0.0, "mse": 0.0, "grad": 0.0, "conn": 0.0}


def test_units_are_thousands_of_pixels_and_thousandths() -> None:
    nothing, everything = np.zeros((40, 50), np.float32), np.ones((40, 50), np.float32)
    scores = matting_scores(nothing, everything)
    assert scores["sad"] == pytest.approx(2.0)
    assert scores["mse"] == pytest.approx(1000.0)
    assert scores["grad"] == pytest.approx(0.0, abs=1e-9)
    assert scores["conn"] == pytest.approx(2.0)


def test_a_speck_apart_from_the_rest_is_an_error_of_connectedness() -> None:
    true = np.zeros((H, W), np.float32)
    true[2:10, 2:8] = 1
    near, apart = true.copy(), true.copy()
    near[2:4, 8] = 1
    apart[2:4, 14] = 1
    assert matting_scores(near, true)["sad"] == matting_scores(apart, true)["sad"]
    assert matting_scores(apart, true)["conn"] >= matting_scores(near, true)["conn"] > 0
