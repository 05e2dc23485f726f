"""Every example runs as its docstring says, on a small corpus."""

from __future__ import annotations

import re
import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from bgfg.train.models.checkpoint import Checkpoint, model_file
from tests.support import references
from tests.support.project import ROOT
from tests.support.stream_corpus import make_stream_corpus

EXAMPLES = sorted((ROOT / "examples").glob("[!_]*.py"))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_stream_corpus(tmp_path_factory.mktemp("examples")).path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run an example as a script, but in this process, which has PyTorch already; return what it prints."""
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")  # other processes would have to import everything

    def run(name: str, *words: str | Path) -> str:
        path = str(ROOT / "examples" / name)
        monkeypatch.setattr(sys, "argv", [path, *map(str, words)])
        runpy.run_path(path, run_name="__main__")
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_has_a_test_and_says_how_it_is_called(path: Path) -> None:
    assert f'"{path.name}"' in Path(__file__).read_text(encoding="utf-8")
    assert re.search(rf"^ *python examples/{path.name} \w", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_a_corpus_is_made_from_two_folders(tmp_path: Path, run: Callable[..., str]) -> None:
    for name in ("bg", "fg"):
        (tmp_path / name).mkdir()
    for n in range(2):
        Image.fromarray(references.picture(240, 320, n)).save(tmp_path / f"bg/{n}.png")
        Image.fromarray(references.cutout(120, 60 + n, n)).save(tmp_path / f"fg/{n}.png")
    out = run("make_corpus.py", tmp_path / "bg", tmp_path / "fg", tmp_path / "corpus")
    assert "160 samples" in out
    assert "error:" not in out


def test_samples_are_read(corpus: Path, run: Callable[..., str]) -> None:
    out = run("read_corpus.py", corpus)
    assert re.search(r"^image \(\d+, \d+, 3\) uint8, mask \(\d+, \d+\)$", out, re.MULTILINE)
    assert re.search(r"^depth \d+\.\d\d to \d+\.\d\d m$", out, re.MULTILINE)
    assert "sample 0: " in out


def test_samples_are_read_without_bgfg(corpus: Path, run: Callable[..., str]) -> None:
    out = run("read_without_bgfg.py", corpus)
    assert "sample 0: background 0, cut-out 0, split " in out


def test_batches_are_streamed(corpus: Path, run: Callable[..., str]) -> None:
    assert re.search(r"^images \(16, 3, \d+, \d+\) torch.uint8", run("stream_batches.py", corpus))


def test_a_network_of_ones_own_learns(corpus: Path, run: Callable[..., str]) -> None:
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", run("train_in_twenty_lines.py", corpus, "2"))]
    assert losses[1] < losses[0]


def test_a_person_is_cut_out(tmp_path: Path, run: Callable[..., str]) -> None:
    empty = np.full((96, 128, 3), (40, 90, 60), np.uint8)
    photo = empty.copy()
    photo[30:90, 50:80] = (220, 180, 160)
    for name, picture in (("photo.png", photo), ("empty.png", empty)):
        Image.fromarray(picture).save(tmp_path / name)
    run("predict_picture.py", tmp_path / "photo.png", tmp_path / "empty.png", tmp_path / "cutout.png")
    alpha = np.asarray(Image.open(tmp_path / "cutout.png"))[..., 3] >= 128
    truth = (photo != empty).any(axis=2)
    assert (alpha & truth).sum() / (alpha | truth).sum() > 0.8


@pytest.mark.parametrize("of_teacher", [False, True])
def test_an_average_lies_between_two_networks(tmp_path: Path, run: Callable[..., str], of_teacher: bool) -> None:
    first, second, between = (tmp_path / f"{name}.safetensors" for name in ("first", "second", "between"))
    description = Checkpoint.load(model_file(Path("person")), []).description
    for file, kernel in ((first, [0.0, 2.0]), (second, [0.0, 4.0])):
        part = {"net.kernel": torch.tensor(kernel), "net.batches": torch.tensor(3)}
        Checkpoint({"average": part}, description).save(file)
    if of_teacher:  # whose files name the tensors of the network itself, kernels in 16 bits
        save_file({"kernel": torch.tensor([0.0, 2.0]).half(), "batches": torch.tensor(3)}, first)
    run("average_networks.py", first, second, 0.25, between)
    made = Checkpoint.load(between)
    assert made.description == Checkpoint.load(second).description
    assert made.parts["average"]["net.kernel"].tolist() == [0.0, 2.5]
    assert made.parts["average"]["net.batches"] == 3


def test_a_split_is_exported(corpus: Path, tmp_path: Path, run: Callable[..., str]) -> None:
    out = run("export_corpus.py", corpus, tmp_path)
    assert [line.split(": ")[0] for line in out.splitlines()] == [f"{tmp_path}/coco", f"{tmp_path}/folder"]
    assert list((tmp_path / "coco").rglob("*.json"))
