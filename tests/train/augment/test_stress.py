"""Held-out pairs under one disturbance at a time."""

from __future__ import annotations

import pytest

from tests.support.project import SHARED

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from benchmarks.augmentation import best_threshold_iou, make_composites
from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.geometry import resize
from bgfg.train.augment.stress import DISTURBANCES, stress
from tests.support.pair_batch import H, N, W, make_pair_batch

OFFICE = SHARED / "office"


@pytest.mark.parametrize("name", DISTURBANCES)
def test_stress_is_fixed_and_leaves_the_frame(name: str) -> None:
    given = make_pair_batch()
    asked = [given[key] for key in ("bg", "bg_fg", "mask", "samples", "others", "own")]
    bg, bg_fg = stress(name, *asked)
    assert (bg.shape, bg.dtype, bg_fg.shape, bg_fg.dtype) == ((N, 3, H, W), torch.uint8) * 2
    reverse = [
        values if key == "others" else values.flip(0)
        for key, values in zip(("",) * 4 + ("others", ""), asked, strict=True)
    ]
    again = stress(name, *reverse)
    assert (torch.equal(again[0].flip(0), bg), torch.equal(again[1].flip(0), bg_fg)) == (True, True)
    assert (bg != given["bg"]).flatten(1).any(1).all() == (name != "shadow")
    assert (bg_fg != given["bg_fg"]).flatten(1).any(1).any() == (name in ("shadow", "jpeg", "harsh"))
    assert (bg_fg.float() - given["bg_fg"]).abs().mean() < 16


def test_each_disturbance_alone_is_one_and_all_is_what_the_baseline_was_measured_under() -> None:
    off = AugmentConfig()
    shares = {
        name: {field for field in vars(off) if field.endswith("_share") and getattr(config, field) > 0}
        for name, config in DISTURBANCES.items()
    }
    assert {name for name, found in shares.items() if len(found) == 1} == set(DISTURBANCES) - {"jpeg", "all", "harsh"}
    assert shares["all"] == {"shift_share", "exposure_share", "noise_share"}
    reference = DISTURBANCES["all"]
    assert (reference.shift_px_at_224, reference.noise_sigma_levels) == (2.0, (5.0, 5.0))
    assert (reference.gamma, reference.gain) == ((0.85, 1.18), (0.92, 1.08))


@pytest.mark.skipif(not OFFICE.is_dir(), reason="../shared/office is not there")
def test_under_all_a_threshold_on_the_difference_falls_from_0_86_to_0_56_at_96_px() -> None:
    given = make_composites(OFFICE / "bg", OFFICE / "fg", 100)
    bg, bg_fg, mask = (given[name] for name in ("bg", "bg_fg", "mask"))
    pairs = ((bg, bg_fg), stress("all", bg, bg_fg, mask, given["samples"]))
    clean, under_stress = (
        best_threshold_iou(*(resize(pictures, (96, 96)) for pictures in (*pair, mask))) for pair in pairs
    )
    assert clean == pytest.approx(0.865, abs=0.02)
    assert under_stress == pytest.approx(0.555, abs=0.04)
