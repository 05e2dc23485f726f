"""Mask R-CNN in the one loop: it goes on where it stopped, is tested, used and exported; and learns by heart."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.support.few_replicates import few_replicates
from tests.support.project import ROOT

pytest.importorskip("torch", reason="the extra [train] isn't installed")
pytest.importorskip("pycocotools", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.launch import train
from bgfg.train.engine.loggers import read_metrics
from bgfg.train.evaluation.bootstrap import Estimate
from bgfg.train.evaluation.instance_report import InstanceReport
from bgfg.train.evaluation.instances import _rows, evaluate_instances
from bgfg.train.models.checkpoint import learnt_targets, load_network
from bgfg.train.ops.device import Device
from bgfg.train.stream.evaluation_cells import REPORTED_CELLS, CellSamples
from bgfg.train.targets import average_precision as precision
from tests.support.instance_corpus import LIGHT_MASKRCNN, SIDE_PX, make_instance_corpus
from tests.train.targets.test_average_precision import case

CPU = Device("cpu", "a test's")


def options(**given: Any) -> TrainOptions:
    """Return the options of a short run."""
    return TrainOptions(**{
        "model": "maskrcnn", "model_options": LIGHT_MASKRCNN, "targets": ("instances",), "size_px": SIDE_PX,
        "epochs": None, "steps": 3, "batch": 8, "warmup_steps": 1, "average": 0.5, "validation_samples": 4,
        "log_every": 1, "threads": 1, "sheet_rows": 2, **given,
    })  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    with few_replicates():
        yield


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_instance_corpus(tmp_path_factory.mktemp("crowd"))


@pytest.fixture(scope="module")
def run(crowd: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trained") / "run"
    train(crowd, path, options(), CPU)
    return path


def test_a_run_has_figures_sheets_and_checkpoints(run: Path) -> None:
    last = read_metrics(run / "metrics.csv")[-1]
    assert {"loss", "loss_instances", "val_loss", "val_mask_ap", "val_box_ap"} <= set(last)
    assert last["step"] == 3
    assert list((run / "sheets").iterdir())
    net, description = load_network(run)
    assert net.options["weights"] is None
    assert description["standing"]["threshold"] is None
    assert learnt_targets(run) == ("instances",)


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(crowd: Corpus, run: Path, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    class Stopping:
        def __call__(self, *_: Any) -> Any:
            return self

        def __enter__(self) -> Any:
            def show(pace: Any) -> None:
                if pace.step == 2:
                    raise Stop

            return show

        def __exit__(self, *_: object) -> None:
            pass

    again = options(checkpoint_every_s=0.0)
    with pytest.raises(Stop):
        train(crowd, tmp_path / "run", again, CPU, display=Stopping())
    train(crowd, tmp_path / "run", again, CPU)
    ours, theirs = (load_network(path)[0].state_dict() for path in (tmp_path / "run", run))
    for name, tensor in ours.items():
        torch.testing.assert_close(tensor, theirs[name], rtol=1e-4, atol=1e-5)


def test_the_test_reports_cells_and_numbers_of_people(crowd: Corpus, run: Path, tmp_path: Path) -> None:
    found = evaluate_instances(run, crowd.path, "cpu", max_samples=6)
    report = json.loads(found.report.as_json())
    assert report["format"] == "bgfg-instance-evaluation"
    whole = [row for row in report["rows"] if row["people"] is None]
    assert [row["cell"] for row in whole] == ["A", "B", "C", "D"]
    assert all(set(row["figures"]) == {
        "mask_ap", "mask_ap50", "mask_ap75", "box_ap", "box_ap50", "box_ap75"} for row in whole)  # fmt: skip
    for row in whole:
        few = f"Cell {row['cell']} has no intervals: they need two backgrounds and two cut-outs." in report["notes"]
        for figure in row["figures"].values():
            assert figure["n"] == row["samples"]
            assert (figure["low"] is None) == few
            assert few or 0 <= figure["low"] <= figure["high"] <= 1
        parts = [part for part in report["rows"] if part["cell"] == row["cell"] and part["people"] is not None]
        assert not parts or sum(part["instances"] for part in parts) == row["instances"]
    paths = found.save(tmp_path)
    assert [path.name for path in paths] == ["report.md", "report.json", "cases.png"]
    assert "| D: both new |" in paths[0].read_text()
    assert read_rgb(paths[2]).shape[1] > 4 * 144


def test_figures_have_intervals_over_backgrounds_and_cut_outs() -> None:
    draw = np.random.default_rng(0)
    measured = np.stack([precision.match_detections(*case(draw)) for _ in range(36)])
    backgrounds, cutouts = np.divmod(np.arange(36), 6)
    rows = list(_rows(CellSamples(REPORTED_CELLS[3], np.arange(36), backgrounds, cutouts, 80), measured))
    assert [row.people for row in rows] == [None, 0, 1, 2, 3]
    assert set(rows[1].figures.values()) == {Estimate(None, None, None, 0)}
    assert rows[0].samples == sum(row.samples for row in rows[1:]) == 36
    wanted = precision.average_precision(measured)
    for name, figure in rows[0].figures.items():
        assert (figure.mean, figure.n) == (wanted[name], 36)
        assert figure.low is not None
        assert figure.high is not None
        assert 0 <= figure.low < figure.high <= 1
    table = InstanceReport({}, "", rows, []).summary()
    assert re.search(r"\| D: both new \| 36 of 80 \| \d+ \| \d\.\d{3} \(\d\.\d{3}–\d\.\d{3}\) \|", table)


def test_where_nobody_is_there_is_no_figure_to_draw_again() -> None:
    nobody = np.stack([precision.match_detections([], np.zeros((13, 17), np.uint8))] * 4)
    choice = CellSamples(REPORTED_CELLS[3], np.arange(4), np.arange(4) // 2, np.arange(4) % 2, 4)
    (row,) = _rows(choice, nobody)
    assert set(row.figures.values()) == {Estimate(None, None, None, 0)}
    assert "| – | – |" in InstanceReport({}, "", [row], []).summary()


def test_predict_and_onnx_find_the_same_people_without_pytorch(crowd: Corpus, run: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")
    from bgfg.train.export.onnx import export_onnx

    export = export_onnx(run, tmp_path / "m.onnx")
    assert list(export.differences) == ["boxes", "labels", "scores", "masks"]
    assert max(export.differences.values()) < 1e-3
    (tmp_path / "pictures").mkdir()
    save_png(np.asarray(cv2.resize(crowd.read("image", 0), (83, 61)), np.uint8), tmp_path / "pictures/p.png")
    code = "import sys; sys.modules['torch'] = None; from bgfg.cli import main; main()"
    call = [sys.executable, "-c", code, "predict", str(tmp_path / "m.onnx"), str(tmp_path / "pictures")]
    done = subprocess.run([*call, "--out", str(tmp_path / "o")], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    there = json.loads((tmp_path / "o/detections/p.json").read_text())
    assert (there["file_name"], there["width"], there["height"]) == ("p.png", 83, 61)
    numbers = cv2.imread(str(tmp_path / "o/instances/p.png"), cv2.IMREAD_UNCHANGED)
    assert numbers is not None
    assert numbers.shape == (61, 83)
    assert set(np.unique(numbers)) <= set(range(len(there["instances"]) + 1))
    assert read_rgb(tmp_path / "o/overlay/p.jpg").shape == (61, 83, 3)
    assert read_rgb(tmp_path / "o/side_by_side/p.jpg").shape == (61, 3 * 83 + 2 * 6, 3)


def test_a_folder_of_masks_has_no_instances(tmp_path: Path) -> None:
    from bgfg.train.folders.folder import ImageMaskFolder
    from tests.support.paired_folders import make_plain

    folder = ImageMaskFolder(make_plain(tmp_path / "pairs", 10, 32, 32), {})
    with pytest.raises(Problem, match=r"--targets instances: .* has mask.*: choose of these"):
        train(folder, tmp_path / "run", options(), CPU)


def learnt_by_heart(folder: Path, model_options: dict[str, Any], steps: int, lr: float) -> None:
    """Train on eight pictures, undisturbed; say whether the losses fell by half and a mask is found."""
    corpus = make_instance_corpus(folder, "1..2", backgrounds=2, cutouts=2, placements=1, split="100/0/0")
    run = folder / "run"
    chosen = options(
        model_options=model_options, steps=steps, lr=lr, warmup_steps=3, weight_decay=0.0, average=0.0, augment=False
    )
    train(corpus, run, chosen, CPU)
    losses = [row["loss"] for row in read_metrics(run / "metrics.csv")]
    assert np.mean(losses[-3:]) < losses[0] / 2
    net, _ = load_network(run)
    overlaps = []
    for i in range(len(corpus)):
        picture = torch.from_numpy(corpus.read("image", i).copy()).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            (found,) = net(picture)["instances"].detections
        true = corpus.read("instance", i)
        for mask in (found["masks"][:, 0] >= 0.5).numpy()[found["scores"].numpy() >= 0.5]:
            overlaps += [(mask & (true == k)).sum() / (mask | (true == k)).sum() for k in np.unique(true[true > 0])]
    assert max(overlaps, default=0.0) >= 0.7


@pytest.mark.slow
def test_a_light_one_learns_eight_pictures_by_heart(tmp_path: Path) -> None:
    learnt_by_heart(tmp_path, {**LIGHT_MASKRCNN, "backbone": "resnet18", "width": 32}, 40, 3e-3)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_whole_network_learns_eight_pictures_by_heart(tmp_path: Path) -> None:
    few = {"anchor_px": 8, "proposals": 32, "regions": 16, "detections": 6}  # of a picture; the network is whole
    learnt_by_heart(tmp_path, few, 48, 1e-3)
