"""A whole evaluation with a network whose answers are known, held to slow means over samples; and what it must say."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.terminal.errors import Problem  # noqa: E402
from bgfg.synth.importing.import_corpus import import_corpus  # noqa: E402
from bgfg.synth.importing.options import ImportOptions  # noqa: E402
from bgfg.synth.store.corpus import Corpus  # noqa: E402
from bgfg.synth.store.depth_code import RelativeDepth  # noqa: E402
from bgfg.train.evaluation.bootstrap import PigeonholeBootstrap  # noqa: E402
from bgfg.train.evaluation.corpus import evaluate, evaluate_run  # noqa: E402
from bgfg.train.evaluation.evaluator import CLEAN, CONDITIONS  # noqa: E402
from bgfg.train.evaluation.methods import NetworkMethod  # noqa: E402
from bgfg.train.evaluation.report import CorpusReport  # noqa: E402
from bgfg.train.evaluation.result import EvaluationResult  # noqa: E402
from bgfg.train.evaluation.running import EvalConfig  # noqa: E402
from bgfg.train.models.checkpoint import load_network  # noqa: E402
from bgfg.train.stream.evaluation_cells import REPORTED_CELLS, AssetIdentities, CellSamples  # noqa: E402
from bgfg.train.targets.depth import DepthTarget  # noqa: E402
from tests.support import references_evaluation  # noqa: E402
from tests.support import references_targets as slow  # noqa: E402
from tests.support.difference_net import DifferenceNet  # noqa: E402
from tests.support.evaluation_corpus import make_evaluation_corpus  # noqa: E402
from tests.support.executors import IN_PROCESS  # noqa: E402
from tests.support.few_replicates import REPLICATES, few_replicates  # noqa: E402
from tests.support.real_folder import make_real  # noqa: E402
from tests.support.saved_runs import save_run  # noqa: E402

SIZE = (12, 12)
FEW = 3  # samples of a cell


@pytest.fixture(scope="module", autouse=True)
def quick_intervals() -> Iterator[None]:
    with few_replicates():
        yield


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_evaluation_corpus(tmp_path_factory.mktemp("evaluate"))


def looking(corpus: Corpus, *targets: str, input_px: int = 24) -> NetworkMethod:
    depth = DepthTarget.from_depth_code(corpus.depth_code()) if corpus.manifest.teacher else None
    return NetworkMethod(DifferenceNet(targets or ("mask", "depth"), input_px), depth, 0.4)


def evaluated(
    corpus: Corpus, network: NetworkMethod, max_samples: int | None = None, batch: int = 7
) -> EvaluationResult[CorpusReport]:
    return evaluate(network, corpus, EvalConfig(torch.device("cpu"), max_samples, batch), {"run": "stand-in"})


@pytest.fixture(scope="module")
def found(corpus: Corpus) -> EvaluationResult[CorpusReport]:
    return evaluated(corpus, looking(corpus))


@pytest.fixture(scope="module")
def few(corpus: Corpus) -> EvaluationResult[CorpusReport]:
    return evaluated(corpus, looking(corpus), max_samples=FEW)


def figures(
    evaluation: EvaluationResult[CorpusReport], cell: str, contestant: str, condition: str = CLEAN
) -> dict[str, Any]:
    content = json.loads(evaluation.report.as_json())
    for row in content["rows"]:
        if (row["cell"], row["contestant"], row["condition"]) == (cell, contestant, condition):
            return dict(row["figures"], thresholds=row["thresholds"])
    raise LookupError(f"no row of {contestant} in {cell} under {condition}")


def answers(corpus: Corpus, sample: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the network's probability and raw depth at its output's size, from pictures resized by PyTorch."""
    row = corpus[sample]
    shots = []
    for pixels in (row.background, row.image):
        picture = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None]
        resized = torch.nn.functional.interpolate(picture, (24, 24), mode="bilinear", antialias=True)
        shots.append(resized[0].double().numpy() / 255)
    maps = 8 * (shots[1][0] - shots[0][0]), shots[0][2]
    logits, raw = (map_.reshape(12, 2, 12, 2).mean(axis=(1, 3)) for map_ in maps)
    return 1 / (1 + np.exp(-logits)), raw


