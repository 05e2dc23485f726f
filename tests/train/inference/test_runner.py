"""The loop over many pictures: the last file comes last, and a failure to write is heard of."""

from __future__ import annotations

import threading
import time
from functools import partial
from pathlib import Path

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.synth.store.lock import results_folder
from bgfg.train.inference.inputs import InputFiles, InputImages
from bgfg.train.inference.runner import ResultFolder, provenance
from tests.support.composites import write_composites
from tests.support.stub_models import DifferenceModel

MADE = {"model": "m", "sha256": "4"}


def batch(out: Path) -> ResultFolder:
    return ResultFolder(out, "edit", MADE, lambda job: [out / job.name])


def test_of_one_thread_pictures_are_read_worked_on_and_written_in_turn(tmp_path: Path) -> None:
    pictures, _ = write_composites(tmp_path, 3)
    jobs = [InputFiles(f"p{i}", pictures / f"p{i}.png") for i in range(3)]
    steps: list[tuple[str, int]] = []

    def work(loaded: InputImages) -> list:
        note = partial(_note_thread, steps)
        note("worked on")
        return [partial(note, "written"), partial(note, "written last")]

    ResultFolder(tmp_path / "out", "edit", MADE, lambda job: [tmp_path / "out" / job.name], threads=1).run(
        jobs, False, work, no_progress, ""
    )
    assert steps == [(step, threading.get_ident()) for step in ("worked on", "written", "written last")] * 3


def _note_thread(steps: list[tuple[str, int]], step: str) -> None:
    steps.append((step, threading.get_ident()))


def test_the_last_file_is_written_after_all_others(tmp_path: Path) -> None:
    pictures, _ = write_composites(tmp_path, 3)
    jobs = [InputFiles(f"p{i}", pictures / f"p{i}.png") for i in range(3)]
    order: list[str] = []
    lock = threading.Lock()

    def note(text: str, seconds: float) -> None:
        time.sleep(seconds)
        with lock:
            order.append(text)

    def work(loaded: InputImages) -> list:
        name = loaded.files.name
        return [
            lambda: note(f"{name} first", 0.03),
            lambda: note(f"{name} second", 0.0),
            lambda: note(f"{name} last", 0.0),
        ]

    assert batch(tmp_path / "out").run(jobs, False, work, no_progress, "") == 3
    assert [line for line in order if line.endswith("last")] == ["p0 last", "p1 last", "p2 last"]
    for i in range(3):
        assert order.index(f"p{i} last") > max(order.index(f"p{i} first"), order.index(f"p{i} second"))


def test_what_fails_in_writing_stops_the_batch(tmp_path: Path) -> None:
    pictures, _ = write_composites(tmp_path, 1)

    def fail() -> None:
        raise Problem("the disk is full")

    with pytest.raises(Problem, match="the disk is full"):
        batch(tmp_path / "out").run([InputFiles("p0", pictures / "p0.png")], False, lambda _: [fail], no_progress, "")


def test_what_made_the_results_is_told_by_content(tmp_path: Path) -> None:
    one, two = DifferenceModel(tmp_path / "one"), DifferenceModel(tmp_path / "two")
    assert provenance(one, size=3) == provenance(two, size=3) != provenance(two, size=4)


def test_a_folder_in_which_nothing_came_about_may_be_begun_anew(tmp_path: Path) -> None:
    out = tmp_path / "out"
    batch(out).prepare()
    (out / "mask").mkdir()
    other = ResultFolder(out, "edit", {"model": "another", "sha256": "5"}, lambda job: [out / job.name])
    other.prepare()
    (out / "mask/p0.png").write_bytes(b"")
    with pytest.raises(Problem, match="holds results of another model or other options: give another --out"):
        batch(out).prepare()
    other.prepare()


def test_where_no_picture_can_be_read_no_folder_is_left(tmp_path: Path) -> None:
    (tmp_path / "p0.png").write_bytes(b"no picture")
    with pytest.raises(Problem, match=r"p0\.png"):
        batch(tmp_path / "out").run([InputFiles("p0", tmp_path / "p0.png")], False, lambda _: [], no_progress, "")
    assert not (tmp_path / "out").exists()


def test_two_commands_do_not_write_into_one_folder(tmp_path: Path) -> None:
    pictures, _ = write_composites(tmp_path, 1)
    jobs, done = [InputFiles("p0", pictures / "p0.png")], []
    with results_folder(tmp_path / "out"), pytest.raises(Problem, match="is writing to this folder"):
        batch(tmp_path / "out").run(jobs, False, lambda _: [lambda: done.append("p0")], no_progress, "")
    assert done == []
    assert batch(tmp_path / "out").run(jobs, False, lambda _: [lambda: done.append("p0")], no_progress, "") == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["made.json"]


def test_a_picture_behind_a_broken_link_is_not_done_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "p0").write_bytes(b"result")
    for name, target in (("p0.png", "nowhere.png"), ("p1.png", "p1.png")):
        (tmp_path / name).symlink_to(target)
        assert not batch(tmp_path).is_done(InputFiles("p0", tmp_path / name))
