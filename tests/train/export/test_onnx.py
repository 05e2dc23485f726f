"""Every network of the catalogue goes out as ONNX, and gives there what it gives here."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.project import ROOT

pytest.importorskip("torch", reason="the extra [train] isn't installed")
pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")

from bgfg.data_manifests.files.seal import holds_seal
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.config.presets import PRESETS
from bgfg.train.export import onnx
from bgfg.train.export.onnx import export_onnx
from bgfg.train.inference.onnx_model import SEAL_MARK, OnnxModel
from bgfg.train.inference.torch_model import TorchModel
from bgfg.train.models.registry import learnable_targets
from tests.support.composites import write_composites
from tests.support.saved_runs import save_run
from tests.train.models.test_registry import EXAMPLES


@pytest.fixture(autouse=True)
def slim_unet_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one network of the catalogue that has no smaller form is built an eighth as wide."""
    monkeypatch.setattr("bgfg.train.models.unet._WIDTHS", (8, 16, 32, 64, 128))


@pytest.mark.parametrize("name", [name for name in EXAMPLES if learnable_targets(name) != ("instances",)])
def test_every_network_gives_the_same_in_onnx_runtime(tmp_path: Path, name: str) -> None:
    options, side_px = EXAMPLES[name]
    targets = tuple(target for target in learnable_targets(name) if target != "classes")
    run = save_run(tmp_path / "run", name, targets, **{**options, "input_px": side_px})
    export = export_onnx(run, tmp_path / "new" / "m.onnx")
    assert set(export.differences) == set(targets)
    assert max(export.differences.values()) < 5e-4
    assert export.bytes == (tmp_path / "new" / "m.onnx").stat().st_size
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["m.onnx"]
    assert holds_seal(tmp_path / "new" / "m.onnx", SEAL_MARK)
    here, there = TorchModel(run, "cpu"), OnnxModel(tmp_path / "new" / "m.onnx", "cpu")
    assert there.card == here.card == export.card
    size = there.card.inference_size_px(37, 53)
    draw = np.random.default_rng(1)
    shots = [draw.random((2, 3, *size), np.float32) for _ in there.card.inputs]
    found, wanted = there.run(shots), here.run(shots)
    require_a_name_for_each_number(
        tmp_path / "new" / "m.onnx", dict(zip(there.card.inputs, shots, strict=True)) | found
    )
    ranges = {"mask": (0, 1), "matte": (0, 1), "depth": (0.0999, 10.001)}
    for output in targets:
        np.testing.assert_allclose(found[output], wanted[output], rtol=1e-3)
        low, high = ranges[output]
        assert low <= found[output].min() <= found[output].max() <= high


def require_a_name_for_each_number(file: Path, maps: Mapping[str, NDArray[np.float32]]) -> None:
    """Fail where a file calls two axes of different lengths by one name: readers may take that for a promise."""
    graph = importlib.import_module("onnx").load(file).graph
    lengths: dict[str, int] = {}
    for each in (*graph.input, *graph.output):
        for axis, length in zip(each.type.tensor_type.shape.dim, maps[each.name].shape, strict=True):
            assert lengths.setdefault(axis.dim_param or f"{axis.dim_value}", length) == length, (each.name, axis)


def test_sharpened_masks_have_the_size_of_any_picture(tmp_path: Path) -> None:
    """Without the registration of the shots, whose graph is large: that of two_stream has it."""
    slim = {"width": 8, "sharpen": True, "align": False, "input_px": 64}
    options = {**PRESETS["cpu"]["model_options"], **slim}
    export = export_onnx(save_run(tmp_path / "run", "two_stream", ("mask",), **options), tmp_path / "m.onnx")
    assert export.differences["mask"] < 5e-4
    found = OnnxModel(tmp_path / "m.onnx", "cpu").run([np.zeros((2, 3, 64, 192), np.float32)] * 2)
    assert found["mask"].shape == (2, 1, 64, 192)


@pytest.mark.slow
def test_a_fresh_network_that_finds_people_one_by_one_goes_out_too(tmp_path: Path) -> None:
    options = {**EXAMPLES["maskrcnn"][0], "input_px": 96, "proposals": 200, "detections": 30}
    export = export_onnx(save_run(tmp_path / "run", "maskrcnn", ("instances",), **options), tmp_path / "m.onnx")
    assert set(export.differences) == {"boxes", "labels", "scores", "masks"}
    assert max(export.differences.values()) < 1e-4


def test_a_network_of_classes_tells_how_sure_it_is_of_each(tmp_path: Path) -> None:
    run = save_run(tmp_path / "run", "unet", ("classes",), width=4, input_px=32, classes=3)
    export_onnx(run, tmp_path / "m.onnx")
    shares = OnnxModel(tmp_path / "m.onnx", "cpu").run([np.random.default_rng(0).random((1, 3, 32, 48), np.float32)])
    assert shares["classes"].shape == (1, 3, 32, 48)
    np.testing.assert_allclose(shares["classes"].sum(1), 1, rtol=1e-5)


def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    run = save_run(tmp_path / "run", "two_branch_net", ("mask",), input_px=64)
    export_onnx(run, tmp_path / "m.onnx")
    card = OnnxModel(tmp_path / "m.onnx").card
    assert (card.name, card.inputs, card.outputs) == ("two_branch_net", ("bg", "bg_fg"), ("mask",))
    assert (card.input_px, card.step_px, card.threshold, card.licence) == (64, 1, 0.48, "MIT")
    assert card.options["input_px"] == 64
    assert card.near_m is None
    assert card.parameters > 0


def test_what_differs_too_much_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx, "MAX_DIFFERENCE", -1.0)
    with pytest.raises(Problem, match=r"m\.onnx: (mask|depth) differs from PyTorch's by .*: not written; use the run"):
        export_onnx(save_run(tmp_path / "run", input_px=16), tmp_path / "m.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_wrong_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"m\.pb: an ONNX file's name ends in \.onnx: give m\.pb\.onnx"):
        export_onnx(tmp_path / "run", tmp_path / "m.pb")
    with pytest.raises(Problem, match=r"m\.onnx: is an ONNX file already: use it in `bgfg predict"):
        export_onnx(tmp_path / "m.onnx", tmp_path / "n.onnx")


def test_without_the_extra_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(Problem, match=r"onnx isn't installed, .*: pip install 'bgfg\[onnx\]'"):
        export_onnx(tmp_path / "run", tmp_path / "m.onnx")


def test_an_onnx_file_is_used_without_pytorch(tmp_path: Path) -> None:
    export_onnx(save_run(tmp_path / "run", input_px=16), tmp_path / "m.onnx")
    pictures, empty = write_composites(tmp_path, 1, 13, 17)
    code = "import sys; sys.modules['torch'] = None; from bgfg.cli import main; main()"
    given = [str(tmp_path / "m.onnx"), str(pictures), "--background", str(empty)]
    for command, more in (("predict", ["--out", "o"]), ("replace", ["--color", "#0a4678", "--out", "r"])):
        words = [sys.executable, "-c", code, command, *given, *more[:-1], str(tmp_path / more[-1])]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "o/cutout/p0.png").exists()
    assert (tmp_path / "r/p0.png").exists()
