"""A zarr.json that is lost or damaged costs nothing: whoever writes to the corpus makes it again, to the byte."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store import depth_array
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.verify import verify_corpus
from tests.support.executors import IN_PROCESS
from tests.support.killed import tree
from tests.support.refused_opens import MACHINE_ERRORS, refused_opens

NAMES = [
    "zarr.json",
    *(f"{a}/zarr.json" for a in ("background", "background_depth", "cutout", "image", "mask", "depth")),
]


def changed(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


LOSSES: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "can't be read": lambda path: path.write_bytes(path.read_bytes()[:40]),
    "not the metadata of Zarr": lambda path: path.write_text("[]"),
    "changed by hand|not an array": lambda path: changed(path, node_type="other"),
}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_lost_is_refused_by_name_and_written_again(
    labelled: Path, copy_of: Callable[[Path], Path], name: str
) -> None:
    corpus = copy_of(labelled)
    path = corpus / "data.zarr" / name
    command = "label" if name.startswith("depth") else "compose"
    for reason, lose in LOSSES.items():
        lose(path)
        line = rf"{path}: ({reason}|can't be read).*: `bgfg {command} {corpus}` writes it again"
        with pytest.raises(Problem, match=line):
            Corpus(corpus)
        (found,) = verify_corpus(corpus, IN_PROCESS).problems
        assert "writes it again" in found
        (note,) = (
            compose_corpus(corpus, IN_PROCESS) if command == "compose" else label_corpus(corpus, "layered", IN_PROCESS)
        )
        assert note.startswith(f"{path}: ")
        assert note.endswith(": written again")
        assert tree(corpus) == tree(labelled)


def test_the_same_plan_writes_all_of_them_again_and_keeps_what_was_made(
    labelled: Path, copy_of: Callable[[Path], Path], options: PlanOptions
) -> None:
    corpus = copy_of(labelled)
    for name in NAMES:
        (corpus / "data.zarr" / name).unlink()
    with pytest.raises(Problem) as caught:
        Corpus(corpus)
    assert len(caught.value.lines) == len(NAMES)
    planned = plan_corpus(corpus, options, replace=True, workers=1)
    assert planned.unchanged
    assert sum(note.endswith(": missing: written again") for note in planned.notes) == len(NAMES)
    assert tree(corpus) == tree(labelled)
    assert not any("written again" in note for note in plan_corpus(corpus, options, replace=False, workers=1).notes)


@pytest.mark.parametrize("array", ["mask", "depth"])
def test_an_array_whose_folder_is_gone_is_made_again_with_its_metadata(
    labelled: Path, copy_of: Callable[[Path], Path], array: str
) -> None:
    corpus = copy_of(labelled)
    shutil.rmtree(corpus / "data.zarr" / array)
    assert compose_corpus(corpus, IN_PROCESS) == (f"{corpus}/data.zarr/{array}/zarr.json: missing: written again",)
    assert label_corpus(corpus, "layered", IN_PROCESS) == ()
    assert tree(corpus) == tree(labelled)


def test_names_of_dimensions_of_before_and_what_other_versions_add_stay_readable(
    labelled: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus = copy_of(labelled)
    changed(corpus / "data.zarr/depth/zarr.json", dimension_names=["sample", "y", "x"])
    changed(corpus / "data.zarr/image/zarr.json", storage_transformers=[])
    changed(corpus / "data.zarr/zarr.json", consolidated_metadata=None)
    assert Corpus(corpus).array("image").shape == Corpus(labelled).array("image").shape


@pytest.mark.parametrize("name", ["zarr.json", "image/zarr.json", "depth/zarr.json"])
@pytest.mark.parametrize("number", MACHINE_ERRORS)
def test_one_that_may_not_be_read_is_no_damaged_one(
    labelled: Path, copy_of: Callable[[Path], Path], options: PlanOptions, name: str, number: int
) -> None:
    corpus = copy_of(labelled)
    path = corpus / "data.zarr" / name
    with refused_opens(path, number=number):
        for call in (
            lambda: Corpus(corpus),
            lambda: compose_corpus(corpus, IN_PROCESS),
            lambda: label_corpus(corpus, "layered", IN_PROCESS),
        ):
            with pytest.raises(OSError, match=str(path)) as caught:
                call()
            assert caught.value.errno == number
        assert verify_corpus(corpus, IN_PROCESS).problems == [
            f"{path}: can't be read ({os.strerror(number)}): mend that"
        ]
        with pytest.raises(Problem, match=f"{path}: .* and run the same command again"):
            plan_corpus(corpus, options, replace=True, workers=1)
    assert tree(corpus) == tree(labelled)


def test_a_teacher_is_recorded_once_its_array_is_there(
    composed: Path, copy_of: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk")

    corpus = copy_of(composed)
    monkeypatch.setattr(depth_array, "replace_bytes", fail)
    with pytest.raises(OSError, match="disk"):
        label_corpus(corpus, "layered", IN_PROCESS)
    assert Corpus(corpus).manifest.teacher is None


@pytest.mark.parametrize("number", MACHINE_ERRORS)
def test_a_picture_of_the_plan_that_may_not_be_read_is_no_damaged_one(composed: Path, number: int) -> None:
    path = composed / "data.zarr/background/c/1/0/0/0"
    with refused_opens(path, number=number), pytest.raises(OSError, match=str(path)) as caught:
        Corpus(composed).check_plan()
    assert caught.value.errno == number
