"""Copies are found in every position and after what is usually done to them; pictures of one kind aren't copies."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.images.image_reading import read_picture
from bgfg.train.folders.alike import LOOK_SIDE, copies, grey_thumbnail, look_of, neighbour_correlations, picture_look
from tests.support.project import ROOT

PORTRAITS = ROOT.parent / "shared" / "portraits" / "images"
OFFICE = ROOT.parent / "shared" / "office" / "bg"


def scene(seed: int, height_px: int = 90, width_px: int = 120) -> NDArray[np.uint8]:
    """Return a soft picture of random colours with a bright disc, which all scenes have nearly at the same place."""
    draw = np.random.default_rng(seed)
    soft = cv2.resize(draw.integers(40, 130, (6, 6, 3)).astype(np.uint8), (width_px, height_px)).astype(np.int64)
    y, x = np.mgrid[:height_px, :width_px]
    soft[(y - height_px / 2) ** 2 + (x - width_px / 3 - seed) ** 2 < (height_px / 4) ** 2] = (210, 120, 60)
    return (soft + draw.integers(-12, 13, soft.shape)).clip(0, 255).astype(np.uint8)


def looks(*pictures: NDArray[np.uint8]) -> NDArray[np.int8]:
    return np.stack([picture_look(grey_thumbnail(picture)) for picture in pictures])


def jpeg(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, 60))[1], cv2.IMREAD_COLOR))


CHANGES = {
    "mirrored": lambda picture: picture[:, ::-1],
    "upside down": lambda picture: picture[::-1],
    "half a turn": lambda picture: picture[::-1, ::-1],
    "a quarter": lambda picture: np.rot90(picture),
    "a quarter back, mirrored": lambda picture: np.rot90(picture, 3)[:, ::-1],
    "re-encoded": jpeg,
    "half the size": lambda picture: cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "brighter": lambda picture: np.minimum(picture * 1.2 + 10, 255).astype(np.uint8),
    "noisy": lambda picture: (picture + np.random.default_rng(9).normal(0, 8, picture.shape)).clip(0, 255).astype("u1"),
    "blurred": lambda picture: cv2.GaussianBlur(picture, (0, 0), 1.0),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_copies_are_found_and_nothing_else(change: object) -> None:
    pictures = [scene(i) for i in range(12)]
    changed = change(pictures[7])  # type: ignore[operator]
    assert set(copies(looks(*pictures, changed))) == {(7, 12)}


def test_pictures_of_one_grey_are_nobody_s_copies() -> None:
    flat = [np.full((20, 30, 3), level, np.uint8) for level in (0, 0, 99)]
    assert list(copies(looks(*flat))) == []


def test_a_look_is_kept_as_text() -> None:
    look = picture_look(grey_thumbnail(scene(3)))
    assert look.dtype == np.int8
    assert (look.shape, np.abs(look).max()) == ((LOOK_SIDE, LOOK_SIDE), 127)
    np.testing.assert_array_equal(look_of(look.tobytes().hex()), look)


def test_frames_of_a_clip_are_alike_and_pictures_aren_t() -> None:
    room = scene(0)
    frames = [np.roll(room, 2 * i, axis=1) for i in range(4)]
    assert neighbour_correlations(looks(*frames)).min() > 0.5
    draw = np.random.default_rng(1)
    apart = [np.asarray(cv2.resize(draw.integers(0, 255, (9, 9, 3), np.uint8), (60, 60)), np.uint8) for _ in range(12)]
    assert np.abs(neighbour_correlations(looks(*apart))).max() < 0.5


@pytest.mark.skipif(not PORTRAITS.is_dir(), reason="../shared/portraits is not there")
def test_portraits_are_no_copies_of_one_another_but_of_their_mirror_images() -> None:
    pictures = [read_picture(path).pixels for path in sorted(PORTRAITS.iterdir())]
    assert len(pictures) == 20
    assert list(copies(looks(*pictures))) == []
    mirrored = [picture[:, ::-1] for picture in pictures]
    assert set(copies(looks(*pictures, *mirrored))) == {(i, i + 20) for i in range(20)}


@pytest.mark.skipif(not OFFICE.is_dir(), reason="../shared/office is not there")
def test_of_a_hundred_rooms_only_those_of_one_shot_are_copies() -> None:
    found = set(copies(looks(*(read_picture(path).pixels for path in sorted(Path(OFFICE).iterdir())))))
    assert len(found) <= 3  # duplicates.py: three pairs are truly of one shot
