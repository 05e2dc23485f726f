"""Labels of a network held to the network."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

pytest.importorskip("torch")

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.cli.verify import verify
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.depth_teacher.labelling.load_teacher import load_teacher
from bgfg.depth_teacher.labelling.relabel import compare_relabelled
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.depth_teacher.teachers.teacher import DepthBatch, PictureTeacher, RgbBatch
from bgfg.synth.store.corpus import Corpus
from tests.support.executors import IN_PROCESS
from tests.support.thin_densedepth import save_thin_densedepth

INPUT_PX = (32, 64)
OPTIONS = ["--input-size", "64x32", "--device", "cpu", "--batch", "3", "--workers", "1", "--backend", "threading"]

pytestmark = pytest.mark.usefixtures("thin_encoder")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_thin_densedepth(tmp_path_factory.mktemp("weights") / "nyu.safetensors")


@pytest.fixture(scope="module")
def by_network(tmp_path_factory: pytest.TempPathFactory, composed: Path, weights: Path) -> Path:
    path = Path(shutil.copytree(composed, tmp_path_factory.mktemp("network") / "corpus"))
    label_corpus(path, TeacherOptions("densedepth", str(weights), INPUT_PX, 5, "cpu"), IN_PROCESS)
    return path


@pytest.fixture(scope="module")
def in_millimetres(tmp_path_factory: pytest.TempPathFactory, composed: Path, weights: Path) -> Path:
    path = Path(shutil.copytree(composed, tmp_path_factory.mktemp("millimetres") / "corpus"))
    label_corpus(path, TeacherOptions("densedepth", str(weights), INPUT_PX, 5, "cpu", 16), IN_PROCESS)
    return path


@pytest.fixture(scope="module")
def teacher(weights: Path) -> PictureTeacher:
    return load_teacher(TeacherOptions("densedepth", str(weights), INPUT_PX, 4, "cpu"), True, print)


class Scaled:
    """A teacher whose depth is that of another one times a factor."""

    def __init__(self, teacher: PictureTeacher, factor: float) -> None:
        self._teacher, self._factor = teacher, factor
        self.batch, self.where, self.is_metric = teacher.batch, teacher.where, teacher.is_metric
        self.range_m, self.overlooks_people = teacher.range_m, teacher.overlooks_people

    def describe(self) -> dict[str, Any]:
        return self._teacher.describe()

    def input_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        return self._teacher.input_px(height_px, width_px)

    def predict_batches(self, batches: Iterable[RgbBatch]) -> Iterator[DepthBatch]:
        for depth in self._teacher.predict_batches(batches):
            yield (depth * self._factor).astype(np.float32)


def run_verify(*arguments: str | Path) -> Result:
    return CliRunner().invoke(verify, [str(argument) for argument in arguments])


@pytest.mark.parametrize("count", [1, 7])
def test_a_spread_of_samples_is_labelled_again_and_agrees(
    by_network: Path, teacher: PictureTeacher, count: int
) -> None:
    corpus = Corpus(by_network)
    assert compare_relabelled(corpus, teacher, count) == (min(count, len(corpus)), [])


@pytest.mark.parametrize("bits", [8, 16])
def test_rounding_is_forgiven_and_more_is_not(
    by_network: Path, in_millimetres: Path, teacher: PictureTeacher, bits: int
) -> None:
    corpus = Corpus({8: by_network, 16: in_millimetres}[bits])
    assert compare_relabelled(corpus, Scaled(teacher, 1.004), 4) == (4, [])
    count, found = compare_relabelled(corpus, Scaled(teacher, 1.06), 4)
    assert (count, len(found)) == (4, 4)
    assert all("isn't what its teacher gives: delete" in line and "bgfg label" in line for line in found)


def test_other_weights_are_not_the_teacher(tmp_path: Path, by_network: Path) -> None:
    other = save_thin_densedepth(tmp_path / "nyu.safetensors", seed=1)
    teacher = load_teacher(TeacherOptions("densedepth", str(other), INPUT_PX, 4, "cpu"), True, print)
    with pytest.raises(Problem, match="labelled with --weights of another file: give the weights and options"):
        compare_relabelled(Corpus(by_network), teacher)


def test_verify_says_what_it_labelled_again(by_network: Path, weights: Path) -> None:
    said = run_verify(by_network, "--recompose", "--weights", weights, *OPTIONS)
    assert said.exit_code == 0, said.output
    assert "depth by densedepth: 48 of 48 samples labelled again, at most one code apart" in said.output


def test_verify_says_that_without_weights_depth_is_not_made_again(by_network: Path) -> None:
    said = run_verify(by_network, "--recompose", "--workers", "1")
    assert said.exit_code == 0, said.output
    assert "depth by densedepth: held to checksums and marks, none of it made again: --teacher" in said.output
    assert "--weights" in said.output


def test_verify_of_layered_depth_says_nothing_of_networks(labelled: Path) -> None:
    said = run_verify(labelled, "--recompose", "--workers", "1")
    assert said.output.splitlines()[-1].endswith("all is as it should be")
    assert "depth by" not in said.output


def test_weights_without_recompose_are_a_wrong_call(by_network: Path, weights: Path) -> None:
    said = run_verify(by_network, "--weights", weights)
    assert isinstance(said.exception, Problem)
    assert said.exception.exit_code == 2
