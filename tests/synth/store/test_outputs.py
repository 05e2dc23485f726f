"""Where outputs may go: each rule by itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bgfg.data_manifests.files.origin import Origin
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.lock import results_folder
from bgfg.synth.store.outputs import (
    CORPUS,
    EVALUATION,
    EXPORT,
    KIT,
    RESULTS,
    RUN,
    folder_kind,
    require_apart,
    require_file,
    require_folder,
    require_no_strangers,
    require_own_file,
    require_place,
)

PREVIEW = Origin("preview")
MARKS = {
    CORPUS: ("manifest/corpus.json", "torn"),
    EXPORT: ("export.json", '{"format": "bgfg-export"}'),
    KIT: ("kit.json", '{"seed": 0, "size_px": 32, "backgrounds": 1, "cutouts": 1}'),
    RUN: ("run.json", '{"format": "bgfg-run"}'),
    EVALUATION: ("report.json", '{"format": "bgfg-evaluation"}'),
    RESULTS: ("made.json", '{"model": "m", "sha256": "0"}'),
}


def made(folder: Path, kind: str) -> Path:
    """A folder of a kind, told by its file alone."""
    name, content = MARKS[kind]
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content)
    return folder


@pytest.mark.parametrize("kind", MARKS)
def test_a_folder_of_a_kind_is_told_and_taken_for_that_kind_alone(tmp_path: Path, kind: str) -> None:
    folder = made(tmp_path / "f", kind)
    assert folder_kind(folder) == kind
    require_place(folder, "OUT", kind)
    with pytest.raises(Problem, match=f"OUT .*f: is {kind}: give another OUT"):
        require_place(folder, "OUT")


@pytest.mark.parametrize("content", ["", "[]", "7", "[" * 9_000, '{"format": "of another tool"}'])
def test_files_of_such_names_of_others_make_no_kind(tmp_path: Path, content: str) -> None:
    for name in ("export.json", "kit.json", "run.json", "report.json", "made.json"):
        (tmp_path / name).write_text(content)
    assert folder_kind(tmp_path) == ""
    require_place(tmp_path / "below", "OUT")


def test_nothing_is_put_into_what_holds_its_own_files_alone(tmp_path: Path) -> None:
    for kind in MARKS:
        folder = made(tmp_path / kind.replace(" ", "_"), kind)
        below = folder / "deep" / "new"
        if kind in (CORPUS, EXPORT, KIT):
            with pytest.raises(Problem, match=f"lies in {folder}, which is {kind}: give another OUT"):
                require_place(below, "OUT")
        else:
            require_place(below, "OUT")
    with pytest.raises(Problem, match="lies among the checkpoints of a run"):
        require_place(tmp_path / "a_run/checkpoints/new.safetensors", "OUT")
    os.symlink(tmp_path / "a_kit", tmp_path / "link")
    with pytest.raises(Problem, match=r"lies in .*, which is a kit"):
        require_place(tmp_path / "link/new", "OUT")


def test_a_file_goes_into_a_folder_that_is_there_unless_its_maker_makes_one(tmp_path: Path) -> None:
    path = tmp_path / "nope/sheet.png"
    with pytest.raises(Problem, match=r"^SHEET .*: there is no folder .*nope: make it, or give another SHEET$"):
        require_file(path, PREVIEW, "SHEET")
    require_file(path, PREVIEW, "SHEET", makes_folder=True)


def test_a_file_of_the_same_work_alone_may_be_made_again(tmp_path: Path) -> None:
    path = tmp_path / "sheet.png"
    require_file(path, PREVIEW, "SHEET")
    path.touch()
    require_file(path, PREVIEW, "SHEET")
    path.write_bytes(b"..." + str(PREVIEW).encode())
    require_file(path, PREVIEW, "SHEET")
    for content, line in (
        (
            b"a photograph",
            r"sheet\.png: would be written over, and wasn't made by bgfg: give another SHEET, or move it",
        ),
        (str(Origin("edit")).encode(), r"sheet\.png: would be written over, and is of another work \(edit\)"),
    ):
        path.write_bytes(content)
        with pytest.raises(Problem, match=line):
            require_file(path, PREVIEW, "SHEET")
        assert path.read_bytes() == content
    with pytest.raises(Problem, match="is a folder, where a file would be written"):
        require_own_file(tmp_path, PREVIEW, "SHEET")
    with pytest.raises(Problem, match="is what is read, and would be written over"):
        require_file(path, PREVIEW, "SHEET", tmp_path / "x/../sheet.png")
    with pytest.raises(Problem, match=r"sheet\.png is a file: give another SHEET"):
        require_file(path / "below.png", PREVIEW, "SHEET")


def test_a_folder_that_is_held_or_a_file_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    require_folder(tmp_path / "new/out", "--out")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(Problem, match=r"--out .*file: is a file: give the name of a folder"):
        require_folder(tmp_path / "file", "--out")
    with results_folder(tmp_path / "held"), pytest.raises(Problem, match="is writing to this folder"):
        require_folder(tmp_path / "held", "--out")


def test_folders_of_input_and_output_are_apart(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for out, how in ((photos, "is"), (photos / "new", "lies within"), (tmp_path, "has within it")):
        with pytest.raises(Problem, match=f"OUT .*: {how} FOLDER .*: files there would be written over, or taken"):
            require_apart(out, "OUT", ("--fg", None), ("FOLDER", photos))
    for out in (photos / "new", tmp_path):
        require_apart(out, "OUT", ("IMAGE", photos), nested=False)
    require_apart(tmp_path / "photos2", "OUT", ("FOLDER", photos), ("--bg", "s3://bucket"), ("--fg", photos / "gone"))


def test_a_new_folder_may_hold_what_was_begun_there_alone(tmp_path: Path) -> None:
    require_no_strangers(tmp_path / "new", RUN)
    for name in (".lock", ".bgfg.lock", ".0123456789ab.partial.json", "scans.json"):
        (tmp_path / name).touch()
    require_no_strangers(tmp_path, RUN, ["scans.json"])
    (tmp_path / "a.jpg").touch()
    with pytest.raises(Problem, match=r"holds other things \(a\.jpg\) and isn't a run: give an empty or a new folder"):
        require_no_strangers(tmp_path, RUN, ["scans.json"])
    require_no_strangers(made(tmp_path, RUN), RUN)


def test_a_link_to_itself_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="loop"):
        require_folder(tmp_path / "loop", "OUT")
    require_apart(tmp_path / "loop", "OUT", ("FOLDER", tmp_path / "pictures"))
