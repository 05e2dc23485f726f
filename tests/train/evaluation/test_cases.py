"""Which cases are drawn, and what their sheet shows."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.terminal.progress import no_progress  # noqa: E402
from bgfg.train.evaluation.cases import best_median_worst, draw_cases  # noqa: E402
from bgfg.train.evaluation.evaluator import CONDITIONS, Evaluator  # noqa: E402
from bgfg.train.evaluation.methods import NetworkMethod  # noqa: E402
from bgfg.train.stream.evaluation_cells import REPORTED_CELLS, AssetIdentities  # noqa: E402
from bgfg.train.targets.depth import DepthTarget  # noqa: E402
from tests.support.difference_net import DifferenceNet  # noqa: E402
from tests.support.evaluation_corpus import make_evaluation_corpus  # noqa: E402


@pytest.mark.parametrize(
    ("goodness", "expected"),
    [
        ([0.2, 0.9, 0.5], (1, 2, 0)),
        ([0.1, 0.4, 0.3, 0.2], (1, 2, 0)),
        ([0.5, np.nan, 0.5], (0, 0, 2)),
        ([0.7], (0, 0, 0)),
        ([np.nan, np.nan], (0, 0, 1)),
    ],
)
def test_best_median_and_worst(goodness: list[float], expected: tuple[int, int, int]) -> None:
    assert best_median_worst(np.array(goodness)) == dict(zip(("best", "median", "worst"), expected, strict=True))


@pytest.mark.parametrize(("targets", "columns"), [(("mask", "depth"), 6), (("mask",), 4), (("depth",), 4)])
def test_a_sheet_has_three_cases_clean_and_three_under_stress(
    tmp_path_factory: pytest.TempPathFactory, targets: tuple[str, ...], columns: int
) -> None:
    corpus = make_evaluation_corpus(tmp_path_factory.mktemp("cases"))
    depth = DepthTarget.from_depth_code(corpus.depth_code()) if "depth" in targets else None
    network = NetworkMethod(DifferenceNet(targets), depth, 0.5)
    trial = Evaluator(corpus, [network], network.output_px, depth, torch.device("cpu"), 8, no_progress)
    choice = AssetIdentities(corpus).choose(REPORTED_CELLS[3], None)
    sheet = draw_cases(trial, network, choice, trial.score(choice, CONDITIONS))
    panel_px, text_px = 150, 18
    assert sheet.dtype == np.uint8
    assert sheet.shape[1] // panel_px == columns
    assert (sheet.shape[0] - text_px) % 6 == 0
