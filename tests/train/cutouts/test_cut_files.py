"""Cut-outs as files: each object once, the doubtful apart, kept by a second run, and nobody's files written over."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.images.image_reading import read_rgb, read_rgba
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.notes import no_note
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.train.cutouts.cut_files import CutoutCounts, PhotoCutter
from bgfg.train.cutouts.doubts import DoubtRules
from bgfg.train.cutouts.photo_record import read_record
from bgfg.train.cutouts.places import CutoutFolder
from bgfg.train.inference.predictor import Predictor
from bgfg.train.models.model_card import SINGLE_IMAGE
from tests.support.red_photos import RED, write_red_photo
from tests.support.stub_models import DifferenceModel, RednessModel

Cut = Callable[..., CutoutCounts]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two people apart, one who is cut, nobody, and a speck."""
    folder = tmp_path / "photos"
    write_red_photo(folder / "two.png", [(20, 20, 25, 60), (100, 30, 25, 70)])
    write_red_photo(folder / "cut.png", [(60, 60, 40, 60)])
    write_red_photo(folder / "empty.png", [])
    write_red_photo(folder / "small.png", [(60, 60, 12, 12)])
    return folder


@pytest.fixture
def cut(tmp_path: Path, photos: Path) -> Cut:
    """Cut out the photographs, into `out`."""

    def call(**rules: float) -> CutoutCounts:
        model = DifferenceModel(tmp_path / "weights", inputs=(SINGLE_IMAGE,), outputs=("mask",), input_px=90)
        place, options = CutoutFolder(tmp_path / "out"), DoubtRules(**{"least_share": 0.02, **rules})  # type: ignore[arg-type]
        cutter = PhotoCutter(Predictor(model, 120), place, options, {})
        return cutter.cut_folder(photos, None, None, no_progress, no_note)

    return call


