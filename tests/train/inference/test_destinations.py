"""What is there is never written over, and what is wrong is told before a network is loaded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from bgfg.data_manifests.files.origin import origin_of
from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.data_manifests.images.image_writing import save_jpeg
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.synth.store.lock import results_folder
from bgfg.train.cli.predict import predict
from bgfg.train.cli.recolour import recolour
from bgfg.train.cli.replace import replace
from bgfg.train.cutouts.places import require_cutouts
from bgfg.train.inference import runtime
from bgfg.train.inference.destinations import EDITED, PREDICTED, require_edit, require_prediction
from bgfg.train.inference.edit import paint_background
from bgfg.train.inference.edit_files import edit_files
from bgfg.train.inference.outputs import predict_files
from bgfg.train.inference.predictor import Predictor
from bgfg.train.inference.runner import RECORD_FILE
from bgfg.train.inference.video import predict_video
from tests.support.command_calls import run_command
from tests.support.composites import write_composites
from tests.support.stub_models import DifferenceModel
from tests.support.videos import walk, write_video

BLUE, RED = (10, 70, 120), (200, 0, 0)
FOREIGN = b"a file of somebody else"


def edited(tmp_path: Path, colour: tuple[int, int, int] = BLUE, out: str = "out") -> list[Path]:
    given = (tmp_path / "pictures", tmp_path / "empty", tmp_path / out, False)
    model = DifferenceModel(tmp_path / "w")
    return edit_files(Predictor(model), *given, paint_background(colour), {"color": colour}, no_progress)


def put(path: Path, content: bytes = FOREIGN) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "name",
    ["mask/p1.png", "depth/p0.png", "cutout/p1.png", "classes/p0.png", "instances/p0.png", "detections/p1.json",
     "overlay/p0.jpg", "side_by_side/p1.jpg", "classes.json"],
)  # fmt: skip
def test_a_foreign_file_under_the_name_of_a_prediction_is_refused(tmp_path: Path, name: str) -> None:
    pictures, empty = write_composites(tmp_path, 2)
    file, model = put(tmp_path / "out" / name), DifferenceModel(tmp_path / "w")
    with pytest.raises(Problem, match=rf"{name}: would be written over, and wasn't made by bgfg: give another --out"):
        predict_files(Predictor(model), pictures, empty, tmp_path / "out", False, no_progress)
    assert file.read_bytes() == FOREIGN
    assert not model.seen
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == [file]


@pytest.mark.parametrize("begun", [False, True])
def test_a_foreign_file_is_no_result_of_an_edit(tmp_path: Path, begun: bool) -> None:
    write_composites(tmp_path, 2)
    if begun:
        edited(tmp_path)
    file = put(tmp_path / "out/p1.png")
    with pytest.raises(Problem, match=r"p1\.png: would be written over, and wasn't made by bgfg"):
        edited(tmp_path)
    assert file.read_bytes() == FOREIGN


@pytest.mark.parametrize("record", [None, b"", b"{", b"[]", b"{}", b"null", b"[" * 9_000, b"[[[]]]", b"\xff\xfe"])
def test_results_are_told_where_their_record_is_lost_or_torn(tmp_path: Path, record: bytes | None) -> None:
    write_composites(tmp_path, 2)
    edited(tmp_path)
    out = tmp_path / "out"
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    (out / RECORD_FILE).unlink() if record is None else (out / RECORD_FILE).write_bytes(record)
    with pytest.raises(Problem, match=r"p0\.png: is a result of another model or other options: give another --out"):
        edited(tmp_path, RED)
    edited(tmp_path)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_record_of_somebody_else_is_kept(tmp_path: Path) -> None:
    write_composites(tmp_path, 1)
    for content in (b'{"format": "theirs"}', b"[1]", b"7"):
        file = put(tmp_path / "out" / RECORD_FILE, content)
        with pytest.raises(
            Problem, match=r"made\.json: would be written over, and isn't what bgfg wrote .*: give anoth"
        ):
            edited(tmp_path)
        assert file.read_bytes() == content


def test_every_result_says_what_made_it(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 1)
    save_jpeg(read_rgb(pictures / "p0.png"), pictures / "p1.jpg")
    save_jpeg(read_rgb(empty / "p0.png"), empty / "p1.jpg")
    predict_files(Predictor(DifferenceModel(tmp_path / "w")), pictures, empty, tmp_path / "out", False, no_progress)
    made = [path for path in (tmp_path / "out").rglob("*") if path.is_file() and path.name != RECORD_FILE]
    assert len(made) == 8
    assert len({origin_of(path) for path in made}) == 1
    assert {origin.work for path in [*made, *edited(tmp_path, out="new")] if (origin := origin_of(path))} == {
        PREDICTED.work,
        EDITED.work,
    }


def test_a_single_file_may_be_made_again_and_replaces_no_other(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 1)
    given = (pictures / "p0.png", empty, tmp_path / "new.png", False)
    for colour in (BLUE, RED):
        edit_files(Predictor(DifferenceModel(tmp_path / "w")), *given, paint_background(colour), {}, no_progress)
        assert np.array_equal(read_rgb(tmp_path / "new.png")[0, 0], colour)
    put(tmp_path / "new.png")
    with pytest.raises(Problem, match=r"new\.png: would be written over, and wasn't made by bgfg"):
        edit_files(Predictor(DifferenceModel(tmp_path / "w")), *given, paint_background(BLUE), {}, no_progress)
    assert (tmp_path / "new.png").read_bytes() == FOREIGN


def test_videos_and_frames_may_be_made_again_and_replace_no_others(tmp_path: Path) -> None:
    video = write_video(tmp_path / "walk.mkv", walk(2, 40, 56))
    cv2.imwrite(str(tmp_path / "empty.png"), walk(1, 40, 56)[0][..., ::-1])
    predictor, out = Predictor(DifferenceModel(tmp_path / "w")), tmp_path / "out"
    given = (predictor, video, tmp_path / "empty.png")
    for _ in range(2):
        predict_video(*given, out, False, no_progress)
        for name in ("new.mp4", "new.mkv", "folder"):
            edit_files(*given, tmp_path / name, False, paint_background(BLUE), {}, no_progress)
    videos = [tmp_path / name for name in ("new.mp4", "new.mkv", "folder/walk.mp4")]
    assert {origin_of(path) for path in videos} == {EDITED}
    results = [path for path in out.rglob("*") if path.is_file()]
    assert {origin_of(path) for path in results} == {PREDICTED}
    for path in results:
        before = path.read_bytes()
        put(path)
        with pytest.raises(Problem, match=rf"{path.name}: would be written over, and wasn't made by bgfg"):
            predict_video(*given, out, False, no_progress)
        put(path, before)
    for path in videos:
        put(path)
        with pytest.raises(Problem, match=rf"{path.name}: would be written over, and wasn't made by bgfg"):
            require_edit(video, None, path)
    with results_folder(out), pytest.raises(Problem, match="is writing to this folder"):
        predict_video(*given, out, False, no_progress)


def test_results_do_not_go_into_the_folder_that_is_read(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 1)
    (pictures / "p0.png").rename(pictures / "p0.bmp")
    for out, what in ((pictures, "IMAGE"), (empty, "--background")):
        with pytest.raises(Problem, match=f"--out .*: is {what} .*: files there would be written over, or taken for"):
            require_prediction(pictures, empty, out)
    with pytest.raises(Problem, match=r"empty/p0\.png: would be written over: give another --out"):
        require_edit(pictures, empty, empty)
    require_prediction(pictures, empty, pictures / "predicted")
    shutil.move(pictures, tmp_path / "out/mask")
    (tmp_path / "out/mask/p0.bmp").rename(tmp_path / "out/mask/p0.png")
    with pytest.raises(Problem, match=r"mask/p0\.png: would be written over: give another --out"):
        require_prediction(tmp_path / "out/mask", empty, tmp_path / "out")


@pytest.mark.parametrize("suffix", [".webp", ".tif", ".bmp", ".gif", ".mp4", ".avi"])
def test_no_folder_gets_the_name_of_a_file(tmp_path: Path, suffix: str) -> None:
    pictures, empty = write_composites(tmp_path, 1)
    out, picture = tmp_path / f"new{suffix}", pictures / "p0.png"
    said = rf"new\{suffix}: has the name of a \{suffix} file, but "
    with pytest.raises(Problem, match=f"{said}a picture is written as .png, .jpg, .jpeg: give one of these, or the"):
        require_edit(picture, empty / "p0.png", out)
    with pytest.raises(Problem, match=f"{said}results are several files: give the name of a folder"):
        require_edit(pictures, empty, out)
    with pytest.raises(Problem, match=f"{said}results are several files: give the name of a folder"):
        require_prediction(picture, empty / "p0.png", out)
    with pytest.raises(Problem, match=f"^OUT .*{said}cut-outs go into a folder: give the name of one"):
        require_cutouts(picture, None, out, None)
    out.mkdir()
    require_prediction(picture, empty / "p0.png", out)


def test_what_is_wrong_is_told_before_a_network_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object) -> None:
        raise AssertionError("loaded")

    monkeypatch.setattr(runtime, "load_model", load)
    pictures, empty = write_composites(tmp_path, 1)
    broken, file = put(tmp_path / "broken.png"), put(tmp_path / "file")
    corpus = put(tmp_path / "corpus/manifest/corpus.json", b"{}").parents[1]
    run = put(tmp_path / "run/run.json", json.dumps({"format": "bgfg-run"}).encode()).parent
    for words, line in (
        ((tmp_path / "gone", "--out", tmp_path / "out"), "IMAGE .*gone: no such file or folder"),
        ((broken, "--out", tmp_path / "out"), r"broken\.png: not a picture"),
        ((pictures, "--background", tmp_path / "gone", "--out", tmp_path / "out"), "--background .*gone: no such file"),
        ((pictures / "p0.png", "--background", broken, "--out", tmp_path / "out"), r"broken\.png: not a picture"),
        ((put(tmp_path / "v.mp4"), "--out", tmp_path / "out"), r"v\.mp4: can't be read as a video"),
        ((pictures, "--out", file), "--out .*file: is a file: give the name of a folder"),
        ((pictures, "--out", file / "below"), "--out .*below: .*file is a file: give another --out"),
        ((pictures, "--out", corpus / "new"), "--out .*new: lies in .*corpus, which is a corpus: give another --out"),
        ((pictures, "--out", run), "--out .*run: is a run: give another --out"),
    ):
        for command, more in ((predict, ()), (replace, ("--color", "#fff")), (recolour, ("--color", "#fff"))):
            with pytest.raises(Problem, match=line) as caught:
                raise run_command(command, "m", *words, *more).exception or AssertionError("went on")
            assert len(caught.value.lines) == 1
    with results_folder(tmp_path / "held"):
        held = run_command(predict, "m", pictures, "--background", empty, "--out", tmp_path / "held")
    assert "is writing to this folder" in str(held.exception)
    assert isinstance(run_command(predict, "m", pictures, "--out", tmp_path / "out").exception, AssertionError)
    assert not (tmp_path / "out").exists()
