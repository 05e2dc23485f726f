"""Labels by a network that looks at pictures: the same whatever the workers, and never a mixture."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import h5py
import torch
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.selection import Selection
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.by_layers import relabel_layered
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.depth_teacher.labelling.picture_labeller import rebatch
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.depth_teacher.teachers import densedepth_teacher
from bgfg.depth_teacher.teachers.densedepth import raw_to_metres
from bgfg.depth_teacher.teachers.densedepth_teacher import resize_bicubic
from bgfg.depth_teacher.teachers.densedepth_weights import load_weights
from bgfg.synth.compose.executor import Executor
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.preview import contact_sheet
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.verify import verify_corpus
from tests.support.executors import IN_PROCESS
from tests.support.thin_densedepth import save_thin_densedepth
from tests.support.tiny_corpus import B, H, K, W

INPUT_PX = (32, 64)

pytestmark = pytest.mark.usefixtures("thin_encoder")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_thin_densedepth(tmp_path_factory.mktemp("weights") / "nyu.safetensors")


@pytest.fixture(scope="module")
def choice(weights: Path) -> TeacherOptions:
    return TeacherOptions("densedepth", str(weights), INPUT_PX, batch=5, device="cpu")


@pytest.fixture(scope="module")
def by_network(tmp_path_factory: pytest.TempPathFactory, composed: Path, choice: TeacherOptions) -> Path:
    path = Path(shutil.copytree(composed, tmp_path_factory.mktemp("network") / "corpus"))
    label_corpus(path, choice, IN_PROCESS)
    return path


def files_of(corpus: Path) -> dict[str, str]:
    folder = corpus / "data.zarr" / "depth"
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def codes_of(corpus: Path) -> NDArray[Any]:
    return np.asarray(Corpus(corpus).array("depth"))


def test_the_record_says_what_made_it_and_how_to_read_it(by_network: Path, weights: Path) -> None:
    corpus = Corpus(by_network)
    attributes = dict(corpus.array("depth").attrs)
    assert attributes["encoding"] == {"kind": "log", "near_m": 0.1, "far_m": 10.0}
    assert attributes["units"] == "m"
    teacher = attributes["teacher"]
    assert teacher["weights_sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert (teacher["name"], teacher["version"]) == ("densedepth", 1)
    assert (teacher["input_size_px"], teacher["size_px"], teacher["range_m"]) == ([32, 64], [16, 32], [0.1, 10.0])
    assert "GPL" in teacher["licence"]
    assert corpus.manifest.teacher == teacher | {"encoding": attributes["encoding"]}
    assert corpus.array("depth").shape == (len(corpus), 16, 32)
    assert str(weights) not in (by_network / "manifest/corpus.json").read_text()


def test_depth_is_that_of_each_picture_alone(by_network: Path, weights: Path) -> None:
    corpus = Corpus(by_network)
    net = load_weights(weights).net
    for i in range(0, len(corpus), 7):
        picture = torch.from_numpy(corpus[i].image)[None]
        metres = raw_to_metres(net(resize_bicubic(picture, INPUT_PX, torch.device("cpu"))), 0.1, 10.0)[0, 0].numpy()
        codes = corpus.depth_code().encode(metres).astype(int)
        assert np.abs(codes - corpus.array("depth")[i].astype(int)).max() <= 1
    assert np.ptp(codes_of(by_network)) > 3  # it isn't flat


def test_labels_do_not_depend_on_the_number_of_workers(
    composed: Path, by_network: Path, choice: TeacherOptions, copy_of: Callable[[Path], Path]
) -> None:
    corpus = copy_of(composed)
    label_corpus(corpus, choice, Executor(2, "loky"))
    assert files_of(corpus) == files_of(by_network)


def test_labels_do_not_depend_on_where_labelling_was_interrupted(
    by_network: Path, choice: TeacherOptions, copy_of: Callable[[Path], Path]
) -> None:
    corpus = copy_of(by_network)
    (corpus / "done/depth/1.json").unlink()
    Corpus(corpus).chunk_path("depth", 1).write_bytes(b"half")
    label_corpus(corpus, choice, IN_PROCESS)
    assert files_of(corpus) == files_of(by_network)


def test_labels_depend_on_the_batch_by_one_code_at_most(
    composed: Path, by_network: Path, weights: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus = copy_of(composed)
    label_corpus(corpus, TeacherOptions("densedepth", str(weights), INPUT_PX, 1, "cpu"), IN_PROCESS)
    assert np.abs(codes_of(corpus).astype(int) - codes_of(by_network)).max() <= 1


def test_verify_finds_nothing_and_preview_draws_it(by_network: Path) -> None:
    assert verify_corpus(by_network, IN_PROCESS, True, relabel_layered).problems == []
    assert contact_sheet(Corpus(by_network), [0, 9]).shape[1] > 5 * 96


def test_millimetres_on_16_bits(
    composed: Path, by_network: Path, weights: Path, copy_of: Callable[[Path], Path], tmp_path: Path
) -> None:
    corpus = copy_of(composed)
    label_corpus(corpus, TeacherOptions("densedepth", str(weights), INPUT_PX, 5, "cpu", bits=16), IN_PROCESS)
    opened = Corpus(corpus)
    assert opened.array("depth").dtype == np.uint16
    assert dict(opened.array("depth").attrs)["encoding"] == {"kind": "linear", "scale_m": 0.001}
    depth_m, coarse_m = opened[3].depth_m, Corpus(by_network)[3].depth_m
    assert depth_m is not None
    assert depth_m == pytest.approx(coarse_m, rel=0.02)
    assert verify_corpus(corpus, IN_PROCESS).problems == []
    metres = np.array([opened[i].depth_m for i in range(len(opened))], np.float64)
    assert opened.manifest.statistics["depth"]["mean"] == pytest.approx([metres.mean()], rel=1e-5)
    assert contact_sheet(opened, [0]).ndim == 3
    export_corpus(corpus, tmp_path / "out", ExportRequest("hdf5", Selection(), depth_bits=16), IN_PROCESS)
    with h5py.File(next((tmp_path / "out").glob("*.h5"))) as file:
        assert np.array_equal(file["depth"][:], codes_of(corpus))


def test_another_teacher_needs_replace_and_leaves_no_mixture(
    labelled: Path, by_network: Path, choice: TeacherOptions, copy_of: Callable[[Path], Path]
) -> None:
    corpus = copy_of(labelled)
    before = files_of(corpus)
    with pytest.raises(Problem, match=r"labelled with --teacher layered, and a corpus has one teacher: .*--replace"):
        label_corpus(corpus, choice, IN_PROCESS)
    assert files_of(corpus) == before
    label_corpus(corpus, choice, IN_PROCESS, replace=True)
    assert files_of(corpus) == files_of(by_network)
    assert verify_corpus(corpus, IN_PROCESS).problems == []
    label_corpus(corpus, "layered", IN_PROCESS, replace=True)
    assert files_of(corpus) == before
    assert verify_corpus(corpus, IN_PROCESS, True, relabel_layered).problems == []


def test_replacing_that_was_killed_leaves_no_mixture(
    labelled: Path,
    by_network: Path,
    choice: TeacherOptions,
    copy_of: Callable[[Path], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    corpus = copy_of(labelled)

    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bgfg.depth_teacher.labelling.depth_shards.make_missing_shards", die)
    with pytest.raises(KeyboardInterrupt):
        label_corpus(corpus, choice, IN_PROCESS, replace=True)
    assert Corpus(corpus).done_shards("depth") == set()
    monkeypatch.undo()
    monkeypatch.setattr("bgfg.synth.store.depth_array._remove", _remove_marks_alone)
    with pytest.raises(KeyboardInterrupt):
        label_corpus(corpus, "layered", IN_PROCESS, replace=True)
    assert Corpus(corpus).manifest.teacher is None  # and the network's array is still there
    monkeypatch.undo()
    label_corpus(corpus, choice, IN_PROCESS)
    assert files_of(corpus) == files_of(by_network)
    assert Corpus(corpus).done_shards("depth") == set(range(B))


def _remove_marks_alone(corpus: Corpus, folder: Path) -> None:
    if folder.parent.name != "done":
        raise KeyboardInterrupt
    shutil.rmtree(folder, ignore_errors=True)


def test_images_must_be_composed_first(planned: Path, choice: TeacherOptions, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(planned)
    with pytest.raises(Problem, match=r"shard 0 of image is not done: run `bgfg compose"):
        label_corpus(corpus, choice, IN_PROCESS)
    assert Corpus(corpus).manifest.teacher is None


def test_wrong_weights_touch_nothing(
    labelled: Path, choice: TeacherOptions, copy_of: Callable[[Path], Path], tmp_path: Path
) -> None:
    corpus = copy_of(labelled)
    before = files_of(corpus)
    (tmp_path / "bad.h5").write_bytes(b"x")
    with pytest.raises(Problem, match="not an HDF5 file"):
        label_corpus(
            corpus, TeacherOptions("densedepth", str(tmp_path / "bad.h5"), device="cpu"), IN_PROCESS, replace=True
        )
    assert files_of(corpus) == before
    assert Corpus(corpus).done_shards("depth") == set(range(B))


def test_progress_counts_blocks_under_a_title_with_the_device(
    composed: Path, choice: TeacherOptions, copy_of: Callable[[Path], Path]
) -> None:
    seen: list[Any] = []

    @contextmanager
    def progress(title: str, total: int, done: int) -> Any:
        seen.append((title, total, done))
        yield seen.append

    said: list[str] = []
    label_corpus(copy_of(composed), choice, Executor(1, "threading", progress), say=said.append)
    assert seen[0][0].startswith("depth by densedepth on cpu (")
    assert seen[0][1:] == (B * 4 * K, 0)
    assert seen[1:] == [K] * (B * 4)
    assert said[0].startswith("densedepth on cpu (")
    assert said[0].endswith("float32, input 64x32, 5 pictures at a time")


def test_rows_of_batches_come_back_in_blocks() -> None:
    rows = np.arange(24).reshape(12, 2)
    for cuts in ([5, 10], [1, 2, 3], []):
        blocks = list(rebatch(np.split(rows, cuts), 4))
        assert [block.shape for block in blocks] == [(4, 2)] * 3
        assert np.array_equal(np.concatenate(blocks), rows)
    with pytest.raises(ValueError, match="3 rows are left"):
        list(rebatch([rows[:7]], 4))


def test_a_choice_is_checked_at_the_door() -> None:
    with pytest.raises(Problem, match="--teacher oracle: no teacher of that name"):
        TeacherOptions("oracle")
    with pytest.raises(Problem, match="--teacher densedepth needs its weights: --weights"):
        TeacherOptions("densedepth")
    with pytest.raises(Problem, match="--input-size 225x224: give multiples of 32"):
        TeacherOptions("densedepth", "w.h5", (224, 225))


def test_the_input_is_twice_the_frame_unless_told_otherwise(weights: Path) -> None:
    loaded = load_weights(weights)
    cpu = torch.device("cpu")
    for_corpus = densedepth_teacher.DenseDepthTeacher(loaded, cpu, for_corpus=True)
    assert for_corpus.input_px(224, 224) == (448, 448)
    assert for_corpus.input_px(H, W) == (32, 32)
    alone = densedepth_teacher.DenseDepthTeacher(loaded, cpu)
    assert alone.input_px(480, 640) == (480, 640)
    assert alone.input_px(1080, 1920) == (480, 864)
