"""The compact teacher: one depth for a picture, whatever runs it and whatever shares its batch."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.depth_teacher.labelling.load_teacher import load_teacher
from bgfg.depth_teacher.labelling.relabel import compare_relabelled
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.depth_teacher.teachers.compact import CompactTeacher, OnnxRunner, decode_depth, resize_batch
from bgfg.depth_teacher.teachers.compact_weights import CompactMetadata, open_weights_pair
from bgfg.synth.compose.executor import Executor
from bgfg.synth.store.corpus import Corpus
from tests.support.crowd_corpus import make_crowd_corpus
from tests.support.executors import IN_PROCESS
from tests.support.project import ROOT
from tests.support.references import picture


@pytest.fixture(scope="module")
def teacher() -> CompactTeacher:
    pair = open_weights_pair()
    return CompactTeacher(pair, OnnxRunner(pair, threads=1))


def pictures(count: int, height_px: int = 61, width_px: int = 79) -> NDArray[np.uint8]:
    return np.stack([picture(height_px, width_px, 7 * i) for i in range(count)])


def depth_of(teacher: CompactTeacher, *batches: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.concatenate(list(teacher.predict_batches(batches)))


def test_a_pictures_depth_depends_neither_on_its_batch_nor_on_its_neighbours(teacher: CompactTeacher) -> None:
    several = pictures(7)
    together = depth_of(teacher, several)
    assert np.array_equal(together, depth_of(teacher, *several[:, None]))
    assert np.array_equal(together[::-1], depth_of(teacher, several[:2:-1], several[2::-1]))


def test_depth_is_metres_of_the_range_at_half_the_size_rounded_up(teacher: CompactTeacher) -> None:
    near_m, far_m = teacher.range_m
    for height_px, width_px in ((13, 17), (224, 224), (480, 640), (31, 300)):
        depth_m = depth_of(teacher, pictures(2, height_px, width_px))
        assert depth_m.shape == (2, (height_px + 1) // 2, (width_px + 1) // 2)
        assert depth_m.dtype == np.float32
        assert near_m * 0.999 <= depth_m.min() < depth_m.max() <= far_m * 1.001


def test_the_input_has_the_short_side_of_training_unless_given(teacher: CompactTeacher) -> None:
    side_px = open_weights_pair().metadata.input_px
    assert teacher.input_px(224, 224) == (side_px, side_px)
    assert teacher.input_px(480, 640)[0] == side_px
    assert all(side % 32 == 0 for side in teacher.input_px(480, 640))
    pair = open_weights_pair()
    given = CompactTeacher(pair, OnnxRunner(pair, 1), (64, 96), batch=3)
    assert (given.input_px(224, 224), given.batch) == ((64, 96), 3)


def test_onnx_runtime_and_pytorch_agree(teacher: CompactTeacher) -> None:
    torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")
    from bgfg.depth_teacher.teachers.compact import make_torch_runner

    pair = open_weights_pair()
    by_torch = CompactTeacher(pair, make_torch_runner(pair, torch.device("cpu"), print))
    several = np.concatenate([pictures(3, 224, 224), np.zeros((1, 224, 224, 3), np.uint8)])
    mine, theirs = depth_of(teacher, several), depth_of(by_torch, several)
    # Kernels in half precision are rounded once more when batch normalisation is multiplied into them.
    assert np.abs(pair.metadata.middle_m / mine - pair.metadata.middle_m / theirs).max() <= 1e-2
    assert np.abs(mine / theirs - 1).max() <= 1e-2


def test_a_shrunk_picture_is_the_mean_of_what_each_pixel_covers() -> None:
    whole = pictures(2, 6, 9)
    means = whole.reshape(2, 3, 2, 3, 3, 3).mean(axis=(2, 4))
    assert np.abs(resize_batch(whole, (3, 3)).astype(float) - means).max() <= 0.51
    assert resize_batch(whole, (6, 9)) is whole
    assert resize_batch(whole, (12, 18)).shape == (2, 12, 18, 3)


def test_a_plane_stays_a_plane_when_its_depth_is_enlarged() -> None:
    about = CompactMetadata({}, 32, 0.1, 10.0, "MIT", "nothing", [[1.0]])
    raw = np.repeat(np.linspace(0.5, 2.5, 5, dtype=np.float32)[None, None], 4, axis=1)
    inverse = about.middle_m / decode_depth(raw, (8, 10), about)[0, 0]
    assert np.diff(inverse[1:-1]) == pytest.approx(0.25, rel=1e-5)


def test_raw_beyond_the_range_is_its_end() -> None:
    about = CompactMetadata({}, 32, 0.1, 10.0, "MIT", "nothing", [[1.0]])
    raw = np.array([-3.0, 0.0, 1.0, 99.0], np.float32)
    assert about.to_metres(raw) == pytest.approx([10.0, 10.0, 1.0, 0.1])


def test_labels_depend_neither_on_workers_nor_on_the_batch_nor_on_an_interruption(
    composed: Path, tmp_path: Path
) -> None:
    found = []
    for batch, crew in ((3, IN_PROCESS), (16, Executor(2, "loky"))):
        corpus = Path(shutil.copytree(composed, tmp_path / str(batch)))
        label_corpus(corpus, TeacherOptions("compact", batch=batch, device="cpu"), crew)
        found.append(_bytes(corpus))
    (corpus / "done/depth/1.json").unlink()
    Corpus(corpus).chunk_path("depth", 1).write_bytes(b"half")
    label_corpus(corpus, TeacherOptions("compact", device="cpu"), IN_PROCESS)
    assert found[0] == found[1] == _bytes(corpus)


def _bytes(corpus: Path) -> dict[str, str]:
    files = (path for path in (corpus / "data.zarr/depth").rglob("*") if path.is_file())
    return {str(path.relative_to(corpus)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_record_names_weights_licence_and_sizes(composed: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(composed)
    label_corpus(corpus, TeacherOptions("compact", device="cpu"), IN_PROCESS)
    recorded = Corpus(corpus).manifest.teacher
    assert recorded is not None
    assert recorded["name"] == "compact"
    assert recorded["weights_sha256"] == open_weights_pair().sha256
    assert recorded["licence"].startswith("MIT; attribution: ")
    assert recorded["encoding"]["kind"] == "log"
    g = Corpus(corpus).geometry
    assert recorded["size_px"] == [(g.height_px + 1) // 2, (g.width_px + 1) // 2]


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_a_processor_needs_no_torch(device: str) -> None:
    code = (
        "import sys; sys.modules['torch'] = None; sys.modules['safetensors'] = None\n"
        "import numpy as np; from bgfg.depth_teacher.labelling.load_teacher import TeacherOptions, load_teacher\n"
        f"teacher = load_teacher(TeacherOptions('compact', device={device!r}), True, print)\n"
        "print(next(iter(teacher.predict_batches([np.zeros((1, 64, 64, 3), np.uint8)]))).shape)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "(1, 32, 32)\n"


def test_the_device_is_said_in_words() -> None:
    assert load_teacher(TeacherOptions("compact", device="cpu"), False, print).where.startswith("cpu")


@pytest.mark.parametrize("several", [False, True])
def test_people_of_a_corpus_are_in_front_of_what_they_hide(
    teacher: CompactTeacher, composed: Path, tmp_path: Path, several: bool
) -> None:
    if several:
        corpus = make_crowd_corpus(tmp_path, "random", CutoutsPerSample(2, 4))
    else:
        corpus = Path(shutil.copytree(composed, tmp_path / "corpus"))
    label_corpus(corpus, TeacherOptions("compact", device="cpu"), IN_PROCESS, replace=True)
    store = Corpus(corpus)
    assert store.manifest.teacher is not None
    assert store.manifest.teacher["in_front"] is True
    code, brought = store.depth_code(), 0
    per_background = len(store) // store.geometry.backgrounds
    for i in range(0, len(store), 3):
        bare_m = depth_of(teacher, store.read("background", i // per_background)[None])[0]
        depth_m = depth_of(teacher, store.read("image", i)[None])[0]
        who = store.read("instance", i) if several else (store.read("mask", i) >= 128).astype(np.uint8)
        anybody = shrunk(who > 0, depth_m)
        around = np.pad(anybody > 0, 8)
        near = np.any([np.roll(around, (y, x), (0, 1)) for y in range(-8, 9) for x in range(-8, 9)], axis=0)
        beside = near[8:-8, 8:-8] & (anybody == 0)
        otherwise = np.median(depth_m[beside] / bare_m[beside]) if beside.any() else 1.0
        for person in range(1, int(who.max()) + 1):
            on = shrunk(who == person, depth_m) >= 128
            if on.any():
                least_m = otherwise * 0.9 * np.quantile(bare_m[on], 0.05)
                brought += np.median(depth_m[on]) > least_m
                depth_m[on] *= min(1, least_m / np.median(depth_m[on]))
        stored, expected = (codes.astype(int) for codes in (store.read("depth", i), code.encode(depth_m)))
        assert np.abs(stored - expected).max() <= 1
    assert brought
    assert compare_relabelled(store, teacher) == (min(64, len(store)), [])


def shrunk(shape: NDArray[np.bool_], depth_m: NDArray[np.float32]) -> NDArray[np.uint8]:
    pixels = shape.astype(np.uint8) * 255
    return np.asarray(cv2.resize(pixels, depth_m.shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)
