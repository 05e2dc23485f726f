"""Predictions and edits from URLs to URLs: the files of a folder, and what is done there isn't done again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bgfg import cli
from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.train.cutouts import network
from bgfg.train.inference import runtime
from tests.support.composites import write_composites
from tests.support.stored_corpus import contents, remove, upload
from tests.support.stub_models import DifferenceModel

SHOTS, OUT = "memory://shots/of", "memory://predicted/here"


@pytest.fixture(autouse=True)
def shots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Pictures and their backgrounds in a folder and under a URL, and a model without a network."""
    write_composites(tmp_path / "shots", 3)
    upload(tmp_path / "shots", SHOTS)
    made = DifferenceModel(tmp_path / "weights")
    for module in (runtime, network):  # which has taken it by its name
        monkeypatch.setattr(module, "load_model", lambda *_: made)
    yield tmp_path / "shots"
    remove(SHOTS)
    remove(OUT)


def bgfg(*words: object) -> Result:
    return CliRunner().invoke(cli.command_group, [str(word) for word in words])


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_they_are_those_of_a_folder_and_are_made_once(shots: Path, tmp_path: Path) -> None:
    local = bgfg("predict", "m", shots / "pictures", "--background", shots / "empty", "--out", tmp_path / "out")
    assert local.exit_code == 0
    there = ("predict", "m", f"{SHOTS}/pictures", "--background", f"{SHOTS}/empty", "--out", OUT)
    assert bgfg(*there).stdout == f"{OUT}: results of 3 pictures\n"
    assert contents(OUT) == files_of(tmp_path / "out")
    assert bgfg(*there).stdout == f"{OUT}: results of 3 pictures, 3 of them there already\n"


def test_a_picture_that_was_replaced_or_a_result_that_went_is_made_again(tmp_path: Path) -> None:
    there = ("replace", "m", f"{SHOTS}/pictures", "--background", f"{SHOTS}/empty", "--blur", "2", "--out", OUT)
    assert bgfg(*there).exit_code == 0
    before, store = contents(OUT), ObjectStore(OUT)
    made = {found.key: found.modified for found in store.list()}
    store.delete(["p1.png"])
    ObjectStore(SHOTS).write("pictures/p0.png", contents(SHOTS)["pictures/p0.png"])
    assert bgfg(*there).exit_code == 0
    assert contents(OUT) == before
    again = {found.key for found in store.list() if found.modified != made[found.key]}
    assert again == {"p0.png", "p1.png"}


def test_what_was_finished_before_a_failure_is_there(tmp_path: Path) -> None:
    ObjectStore(SHOTS).write("pictures/p2.png", b"no picture")
    done = bgfg("predict", "m", f"{SHOTS}/pictures", "--background", f"{SHOTS}/empty", "--out", OUT)
    assert done.exit_code == 1
    assert str(done.exception).startswith(f"{SHOTS}/pictures/p2.png: not a picture")
    assert {"mask/p0.png", "side_by_side/p1.jpg"} <= contents(OUT).keys()


def test_one_picture_becomes_a_file_there_and_nothing_else_is_written_over() -> None:
    one = ("recolour", "m", f"{SHOTS}/pictures/p0.png", "--background", f"{SHOTS}/empty/p0.png", "--color", "#f00")
    assert bgfg(*one, "--out", f"{OUT}/one.png").stdout == f"{OUT}/one.png\n"
    assert contents(OUT).keys() == {"one.png"}
    refused = str(bgfg(*one, "--out", f"{SHOTS}/empty/p1.png").exception)
    assert refused.startswith(f"{SHOTS}/empty/p1.png: would be written over, and wasn't made by bgfg")


def test_cut_outs_are_those_of_a_folder(shots: Path, tmp_path: Path) -> None:
    given = ("--model", "two_stream", "--max-uncertain", "1", "--accept", "border", "--accept", "several")
    local = bgfg("cutout", shots / "pictures", tmp_path / "cut", "--background", shots / "empty", *given)
    assert local.exit_code == 0, local.output
    there = ("cutout", f"{SHOTS}/pictures", OUT, "--background", f"{SHOTS}/empty", *given)
    assert bgfg(*there).exit_code == 0
    assert contents(OUT) == files_of(tmp_path / "cut")
    assert "3 of them there already" in bgfg(*there).stdout
    assert contents(OUT) == files_of(tmp_path / "cut")


def test_nothing_there_gets_the_name_of_a_file_that_is_not_written() -> None:
    one = (f"{SHOTS}/pictures/p0.png", "--background", f"{SHOTS}/empty/p0.png")
    said = f"{OUT}/q.webp: has the name of a .webp file, but"
    for words, line in (
        (("predict", "m", *one, "--out"), f"--out {said} results are several files: give the name of a folder"),
        (("recolour", "m", *one, "--color", "#f00", "--out"), f"--out {said} a picture is written as .png, .jpg, .jp"),
        (("cutout", *one), f"OUT {said} cut-outs go into a folder: give the name of one"),
    ):
        assert str(bgfg(*words, f"{OUT}/q.webp").exception).startswith(line)
    assert not contents(OUT)
    ObjectStore(OUT).write("q.webp/of_before", b"")
    assert bgfg("predict", "m", *one, "--out", f"{OUT}/q.webp").stdout == f"{OUT}/q.webp: results of 1 picture\n"
