"""Classes of a corpus, learnt pixel by pixel and one by one: runs, cards, ONNX files, predictions, evaluation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")
pytest.importorskip("pycocotools", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.synth.store.corpus import Corpus
from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.build import RunBuilder
from bgfg.train.engine.corpus_source import CorpusSource
from bgfg.train.engine.launch import train
from bgfg.train.engine.loggers import read_metrics
from bgfg.train.evaluation.classes import evaluate_classes
from bgfg.train.evaluation.instances import evaluate_instances
from bgfg.train.evaluation.real import evaluate_real
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.inference.outputs import predict_files
from bgfg.train.inference.predictor import Predictor
from bgfg.train.inference.runtime import load_model
from bgfg.train.models.checkpoint import load_network
from bgfg.train.ops.device import Device, fabric_on
from bgfg.train.ops.instances import Instance
from bgfg.train.stream.evaluation_cells import REPORTED_CELLS, AssetIdentities
from bgfg.train.targets import average_precision as precision
from bgfg.train.targets.instances import InstancesTarget, detection_truths
from tests.support.few_replicates import few_replicates
from tests.support.in_parts import workers_in_process
from tests.support.instance_corpus import LIGHT_MASKRCNN, SIDE_PX, make_instance_corpus
from tests.support.paired_folders import save

CPU = Device("cpu", "a test's")
CLASSES = ("ant", "cat", "dog")


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    with few_replicates():
        yield


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("classes")
    return make_instance_corpus(folder, "1..2", 4, 9, 2, "50/25/25", CLASSES)


def options(targets: tuple[str, ...], model: str, **given: Any) -> TrainOptions:
    return TrainOptions(**{
        "model": model, "targets": targets, "size_px": SIDE_PX, "epochs": None, "steps": 3, "batch": 8,
        "warmup_steps": 1, "average": 0.5, "validation_samples": 4, "log_every": 1, "threads": 1, "sheet_rows": 2,
        **given,
    })  # fmt: skip


UNET = options(("classes",), "unet", model_options={"width": 4})
MASKRCNN = options(("instances",), "maskrcnn", model_options=LIGHT_MASKRCNN)


@pytest.fixture(scope="module")
def segmenter(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("segmenter") / "run"
    train(corpus, path, UNET, CPU)
    return path


@pytest.fixture(scope="module")
def detector(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("detector") / "run"
    train(corpus, path, MASKRCNN, CPU)
    return path


def test_the_network_has_an_output_for_each_class_and_the_background(segmenter: Path, corpus: Corpus) -> None:
    net, description = load_network(segmenter)
    assert net.options["classes"] == 4
    assert net.shots == 1
    assert description["classes"] == ["background", *CLASSES]
    assert {"val_miou", "val_accuracy"} <= set(read_metrics(segmenter / "metrics.csv")[-1])
    card = load_model(segmenter, "cpu").card
    assert [(entry["code"], entry["name"]) for entry in card.classes] == list(enumerate(("background", *CLASSES)))


def test_predictions_of_classes_have_a_legend(segmenter: Path, corpus: Corpus, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    save_png(corpus[0].image, picture)
    predict_files(Predictor(load_model(segmenter, "cpu")), picture, None, tmp_path / "out", None, no_progress)
    legend = json.loads((tmp_path / "out/classes.json").read_text())
    assert [entry["name"] for entry in legend["classes"]] == ["background", *CLASSES]
    assert (tmp_path / "out/classes/picture.png").exists()


def test_detections_say_the_names_of_their_classes(detector: Path, corpus: Corpus, tmp_path: Path) -> None:
    net, _ = load_network(detector)
    assert net.options["classes"] == 4
    model = load_model(detector, "cpu")
    assert [entry["name"] for entry in model.card.classes] == ["background", *CLASSES]
    model.card = replace(model.card, threshold=0.0)
    picture = tmp_path / "picture.png"
    save_png(corpus[0].image, picture)
    predict_files(Predictor(model), picture, None, tmp_path / "out", None, no_progress)
    [found] = [json.loads(path.read_text()) for path in (tmp_path / "out/detections").iterdir()]
    names = ["background", *CLASSES]
    assert found["instances"]
    assert all(each["name"] == names[each["label"]] for each in found["instances"])


def test_an_onnx_file_knows_the_names(segmenter: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")
    from bgfg.train.export.onnx import export_onnx

    export_onnx(segmenter, tmp_path / "model.onnx")
    card = load_model(tmp_path / "model.onnx").card
    assert [entry["name"] for entry in card.classes] == ["background", *CLASSES]


def test_an_evaluation_scores_each_class(detector: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """And in parts, as workers of a cluster, as in one go."""
    report = evaluate_instances(detector, corpus.path, "cpu", 4).report
    in_parts = evaluate_instances(detector, corpus.path, "cpu", 4, batch=1, cluster=workers_in_process(monkeypatch))
    assert in_parts.report.rows == report.rows
    assert any(note.startswith("AP is the mean over the classes; mask AP of each in D: ant ") for note in report.notes)


def test_an_evaluation_counts_the_pixels_of_each_class(
    segmenter: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And in parts, as workers of a cluster, as in one go."""
    report = evaluate_classes(segmenter, corpus.path, "cpu", 5, batch=3).report
    in_parts = evaluate_classes(segmenter, corpus.path, "cpu", 5, batch=1, cluster=workers_in_process(monkeypatch))
    assert in_parts.report.rows == report.rows
    net, _ = load_network(segmenter)
    choice = AssetIdentities(corpus).choose(REPORTED_CELLS[-1], 5)
    met, either, right = np.zeros(4), np.zeros(4), []
    for i in choice.samples.tolist():
        sample = corpus[i]
        assert sample.instance is not None
        numbers = [0, *(1 + CLASSES.index(paste["label"]) for paste in sample.pastes)]
        true = np.array(numbers)[sample.instance]
        picture = torch.from_numpy(sample.image.copy()).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            shares = net(picture)["classes"].softmax(dim=1)
        shares = torch.nn.functional.interpolate(shares, true.shape, mode="bilinear", align_corners=False)
        found = shares[0].argmax(dim=0).numpy()
        right.append((found == true).mean())
        for code in range(4):
            met[code] += ((found == code) & (true == code)).sum()
            either[code] += ((found == code) | (true == code)).sum()
    [row] = [row for row in report.rows if row.cell == "D" and row.contestant == "unet"]
    assert row.figures["accuracy"].mean == pytest.approx(np.mean(right), abs=1e-3)
    for code, name in enumerate(("background", *CLASSES)):
        mean = row.figures[f"iou_{name}"].mean
        assert mean == (pytest.approx(met[code] / either[code], abs=2e-3) if either[code] else None)
    assert row.figures["miou"].mean == pytest.approx((met[either > 0] / either[either > 0]).mean(), abs=2e-3)
    [nothing] = [row for row in report.rows if row.cell == "D" and row.contestant == "all background"]
    assert {nothing.figures[f"iou_{name}"].mean for name in CLASSES} <= {0.0, None}
    for text in (report.markdown(), report.as_json()):
        assert all(name in text for name in CLASSES)


