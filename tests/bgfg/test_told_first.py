"""What is wrong with a call is told before the work: no picture is read, nothing is planned, no run is begun."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg import cli
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.synth.verify import verify
from bgfg.train.folders import folder
from tests.support.composites import write_composites
from tests.support.executors import IN_PROCESS
from tests.support.paired_folders import make_plain


def refusal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: object) -> str:
    """Call bgfg; return its line of an error, of which there has to be one, and nothing else."""
    monkeypatch.setattr(sys, "argv", ["bgfg", *map(str, words)])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    said = capsys.readouterr()
    assert (caught.value.code, said.out, said.err.count("\n")) == (2, "", 1), said
    return said.err


@pytest.mark.parametrize("words", [("evaluate", "HERE", "HERE"), ("predict", "HERE", "PICTURE", "--out", "out")])
def test_a_folder_that_is_no_run_is_told_before_pytorch_is_imported(tmp_path: Path, words: tuple[str, ...]) -> None:
    picture = write_composites(tmp_path / "w", 1)[0] / "p0.png"
    given = [str({"HERE": tmp_path, "PICTURE": picture}.get(word, word)) for word in words]
    code = (
        "import atexit, sys; from bgfg import cli; atexit.register(lambda: print('torch' in sys.modules)); cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code, *given], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "False\n")
    assert "best.safetensors: no such checkpoint: run `bgfg train CORPUS RUN`" in done.stderr


def _refuse(*_: object, **__: object) -> None:
    raise AssertionError("work is begun")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--lr", "nan"), "--lr nan: give a number above 0"),
        (("--model", "nothing"), "--model nothing: no such network"),
        (("--log", "wandb"), "--log wandb: wandb isn't installed"),
        (("--start", "gone"), "gone: no such model"),
        (("--val", "7", "--test", "3"), "--val 7 --test 3: of 10 pairs none is left to train on: give fewer"),
    ],
)
def test_a_run_on_a_folder_is_refused_before_its_pictures_are_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    line: str,
) -> None:
    monkeypatch.setattr(folder, "scan_pairs", _refuse)
    monkeypatch.setitem(sys.modules, "wandb", None)
    pairs, run = make_plain(tmp_path / "pairs"), tmp_path / "run"
    assert line in refusal(capsys, monkeypatch, "train", pairs, run, *words)
    assert not run.exists()


def test_counts_are_met_before_a_check_reads_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(folder, "scan_pairs", _refuse)
    pairs = make_plain(tmp_path / "pairs")
    assert "--val 10: of 10 pairs none" in refusal(capsys, monkeypatch, "check-data", pairs, "--val", 10)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--teacher", "none", "--weights", "gone.h5"), "--weights: --teacher none makes no depth: leave it out"),
        (("--teacher", "none", "--device", "gpu"), "--device gpu: give auto"),
        (("--teacher", "compact", "--weights", "gone"), "gone: there is no such file"),
        (("--weights", "gone"), "gone: there is no such file"),
        (("--bg-depth", "DEPTH", "--weights", "gone"), "--weights is for networks, and `auto` is layered here"),
    ],
)
def test_a_data_set_is_refused_before_it_is_planned(
    tmp_path: Path,
    sources: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    line: str,
) -> None:
    given = [str(sources / "depth") if word == "DEPTH" else word for word in words]
    call = ("dataset", tmp_path / "corpus", "--bg", sources / "bg", "--fg", sources / "fg", *given)
    assert line in refusal(capsys, monkeypatch, *call)
    assert not (tmp_path / "corpus").exists()


def test_weights_to_verify_with_are_opened_before_anything_is_verified(
    composed: Path,
    copy_of: Callable[[Path], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    corpus = copy_of(composed)
    label_corpus(corpus, TeacherOptions("compact", input_px=(32, 32), device="cpu"), IN_PROCESS)
    monkeypatch.setattr(verify, "verify_corpus", _refuse)
    said = refusal(capsys, monkeypatch, "verify", corpus, "--recompose", "--weights", tmp_path / "gone")
    assert "gone: there is no such file" in said
