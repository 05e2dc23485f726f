"""Configuration of augmentation."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.augment.config import COMPOSITE_ONLY_CONFIG, PAIR_CONFIG, PHOTOGRAPH_CONFIG, AugmentConfig


def test_nothing_is_done_unless_asked_for() -> None:
    shares = [field.name for field in fields(AugmentConfig) if field.name.endswith("_share")]
    assert [getattr(AugmentConfig(), name) for name in shares] == [0.0] * len(shares)
    shares = [name for name in shares if name not in ("repaint_share", "crowd_share")]  # only where a run asks for it
    used = (PAIR_CONFIG, PHOTOGRAPH_CONFIG, COMPOSITE_ONLY_CONFIG)
    assert all(0 < max(getattr(config, name) for config in used) < 1 for name in shares)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("flip_share", 1.1),
        ("noise_share", -0.1),
        ("crop_side", (0.9, 1.2)),
        ("gamma", (1.2, 0.8)),
        ("gamma", (0.0, 1.0)),
        ("jpeg_quality", (0, 50)),
        ("noise_sigma_levels", (0.0, float("nan"))),
        ("shift_px_at_224", float("inf")),
    ],
)
def test_what_makes_no_sense_is_refused_by_name_and_value(field: str, value: Any) -> None:
    with pytest.raises(Problem) as caught:
        replace(PAIR_CONFIG, **{field: value})
    assert f"{field} {value}: give" in str(caught.value)
    assert caught.value.exit_code == 2
