"""Scores of methods whose answers are known, held to slow ones sample by sample."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

from torch import Tensor  # noqa: E402

from bgfg.data_manifests.terminal.progress import no_progress  # noqa: E402
from bgfg.synth.store.corpus import Corpus  # noqa: E402
from bgfg.train.augment.stress import stress  # noqa: E402
from bgfg.train.evaluation.evaluator import CLEAN, CONDITIONS, Evaluator  # noqa: E402
from bgfg.train.evaluation.methods import AT_CORPUS, AT_OUTPUT, EvalBatch, Method, MethodOutput  # noqa: E402
from bgfg.train.ops import tensor_resize  # noqa: E402
from bgfg.train.stream.evaluation_cells import REPORTED_CELLS, VAL_CELL, AssetIdentities, CellSamples  # noqa: E402
from bgfg.train.targets.depth import DepthTarget  # noqa: E402
from bgfg.train.targets.mask import THRESHOLDS  # noqa: E402
from tests.support import references_evaluation  # noqa: E402
from tests.support import references_targets as slow  # noqa: E402
from tests.support.evaluation_corpus import make_evaluation_corpus  # noqa: E402

SIZE = (12, 14)


@dataclass
class StandIn:
    """Answers with what the shots' red channels differ by, or with how green the composite is where it doesn't see a
    difference; depth is the blue of the bare background, from 1 to 6 m. All known functions of the pictures.
    """

    name: str = "stand-in"
    uses_images: bool = True
    has_alpha: bool = True
    fallback_threshold: float | None = None

    def predict(self, batch: EvalBatch) -> MethodOutput:
        assert batch.bg is not None
        red = (batch.bg_fg[:, :1].float() - batch.bg[:, :1].float()).abs() / 255
        mask = (red + batch.bg_fg[:, 1:2].float() / 2550).clamp(max=1)
        blue = tensor_resize.area(batch.bg[:, 2:], SIZE)
        return MethodOutput({AT_OUTPUT: tensor_resize.area(mask, SIZE), AT_CORPUS: mask}, 1 + blue / 51)


@dataclass
class Oracle:
    """Answers with the truth of the mask."""

    name: str = "oracle"
    uses_images: bool = False
    has_alpha: bool = True
    fallback_threshold: float | None = 0.5

    def predict(self, batch: EvalBatch) -> MethodOutput:
        return MethodOutput(
            {AT_OUTPUT: tensor_resize.area(batch.mask, SIZE) / 255, AT_CORPUS: batch.mask.float() / 255}
        )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_evaluation_corpus(tmp_path_factory.mktemp("evaluator"))


def evaluator(corpus: Corpus, *methods: Method, batch: int = 5) -> Evaluator:
    depth = DepthTarget.from_depth_code(corpus.depth_code())
    return Evaluator(corpus, methods, SIZE, depth, torch.device("cpu"), batch, no_progress)


def cell(corpus: Corpus, letter: str) -> CellSamples:
    return AssetIdentities(corpus).choose(next(c for c in (*REPORTED_CELLS, VAL_CELL) if c.letter == letter), None)


def shots(corpus: Corpus, sample: int, condition: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a sample's two shots, (H, W, 3) uint8, disturbed by themselves."""
    row = corpus[sample]
    if condition == CLEAN:
        return row.background, row.image

    def batch(pixels: np.ndarray) -> Tensor:
        found: Tensor = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None]
        return found

    others = torch.stack([batch(corpus.read("background", b))[0] for b in range(corpus.geometry.backgrounds)])
    disturbed = stress(
        condition, batch(row.background), batch(row.image), torch.from_numpy(row.mask.copy())[None, None],
        torch.tensor([sample]), others, torch.tensor([row.row["background"]]),
    )  # fmt: skip
    bg, image = (pixels[0].permute(1, 2, 0).numpy() for pixels in disturbed)
    return bg, image


def answer(corpus: Corpus, sample: int, condition: str) -> np.ndarray:
    """Return the stand-in's mask at the size of the corpus."""
    bg, image = (pixels.astype(np.float64) for pixels in shots(corpus, sample, condition))
    return np.minimum(1, np.abs(image[..., 0] - bg[..., 0]) / 255 + image[..., 1] / 2550)


