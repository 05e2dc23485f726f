"""What the networks are measured on shows people."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from benchmarks import shipped_networks
from benchmarks.many_backgrounds import Build
from benchmarks.shipped_networks import draw_shot, draw_sources, processor_seconds
from benchmarks.timing import ROOT


def test_a_person_stands_in_the_room_half_as_high_as_the_frame() -> None:
    room, rgba = np.full((60, 100, 3), 90, np.uint8), np.full((40, 20, 4), 255, np.uint8)
    differs = (draw_shot(room, rgba, 7) != room).any(axis=2)
    assert np.flatnonzero(differs.any(axis=1)).tolist() == list(range(24, 54))
    assert np.flatnonzero(differs.any(axis=0)).tolist() == list(range(7, 22))
    assert (draw_shot(room, rgba, 95)[30, 95:] == 255).all()  # beyond the frame it is cut off


def test_pictures_and_video_are_drawn_of_the_sources(tmp_path: Path) -> None:
    for name in ("rooms", "people", "work"):
        (tmp_path / name).mkdir()
    cv2.imwrite(str(tmp_path / "rooms/a.png"), np.full((60, 100, 3), 90, np.uint8))
    rgba = np.zeros((40, 20, 4), np.uint8)
    rgba[5:35, 5:15] = 200, 30, 30, 255
    cv2.imwrite(str(tmp_path / "people/a.png"), rgba)
    work = tmp_path / "work"
    draw_sources(work, tmp_path / "rooms", tmp_path / "people", 2, 3)
    for name in ("0.jpg", "1.jpg"):
        picture, empty = cv2.imread(str(work / "pictures" / name)), cv2.imread(str(work / "empty" / name))
        assert picture is not None
        assert empty is not None
        assert picture.shape == empty.shape == (1080, 1920, 3)
        assert 0.01 < (np.abs(picture.astype(int) - empty).max(axis=2) > 50).mean() < 0.2
    capture = cv2.VideoCapture(str(work / "walk.mp4"))
    assert (capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FRAME_WIDTH)) == (3, 640)
    assert len(list((work / "fg").iterdir())) <= shipped_networks._CUTOUTS_LABELLED


def test_the_processor_is_counted_of_the_process_that_ran(tmp_path: Path) -> None:
    assert 0.01 < processor_seconds(Build.link("now", ROOT, tmp_path), "--version") < 60
