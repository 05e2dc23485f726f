"""Commands of training and of use, called as somebody new would get them wrong: one clear line each, no traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.project import ROOT

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg import cli
from tests.support.composites import write_composites
from tests.support.evaluation_corpus import make_evaluation_corpus
from tests.support.paired_folders import make_aisegment, make_pets, make_plain
from tests.support.saved_runs import save_run

Say = Callable[..., tuple[int, list[str]]]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What the calls below name: runs, corpora, folders and files, sound and not."""
    root = tmp_path_factory.mktemp("wrong")
    pictures, empty = write_composites(root, 1)
    found = {
        "PAIR_RUN": save_run(root / "pair", input_px=16),
        "DEPTH_RUN": save_run(root / "depth", targets=("depth",), input_px=16),
        "PICTURE_RUN": save_run(root / "one", "smp:unet", ("mask",), input_px=32, encoder="tu-test_resnet", shots=1),
        "CORPUS": make_evaluation_corpus(root / "corpora").path,
        "PAIRS": make_plain(root / "pairs"),
        "PETS": make_pets(root / "pets"),
        "MATTES": make_aisegment(root / "mattes"),
        "PICTURE": pictures / "p0.png",
        "PICTURES": pictures,
        "EMPTY": empty / "p0.png",
        "GONE": root / "gone",
        "BARE": root / "bare",
        "CUT": root / "cut.safetensors",
        "CUT_ONNX": root / "cut.onnx",
        "VIDEO": root / "clip.mp4",
        "OUT": root / "out",
        "CUTOUTS": root / "cutouts",
        "NEW": root / "new",
    }
    found["BARE"].mkdir()
    found["VIDEO"].write_bytes(b"opened by av alone")
    whole = (root / "pair/checkpoints/best.safetensors").read_bytes()
    found["CUT"].write_bytes(whole[: len(whole) // 2])
    found["CUT_ONNX"].write_bytes(b"\x08\x08nothing")
    return found


@pytest.fixture
def say(places: dict[str, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Call bgfg with words, some of them the names of places; return the exit code and the lines of errors."""

    def called(*words: str) -> tuple[int, list[str]]:
        monkeypatch.setattr(sys, "argv", ["bgfg", *(str(places.get(word, word)) for word in words)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        printed = capsys.readouterr().err
        assert "Traceback" not in printed
        return int(caught.value.code or 0), [line for line in printed.splitlines() if line.startswith("Error: ")]

    return called


PAIR = ("--background", "EMPTY", "--out", "OUT")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        # a wrong path
        (("predict", "GONE", "PICTURE"), "gone: no such model: give the folder of a run"),
        (("predict", "BARE", "PICTURE"), "best.safetensors: no such checkpoint: run `bgfg train CORPUS RUN`"),
        (("predict", "PAIR_RUN", "GONE", *PAIR), "gone: no such file or folder: check the path"),
        (("predict", "PAIR_RUN", "BARE", *PAIR), "bare: holds no pictures. Put some there"),
        (("replace", "PAIR_RUN", "PICTURE", "--background", "GONE", "--blur", "3"), "gone: no such file or folder"),
        (("replace", "PAIR_RUN", "PICTURE", *PAIR, "--image", "GONE"), "gone: can't be read (No such file"),
        (("recolour", "GONE", "PICTURE", "--color", "#fff"), "gone: no such model"),
        (("cutout", "PICTURE", "CUTOUTS", "--model", "GONE"), "gone: no such network: give two_stream, person, a run"),
        (("cutout", "BARE", "CUTOUTS"), "bare: holds no pictures. Put some there"),
        (("onnx", "GONE", "m.onnx"), "gone: no such model: give the folder of a run (`bgfg train CORPUS RUN`), a"),
        (("evaluate", "GONE", "CORPUS"), "gone: no such model: give the folder of a run"),
        (("train", "CORPUS", "OUT", "--start", "GONE"), "gone: no such model: give the folder of a run"),
        (("evaluate", "PAIR_RUN", "GONE"), "gone: not a planned corpus"),
        (("evaluate", "PICTURE_RUN", "BARE"), "bare: holds no pictures: give a corpus of bgfg, or a folder"),
        (("check-data", "GONE"), "gone: no such folder: give a folder of images and masks"),
        (("check-data", "BARE"), "bare: holds no pictures"),
        (("check-data", "CORPUS"), "is a corpus of bgfg: `bgfg audit "),
        (("train", "GONE", "OUT"), "gone: not a planned corpus"),
        (("train", "BARE", "OUT"), "bare: holds no pictures"),
        # a model that doesn't fit
        (("predict", "PAIR_RUN", "PICTURE"), "two_branch_net compares two shots: give the one of the empty scene"),
        (("predict", "PICTURE_RUN", "PICTURE", *PAIR), "smp:unet looks at the picture alone: leave the option out"),
        (("predict", "PICTURE_RUN", "PICTURE", "--no-align"), "--no-align: smp:unet looks at the picture alone"),
        (("recolour", "PICTURE_RUN", "PICTURE", "--color", "#fff", "--align"), "--align: smp:unet looks at the pict"),
        (("cutout", "PICTURE", "CUTOUTS", "--model", "PICTURE_RUN", "--align"), "--align: smp:unet looks at the pict"),
        (
            ("cutout", "PICTURE", "CUTOUTS", "--model", "DEPTH_RUN", "--background", "EMPTY"),
            "gives depth, and no mask to cut out by: give another",
        ),
        (("replace", "DEPTH_RUN", "PICTURE", *PAIR, "--blur", "3"), "this model finds no mask: give one that"),
        (("replace", "PICTURE_RUN", "PICTURE", "--depth-of-field", "--out", "OUT"), "--depth-of-field: needs "),
        (
            ("replace", "PICTURE_RUN", "PICTURE", "--blur", "8", "--depth-of-field"),
            "--depth-of-field: needs depth, which smp:unet doesn't give: give --blur PX without it",
        ),
        (("evaluate", "PAIR_RUN", "PAIRS"), "two_branch_net takes two shots of a scene, and"),
        (("evaluate", "PICTURE_RUN", "CORPUS", "--outline", "pet"), "--outline pet: is for folders of masks"),
        (("train", "PAIRS", "NEW", "--model", "two_stream"), "--model two_stream: takes two shots of a scene"),
        (("train", "PAIRS", "NEW", "--model", "unet", "--targets", "classes"), "--targets classes: "),
        (("train", "PETS", "NEW", "--model", "matting_unet"), "--targets matte: "),
        (("train", "MATTES", "NEW", "--model", "unet", "--outline", "ignore"), "--outline ignore: "),
        (("train", "CORPUS", "NEW", "--masks", "soft"), "--masks: for folders of images and masks"),
        (("train", "CORPUS", "NEW", "--model", "nothing"), "--model nothing: no such network: choose one of"),
        (("train", "CORPUS", "NEW", "--model", "smp:unet:resnet17"), "no encoder 'resnet17': choose tu- and"),
        # a checkpoint or a file that is damaged, or something else
        (("predict", "CUT", "PICTURE"), "cut.safetensors: is damaged"),
        (("predict", "CUT_ONNX", "PICTURE"), "cut.onnx: can't be read as ONNX"),
        (("predict", "PICTURE", "PICTURE"), "p0.png: is no checkpoint: give the folder of a run"),
        (("replace", "CUT", "PICTURE", "--blur", "3"), "cut.safetensors: is damaged"),
        (("recolour", "CUT_ONNX", "PICTURE", "--color", "#fff"), "cut.onnx: can't be read as ONNX"),
        (("cutout", "PICTURE", "CUTOUTS", "--model", "CUT_ONNX"), "cut.onnx: can't be read as ONNX"),
        (("cutout", "PICTURE", "CUTOUTS", "--model", "PICTURE"), "p0.png: is no checkpoint: give the folder of a run"),
        (("onnx", "CUT", "m.onnx"), "cut.safetensors: is damaged"),
        (("onnx", "CUT_ONNX", "m.onnx"), "cut.onnx: is an ONNX file already"),
        (("evaluate", "CUT", "CORPUS"), "cut.safetensors: is damaged"),
        (("evaluate", "CUT_ONNX", "CORPUS"), "cut.onnx: is for `bgfg predict "),
    ],
)  # fmt: skip
def test_a_wrong_call_is_one_clear_line(say: Say, words: tuple[str, ...], line: str) -> None:
    code, lines = say(*words)
    assert code in (1, 2)
    assert len(lines) == 1, lines
    assert line in lines[0]
    assert len(lines[0]) < 600


@pytest.mark.parametrize(
    "words",
    [("train", "GONE", "NEW"), ("teach", "GONE", "NEW"), ("bench-stream", "GONE"), ("evaluate", "PAIR_RUN", "GONE")],
)
def test_a_corpus_that_is_not_there_is_a_wrong_call_of_every_command(
    say: Say, places: dict[str, Path], words: tuple[str, ...]
) -> None:
    code, (line,) = say(*words)
    assert code == 2
    assert line.startswith(f"Error: {places['GONE']}: not a planned corpus")
    assert not places["NEW"].exists()


@pytest.mark.parametrize(
    ("missing", "words", "extra"),
    [
        ("onnx", ("onnx", "PAIR_RUN", "OUT.onnx"), "bgfg[onnx]"),
        ("segmentation_models_pytorch", ("predict", "PICTURE_RUN", "PICTURE"), "bgfg[train]"),
        ("av", ("predict", "two_stream", "VIDEO", *PAIR), "bgfg[video]"),
        ("av", ("replace", "two_stream", "VIDEO", *PAIR, "--blur", "3"), "bgfg[video]"),
        ("av", ("recolour", "two_stream", "VIDEO", *PAIR, "--color", "#fff"), "bgfg[video]"),
    ],
)
def test_a_missing_extra_is_named(
    say: Say, monkeypatch: pytest.MonkeyPatch, missing: str, words: tuple[str, ...], extra: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, "bgfg.train.models.smp", raising=False)  # imports it at its top
    _, (line,) = say(*words)
    assert missing in line
    assert f"pip install '{extra}'" in line


@pytest.mark.parametrize(
    "words", [("train", "PAIRS", "OUT"), ("evaluate", "PAIR_RUN", "CORPUS"), ("predict", "PAIR_RUN", "PICTURE")]
)
def test_without_pytorch_the_extra_is_named(places: dict[str, Path], words: tuple[str, ...]) -> None:
    """In a process of its own, since whatever has been imported here holds PyTorch."""
    code = "import sys; sys.modules['torch'] = None; from bgfg import cli; cli.main()"
    given = [sys.executable, "-c", code, *(str(places.get(word, word)) for word in words)]
    done = subprocess.run(given, cwd=ROOT, capture_output=True, text=True, timeout=120)
    errors = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1, done.stderr
    assert "torch" in errors[0]
    assert "pip install 'bgfg[train]'" in errors[0]
    assert "Traceback" not in done.stderr
