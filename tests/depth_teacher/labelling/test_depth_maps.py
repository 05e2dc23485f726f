"""Depth maps of a folder of pictures."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from bgfg.data_manifests.images.image_reading import read_depth
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.depth_teacher.labelling.depth_maps import DEPTH_SHEET, metres_to_millimetres, write_depth_maps
from bgfg.synth.store.lock import results_folder
from tests.support import references
from tests.support.brightness_teacher import BrightnessTeacher, H, UnitlessTeacher, W, save_rgbd_pairs
from tests.support.refused_opens import refused_opens


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    return save_rgbd_pairs(tmp_path / "pairs")


def test_depth_of_a_folder_is_what_bg_depth_reads(tmp_path: Path, pairs: Path) -> None:
    assert write_depth_maps(pairs / "rgb", tmp_path / "out", BrightnessTeacher(), no_progress) == (3, [])
    for i in range(3):
        depth_mm = read_depth(tmp_path / f"out/{i}.png")
        assert depth_mm.shape == (H, W)
        small = references.picture(H, W, i)[::2, ::2, 0].astype(np.float32) / 10
        wanted = cv2.resize(small, (W, H), interpolation=cv2.INTER_LINEAR)
        assert depth_mm == pytest.approx(wanted * 1000, abs=0.51)
    with Image.open(tmp_path / "out" / DEPTH_SHEET) as sheet:
        pair_px = 2 * round(W * 160 / H)
        assert sheet.size == (3 * (pair_px + 4) - 4, 164)


def test_two_pictures_of_one_name_and_depth_without_a_unit_are_refused(tmp_path: Path, pairs: Path) -> None:
    with pytest.raises(Problem, match="gives depth without a unit"):
        write_depth_maps(pairs / "rgb", tmp_path / "out", UnitlessTeacher(), no_progress)
    cv2.imwrite(str(pairs / "rgb/1.jpg"), references.picture(H, W, 1))
    with pytest.raises(Problem, match=r"another depth map would have the name 1\.png: rename it"):
        write_depth_maps(pairs / "rgb", tmp_path / "out", BrightnessTeacher(), no_progress)
    assert not (tmp_path / "out").exists()


def test_all_broken_pictures_are_named_and_the_others_written(tmp_path: Path, pairs: Path) -> None:
    (pairs / "rgb/0.png").write_bytes(b"no picture")
    (pairs / "rgb/2.png").write_bytes((pairs / "rgb/2.png").read_bytes()[:-60])
    out = tmp_path / "out"
    with pytest.raises(Problem) as caught:
        write_depth_maps(pairs / "rgb", out, BrightnessTeacher(), no_progress)
    assert [line.split(":")[0] for line in caught.value.lines] == [str(pairs / f"rgb/{i}.png") for i in (0, 2)]
    assert all(line.endswith("or move it away, or pass --skip-bad.") for line in caught.value.lines)
    assert sorted(path.name for path in out.iterdir()) == ["1.png", DEPTH_SHEET]
    count, left_out = write_depth_maps(pairs / "rgb", out, BrightnessTeacher(), no_progress, skip_bad=True)
    assert (count, len(left_out)) == (1, 2)
    (pairs / "rgb/1.png").write_bytes(b"")
    with pytest.raises(Problem, match=r"rgb/1\.png"):  # none is left
        write_depth_maps(pairs / "rgb", tmp_path / "new", BrightnessTeacher(), no_progress, skip_bad=True)
    assert not (tmp_path / "new").exists()


def test_many_broken_pictures_are_folded(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(8):
        (tmp_path / f"in/{number}.png").write_bytes(b"no picture")
    with pytest.raises(Problem) as caught:
        write_depth_maps(tmp_path / "in", tmp_path / "out", BrightnessTeacher(), no_progress)
    assert len(caught.value.lines) == 6
    assert caught.value.lines[-1] == f"{tmp_path / 'in'}: 3 more like these"


def test_depth_of_large_pictures_takes_a_few_bytes_a_pixel(tmp_path: Path) -> None:
    pixels = 2_000 * 1_500
    (tmp_path / "in").mkdir()
    for number in range(2):
        Image.new("RGB", (2_000, 1_500), (90, 80, 70 + number)).save(tmp_path / f"in/{number}.png")
    tracemalloc.start()
    try:
        write_depth_maps(tmp_path / "in", tmp_path / "out", BrightnessTeacher(), no_progress)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 * pixels  # one while the next is read, as these are small ones


def test_millimetres_keep_the_unknown_apart() -> None:
    metres = np.array([np.nan, -1, 0, 0.0001, 1.2344, 99, np.inf], np.float32)
    assert metres_to_millimetres(metres).tolist() == [0, 0, 0, 1, 1234, 65535, 0]


def test_two_commands_do_not_write_depth_into_one_folder(tmp_path: Path, pairs: Path) -> None:
    with results_folder(tmp_path / "out"), pytest.raises(Problem, match="is writing to this folder"):
        write_depth_maps(pairs / "rgb", tmp_path / "out", BrightnessTeacher(), no_progress)
    assert list((tmp_path / "out").iterdir()) == []
    write_depth_maps(pairs / "rgb", tmp_path / "out", BrightnessTeacher(), no_progress)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"0.png", "1.png", "2.png", DEPTH_SHEET}


def test_a_picture_that_may_not_be_read_is_never_left_out(tmp_path: Path, pairs: Path) -> None:
    (pairs / "rgb/0.png").write_bytes(b"no picture")
    with refused_opens(pairs / "rgb/2.png"), pytest.raises(Problem) as caught:
        write_depth_maps(pairs / "rgb", tmp_path / "out", BrightnessTeacher(), no_progress, skip_bad=True)
    assert caught.value.lines == (f"{pairs / 'rgb/2.png'}: can't be read (Permission denied). Mend that.",)
    assert (tmp_path / "out/1.png").is_file()


def test_maps_of_the_same_teacher_alone_are_made_again(tmp_path: Path, pairs: Path) -> None:
    class Other(BrightnessTeacher):
        def describe(self) -> dict[str, object]:
            return {"name": "brightness", "version": 2}

    class Larger(BrightnessTeacher):
        def input_px(self, height_px: int, width_px: int) -> tuple[int, int]:
            return 2 * height_px, 2 * width_px

    out = tmp_path / "out"
    for _ in range(2):
        assert write_depth_maps(pairs / "rgb", out, BrightnessTeacher(), no_progress) == (3, [])
    for teacher in (Other(), Larger()):
        with pytest.raises(Problem, match=r"0\.png: is of another teacher or other options: give another OUT, or rem"):
            write_depth_maps(pairs / "rgb", out, teacher, no_progress)


@pytest.mark.parametrize("name", ["1.png", DEPTH_SHEET])
def test_a_depth_map_that_bgfg_did_not_make_is_kept(tmp_path: Path, pairs: Path, name: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_bytes((pairs / "depth/1.png").read_bytes())
    with pytest.raises(Problem, match=f"{name}: would be written over, and wasn't made by bgfg: give another OUT"):
        write_depth_maps(pairs / "rgb", out, BrightnessTeacher(), no_progress)
    assert (out / name).read_bytes() == (pairs / "depth/1.png").read_bytes()
    assert [path.name for path in out.iterdir()] == [name]


def test_depth_maps_lie_apart_from_their_photographs(tmp_path: Path, pairs: Path) -> None:
    before = {path: path.read_bytes() for path in pairs.rglob("*.png")}
    for out, how in ((pairs / "rgb", "is"), (pairs / "rgb/depth", "lies within"), (pairs, "has within it")):
        with pytest.raises(Problem, match=f"OUT .*: {how} FOLDER .*: files there would be written over, or taken"):
            write_depth_maps(pairs / "rgb", out, BrightnessTeacher(), no_progress)
    assert {path: path.read_bytes() for path in pairs.rglob("*") if path.is_file()} == before