@pytest.mark.parametrize("condition", [CLEAN, "all"])
def test_every_score_is_the_slow_one(corpus: Corpus, condition: str) -> None:
    choice, judged = cell(corpus, "D"), evaluator(corpus, StandIn(fallback_threshold=0.3))
    scores = judged.score(choice, (condition,))[condition, "stand-in"]
    assert {len(values) for values in scores.values()} == {len(choice.samples)}
    for at in (0, len(choice.samples) - 1):
        sample = int(choice.samples[at])
        mask, true = answer(corpus, sample, condition), references_evaluation.true_mask(corpus, sample)
        small, small_true = slow.area(mask, *SIZE), slow.area(true, *SIZE)
        bg, _ = shots(corpus, sample, condition)
        depth_m = 1 + slow.area(bg[..., 2].astype(np.float64), *SIZE) / 51
        true_m = references_evaluation.true_depth_m(corpus, sample, SIZE)
        expected = {
            "output": references_evaluation.mask_scores(small, small_true, 0.3),
            "corpus": references_evaluation.mask_scores(mask, true, 0.3),
            "depth": references_evaluation.depth_scores(depth_m, true_m, small_true, far_m=corpus.depth_code().far_m),
        }
        named = {f"{place}.{name}": value for place, of in expected.items() for name, value in of.items()}
        assert scores.keys() == named.keys()
        found = {name: float(scores[name][at]) for name in named}
        assert found == pytest.approx(named, abs=2e-5, nan_ok=True)


def test_the_truth_is_perfect_everywhere(corpus: Corpus) -> None:
    for letter in "ABCD":
        scores = evaluator(corpus, Oracle()).score(cell(corpus, letter), CONDITIONS)
        assert list(scores) == [(CLEAN, "oracle")]  # who doesn't look at pictures isn't put under stress
        for name, values in scores[CLEAN, "oracle"].items():
            perfect = 0.0 if "mae" in name or "sad" in name else 1.0
            assert values[~np.isnan(values)] == pytest.approx(perfect, abs=1e-6), name


def test_neither_the_batch_nor_its_neighbours_change_a_score(corpus: Corpus) -> None:
    choice = cell(corpus, "D")
    conditions = (CLEAN, "wrong background", "harsh")
    whole = evaluator(corpus, StandIn(fallback_threshold=0.3), batch=64).score(choice, conditions)
    single = evaluator(corpus, StandIn(fallback_threshold=0.3), batch=1).score(choice, conditions)
    assert whole.keys() == single.keys()
    for key in whole:
        for name in whole[key]:
            np.testing.assert_allclose(whole[key][name], single[key][name], rtol=1e-5, atol=1e-6)


def best_by_hand(corpus: Corpus, samples: np.ndarray, condition: str) -> dict[float, float]:
    """Return the mean IoU at every threshold, at the size of the corpus."""
    pairs = [
        (answer(corpus, i, condition), references_evaluation.true_mask(corpus, i) >= 0.5) for i in map(int, samples)
    ]
    return {
        threshold: float(np.mean([slow.iou(mask >= threshold, true) for mask, true in pairs]))
        for threshold in THRESHOLDS
    }


@pytest.mark.parametrize("soft", [True, False])
def test_thresholds_are_the_best_ones_on_val_and_a_mere_score_has_one_for_each_disturbance(
    corpus: Corpus, soft: bool
) -> None:
    val, method = cell(corpus, "val"), StandIn(has_alpha=soft)
    judged = evaluator(corpus, method)
    judged.choose_thresholds(val)
    for condition in (CLEAN, "noise"):
        chosen = judged.threshold(method, condition, AT_CORPUS)
        by_hand = best_by_hand(corpus, val.samples, CLEAN if soft else condition)
        assert chosen is not None
        assert by_hand[chosen] == pytest.approx(max(by_hand.values()))
    assert {condition for _, condition, _ in judged.thresholds} == ({CLEAN} if soft else set(CONDITIONS))


def test_a_mere_score_is_scored_as_the_mask_that_it_makes(corpus: Corpus) -> None:
    choice, method = cell(corpus, "D"), StandIn(has_alpha=False)
    judged = evaluator(corpus, method)
    judged.thresholds = {("stand-in", CLEAN, AT_CORPUS): 0.26}
    scores = judged.score(choice, (CLEAN,))[CLEAN, "stand-in"]
    sample = int(choice.samples[3])
    made = (answer(corpus, sample, CLEAN) >= 0.26).astype(np.float64)
    expected = references_evaluation.mask_scores(made, references_evaluation.true_mask(corpus, sample), 0.5)
    assert {name: scores[f"corpus.{name}"][3] for name in expected} == pytest.approx(expected, abs=1e-5, nan_ok=True)
    assert not any(name.startswith("output") for name in scores)  # where it has no threshold


def test_a_corpus_without_depth_is_scored_by_masks_alone(tmp_path: Path) -> None:
    corpus = make_evaluation_corpus(tmp_path, depth=False)
    judged = Evaluator(corpus, [StandIn(fallback_threshold=0.3)], SIZE, None, torch.device("cpu"), 4, no_progress)
    scores = judged.score(cell(corpus, "D"), (CLEAN,))[CLEAN, "stand-in"]
    assert {name.partition(".")[0] for name in scores} == {"output", "corpus"}
