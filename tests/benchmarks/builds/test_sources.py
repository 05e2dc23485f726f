"""What all builds are measured on shows people, and is made once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from benchmarks.builds.sources import SCALES, Sources, draw_many, draw_shot


def test_a_person_stands_in_the_room_half_as_high_as_the_frame() -> None:
    room, rgba = np.full((60, 100, 3), 90, np.uint8), np.full((40, 20, 4), 255, np.uint8)
    differs = (draw_shot(room, rgba, 7) != room).any(axis=2)
    assert np.flatnonzero(differs.any(axis=1)).tolist() == list(range(24, 54))
    assert np.flatnonzero(differs.any(axis=0)).tolist() == list(range(7, 22))
    assert (draw_shot(room, rgba, 95)[30, 95:] == 255).all()  # beyond the frame it is cut off


def test_pictures_and_video_are_drawn_of_the_sources(tmp_path: Path) -> None:
    for name in ("rooms", "people"):
        (tmp_path / name).mkdir()
    cv2.imwrite(str(tmp_path / "rooms/a.png"), np.full((60, 100, 3), 90, np.uint8))
    rgba = np.zeros((40, 20, 4), np.uint8)
    rgba[5:35, 5:15] = 200, 30, 30, 255
    cv2.imwrite(str(tmp_path / "people/a.png"), rgba)
    scale = replace(SCALES["quick"], shots=2, frames=3)
    sources = Sources(tmp_path / "work", tmp_path / "rooms", tmp_path / "people", scale)
    pictures, shown_empty = sources.shots()
    for name in ("0.jpg", "1.jpg"):
        picture, empty = cv2.imread(str(pictures / name)), cv2.imread(str(shown_empty / name))
        assert picture is not None
        assert empty is not None
        assert picture.shape == empty.shape == (1080, 1920, 3)
        assert 0.01 < (np.abs(picture.astype(int) - empty).max(axis=2) > 50).mean() < 0.2
    capture = cv2.VideoCapture(str(sources.video()[0]))
    assert (capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FRAME_WIDTH)) == (3, 640)
    assert [len(list(folder.iterdir())) for folder in sources.scenes()] == [1, 1, 1]


def test_sources_are_made_once_and_whole(tmp_path: Path) -> None:
    for name in ("rooms", "people"):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "a.png"), np.full((6, 10, 4), 90, np.uint8))
    sources = Sources(
        tmp_path / "work", tmp_path / "rooms", tmp_path / "people", replace(SCALES["quick"], backgrounds=3)
    )
    (tmp_path / "work/many.partial/bg").mkdir(parents=True)  # what a stopped run has left
    bg, _ = sources.many()
    before = {path: path.stat().st_mtime_ns for path in bg.iterdir()}
    assert len(before) == 3
    assert {path: path.stat().st_mtime_ns for path in sources.many()[0].iterdir()} == before


def test_backgrounds_are_drawn_unlike_each_other(tmp_path: Path) -> None:
    draw_many(tmp_path, 5)
    assert len({path.read_bytes() for path in (tmp_path / "bg").iterdir()}) == 5
    with Image.open(tmp_path / "fg/c0.png") as cutout:
        assert cutout.mode == "RGBA"
