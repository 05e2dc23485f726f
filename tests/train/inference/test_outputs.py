"""The files of a prediction: what they hold, and that they give the picture back."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from bgfg.data_manifests.images.image_reading import read_depth, read_rgb
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.train.inference.outputs import predict_files
from bgfg.train.inference.predictor import Predictor
from tests.support.composites import composite, far_from_edges, write_composites
from tests.support.stub_models import DifferenceModel


def test_the_cut_out_over_its_background_gives_the_picture_back(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 2, 183, 249)
    predict_files(
        Predictor(DifferenceModel(tmp_path / "w", input_px=108)), pictures, empty, tmp_path / "out", False, no_progress
    )
    for i in range(2):
        bgra = cv2.imread(str(tmp_path / f"out/cutout/p{i}.png"), cv2.IMREAD_UNCHANGED)
        assert bgra is not None
        alpha = bgra[..., 3:] / 255
        over = bgra[..., 2::-1] * alpha + read_rgb(empty / f"p{i}.png") * (1 - alpha)
        apart = np.abs(over - read_rgb(pictures / f"p{i}.png"))
        _, _, mask = composite(183, 249, i)
        assert apart[far_from_edges(mask, 5)].max() <= 2
        assert 0.1 < (bgra[..., 3] > 127).mean() < 0.5


def test_each_result_has_the_size_and_the_unit_that_its_folder_says(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 1)
    out = tmp_path / "out"
    assert predict_files(
        Predictor(DifferenceModel(tmp_path / "w")), pictures / "p0.png", empty, out, False, no_progress
    ) == (1, 1)
    mask = cv2.imread(str(out / "mask/p0.png"), cv2.IMREAD_UNCHANGED)
    assert mask is not None
    assert mask.shape == (61, 83)
    assert mask.dtype == np.uint8
    depth_mm = read_depth(out / "depth/p0.png")
    assert depth_mm.shape == (61, 83)
    assert {int(depth_mm.min()), int(depth_mm.max())} == {2000, 4000}
    sheet = read_rgb(out / "side_by_side/p0.jpg")
    assert sheet.shape == (61, 4 * 83 + 3 * 6, 3)
    assert json.loads((out / "made.json").read_text())["model"] == "differs"


def test_what_is_there_is_kept_and_what_changed_is_made_again(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 3)
    model, out = DifferenceModel(tmp_path / "w"), tmp_path / "out"

    def again() -> tuple[int, int]:
        return predict_files(Predictor(model), pictures, empty, out, False, no_progress)

    assert again() == (3, 3)
    assert again() == (3, 0)
    (out / "side_by_side/p1.jpg").unlink()  # as after a stop
    result = out / "side_by_side/p2.jpg"
    # A second ago, for the clock of files ticks too slowly for a test.
    os.utime(result, ns=(result.stat().st_atime_ns, result.stat().st_mtime_ns - 10**9))
    (empty / "p2.png").touch()
    model.seen.clear()
    assert again() == (3, 2)
    assert len(model.seen) == 2
    (out / "side_by_side/p0.jpg").write_bytes(b"")  # as a power cut leaves it
    assert again() == (3, 1)
    older = Path(shutil.copy(pictures / "p1.png", tmp_path))
    os.utime(older, (0, 0))
    older.replace(pictures / "p1.png")
    assert again() == (3, 1)


def test_results_of_another_model_or_other_options_are_never_mixed(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 1)
    out = tmp_path / "out"
    predict_files(Predictor(DifferenceModel(tmp_path / "w")), pictures, empty, out, False, no_progress)
    (tmp_path / "v").write_bytes(b"other weights")
    for predictor in (Predictor(DifferenceModel(tmp_path / "v")), Predictor(DifferenceModel(tmp_path / "w"), 50)):
        with pytest.raises(Problem, match="out: holds results of another model or other options: give another --out"):
            predict_files(predictor, pictures, empty, out, False, no_progress)


def test_every_bad_picture_is_a_line_and_the_others_are_done(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 4)
    (pictures / "p1.png").write_bytes(b"no picture")
    (empty / "p2.png").write_bytes((empty / "p2.png").read_bytes()[:300])
    with pytest.raises(Problem) as caught:
        predict_files(Predictor(DifferenceModel(tmp_path / "w")), pictures, empty, tmp_path / "out", False, no_progress)
    assert [line.split(":")[0] for line in caught.value.lines] == [str(pictures / "p1.png"), str(empty / "p2.png")]
    assert sorted(path.name for path in (tmp_path / "out/cutout").iterdir()) == ["p0.png", "p3.png"]


def test_a_model_of_depth_alone_writes_that(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 1)
    predict_files(
        Predictor(DifferenceModel(tmp_path / "w", outputs=("depth",))),
        pictures,
        empty,
        tmp_path / "out",
        False,
        no_progress,
    )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["depth", "made.json", "side_by_side"]
