"""The choice of a teacher: what `auto` is, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.depth_teacher.teachers.in_front import InFrontTeacher
from bgfg.depth_teacher.teachers.layered import LayeredTeacher
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from tests.support.evaluation_corpus import make_evaluation_corpus
from tests.support.executors import IN_PROCESS
from tests.support.tiny_corpus import CUTOUT_HEIGHT, H, W


def test_auto_stands_on_the_depth_of_the_backgrounds_where_there_is_one(
    composed: Path, copy_of: Callable[[Path], Path]
) -> None:
    said: list[str] = []
    corpus = copy_of(composed)
    label_corpus(corpus, "auto", IN_PROCESS, say=said.append)
    assert said[0] == "teacher layered, since the backgrounds have depth"
    assert _teacher(corpus) == "layered"


def test_auto_looks_at_the_composites_where_there_is_none(tmp_path: Path) -> None:
    said: list[str] = []
    corpus = make_evaluation_corpus(tmp_path, 2, 2, depth=False, split="50/0/50").path
    label_corpus(corpus, TeacherOptions(device="cpu"), IN_PROCESS, say=said.append)
    assert said[0] == "teacher compact, since the backgrounds have no depth"
    assert _teacher(corpus) == "compact"


def test_auto_goes_on_with_what_it_began(composed: Path, copy_of: Callable[[Path], Path]) -> None:
    """Also where it would choose otherwise: the backgrounds have depth, and `compact` began."""
    said: list[str] = []
    corpus = copy_of(composed)
    label_corpus(corpus, TeacherOptions("compact", device="cpu"), IN_PROCESS)
    next(corpus.glob("done/depth/*.json")).unlink()
    label_corpus(corpus, TeacherOptions(device="cpu"), IN_PROCESS, say=said.append)
    assert said[0] == "teacher compact, since it has begun here"
    label_corpus(corpus, TeacherOptions(device="cpu"), IN_PROCESS, replace=True, say=said.append)
    assert _teacher(corpus) == "layered"


def test_auto_leaves_what_another_teacher_finished(composed: Path, copy_of: Callable[[Path], Path]) -> None:
    said: list[str] = []
    corpus = copy_of(composed)
    label_corpus(corpus, "layered", IN_PROCESS)
    opened = Corpus(corpus)
    opened.save_manifest(replace(opened.manifest, teacher={**(opened.manifest.teacher or {}), "name": "densedepth"}))
    label_corpus(corpus, "auto", IN_PROCESS, say=said.append)
    assert (said, _teacher(corpus)) == ([], "densedepth")


def _teacher(corpus: Path) -> str:
    return str((Corpus(corpus).manifest.teacher or {})["name"])


def test_a_wrong_teacher_lists_them() -> None:
    with pytest.raises(
        Problem, match=r"no teacher of that name: give auto, layered, in_front, compact, dense.*hub, onnx$"
    ):
        TeacherOptions("compakt")


@pytest.mark.parametrize("name", ["compact", "densedepth"])
def test_an_input_that_is_no_multiple_of_32_is_refused(name: str) -> None:
    with pytest.raises(Problem, match="--input-size 100x96: give multiples of 32"):
        TeacherOptions(name, weights="there.h5", input_px=(96, 100))


@pytest.mark.parametrize("name", ["layered", "in_front"])
@pytest.mark.parametrize(
    ("flag", "given"),
    [
        ("--weights", {"weights": "there.onnx"}),
        ("--input-size", {"input_px": (96, 96)}),
        ("--batch", {"batch": 4}),
        ("--device", {"device": "cpu"}),
        ("--resize", {"resize": "half_pixel"}),
        ("--trained-on", {"trained_on": "nyu"}),
    ],
)
def test_what_is_said_of_a_network_is_refused_where_the_teacher_is_none(
    name: str, flag: str, given: dict[str, Any]
) -> None:
    with pytest.raises(Problem, match=f"^{flag} is for networks, and --teacher {name} is none"):
        TeacherOptions(name, **given)


@pytest.mark.parametrize("name", ["auto", "compact", "hub", "onnx"])
@pytest.mark.parametrize(
    ("flag", "given"), [("--resize", {"resize": "half_pixel"}), ("--trained-on", {"trained_on": "nyu"})]
)
def test_what_is_said_of_densedepth_is_refused_of_others(name: str, flag: str, given: dict[str, Any]) -> None:
    with pytest.raises(Problem, match=f"^{flag} is for --teacher densedepth: leave it out$"):
        TeacherOptions(name, weights="there.onnx", **given)


def test_a_teacher_that_needs_depth_is_called_by_its_name(tmp_path: Path, sources: Path) -> None:
    options = PlanOptions(sources / "bg", sources / "fg", None, 0.001, H, W, CUTOUT_HEIGHT, 2)
    plan_corpus(tmp_path / "c", options, replace=False, workers=1)
    for teacher in (LayeredTeacher, InFrontTeacher):
        with pytest.raises(Problem, match=f"no depth, which --teacher {teacher._name} needs: plan it with"):
            teacher(Corpus(tmp_path / "c"))


def test_weights_arent_left_out_in_silence_where_auto_is_layered(composed: Path) -> None:
    with pytest.raises(
        Problem, match="--weights is for networks, and `auto` is layered here, since the backgrounds have"
    ):
        TeacherOptions(weights="there.onnx").resolve_auto(Corpus(composed), replace_labels=False)
    chosen, _ = TeacherOptions(batch=4, device="cpu").resolve_auto(Corpus(composed), replace_labels=False)
    assert chosen == TeacherOptions("layered")


@pytest.mark.parametrize("device", ["rubbish", "", "cuda:", "cuda:x", "CPU"])
def test_a_device_that_is_none_is_one_line_whatever_the_teacher(device: str) -> None:
    for name in ("auto", "layered", "compact"):
        with pytest.raises(Problem, match=f"^--device {device}: give auto, cpu, mps, cuda or cuda:NUMBER$"):
            TeacherOptions(name, device=device)


def test_weights_without_a_name_are_none() -> None:
    with pytest.raises(Problem, match="--weights '': no file has this name"):
        TeacherOptions("compact", weights="")
