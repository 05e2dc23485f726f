"""The tables name each recipe by its options, and are bold only where seeds were drawn too."""

from __future__ import annotations

from benchmarks.ablation.markdown import difference_text, tables
from benchmarks.ablation.recipes import PLAIN
from bgfg.train.evaluation.bootstrap import Estimate


def _scores(level: float, sets: tuple[str, ...] = ("portraits",)) -> dict[str, dict[str, float]]:
    return {name: {f"{person}-{n:03d}": level for person in "abc" for n in range(2)} for name in sets}


def test_a_row_has_its_options_and_its_difference_to_plain() -> None:
    rows = {PLAIN: [_scores(0.5)] * 2, "blur": [_scores(0.625)] * 2}
    lines = tables({"person": rows}, 1_200).splitlines()
    assert "| corpus | | portraits: 6 of 3 |" in lines
    assert "| plain |  | 0.500 (0.500–0.500) |" in lines
    assert "| blur | `--blur 1.5` | **+0.125 (+0.125 to +0.125)** |" in lines
    assert any("Seeds: 2; each network learns for 1,200 steps" in line for line in lines)
    assert lines[-1].startswith("- portraits: ")


def test_a_set_that_some_were_not_tested_on_is_left_out() -> None:
    rows = {PLAIN: [_scores(0.5, ("portraits", "outlined"))], "blur": [_scores(0.625, ("outlined",))]}
    assert "| corpus | | photographs: 6 of 3 |" in tables({"person": rows}, 1)


def test_one_seed_makes_nothing_bold() -> None:
    found = Estimate(0.1, 0.05, 0.15, 9)
    assert difference_text(found, is_over_seeds=False) == "+0.100 (+0.050 to +0.150)"
    assert difference_text(found, is_over_seeds=True) == "**+0.100 (+0.050 to +0.150)**"
    assert difference_text(Estimate(-0.1, -0.2, 0.01, 9), is_over_seeds=True) == "-0.100 (-0.200 to +0.010)"
    assert difference_text(Estimate(-0.1, None, None, 9), is_over_seeds=True) == "-0.100"
    assert "luck is in no interval" in tables({"person": {PLAIN: [_scores(0.5)]}}, 1)
