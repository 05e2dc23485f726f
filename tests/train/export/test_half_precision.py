"""Networks in half the bytes: what they find stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.cli.halve import halve
from bgfg.train.export.half_precision import halve_checkpoint
from bgfg.train.export.onnx import MAX_DIFFERENCE_HALF, export_onnx
from bgfg.train.inference.onnx_model import OnnxModel
from bgfg.train.inference.torch_model import TorchModel
from bgfg.train.models.checkpoint import BEST, Checkpoint, checkpoint_path
from bgfg.train.models.registry import build_model, model_entry
from tests.support.command_calls import run_command
from tests.support.saved_runs import save_net, save_run

PERSON: dict[str, Any] = {"encoder": "test_efficientnet", "width": 8, "input_px": 64}


def test_a_checkpoint_has_half_the_bytes_and_finds_the_same(tmp_path: Path) -> None:
    run, small = save_run(tmp_path / "run", "person", ("mask",), **PERSON), tmp_path / "new" / "small.safetensors"
    halve_checkpoint(run, small)
    assert small.stat().st_size < 0.56 * checkpoint_path(run, BEST).stat().st_size
    given = [np.random.default_rng(0).random((2, 3, 64, 96), np.float32)]
    whole, half = TorchModel(run, "cpu"), TorchModel(small, "cpu")
    assert half.card == whole.card
    np.testing.assert_allclose(half.run(given)["mask"], whole.run(given)["mask"], atol=MAX_DIFFERENCE_HALF)


def test_kernels_alone_are_rounded_and_nothing_of_the_training_is_kept(tmp_path: Path) -> None:
    run = save_run(tmp_path / "run", "person", ("mask",), **PERSON)
    whole = Checkpoint.load(checkpoint_path(run, BEST))
    trained = {name: tensor.clone() for name, tensor in whole.parts["average"].items()}
    Checkpoint({**whole.parts, "net": trained}, whole.description).save(checkpoint_path(run, BEST))
    halve_checkpoint(run, tmp_path / "small.safetensors")
    small = Checkpoint.load(tmp_path / "small.safetensors")
    assert list(small.parts) == ["average"]
    assert small.description == {**whole.description, "made_by": "made by bgfg halve."}
    for name, tensor in whole.parts["average"].items():
        kept = small.parts["average"][name]
        assert kept.dtype == (torch.float16 if tensor.ndim > 1 else tensor.dtype)
        assert torch.equal(kept, tensor.to(kept.dtype))


def test_the_licence_that_is_given_is_that_of_all_that_is_made_of_it(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")
    run, small, again = (
        save_run(tmp_path / "run", "person", ("mask",), **PERSON),
        *(tmp_path / f"{n}.safetensors" for n in "ab"),
    )
    licence = "MIT; it learnt from photographs by Ann Ünal (CC BY 4.0)"
    said = run_command(halve, run, small, "--licence", licence)
    assert said.exit_code == 0, said.output
    halve_checkpoint(small, again)
    export_onnx(again, tmp_path / "again.onnx")
    assert TorchModel(small, "cpu").card.licence == OnnxModel(tmp_path / "again.onnx", "cpu").card.licence == licence
    assert TorchModel(run, "cpu").card.licence == model_entry("person").licence
    refused = run_command(halve, run, tmp_path / "c.safetensors", "--licence", "a\nb")
    assert (refused.exit_code, (tmp_path / "c.safetensors").exists()) == (2, False)
    for blank in ("", "   "):
        with pytest.raises(Problem, match=rf"--licence '{blank}': give a line of printable text, or leave it out"):
            halve_checkpoint(run, tmp_path / "c.safetensors", blank)


def test_a_closer_look_is_stated_by_all_that_is_made_of_it_and_taken_back(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")
    run = save_run(tmp_path / "run", "person", ("mask",), **PERSON)
    once, again, back = (tmp_path / f"{name}.safetensors" for name in ("once", "again", "back"))
    said = run_command(halve, run, once, "--closer-look")
    assert said.exit_code == 0, said.output
    halve_checkpoint(once, again)
    export_onnx(again, tmp_path / "again.onnx")
    assert OnnxModel(tmp_path / "again.onnx", "cpu").card.closer_look
    halve_checkpoint(again, back, closer_look=False)
    assert [TorchModel(source, "cpu").card.closer_look for source in (run, once, again, back)] == [0, 1, 1, 0]


def test_a_network_of_more_than_masks_has_no_closer_look(tmp_path: Path) -> None:
    run = save_run(tmp_path / "run", "two_stream", ("mask", "depth"), input_px=64)
    refused = run_command(halve, run, tmp_path / "small.safetensors", "--closer-look")
    assert "two_stream finds mask and depth: leave it out, it is for networks of masks alone" in str(refused.exception)
    assert not (tmp_path / "small.safetensors").exists()


def test_its_onnx_file_has_half_the_bytes_and_gives_the_same(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")
    run, small = save_run(tmp_path / "run", "person", ("mask",), **PERSON), tmp_path / "small.safetensors"
    halve_checkpoint(run, small)
    whole, half = (export_onnx(source, tmp_path / f"{source.stem}.onnx") for source in (run, small))
    assert half.bytes < 0.6 * whole.bytes
    assert half.differences["mask"] < MAX_DIFFERENCE_HALF
    given = [np.random.default_rng(0).random((1, 3, 96, 64), np.float32)]
    found = OnnxModel(tmp_path / "small.onnx", "cpu").run(given)["mask"]
    np.testing.assert_allclose(found, TorchModel(small, "cpu").run(given)["mask"], atol=MAX_DIFFERENCE_HALF)


def test_what_is_too_large_for_half_precision_is_not_written(tmp_path: Path) -> None:
    net = build_model("person", **PERSON)
    with torch.no_grad():
        net.get_parameter("head.weight").fill_(1e6)
    run = save_net(tmp_path / "run", net)
    with pytest.raises(Problem, match=r"best\.safetensors: head\.weight is too large for half precision: use the file"):
        halve_checkpoint(run, tmp_path / "small.safetensors")
    assert not (tmp_path / "small.safetensors").exists()


def test_the_command_says_the_size_and_what_comes_next(tmp_path: Path) -> None:
    run = save_run(tmp_path / "run", "person", ("mask",), **PERSON)
    done = run_command(halve, run, tmp_path / "small.safetensors")
    assert done.exit_code == 0, done.output
    assert "small.safetensors: 0." in done.output
    wrong = run_command(halve, run, tmp_path / "small.onnx")
    assert "small.onnx: a checkpoint's name ends in .safetensors: give small.onnx.safetensors" in str(wrong.exception)
