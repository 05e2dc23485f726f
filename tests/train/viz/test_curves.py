"""The curves of a run."""

from __future__ import annotations

import numpy as np
import pytest

from bgfg.train.viz.curves import axis_ticks, draw_curves


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (3.0, 97.0, [0, 20, 40, 60, 80, 100]),
        (0.1, 0.1, [0.1, 0.12]),
        (-1.5, 1.0, [-1.5, -1.0, -0.5, 0.0, 0.5, 1.0]),
        (0.0, 0.0, [0.0, 0.2]),
    ],
)
def test_ticks_are_round_and_enclose(low: float, high: float, expected: list[float]) -> None:
    assert axis_ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(20))
def test_there_are_a_few_ticks_whatever_the_range(seed: int) -> None:
    rng = np.random.default_rng(seed)
    low = float(rng.normal() * 10.0 ** rng.integers(-8, 8))
    high = low + abs(float(rng.normal())) * 10.0 ** float(rng.integers(-8, 8))
    found = axis_ticks(low, high)
    assert 2 <= len(found) <= 8
    span = found[1] - found[0]
    assert found[0] <= low + span * 1e-6
    assert found[-1] >= high - span * 1e-6


def test_there_is_a_panel_for_what_there_is() -> None:
    loss = [{"step": step, "loss": 1 / step} for step in range(1, 9)]
    scores = [{"step": 4, "loss": 0.2, "val_loss": 0.3, "val_iou": 0.8}, {"step": 8, "val_iou": float("nan")}]
    one, two = draw_curves(loss), draw_curves(loss + scores)
    assert one.shape == two.shape  # two panels a row
    half = one.shape[1] // 2
    assert (one[:, half:] == 255).all()
    assert (two[:, half:] != 255).any()
    more = draw_curves([{"step": s, "loss": 1.0, "val_iou": 0.5, "lr": 0.1} for s in (1, 2)])
    assert more.shape[0] == 2 * one.shape[0]


def test_a_falling_curve_falls() -> None:
    picture = draw_curves([{"step": float(step), "loss": 1.0 - step / 10} for step in range(11)])
    blue = (np.abs(picture.astype(int) - (31, 119, 180)).sum(axis=2) < 30)[60:, :480]
    left, right = (np.flatnonzero(blue[:, part].any(axis=1)).mean() for part in (slice(70, 120), slice(400, 460)))
    assert left < right


def test_nothing_to_draw_is_white() -> None:
    assert (draw_curves([]) == 255).all()


def test_four_curves_and_their_names_are_told_apart_within_the_panel() -> None:
    names = ("loss", "val_loss", "stress_loss", "real_loss")
    row = {name: 0.1234 + at / 10 for at, name in enumerate(names)}
    picture = draw_curves([{"step": float(step), **row} for step in (1, 2)])
    legend = picture[27:29, : picture.shape[1] // 2].reshape(-1, 3)
    colours = {tuple(each) for each in legend.tolist() if max(each) - min(each) > 60}
    assert len(colours) == len(names)
    assert (picture[20:36, picture.shape[1] // 2 - 4 : picture.shape[1] // 2] == 255).all()
