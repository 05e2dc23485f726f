"""How a network looks at pictures is said as it is, and as `bgfg predict` does it where that differs."""

from __future__ import annotations

import pytest

from bgfg.train.evaluation.judged import describe_looks


@pytest.mark.parametrize(
    ("closer_look", "mirrored", "as_predicted", "said"),
    [
        (False, False, True, "once, as bgfg predict"),
        (True, True, True, "mirrored and closer too, as bgfg predict"),
        (False, False, False, "once"),
        (False, True, False, "once, where bgfg predict looks mirrored too"),
    ],
)
def test_looks_are_told_apart(closer_look: bool, mirrored: bool, as_predicted: bool, said: str) -> None:
    assert describe_looks(closer_look, mirrored, as_predicted) == said
