"""Networks of rembg, through its own sessions, with a file of ours where it looks for its own."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.cutouts.rembg_model import RembgModel
from bgfg.train.inference.predictor import Predictor
from tests.support.matting_onnx import save_matting_onnx
from tests.support.red_photos import red_photo


@pytest.fixture
def u2net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of ours as that of U²-Net in the folder of rembg."""
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # else its first import compiles for half a minute what isn't called
    pytest.importorskip("rembg", reason="the extra [cutout] isn't installed")
    monkeypatch.delenv("U2NET_HOME", raising=False)
    monkeypatch.setenv("REMBG_HOME", str(tmp_path))
    (tmp_path / "models/u2net").mkdir(parents=True)
    return save_matting_onnx(tmp_path / "models/u2net/u2net.onnx")


@pytest.mark.parametrize("name", ["", "u2net"])
def test_a_network_of_rembg_finds_what_is_red(u2net: Path, name: str) -> None:
    model = RembgModel(name, "cpu", 1)
    assert (model.file, model.card.name) == (u2net, "rembg:u2net")
    prediction = Predictor(model, 160).predict(red_photo(80, 120, [(30, 20, 40, 50)]))
    assert prediction.person is not None
    wanted = np.zeros((80, 120), bool)
    wanted[20:70, 30:70] = True
    assert ((prediction.person.alpha > 0.5) == wanted).mean() > 0.98


@pytest.mark.parametrize("name", ["nix", "sam", "u2net_cloth_seg", "u2net_custom"])
def test_one_that_gives_no_cut_outs_is_refused(u2net: Path, name: str) -> None:
    with pytest.raises(Problem, match=f"--model rembg:{name}: no such network: give birefnet-cod, .*u2netp") as caught:
        RembgModel(name, "cpu", 1)
    assert caught.value.exit_code == 2


def test_a_damaged_file_is_told(u2net: Path) -> None:
    u2net.write_bytes(u2net.read_bytes()[:100])
    with pytest.raises(Problem, match=r"--model rembg:u2net: can't be read .*: remove its file"):
        RembgModel("u2net", "cpu", 1)


def test_without_a_network_to_fetch_it_by_the_way_out_is_told(u2net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pooch

    def offline(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(pooch, "retrieve", offline)
    with pytest.raises(
        Problem, match=r"rembg:silueta: rembg can't fetch its file \(no route to host\): .* --model FILE"
    ):
        RembgModel("silueta", "cpu", 1)


def test_where_rembg_isnt_installed_it_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rembg.session_factory", None)
    with pytest.raises(Problem, match=r"--model rembg: this needs rembg.*pip install 'bgfg\[cutout\]'"):
        RembgModel("u2net", "cpu", 1)