def test_a_corpus_of_other_classes_is_none_to_test_on(segmenter: Path, tmp_path: Path) -> None:
    other = make_instance_corpus(tmp_path / "other", "1..2", 4, 9, 2, "50/25/25", ("ant", "dog", "eel"))
    with pytest.raises(Problem, match="has the classes ant, dog, eel, and the network learnt ant, cat, dog"):
        evaluate_classes(segmenter, other.path, "cpu")


def test_real_pictures_of_the_classes_join_and_are_tested_on(corpus: Corpus, tmp_path: Path) -> None:
    for n, label in enumerate(CLASSES * 3):
        save(np.full((SIDE_PX, SIDE_PX + 8, 3), 20 * n, np.uint8), tmp_path / f"real/images/{label}/{n}.png")
        mask = np.zeros((SIDE_PX, SIDE_PX + 8), np.uint8)
        mask[9:30, 6 + n : 26] = 255
        save(mask, tmp_path / f"real/masks/{label}/{n}.png")
    folder = ImageMaskFolder(tmp_path / "real", {"val": 2, "test": 2, "groups": "none"})
    wanted = replace(UNET, share=0.34, augment=False, data=folder.settings)
    build = RunBuilder(CorpusSource(corpus, {}), wanted, fabric_on(CPU, "32-true"), mix=folder)
    assert build.mix is not None
    sequence = build.mix.portions(wanted, SIDE_PX, fabric_on(CPU, "32-true"))
    batch = next(iter(build.training_batches()))
    for place, codes in zip(batch.samples[8:].tolist(), batch.truths["classes"][8:], strict=True):
        label = Path(folder.pairs[sequence.picture_at(place)].image).parent.name
        assert set(codes.unique().tolist()) == {0, 1 + CLASSES.index(label)}
    assert len(batch.samples) == 12
    train(corpus, tmp_path / "run", wanted, CPU, mix=folder)
    assert {"val_miou", "real_miou"} <= read_metrics(tmp_path / "run/metrics.csv")[-1].keys()
    report = evaluate_real(tmp_path / "run", tmp_path / "real", {}, "cpu").report
    assert report.pictures == 2
    assert {f"classes.iou_{name}" for name in ("background", *CLASSES)} <= report.rows[0].figures.keys()


