"""Scores of contestants whose answers are known, held to slow ones sample by sample."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.terminal.progress import silent  # noqa: E402
from bgfg.synth.store.store import Corpus  # noqa: E402
from bgfg.train.augment.pipeline import stress  # noqa: E402
from bgfg.train.evaluation.evaluator import CLEAN, CONDITIONS, Trial  # noqa: E402
from bgfg.train.evaluation.methods import CORPUS, OUTPUT, Contestant, Found, Scene  # noqa: E402
from bgfg.train.ops import resize  # noqa: E402
from bgfg.train.stream.identity_cells import REPORTED, VAL, Choice, Identities  # noqa: E402
from bgfg.train.targets.depth import DepthTarget  # noqa: E402
from bgfg.train.targets.mask import THRESHOLDS  # noqa: E402
from torch import Tensor  # noqa: E402

from tests.support import references_targets as slow  # noqa: E402
from tests.support import slow_evaluation  # noqa: E402
from tests.support.small_corpus import make_corpus  # noqa: E402

SIZE = (12, 14)


@dataclass
class StandIn:
    """Answers with what the shots' red channels differ by, or with how green the composite is where it doesn't see a
    difference; depth is the blue of the bare background, from 1 to 6 m. All known functions of the pictures.
    """

    name: str = "stand-in"
    sees: bool = True
    soft: bool = True
    fallback: float | None = None

    def find(self, scene: Scene) -> Found:
        red = (scene.bg_fg[:, :1].float() - scene.bg[:, :1].float()).abs() / 255
        mask = (red + scene.bg_fg[:, 1:2].float() / 2550).clamp(max=1)
        blue = resize.area(scene.bg[:, 2:], SIZE)
        return Found({OUTPUT: resize.area(mask, SIZE), CORPUS: mask}, 1 + blue / 51)


@dataclass
class Oracle:
    """Answers with the truth of the mask."""

    name: str = "oracle"
    sees: bool = False
    soft: bool = True
    fallback: float | None = 0.5

    def find(self, scene: Scene) -> Found:
        return Found({OUTPUT: resize.area(scene.mask, SIZE) / 255, CORPUS: scene.mask.float() / 255})


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_corpus(tmp_path_factory.mktemp("trial"))


def trial(corpus: Corpus, *contestants: Contestant, batch: int = 5) -> Trial:
    depth = DepthTarget.of(corpus.depth_code())
    return Trial(corpus, contestants, SIZE, depth, torch.device("cpu"), batch, silent)


def cell(corpus: Corpus, letter: str) -> Choice:
    return Identities(corpus).choose(next(c for c in (*REPORTED, VAL) if c.letter == letter), None)


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
    choice, judged = cell(corpus, "D"), trial(corpus, StandIn(fallback=0.3))
    scores = judged.score(choice, (condition,))[condition, "stand-in"]
    assert {len(values) for values in scores.values()} == {len(choice.samples)}
    for at in (0, len(choice.samples) - 1):
        sample = int(choice.samples[at])
        mask, true = answer(corpus, sample, condition), slow_evaluation.true_mask(corpus, sample)
        small, small_true = slow.area(mask, *SIZE), slow.area(true, *SIZE)
        bg, _ = shots(corpus, sample, condition)
        depth_m = 1 + slow.area(bg[..., 2].astype(np.float64), *SIZE) / 51
        true_m = slow_evaluation.true_depth_m(corpus, sample, SIZE)
        expected = {
            "output": slow_evaluation.mask_scores(small, small_true, 0.3),
            "corpus": slow_evaluation.mask_scores(mask, true, 0.3),
            "depth": slow_evaluation.depth_scores(depth_m, true_m, small_true, far_m=corpus.depth_code().far_m),
        }
        named = {f"{place}.{name}": value for place, of in expected.items() for name, value in of.items()}
        assert scores.keys() == named.keys()
        found = {name: float(scores[name][at]) for name in named}
        assert found == pytest.approx(named, abs=2e-5, nan_ok=True)


def test_the_truth_is_perfect_everywhere(corpus: Corpus) -> None:
    for letter in "ABCD":
        scores = trial(corpus, Oracle()).score(cell(corpus, letter), CONDITIONS)
        assert list(scores) == [(CLEAN, "oracle")]  # who doesn't look at pictures isn't put under stress
        for name, values in scores[CLEAN, "oracle"].items():
            perfect = 0.0 if "mae" in name or "sad" in name else 1.0
            assert values[~np.isnan(values)] == pytest.approx(perfect, abs=1e-6), name


def test_neither_the_batch_nor_its_neighbours_change_a_score(corpus: Corpus) -> None:
    choice = cell(corpus, "D")
    conditions = (CLEAN, "wrong background", "harsh")
    whole = trial(corpus, StandIn(fallback=0.3), batch=64).score(choice, conditions)
    single = trial(corpus, StandIn(fallback=0.3), batch=1).score(choice, conditions)
    assert whole.keys() == single.keys()
    for key in whole:
        for name in whole[key]:
            np.testing.assert_allclose(whole[key][name], single[key][name], rtol=1e-5, atol=1e-6)


def best_by_hand(corpus: Corpus, samples: np.ndarray, condition: str) -> dict[float, float]:
    """Return the mean IoU at every threshold, at the size of the corpus."""
    pairs = [(answer(corpus, i, condition), slow_evaluation.true_mask(corpus, i) >= 0.5) for i in map(int, samples)]
    return {
        threshold: float(np.mean([slow.iou(mask >= threshold, true) for mask, true in pairs]))
        for threshold in THRESHOLDS
    }


@pytest.mark.parametrize("soft", [True, False])
def test_thresholds_are_the_best_ones_on_val_and_a_mere_score_has_one_for_each_disturbance(
    corpus: Corpus, soft: bool
) -> None:
    val, contestant = cell(corpus, "val"), StandIn(soft=soft)
    judged = trial(corpus, contestant)
    judged.choose_thresholds(val)
    for condition in (CLEAN, "noise"):
        chosen = judged.threshold(contestant, condition, CORPUS)
        by_hand = best_by_hand(corpus, val.samples, CLEAN if soft else condition)
        assert chosen is not None
        assert by_hand[chosen] == pytest.approx(max(by_hand.values()))
    assert {condition for _, condition, _ in judged.thresholds} == ({CLEAN} if soft else set(CONDITIONS))


def test_a_mere_score_is_scored_as_the_mask_that_it_makes(corpus: Corpus) -> None:
    choice, contestant = cell(corpus, "D"), StandIn(soft=False)
    judged = trial(corpus, contestant)
    judged.thresholds = {("stand-in", CLEAN, CORPUS): 0.26}
    scores = judged.score(choice, (CLEAN,))[CLEAN, "stand-in"]
    sample = int(choice.samples[3])
    made = (answer(corpus, sample, CLEAN) >= 0.26).astype(np.float64)
    expected = slow_evaluation.mask_scores(made, slow_evaluation.true_mask(corpus, sample), 0.5)
    assert {name: scores[f"corpus.{name}"][3] for name in expected} == pytest.approx(expected, abs=1e-5, nan_ok=True)
    assert not any(name.startswith("output") for name in scores)  # where it has no threshold


def test_a_corpus_without_depth_is_scored_by_masks_alone(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path, depth=False)
    judged = Trial(corpus, [StandIn(fallback=0.3)], SIZE, None, torch.device("cpu"), 4, silent)
    scores = judged.score(cell(corpus, "D"), (CLEAN,))[CLEAN, "stand-in"]
    assert {name.partition(".")[0] for name in scores} == {"output", "corpus"}
