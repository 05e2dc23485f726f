"""Edits on disk: a file for a picture, a folder for a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.data_manifests.images.image_writing import save_jpeg
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.train.inference.edit import paint_background
from bgfg.train.inference.edit_files import edit_files
from bgfg.train.inference.predictor import Predictor
from tests.support.composites import composite, far_from_edges, write_composites
from tests.support.stub_models import DifferenceModel

BLUE = (10, 70, 120)


def test_a_folder_becomes_a_folder_and_is_gone_on_with(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 2)
    save_jpeg(read_rgb(pictures / "p1.png"), pictures / "p1.jpg")
    (pictures / "p1.png").unlink()
    model, out = DifferenceModel(tmp_path / "w"), tmp_path / "out"
    given = (Predictor(model), pictures, empty, out, False, paint_background(BLUE), {"color": BLUE}, no_progress)
    assert edit_files(*given) == [out / "p0.png", out / "p1.jpg"]
    _, _, mask = composite(61, 83, 0)
    assert (read_rgb(out / "p0.png")[far_from_edges(mask, 6) & (mask == 0)] == BLUE).all()
    model.seen.clear()
    assert edit_files(*given) == [out / "p0.png", out / "p1.jpg"]
    assert not model.seen
    with pytest.raises(Problem, match="holds results of another model or other options"):
        edit_files(*given[:5], paint_background((1, 2, 3)), {"color": (1, 2, 3)}, no_progress)


def test_a_picture_may_go_to_a_file_and_a_folder_may_not(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 2)
    predictor, file = Predictor(DifferenceModel(tmp_path / "w")), tmp_path / "new" / "blue.png"
    assert edit_files(predictor, pictures / "p0.png", empty, file, False, paint_background(BLUE), {}, no_progress) == [
        file
    ]
    assert read_rgb(file).shape == (61, 83, 3)
    assert np.array_equal(read_rgb(file)[0, 0], BLUE)
    for out in (pictures, pictures / "p0.png", empty / "p0.png"):
        with pytest.raises(Problem, match=r"p0\.png: would be written over: give another --out"):
            edit_files(predictor, pictures / "p0.png", empty, out, False, paint_background(BLUE), {}, no_progress)
    with pytest.raises(Problem, match=r"blue\.png: a picture, for a folder of them: give the name of a folder"):
        edit_files(predictor, pictures, empty, file, False, paint_background(BLUE), {}, no_progress)
