"""What a training started from is told, with its licence, by all that comes of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from bgfg.train.engine.loggers import read_metrics
from bgfg.train.export.half_precision import halve_checkpoint
from bgfg.train.export.onnx import export_onnx
from bgfg.train.inference.onnx_model import OnnxModel
from bgfg.train.inference.torch_model import TorchModel
from bgfg.train.models.checkpoint import BEST, LAST, Checkpoint, checkpoint_path, load_network, load_weights_from
from bgfg.train.models.registry import model_entry
from tests.support.stream_corpus import make_stream_corpus
from tests.support.tiny_runs import TINY, stopped_after, train_tiny

STATED = "MIT; it learnt from photographs by Ann Ünal (CC BY 4.0)"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_stream_corpus(tmp_path_factory.mktemp("attributed"))


@pytest.fixture(scope="module")
def stated(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that states its licence."""
    folder = tmp_path_factory.mktemp("stated")
    train_tiny(corpus, folder / "run", steps=1)
    halve_checkpoint(folder / "run", folder / "stated.safetensors", STATED)
    return folder / "stated.safetensors"


@pytest.fixture(scope="module")
def second(corpus: Corpus, stated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that started from it, was stopped, and went on."""
    run = tmp_path_factory.mktemp("second")
    given = {"steps": 3, "start": str(stated), "log_every": 1, "checkpoint_every_s": 0.0}
    with stopped_after(2):
        train_tiny(corpus, run, **given)
    train_tiny(corpus, run, **given)
    return run


@pytest.fixture(scope="module")
def forerunner(stated: Path) -> dict[str, str]:
    """What is recorded of that network."""
    return {"name": called(stated), "licence": STATED}


def called(file: Path) -> str:
    return f"{file.name}, SHA-256 {hashlib.sha256(file.read_bytes()).hexdigest()[:16]}"


def in_full(forerunner: dict[str, str]) -> str:
    return f"{model_entry(TINY).licence}; it started from {forerunner['name']}, licence: {STATED}"


def licences(source: Path, onnx: Path) -> set[str]:
    """Return what the card of a network says, and that of the ONNX file that is made of it."""
    export_onnx(source, onnx)
    return {TorchModel(source, "cpu").card.licence, OnnxModel(onnx, "cpu").card.licence}


def test_run_checkpoints_card_and_onnx_file_name_the_network_and_its_licence(
    second: Path, forerunner: dict[str, str], tmp_path: Path
) -> None:
    pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")
    assert len(read_metrics(second / "metrics.csv")) == 3
    assert json.loads((second / "run.json").read_text(encoding="utf-8"))["started_from"] == [forerunner]
    for name in (BEST, LAST):
        description = Checkpoint.load(checkpoint_path(second, name), []).description
        assert description["started_from"] == [forerunner]
    assert licences(second, tmp_path / "a.onnx") == {in_full(forerunner)}


def test_halving_keeps_it_and_may_state_another_licence_that_stands_alone(
    second: Path, forerunner: dict[str, str], tmp_path: Path
) -> None:
    pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")
    halve_checkpoint(second, tmp_path / "kept.safetensors")
    assert licences(tmp_path / "kept.safetensors", tmp_path / "kept.onnx") == {in_full(forerunner)}
    halve_checkpoint(second, tmp_path / "told.safetensors", "MIT; photographs by Ann Ünal (CC BY 4.0)")
    assert licences(tmp_path / "told.safetensors", tmp_path / "told.onnx") == {
        "MIT; photographs by Ann Ünal (CC BY 4.0)"
    }


def test_it_is_carried_on_from_training_to_training_each_by_its_file(
    corpus: Corpus, second: Path, forerunner: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    owns: list[dict[str, str]] = []
    for before, after in ((second, tmp_path / "third"), (tmp_path / "third", tmp_path / "fourth")):
        train_tiny(corpus, after, steps=1, start=str(before))
        owns.insert(0, {"name": called(checkpoint_path(before, BEST)), "licence": model_entry(TINY).licence})
        assert f"it starts from {forerunner['name']}, licence: {STATED}\n" in capsys.readouterr().err
        description = Checkpoint.load(checkpoint_path(after, LAST), []).description
        assert description["started_from"] == [*owns, forerunner]


def test_networks_of_before_say_nothing_and_a_damaged_record_is_refused(stated: Path, tmp_path: Path) -> None:
    kept = Checkpoint.load(stated)
    former = {name: value for name, value in kept.description.items() if name not in ("started_from", "licence")}
    file = tmp_path / "former.safetensors"
    Checkpoint(kept.parts, former).save(file)
    assert TorchModel(file, "cpu").card.licence == model_entry(TINY).licence
    Checkpoint(kept.parts, former | {"started_from": [{"name": "a\nb", "licence": "MIT"}]}).save(file)
    with pytest.raises(Problem, match=r"its description is damaged .*started_from"):
        TorchModel(file, "cpu")


def test_a_network_that_comes_with_bgfg_is_called_by_its_name_there() -> None:
    net, _ = load_network(Path("two_stream"))
    load_weights_from(net, Path("two_stream"))
    assert net.started_from[0]["name"] == "two_stream of bgfg"
