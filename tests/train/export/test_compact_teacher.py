"""Teaching the compact teacher: it learns what is drawn, and is written whole, the same in both forms."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.project import ROOT

pytest.importorskip("torch", reason="the extra [train] isn't installed")
pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")

import onnx
import torch
from safetensors.torch import load_file

from bgfg.data_manifests.files.seal import SAFETENSORS_MARK, holds_seal
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.depth_teacher.labelling.load_teacher import load_teacher
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.depth_teacher.ops.encoder_origin import EncoderOrigin
from bgfg.depth_teacher.teachers.baselines import MEAN_DEPTH, BaselineTeacher
from bgfg.depth_teacher.teachers.compact import CompactTeacher, OnnxRunner
from bgfg.depth_teacher.teachers.compact_net import CompactNet
from bgfg.depth_teacher.teachers.compact_weights import (
    PAIR_ORIGIN,
    CompactMetadata,
    load_compact_net,
    open_weights_pair,
)
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.train.config.options import TrainOptions
from bgfg.train.config.presets import with_preset
from bgfg.train.engine.launch import train
from bgfg.train.export import compact_teacher
from bgfg.train.models.checkpoint import load_network
from bgfg.train.models.registry import build_model
from bgfg.train.ops.device import Device
from bgfg.train.stream.evaluation_cells import TRAIN_CELL, AssetIdentities
from tests.depth_teacher.teachers.test_compact_net import THIN
from tests.support import references
from tests.support.executors import IN_PROCESS
from tests.support.tiny_runs import train_tiny

SIDE_PX, ROOMS = 64, 24
MODEL = {"encoder": THIN["backbone"], "width": THIN["width"]}
ABOUT = CompactMetadata(THIN, 64, 0.1, 10.0, "MIT", "nothing", [[1.0]])


def room(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Return a wall and its millimetres: it is the nearer the brighter, and stands now here, now there."""
    draw = np.random.default_rng(seed)
    corners = draw.uniform(0, 1, (2, 2)).astype(np.float32)
    nearness = cv2.resize(corners, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_LINEAR)
    grey = 30 + 200 * nearness[..., None] + draw.normal(0, 2, (SIDE_PX, SIDE_PX, 3))
    return np.clip(grey, 0, 255).astype(np.uint8), (1000 / (0.2 + nearness)).astype(np.uint16)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("taught")
    for name in ("bg", "fg", "depth"):
        (folder / name).mkdir()
    for n in range(ROOMS):
        picture, depth_mm = room(n)
        cv2.imwrite(str(folder / f"bg/{n}.png"), picture)
        cv2.imwrite(str(folder / f"depth/{n}.png"), depth_mm)
    for n in range(4):
        rgba = references.cutout(8, 6 + n, n)
        cv2.imwrite(str(folder / f"fg/{n}.png"), cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    options = PlanOptions(
        folder / "bg", folder / "fg", folder / "depth", 0.001, SIDE_PX, SIDE_PX, 8, 1, split="70/15/15"
    )
    plan_corpus(folder / "corpus", options, replace=False, workers=1)
    compose_corpus(folder / "corpus", IN_PROCESS)
    label_corpus(folder / "corpus", "auto", IN_PROCESS)
    return Corpus(folder / "corpus")


@pytest.fixture(scope="module")
def run(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run")
    options = TrainOptions(
        **with_preset(
            "teach",
            {
                "steps": 45, "size_px": SIDE_PX, "batch": 8, "lr": 4e-3, "warmup_steps": 5, "average": 0.9,
                "model_options": MODEL, "augment": False, "validate_every": 45, "threads": 1, "sheet_rows": 2,
            },
        )
    )  # fmt: skip
    train(corpus, path, options, Device("cpu", "a test's"))
    return path


@pytest.fixture(scope="module")
def written(corpus: Corpus, run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compact_teacher.export_compact_teacher(run, corpus, tmp_path_factory.mktemp("written"), "MIT")


def error(teacher: TeacherOptions | BaselineTeacher) -> float:
    """Return the mean error, as a share of the truth, on rooms that nobody has seen."""
    who = load_teacher(teacher, False, print) if isinstance(teacher, TeacherOptions) else teacher
    errors = []
    for seed in range(1_000, 1_008):
        picture, depth_mm = room(seed)
        (depth_m,) = who.predict_batches([picture[None, ..., ::-1].copy()])
        found = cv2.resize(depth_m[0], (SIDE_PX, SIDE_PX))
        errors.append(np.abs(1000 * found / depth_mm - 1).mean())
    return float(np.mean(errors))


def test_it_learns_to_see_what_the_mean_of_its_pictures_does_not_know(written: Path) -> None:
    mean = error(BaselineTeacher(MEAN_DEPTH, open_weights_pair(written).metadata))
    assert error(TeacherOptions("compact", str(written), device="cpu")) < 0.7 * mean


def test_what_is_written_says_what_it_was_taught_on(corpus: Corpus, written: Path) -> None:
    about = open_weights_pair(written).metadata
    assert about.network == THIN
    assert (about.input_px, about.near_m, about.licence) == (SIDE_PX, 0.1, "MIT")
    assert corpus.manifest.digest[:12] in about.trained_on
    assert sorted(file.name for file in written.parent.iterdir()) == ["compact.onnx", "compact.safetensors"]
    assert holds_seal(written, SAFETENSORS_MARK)


def test_what_is_written_names_no_other_corpora_than_the_run_learnt_from(
    corpus: Corpus, run: Path, tmp_path: Path
) -> None:
    with pytest.raises(Problem, match=rf"learnt from the corpus of digest {corpus.manifest.digest[:12]}: give what"):
        compact_teacher.export_compact_teacher(run, corpus, tmp_path, "MIT", also=[corpus])
    assert not list(tmp_path.iterdir())


def test_a_file_of_8_bits_sees_nearly_the_same_and_what_it_loses_is_told(
    corpus: Corpus, run: Path, written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = compact_teacher.export_compact_teacher(run, corpus, tmp_path, "MIT", bits=8)
    before, after = (float(each) for each in re.findall(r"0\.\d{4}", capsys.readouterr().err))
    assert after > before - 0.05
    whole, quantised = (error(TeacherOptions("compact", str(file), device="cpu")) for file in (written, small))
    assert quantised < 1.2 * whole
    operations = {node.op_type for node in onnx.load(small.with_suffix(".onnx")).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= operations
    assert open_weights_pair(small).metadata == open_weights_pair(written).metadata
    described = [
        {each.key: each.value for each in onnx.load(file.with_suffix(".onnx")).metadata_props}
        for file in (written, small)
    ]
    assert described[0] == described[1] != {}


def test_weights_are_stored_in_16_bits_and_what_normalises_in_32(written: Path) -> None:
    for name, tensor in load_file(written).items():
        assert tensor.dtype == (
            torch.float16 if tensor.ndim > 1 else torch.int64 if "batches" in name else torch.float32
        )
    net = CompactNet(**THIN)
    assert written.stat().st_size < 3 * sum(tensor.numel() for tensor in net.state_dict().values())


def test_the_mean_map_is_the_mean_of_the_training_split(corpus: Corpus, written: Path) -> None:
    about = open_weights_pair(written).metadata
    samples = AssetIdentities(corpus).choose(TRAIN_CELL, None).samples
    depth_m = corpus.depth_code().decode(np.stack([corpus.array("depth")[int(i)] for i in samples]))
    whole = (about.middle_m / depth_m).mean(axis=0)
    assert np.array(about.mean_inverse) == pytest.approx(whole.reshape(16, 4, 16, 4).mean(axis=(1, 3)), rel=1e-3)


def test_a_run_may_start_from_what_was_written(written: Path) -> None:
    net = build_model("compact", ("depth",), input_px=SIDE_PX, start=str(written), **MODEL)
    mine = net.state_dict()
    begun = load_compact_net(open_weights_pair(written)).state_dict()
    assert all(torch.equal(mine[f"net.{name}"], tensor) for name, tensor in begun.items())
    assert net.options["start"] is None
    settled = build_model("compact", ("depth",), input_px=SIDE_PX, start=str(written))
    assert settled.options == net.options
    with pytest.raises(Problem, match=r"has encoder=.* width=4, not encoder=.* width=8: give --model-option encoder="):
        build_model("compact", ("depth",), start=str(written), width=8)


def test_what_a_run_started_from_is_named_with_its_licence_unless_a_licence_says_all(
    corpus: Corpus, written: Path, tmp_path: Path
) -> None:
    started = {"model_options": {**MODEL, "start": str(written)}, "steps": 1, "size_px": SIDE_PX, "batch": 8}
    few = {"threads": 1, "sheet_rows": 1, "validation_samples": 2, "validate_every": 1}
    run = tmp_path / "run"
    train(corpus, run, TrainOptions(**with_preset("teach", started | few)), Device("cpu", "a test's"))
    onward = open_weights_pair(compact_teacher.export_compact_teacher(run, corpus, tmp_path / "onward"))
    called = f"{written.name}, SHA-256 {open_weights_pair(written).sha256[:16]}"
    assert onward.metadata.started_from == [{"name": called, "licence": "MIT"}]
    in_full = f"MIT; it started from {called}, licence: MIT"
    assert onward.metadata.properties()["licence"] == in_full
    assert CompactTeacher(onward, OnnxRunner(onward, 1)).describe()["licence"] == in_full
    net, description = load_network(run)
    told = compact_teacher._about(net, description, corpus, "MIT, by Ann", ())  # type: ignore[arg-type]
    assert (told.full_licence, told.started_from) == ("MIT, by Ann", ())
    net.origin = EncoderOrigin("somewhere", "Apache-2.0", (0.5,) * 3, (0.5,) * 3)
    told = compact_teacher._about(net, description, corpus, None, ())  # type: ignore[arg-type]
    in_full = in_full.replace("MIT;", "MIT; its encoder started from somewhere (Apache-2.0);", 1)
    assert told.full_licence == told.properties()["licence"] == in_full


def test_files_that_disagree_are_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = f"before, {PAIR_ORIGIN}".encode()
    (tmp_path / "compact.onnx").write_bytes(before)
    monkeypatch.setattr(compact_teacher, "write_onnx", lambda _net, path, _about: path.write_bytes(b"after"))
    monkeypatch.setattr(compact_teacher, "max_difference", lambda *_: 0.01)
    with pytest.raises(Problem, match=r"compact.onnx: would be 0.01 off PyTorch: not written"):
        compact_teacher.save_weights_pair(CompactNet(**THIN), ABOUT, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["compact.onnx"]
    assert (tmp_path / "compact.onnx").read_bytes() == before


def test_a_run_of_another_network_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    train_tiny(corpus, tmp_path, steps=2)
    with pytest.raises(Problem, match=r"trained tiny, not the compact teacher: give a run of `bgfg teach`"):
        compact_teacher.export_compact_teacher(tmp_path, corpus, tmp_path, "MIT")


def test_other_targets_are_refused() -> None:
    with pytest.raises(Problem, match=r"--targets mask: compact learns depth: choose of these, each once"):
        build_model("compact", ("mask",))


def test_what_is_written_does_not_say_where_it_was(written: Path) -> None:
    assert str(ROOT).encode() not in written.with_suffix(".onnx").read_bytes()
