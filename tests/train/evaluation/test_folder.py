"""Evaluation on a folder, beside the two baselines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.evaluation.corpus import evaluate_run
from bgfg.train.evaluation.folder import evaluate_folder
from bgfg.train.folders.discovery import ImageMaskPair
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.folders.scan import PairScan
from bgfg.train.models.checkpoint import LAST, checkpoint_path
from tests.support.paired_folders import disc, make_aisegment, make_pets, make_plain
from tests.support.stream_corpus import make_stream_corpus
from tests.support.tiny_runs import train_tiny
from tests.train.engine.test_folder_source import run
from tests.train.folders.findings.test_pictures import folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_plain(tmp_path_factory.mktemp("plain"), 12)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, plain: Path) -> Path:
    path = tmp_path_factory.mktemp("trained") / "run"
    run(ImageMaskFolder(plain, {"test": 4}), path, steps=2)
    return path


def test_the_report_has_the_network_beside_both_guesses(trained: Path, plain: Path, tmp_path: Path) -> None:
    found = evaluate_folder(trained, plain, "cpu")
    paths = found.save(tmp_path)
    content = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert list(content["contestants"]) == ["unet", "all background", "centre ellipse"]
    assert (content["target"], content["headline"], content["pictures"]) == ("mask", "mask", 4)
    nothing = content["contestants"]["all background"]["classes"]
    assert nothing["mask"]["iou_pooled"] == 0.0
    folder = ImageMaskFolder(plain, {"test": 4})
    seeds = [int(Path(folder.pairs[i].image).stem) for i in folder.indices("test")]
    background = [1 - disc(seed).mean() for seed in seeds]
    assert nothing["mean"]["accuracy_image"] == pytest.approx(np.mean(background))
    assert nothing["background"]["iou_image"] == pytest.approx(np.mean(background))
    ellipse = content["contestants"]["centre ellipse"]["classes"]
    assert ellipse["mask"]["iou_image"] > 0.2
    markdown = paths[0].read_text(encoding="utf-8")
    assert "## Classes: centre ellipse" in markdown
    assert "| centre ellipse |" in found.report.summary()
    picture = cv2.imread(str(paths[2]))
    assert picture is not None


def test_another_folder_is_tested_whole_and_pictures_that_are_known_are_said(trained: Path, tmp_path: Path) -> None:
    other = evaluate_folder(trained, make_plain(tmp_path / "other", 20), "cpu")
    content = json.loads(other.report.as_json())
    assert content["pictures"] == 20
    assert content["notes"][:2] == [
        "The network was trained on other data than these.",
        "All pairs are tested, for the folder names none for testing.",
    ]
    assert any(note.startswith("Not new: ") for note in content["notes"])


def test_of_a_run_or_its_checkpoint_nothing_is_read_twice(
    trained: Path, plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scan(root: Path, pair: ImageMaskPair, *rest: Any) -> PairScan:
        raise AssertionError(f"{pair.mask} is read again")

    monkeypatch.setattr("bgfg.train.folders.scan.scan_pair", scan)
    by_run = evaluate_folder(trained, plain, "cpu").report.as_json()
    assert evaluate_folder(checkpoint_path(trained, LAST), plain, "cpu").report.digest == json.loads(by_run)["digest"]


def test_what_was_decided_on_turned_photos_is_in_the_report(trained: Path, tmp_path: Path) -> None:
    root = folder(tmp_path, (3, 6), masks_as_stored=True)
    notes = json.loads(evaluate_folder(trained, root, "cpu").report.as_json())["notes"]
    assert any("so is its mask, which is drawn on the unturned pixels" in note for note in notes)


def test_of_many_pairs_a_spread_is_taken(trained: Path, plain: Path) -> None:
    content = json.loads(evaluate_folder(trained, plain, "cpu", max_samples=2).report.as_json())
    assert content["pictures"] == 2
    assert content["notes"] == ["2 of the 4 pairs were taken, evenly spread."]


def test_classes_have_a_table_and_the_mean_leads(tmp_path: Path) -> None:
    pets = make_pets(tmp_path / "pets")
    run(ImageMaskFolder(pets), tmp_path / "run", targets=("classes",), steps=2)
    found = evaluate_folder(tmp_path / "run", pets, "cpu")
    content = json.loads(found.report.as_json())
    assert content["headline"] == "mean"
    assert list(content["contestants"]["unet"]["classes"]) == ["pet", "background", "outline", "mean"]
    assert "mean of the classes" in found.report.summary()
    nothing, ellipse = (content["contestants"][name]["classes"] for name in ("all background", "centre ellipse"))
    assert nothing["pet"]["iou_pooled"] == nothing["outline"]["iou_pooled"] == 0.0
    assert ellipse["pet"]["iou_pooled"] > 0.1


def test_the_outline_of_pets_counts_in_the_test_as_it_did_in_training(tmp_path: Path) -> None:
    pets = make_pets(tmp_path / "pets")
    shares = {}
    for outline in ("pet", "background", "ignore"):
        run(ImageMaskFolder(pets, {"outline": outline}), tmp_path / outline, steps=2)
        found = json.loads(evaluate_folder(tmp_path / outline, pets, "cpu").report.as_json())
        shares[outline] = found["contestants"]["all background"]["classes"]["background"]["iou_pooled"]
    assert shares["pet"] < shares["background"]
    assert shares["ignore"] > shares["pet"]


def test_the_outline_may_be_counted_otherwise_than_in_training(tmp_path: Path) -> None:
    pets = make_pets(tmp_path / "pets")
    run(ImageMaskFolder(pets), tmp_path / "run", targets=("mask",), steps=2)
    settings: tuple[dict[str, str], ...] = ({}, {"outline": "background"})
    trained, other = (evaluate_folder(tmp_path / "run", pets, "cpu", settings=s).report for s in settings)
    assert "The outline counts as pet." in trained.notes
    assert "The outline counts as background." in other.notes
    shares = [r.results[1].classes["background"]["iou_pooled"] for r in (trained, other)]
    assert shares[0] < shares[1]


def test_mattes_get_the_four_errors(tmp_path: Path) -> None:
    mattes = make_aisegment(tmp_path / "mattes")
    matting: dict[str, Any] = {"model": "matting_unet", "model_options": {}, "targets": ("matte",), "clip": None}
    run(ImageMaskFolder(mattes), tmp_path / "run", steps=2, **matting)
    found = evaluate_folder(tmp_path / "run", mattes, "cpu")
    content = json.loads(found.report.as_json())
    for contestant in content["contestants"].values():
        assert contestant["matte"].keys() == {"sad", "mse", "grad", "conn"}
    assert "| SAD, thousands | MSE × 1,000 | Grad, thousands | Conn, thousands |" in found.report.summary()


def test_a_network_of_single_pictures_is_tested_on_a_corpus_too(tmp_path: Path) -> None:
    corpus = make_stream_corpus(tmp_path)
    run(corpus, tmp_path / "run", model="matting_unet", model_options={}, targets=("matte",), batch=8, steps=2)
    report = evaluate_run(tmp_path / "run", corpus.path, "cpu").report
    assert "matting_unet" in report.summary()
    headline = next(row for row in report.rows if row.cell == "D" and row.contestant == "matting_unet")
    errors = {name: headline.figures[f"corpus.{name}"].mean for name in ("sad", "mse", "grad", "conn")}
    assert all(error is not None and error > 0 for error in errors.values())
    assert "Grad, thousands | Conn, thousands |" in report.summary()
    assert ", the size of the corpus\n\n| cell | contestant | SAD, thousands | MSE × 1,000 |" in report.markdown()


def test_what_cannot_be_tested_is_refused_in_a_line(trained: Path, plain: Path, tmp_path: Path) -> None:
    def refusal(run: Path, folder: Path) -> str:
        with pytest.raises(Problem) as caught:
            evaluate_folder(run, folder, "cpu")
        assert len(caught.value.lines) == 1
        return caught.value.lines[0]

    run(ImageMaskFolder(plain, {"split": "100/0/0"}), tmp_path / "untested", steps=2)
    assert "split without a test pair: train with --test 1 or more" in refusal(tmp_path / "untested", plain)
    pets = make_pets(tmp_path / "pets")
    run(ImageMaskFolder(pets), tmp_path / "classes", targets=("classes",), steps=2)
    assert "unet: finds classes, and" in refusal(tmp_path / "classes", plain)
    (tmp_path / "corpus").mkdir()
    corpus = make_stream_corpus(tmp_path / "corpus")
    train_tiny(corpus, tmp_path / "pairs", steps=1)
    assert "tiny takes two shots of a scene, and" in refusal(tmp_path / "pairs", plain)
    assert "no such checkpoint" in refusal(tmp_path / "none", plain)
    assert "no such folder: give a folder of images and masks" in refusal(trained, tmp_path / "none")
