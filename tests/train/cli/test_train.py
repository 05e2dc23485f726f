"""The command `train`: what it says, what it refuses, what it leaves when it is stopped."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg import cli
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.stops import Stopped
from bgfg.synth.store.corpus import Corpus
from bgfg.train.cli.train import train
from bgfg.train.engine.loggers import read_metrics
from bgfg.train.models.checkpoint import Checkpoint
from tests.support.project import ROOT
from tests.support.real_folder import make_real
from tests.support.stream_corpus import make_stream_corpus
from tests.support.tiny_runs import TINY

SMALL = ("--device", "cpu", "--model", TINY, "--size", "16", "--batch", "16", "--threads", "1")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_stream_corpus(tmp_path_factory.mktemp("commanded"))


def call(*arguments: object) -> Result:
    return CliRunner().invoke(train, [*map(str, arguments)], catch_exceptions=True)


def test_help_has_an_example_and_imports_no_torch() -> None:
    code = "import sys; sys.modules['torch'] = None; from bgfg.train.cli.train import train; train.main(['--help'])"
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "Example: bgfg train corpus runs/first" in printed
    assert "--resume" in printed


def test_it_trains_says_how_well_and_what_comes_next(corpus: Corpus, tmp_path: Path) -> None:
    done = call(corpus.path, tmp_path / "run", *SMALL, "--steps", 4, "--log-every", 2)
    assert done.exit_code == 0, done.output
    assert "cpu (1 thread), 32-true: tiny (0.00 M parameters) for mask and depth, 4 steps of 16 samples" in done.stderr
    assert "step 4 of 4: loss " in done.stderr
    assert re.search(r"run: step 4: val_loss [\d.]+, val_iou [\d.]+, .*; best after step \d", done.stdout)
    assert f"Next: `bgfg evaluate {tmp_path / 'run'} {corpus.path}`" in done.stdout
    assert len(read_metrics(tmp_path / "run/metrics.csv")) == 4  # a validation every eighth of the run
    again = call(corpus.path, tmp_path / "run", *SMALL, "--steps", 4)
    assert again.exit_code == 0
    assert "from step 4 on" in again.stderr


def test_options_reach_the_run(corpus: Corpus, tmp_path: Path) -> None:
    done = call(
        corpus.path, tmp_path, *SMALL, "--steps", 2, "--targets", "mask", "--model-option", "plain=true", "--clip",
        "none", "--preset", "exercise", "--no-augment", "--seed", 7, "--log", "csv",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    options = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["options"]
    expected = {"targets": ["mask"], "model_options": {"plain": True}, "clip": None, "schedule": "step", "lr": 1e-4}
    assert options.items() >= (expected | {"augment": False, "seed": 7, "epochs": None, "steps": 2}).items()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--steps", "0"], "--steps 0: give a number above 0"),
        (["--steps", "4", "--epochs", "1"], "--epochs, --steps, --minutes: give one of them"),
        (["--lr", "-1"], "--lr -1.0: give a number above 0"),
        (["--lr", "fast"], "Invalid value for '--lr': 'fast' is not a valid float."),
        (["--clip", "some"], "Invalid value for '--clip': 'some': give a number, or none"),
        (["--targets", "colour"], "--targets colour: give some of mask, depth"),
        (["--model", "nothing"], "--model nothing: no such network: choose one of two_stream"),
        (["--model-option", "width"], "Invalid value for '--model-option': 'width': give NAME=VALUE"),
        (["--model-option", "colour=3"], "tiny: has no option 'colour'"),
        (["--preset", "huge"], "Invalid value for '--preset': 'huge' is not one of"),
        (["--device", "cuda"], "--device cuda: PyTorch"),
        (["--batch", "12"], "--batch 12: a batch takes as many samples from each of 8 mixed sequences"),
        (["--precision", "8"], "Invalid value for '--precision': '8' is not one of"),
        (["--parallax", "depth", "--no-augment"], "--parallax depth: --no-augment disturbs nothing: leave one out"),
        (["--parallax", "drawn", "--no-augment"], "--parallax drawn: --no-augment disturbs nothing: leave one out"),
        (["--gamma", "0.5"], "--gamma 0.5: is for --schedule step: leave it out"),
        (["--lr-epochs", "5"], "--lr-epochs 5: is for --schedule step: leave it out"),
        (["--matte-loss", "sum"], "--matte-loss sum: is for --targets matte: leave it out"),
        (["--freeze-stages", "1"], "--freeze-stages 1: give --freeze-steps too, for how long"),
        *(
            (
                ["--parallax", parallax, "--model", "person", "--targets", "mask", "--size", "32"],
                f"--parallax {parallax}: is of second shots, and the network takes a single picture: leave it out",
            )
            for parallax in ("drawn", "depth")
        ),
    ],
)
def test_a_wrong_option_is_one_clear_line(corpus: Corpus, tmp_path: Path, arguments: list[str], line: str) -> None:
    import torch

    if arguments == ["--device", "cuda"] and torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises((Problem, click.UsageError)) as caught:
        train.main([str(corpus.path), str(tmp_path), *SMALL, *arguments], standalone_mode=False)
    error: Any = caught.value
    said = error.lines if isinstance(error, Problem) else [error.format_message()]
    assert len(said) == 1
    assert said[0].startswith(line)
    assert error.exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--parallax", "drawn"), "--parallax drawn: PICTURES has no second shots to move: leave it out"),
        (("--crowd", "0.5"), "--crowd 0.5: PICTURES has no bare backgrounds: leave it out"),
        (("--patience", "3", "--val", "0"), "--patience 3: of PICTURES nothing is validated, its split val is too sm"),
        (("--validation-samples", "4", "--val", "0"), "--validation-samples 4: of PICTURES nothing is validated, its"),
        (("--sheet-rows", "2", "--val", "0"), "--sheet-rows 2: of PICTURES nothing is validated, its split val is too"),
        (("--repaint", "0", "--crowd", "0", "--freeze-steps", "0", "--encoder-lr-scale", "1"), ""),
    ],
)
def test_options_for_what_pictures_lack_are_refused_unless_they_ask_for_nothing(
    tmp_path: Path, arguments: tuple[str, ...], line: str
) -> None:
    pictures = make_real(tmp_path / "pictures", 6, scenes=0)
    words = ("--model", "unet", "--model-option", "width=4", "--size", 32, "--batch", 2, "--steps", 1, "--test", 0)
    done = call(pictures, tmp_path / "run", "--device", "cpu", "--threads", 1, *words, *arguments)
    if line:
        assert isinstance(done.exception, Problem)
        assert done.exception.lines[0].startswith(line.replace("PICTURES", str(pictures)))
    assert (tmp_path / "run/run.json").exists() == (not line)


def test_a_run_that_was_begun_with_samples_of_no_validation_goes_on_with_them(tmp_path: Path) -> None:
    pictures = make_real(tmp_path / "pictures", 6, scenes=0)
    words = ("--model", "unet", "--model-option", "width=4", "--size", 32, "--batch", 2, "--steps", 1, "--val", 0)
    given = (pictures, tmp_path / "run", "--device", "cpu", "--threads", 1, *words, "--test", 0)
    assert call(*given).exit_code == 0
    begun = json.loads((tmp_path / "run/run.json").read_text())
    begun["options"]["validation_samples"] = 4
    (tmp_path / "run/run.json").write_text(json.dumps(begun))
    assert call(*given, "--validation-samples", 4).exit_code == 0
    refused = call(*given, "--validation-samples", 4, "--sheet-rows", 1).exception
    assert str(refused).startswith(f"--sheet-rows 1: of {pictures} nothing is validated")


def test_stopped_it_keeps_its_last_checkpoint(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from bgfg.train.targets.objective import Objective

    whole, steps = Objective.losses, 0

    def stopping(self: Objective, *given: object) -> object:
        nonlocal steps
        steps += 1
        if steps == 6:
            raise Stopped
        return whole(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Objective, "losses", stopping)
    run = [str(corpus.path), str(tmp_path), *SMALL, "--steps", "9", "--validate-every", "9"]
    monkeypatch.setattr(sys, "argv", ["bgfg", "train", *run, "--log-every", "1", "--checkpoint-every", "0"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 130
    printed = capsys.readouterr().err.splitlines()
    assert printed[-1].startswith("Error: stopped; what is finished is kept, run the same command again to go on")
    last = Checkpoint.load(tmp_path / "checkpoints/last.safetensors", [])
    assert last.description["standing"]["step"] == 5


def test_real_pictures_are_mixed_in_and_tested_next(corpus: Corpus, tmp_path: Path) -> None:
    real, run = make_real(tmp_path / "real", 12, 6), tmp_path / "run"
    printed = call(corpus.path, run, *SMALL, "--steps", 2, "--mix", real, "--share", 0.2, "--val", 4, "--test", 2)
    assert "4 real pictures beside them" in printed.stderr
    assert "12 of 12 pictures have a second shot" not in printed.stderr
    assert f"evaluate {run} {corpus.path} --real {real}" in printed.stdout
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert (record["mix"]["joined"], record["mix"]["batch"]) == (4, 20)
    assert (record["options"]["share"], record["options"]["data"]) == (0.2, {"val": 4, "test": 2})
    again = call(corpus.path, run, *SMALL, "--steps", 2, "--mix", real, "--share", 0.2, "--val", 4, "--test", 2)
    assert again.exit_code == 0, again.output
    assert "from step 2 on" in again.stderr


@pytest.mark.parametrize(
    ("corpus_is_folder", "arguments", "line"),
    [
        (False, ("--share", "0.2"), "--share 0.2: is of the pictures of --mix: give that too"),
        (False, ("--mix", "REAL", "--share", "1"), "--share 1.0: give a share above 0 and below 1"),
        (False, ("--mix", "REAL", "--share", "0"), "--share 0: is no picture in a batch of 16: give "),
        (False, ("--mix", "NOWHERE"), "NOWHERE: no such folder: give a folder of images and masks"),
        (True, ("--mix", "REAL"), "--mix REAL: joins a corpus, and REAL is a folder itself: put the pictures of both"),
        (False, ("--val", "1"), "--val: for folders of images and masks; "),
    ],
)
def test_a_wrong_mixture_is_one_clear_line(
    corpus: Corpus, tmp_path: Path, corpus_is_folder: bool, arguments: tuple[str, ...], line: str
) -> None:
    real = str(make_real(tmp_path / "real", 6))
    places = {"REAL": real, "NOWHERE": str(tmp_path / "nowhere")}
    data = real if corpus_is_folder else str(corpus.path)
    words = (data, str(tmp_path / "run"), *SMALL, *(places.get(word, word) for word in arguments))
    with pytest.raises(Problem) as caught:
        train.main(words, standalone_mode=False)
    (said,) = caught.value.lines
    for name, path in places.items():
        line = line.replace(name, path)
    assert said.startswith(line)
    assert caught.value.exit_code == 2
    assert not (tmp_path / "run/run.json").exists()