@pytest.mark.parametrize("letter", ["A", "B", "C", "D"])
def test_every_figure_of_the_network_is_the_mean_of_slow_scores(
    corpus: Corpus, few: EvaluationResult[CorpusReport], letter: str
) -> None:
    of_network = figures(few, letter, "looking")
    thresholds = of_network.pop("thresholds")
    gathered: dict[str, list[float]] = {}
    for sample in chosen(corpus, letter, FEW).samples.tolist():
        for name, value in slow_scores(corpus, sample, thresholds).items():
            gathered.setdefault(name, []).append(value)
    assert of_network.keys() == gathered.keys()
    means = {name: float(np.nanmean(values)) for name, values in gathered.items() if not np.isnan(values).all()}
    assert {name: of_network[name]["mean"] for name in means} == pytest.approx(means, abs=1e-4)
    assert all(of_network[name]["mean"] is None for name in gathered.keys() - means)


def slow_scores(corpus: Corpus, sample: int, thresholds: dict[str, float]) -> dict[str, float]:
    """Return every score of the network for a sample, by the name of its figure."""
    code = corpus.depth_code()
    middle_m = (code.near_m * code.far_m) ** 0.5
    probability, raw = answers(corpus, sample)
    true = references_evaluation.true_mask(corpus, sample)
    small_true = slow.area(true, *SIZE)
    depth_m = middle_m / np.clip(raw, middle_m / code.far_m, middle_m / code.near_m)
    true_m = references_evaluation.true_depth_m(corpus, sample, SIZE)
    large = references_evaluation.bilinear(probability, *true.shape)
    places = {
        "output": references_evaluation.mask_scores(probability, small_true, thresholds["output"]),
        "corpus": references_evaluation.mask_scores(large, true, thresholds["corpus"]),
        "depth": references_evaluation.depth_scores(depth_m, true_m, small_true, code.far_m),
    }
    return {f"{place}.{name}": value for place, scores in places.items() for name, value in scores.items()}


def chosen(corpus: Corpus, letter: str, max_samples: int | None) -> CellSamples:
    return AssetIdentities(corpus).choose(next(cell for cell in REPORTED_CELLS if cell.letter == letter), max_samples)


def test_intervals_are_those_over_identities(corpus: Corpus, found: EvaluationResult[CorpusReport]) -> None:
    of_ceiling, choice = figures(found, "D", "ceiling"), chosen(corpus, "D", None)
    heights = []
    for sample in choice.samples.tolist():
        true = references_evaluation.true_mask(corpus, sample)
        there_and_back = references_evaluation.bilinear(slow.area(true, *SIZE), *true.shape)
        heights.append(slow.iou(there_and_back >= of_ceiling["thresholds"]["corpus"], true >= 0.5))
    bootstrap = PigeonholeBootstrap(choice.backgrounds, choice.cutouts, REPLICATES)
    expected = bootstrap.estimate(np.array(heights))
    iou = of_ceiling["corpus.iou"]
    assert (iou["mean"], iou["low"], iou["high"]) == pytest.approx((expected.mean, expected.low, expected.high))


def test_all_cells_and_disturbances_are_there_and_the_blind_are_not_put_under_stress(
    found: EvaluationResult[CorpusReport],
) -> None:
    rows = [(row.cell, row.condition, row.contestant) for row in found.report.rows]
    clean = {name for cell, condition, name in rows if cell == "D"}
    assert clean == {"looking", "difference", "ceiling", "background's depth", "mean depth"}
    assert {cell for cell, _, _ in rows} == set("ABCDE")
    assert {(condition, name) for cell, condition, name in rows if cell == "E"} == {
        (condition, name) for condition in CONDITIONS if condition != CLEAN for name in ("looking", "difference")
    }
    assert not any("val" in row.title for row in found.report.rows)