def files_in(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_each_object_is_a_file_and_what_is_doubtful_lies_apart_by_its_reason(tmp_path: Path, cut: Cut) -> None:
    assert cut() == CutoutCounts(4, 4, 2, {"border": 1, "nobody": 1, "small": 1})
    out = tmp_path / "out"
    pictures = [path for path in files_in(out) if path.endswith((".png", ".jpg"))]
    assert sorted(pictures) == [
        "_cutout/cutouts.jpg", "_cutout/doubtful.jpg", "_cutout/doubtful/border/cut.png",
        "_cutout/doubtful/nobody/empty.jpg", "_cutout/doubtful/small/small.png", "two.2.png", "two.png",
    ]  # fmt: skip
    first, second = read_rgba(out / "two.png"), read_rgba(out / "two.2.png")
    assert (first.shape, second.shape) == ((72, 27, 4), (62, 27, 4))
    assert np.abs(first[first[..., 3] == 255][:, :3].astype(int) - RED).max() <= 2
    assert read_rgb(out / "_cutout/doubtful/nobody/empty.jpg").shape == (120, 160, 3)


def test_the_table_says_where_each_is_from_and_what_it_is_held_to(tmp_path: Path, photos: Path, cut: Cut) -> None:
    cut()
    with open(tmp_path / "out/_cutout/cutouts.csv", encoding="utf-8", newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    row = rows["two.2.png"]
    assert [int(row[name]) for name in ("left_px", "top_px", "width_px", "height_px")] == [20, 20, 25, 60]
    assert float(row["area_share"]) == pytest.approx(25 * 60 / (120 * 160), abs=1e-4)
    assert float(row["uncertain"]) < 0.05
    assert row["sha256"] == file_sha256(tmp_path / "out/two.2.png")
    assert row["photo_sha256"] == file_sha256(photos / "two.png")
    assert (row["model"], row["model_sha256"]) == ("differs", file_sha256(tmp_path / "weights"))
    assert rows["_cutout/doubtful/border/cut.png"]["reasons"] == "border"
    assert len(rows) == 5


def test_a_second_run_makes_what_is_new_and_leaves_what_was_sorted_by_hand(
    tmp_path: Path, photos: Path, cut: Cut
) -> None:
    cut()
    out = tmp_path / "out"
    before = files_in(out)
    assert cut().new == 0
    assert files_in(out) == before
    (out / "two.png").unlink()
    (out / "_cutout/doubtful/border/cut.png").rename(out / "cut.png")
    write_red_photo(photos / "third.png", [(50, 30, 40, 60)])
    assert cut().new == 1
    assert {"third.png", "cut.png"} <= files_in(out).keys()
    assert "two.png" not in files_in(out)


def test_a_photograph_that_changed_is_cut_anew_and_leaves_nothing_of_before(
    tmp_path: Path, photos: Path, cut: Cut
) -> None:
    cut()
    write_red_photo(photos / "two.png", [(100, 60, 30, 60)])
    assert cut().new == 1
    out = tmp_path / "out"
    assert not (out / "two.png").exists()
    assert not (out / "two.2.png").exists()
    assert (out / "_cutout/doubtful/border/two.png").is_file()
    assert [each.file for each in read_record(out / "_cutout/photos/two.json").cutouts] == [
        "_cutout/doubtful/border/two.png"
    ]


def test_other_options_are_refused_and_files_of_others_stay(tmp_path: Path, cut: Cut) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "two.2.png").write_bytes(b"somebody's own")
    with pytest.raises(Problem, match=r"two.2.png: would be written over, and wasn't made by bgfg: give another OUT"):
        cut()
    assert files_in(out) == {"two.2.png": b"somebody's own"}
    (out / "two.2.png").unlink()
    cut()
    with pytest.raises(Problem, match="_cutout: holds results of another model or other options: give another OUT"):
        cut(least_share=0.5)


def test_a_photograph_that_cant_be_read_keeps_none_of_the_others_back(tmp_path: Path, photos: Path, cut: Cut) -> None:
    (photos / "broken.jpg").write_bytes(b"\xff\xd8 and no more")
    with pytest.raises(Problem, match=r"broken.jpg: ") as caught:
        cut()
    assert len(caught.value.lines) == 1
    assert {"two.png", "two.2.png", "_cutout/cutouts.csv", "_cutout/cutouts.jpg"} <= files_in(tmp_path / "out").keys()


def test_where_all_are_cut_whole_no_sheet_of_doubts_stays(tmp_path: Path, photos: Path, cut: Cut) -> None:
    cut()
    for name in ("cut", "empty", "small"):
        write_red_photo(photos / f"{name}.png", [(60, 30, 40, 60)])
    assert cut().doubtful == {}
    assert not (tmp_path / "out/_cutout/doubtful.jpg").exists()


def test_a_damaged_record_is_named_with_the_way_out(tmp_path: Path, cut: Cut) -> None:
    cut()
    record = tmp_path / "out/_cutout/photos/two.json"
    record.write_text(record.read_text().replace('"two.png"', '"../../../etc/passwd"'))
    with pytest.raises(Problem, match=r"two.json: isn't a record of a photograph .*: remove it, and run the same"):
        cut()


def test_people_one_by_one_are_cut_out_by_a_network_that_finds_them_so(tmp_path: Path, photos: Path) -> None:
    model = RednessModel(tmp_path / "weights")
    cutter = PhotoCutter(Predictor(model, 120), CutoutFolder(tmp_path / "out"), DoubtRules(), {})
    photo = write_red_photo(photos / "one.png", [(50, 30, 50, 60)])
    assert cutter.cut_folder(photo, None, None, no_progress, no_note) == CutoutCounts(1, 1, 1, {})
    rgba = read_rgba(tmp_path / "out/one.png")
    assert rgba.shape[:2] == pytest.approx((62, 52), abs=2)
    assert np.abs(rgba[20:40, 20:30, :3].astype(int) - RED).max() <= 2
