"""The curves of a run."""

from __future__ import annotations

import numpy as np

from bgfg.train.viz.curves import curve_panels, draw_curves


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


def test_what_no_axis_has_is_left_out() -> None:
    rows = [{"step": float(step), "loss": value} for step, value in enumerate((0.5, 1e300, -1e300, float("nan"), 0.25))]
    assert curve_panels(rows) == {"loss": {"loss": [(0, 0.5), (4, 0.25)]}}


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