def test_masks_are_learnt_from_all_classes(corpus: Corpus, tmp_path: Path) -> None:
    train(corpus, tmp_path / "run", options(("mask", "classes"), "unet", model_options={"width": 4}), CPU)
    assert {"val_miou", "loss_mask", "loss_classes"} <= set(read_metrics(tmp_path / "run/metrics.csv")[-1])


def test_a_run_is_refused_by_other_classes(segmenter: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CorpusSource, "classes", ("background", "ant", "cat", "eel"))
    with pytest.raises(Problem, match="began with the classes background, ant, cat, dog"):
        train(corpus, segmenter, UNET, CPU)


def test_a_corpus_without_classes_has_none_to_learn(tmp_path: Path) -> None:
    plain = make_instance_corpus(tmp_path / "plain")
    with pytest.raises(Problem, match=r"--targets classes: .* has no classes"):
        train(plain, tmp_path / "run", UNET, CPU)


def test_true_labels_are_those_of_the_instances() -> None:
    target = InstancesTarget(2)
    numbers = torch.tensor([[[[0, 1, 1], [2, 2, 0]]]], dtype=torch.uint8)
    classes = torch.tensor([[[[0, 2, 2], [1, 1, 0]]]], dtype=torch.uint8)
    [truth] = detection_truths(target.encode(numbers, classes, (2, 3)))
    assert truth["labels"].tolist() == [2, 1]
    [of_one] = detection_truths(InstancesTarget().encode(numbers, (2, 3)))
    assert of_one["labels"].tolist() == [1, 1]


def test_average_precision_is_the_mean_over_the_classes_that_are_shown() -> None:
    true = np.zeros((8, 8), np.uint8)
    true[:4], true[4:] = 1, 2
    labels = np.where(true == 1, 1, 2).astype(np.uint8)

    def found(number: int, label: int) -> Instance:
        top = 4 * (number - 1)
        return Instance((0, top, 8, top + 4), label, 0.9, true == number)

    def ap(*detections: Instance) -> float:
        rows = precision.match_detections(detections, true, labels, 3)[None]
        return precision.average_precision(rows)["mask_ap"]

    assert ap(found(1, 1), found(2, 2)) == pytest.approx(1)
    assert ap(found(1, 1), found(2, 1)) == pytest.approx(0.5)  # rightly outlined, of the wrong class
    assert ap(found(1, 2), found(2, 1)) == pytest.approx(0)
    rows = precision.match_detections([found(1, 1), found(2, 2)], true, labels, 3)[None]
    assert precision.people_of(rows).tolist() == [2]
    redrawn = precision.ResampledPrecision(np.repeat(rows, 2, axis=0)).metrics(np.ones((1, 2)))
    assert redrawn["mask_ap"].tolist() == pytest.approx([1])