def test_a_cap_is_kept_to_and_said(corpus: Corpus, few: EvaluationResult[CorpusReport]) -> None:
    assert {row.samples for row in few.report.rows} == {FEW}
    assert {row.total for row in few.report.rows if row.cell == "D"} == {chosen(corpus, "D", None).total}


def test_the_batch_changes_no_figure(corpus: Corpus, few: EvaluationResult[CorpusReport]) -> None:
    again = evaluated(corpus, looking(corpus), max_samples=FEW, batch=2)
    for row, other in zip(few.report.rows, again.report.rows, strict=True):
        means = {name: figure.mean for name, figure in row.figures.items() if figure.mean is not None}
        assert {name: other.figures[name].mean for name in means} == pytest.approx(means, abs=1e-5)


def test_what_is_saved_is_the_report_and_a_picture(found: EvaluationResult[CorpusReport], tmp_path: Path) -> None:
    import cv2

    paths = found.save(tmp_path / "out")
    assert [path.name for path in paths] == ["report.md", "report.json", "cases.png"]
    assert paths[0].read_text(encoding="utf-8") == found.report.markdown()
    assert json.loads(paths[1].read_text(encoding="utf-8"))["format"] == "bgfg-evaluation"
    picture = cv2.imread(str(paths[2]))
    assert picture is not None
    assert np.array_equal(picture[..., ::-1], found.picture)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {path.name for path in paths}


def says(evaluation: EvaluationResult[CorpusReport], text: str) -> bool:
    return any(text in note for note in evaluation.report.notes)


def test_a_corpus_without_depth_is_judged_by_masks_and_says_so(tmp_path: Path) -> None:
    corpus = make_evaluation_corpus(tmp_path, depth=False)
    network = NetworkMethod(DifferenceNet(), DepthTarget(np.linspace(0, 10, 256), 0.1, 10.0), 0.4)
    found = evaluated(corpus, network, max_samples=4)
    assert not any(name.startswith("depth") for row in found.report.rows for name in row.figures)
    assert says(found, "Depth isn't reported: the corpus has none (run `bgfg label")
    with pytest.raises(Problem, match=r"has none \(run `bgfg label .*\), and the network finds nothing else"):
        evaluated(
            corpus, NetworkMethod(DifferenceNet(["depth"]), DepthTarget(np.linspace(0, 10, 256), 0.1, 10.0), None)
        )


def test_depth_without_a_unit_is_not_compared_and_that_is_said(corpus: Corpus) -> None:
    unitless = Corpus(corpus.path)
    teacher = {**(unitless.manifest.teacher or {}), "encoding": RelativeDepth(0.0, 1.0).attributes()}
    unitless.manifest = dataclasses.replace(unitless.manifest, teacher=teacher)
    found = evaluated(unitless, looking(corpus), max_samples=2)
    assert not any(name.startswith("depth") for row in found.report.rows for name in row.figures)
    assert says(found, "Depth isn't reported: the corpus's has no unit")


def test_a_network_of_depth_alone_is_judged_by_depth_alone(corpus: Corpus) -> None:
    found = evaluated(corpus, looking(corpus, "depth"), max_samples=4)
    assert {row.contestant for row in found.report.rows} == {"looking", "background's depth", "mean depth"}
    assert all(name.startswith("depth") for row in found.report.rows for name in row.figures)


def test_without_val_thresholds_are_those_of_training_and_the_difference_is_left_out(tmp_path: Path) -> None:
    corpus = make_evaluation_corpus(tmp_path, split="67/0/33")
    found = evaluated(corpus, looking(corpus), max_samples=6)
    assert figures(found, "D", "looking")["thresholds"] == {"output": 0.4, "corpus": 0.4}
    assert not any(row.contestant == "difference" for row in found.report.rows)
    assert says(found, "no sample of val to choose thresholds on")


def test_cells_without_a_sample_are_named_with_the_reason(tmp_path: Path) -> None:
    corpus = make_evaluation_corpus(tmp_path, backgrounds=1, cutouts=6)
    found = evaluated(corpus, looking(corpus), max_samples=6)
    assert {row.cell for row in found.report.rows} == {"A", "B"}
    assert says(found, "cell D (both new) needs test backgrounds and test cut-outs; the corpus has 0 test backgrounds")
    assert says(found, "Cell A has no intervals")
    assert all(figure.low is None for row in found.report.rows for figure in row.figures.values())
    assert found.picture.size


def test_nothing_to_report_is_a_problem(tmp_path: Path) -> None:
    corpus = make_evaluation_corpus(tmp_path, backgrounds=2, cutouts=2, placements=1, split="50/50/0")
    with pytest.raises(Problem, match=r"cell A .* needs .* two placements or more; .* 1 placements a pair") as problem:
        evaluated(corpus, looking(corpus))
    assert len(problem.value.lines) == 4


def test_an_unfinished_corpus_names_the_command(corpus: Corpus, tmp_path: Path, copy_of: Callable) -> None:
    half = Corpus(copy_of(corpus.path))
    for mark in (half.path / "done/depth").glob("*.json"):
        mark.unlink()
    with pytest.raises(Problem, match="of depth is not done: run `bgfg label"):
        evaluated(half, looking(corpus))


@pytest.mark.parametrize("input_px", [24, 64])
def test_a_network_and_a_corpus_of_unlike_sizes_are_matched(tmp_path: Path, input_px: int) -> None:
    corpus = make_evaluation_corpus(tmp_path, size=(31, 40))
    found = evaluated(corpus, looking(corpus, input_px=input_px), max_samples=4)
    assert found.report.output_px == (input_px // 2, input_px // 2)
    assert found.report.corpus_px == (31, 40)
    assert "at 40×31, the size of the corpus" in found.report.markdown()


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Pictures with masks alone, in folders of their splits: nobody knows what stands behind the people."""
    folder = tmp_path_factory.mktemp("imported")
    for split, count in (("train", 5), ("val", 3), ("test", 6)):
        make_real(folder / "photos" / split, count, 0, first=20 * len(split))
    import_corpus(folder / "photos", folder / "corpus", ImportOptions(), IN_PROCESS, False)
    return Corpus(folder / "corpus")


def test_a_network_of_one_picture_is_tested_without_backgrounds(imported: Corpus, tmp_path: Path) -> None:
    run = save_run(tmp_path / "run", "unet", ("mask",), input_px=32, width=4)
    result = evaluate_run(run, imported.path, "cpu")
    assert {(row.cell, row.condition, row.contestant) for row in result.report.rows} == {
        ("D", "clean", "unet"), ("D", "clean", "ceiling")
    }  # fmt: skip
    assert all(row.samples == 6 for row in result.report.rows)
    assert any("nor what needs the bare backgrounds" in note for note in result.report.notes)
    of_network = figures(result, "D", "unet")
    network, _ = load_network(run)
    errors = []
    for sample in chosen(imported, "D", None).samples.tolist():
        picture = torch.from_numpy(imported[sample].image.copy()).permute(2, 0, 1)[None]
        seen = torch.nn.functional.interpolate(picture, (32, 32), mode="bilinear", antialias=True).float() / 255
        with torch.no_grad():
            alpha = torch.sigmoid(network(seen)["mask"])
        large = torch.nn.functional.interpolate(alpha, imported[sample].mask.shape, mode="bilinear")[0, 0].numpy()
        errors.append(np.abs(large - imported[sample].mask / 255).mean())
    assert of_network["corpus.mae"]["mean"] == pytest.approx(np.mean(errors), abs=2e-3)


def test_a_network_of_two_shots_needs_the_backgrounds(imported: Corpus, tmp_path: Path) -> None:
    run = save_run(tmp_path / "run", "two_branch_net", ("mask",), input_px=32)
    with pytest.raises(Problem, match=r"of all [0-9]+ samples the background isn't known, and it is asked for"):
        evaluate_run(run, imported.path, "cpu")
