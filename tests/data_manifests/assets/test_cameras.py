"""Cameras of backgrounds: which of the sources counts, and how they are told."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.assets.cameras import contradicting_photos, describe_cameras, with_cameras
from bgfg.data_manifests.assets.prepared_assets import Asset
from bgfg.data_manifests.images.image_writing import save_jpeg
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from tests.support.tiny_corpus import H, W

PLAIN = Asset("background", 0, "", "a.jpg", None, 40, 30, "0" * 64, None, None, 0, None)
PHOTO = replace(PLAIN, id=1, file="b.jpg", focal_px=200.0, focal_from="photo")
PERSON = replace(PLAIN, kind="cutout", file="c.png", label="person")


def test_what_was_told_counts_before_the_photo_and_the_photo_before_the_floor() -> None:
    told = with_cameras([PLAIN, PHOTO, PERSON], 90.0, 100, {0: 70.0, 1: 80.0})
    assert [row.focal_from for row in told] == ["told", "told", None]
    assert [row.focal_px for row in told[:2]] == pytest.approx([50.0, 50.0])
    seen = with_cameras([PLAIN, PHOTO, PERSON], None, 100, {0: 70.0, 1: 80.0})
    assert [(row.focal_px, row.focal_from) for row in seen] == [(70.0, "floor"), (200.0, "photo"), (None, None)]
    assert with_cameras([PLAIN, PHOTO, PERSON], None, 100, {}) == (PLAIN, PHOTO, PERSON)


def test_photos_that_say_otherwise_are_named() -> None:
    fov_deg = math.degrees(2 * math.atan(50 / 200))
    assert contradicting_photos([PLAIN, PHOTO, PERSON], fov_deg, 100) == []
    assert contradicting_photos([PLAIN, PHOTO, PERSON], 1.2 * fov_deg, 100) == ["b.jpg"]


def test_cameras_are_told_in_a_line() -> None:
    assert describe_cameras([None, None], [None, None], 100) == ""
    assert describe_cameras([50.0, 50.0], ["told", "told"], 100) == (
        "field of view of 90 degrees across the shorter side (as told)"
    )
    assert describe_cameras([50.0, None, 200.0], ["photo", None, "floor"], 100) == (
        "field of view of 28 to 90 degrees across the shorter side (1 by the photos' EXIF data, 1 estimated from their "
        "floors, 1 not known)"
    )


@pytest.fixture
def options(tmp_path: Path, sources: Path) -> PlanOptions:
    for name in ("bg", "corpus"):
        (tmp_path / name).mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (2, 60, 90, 3), np.uint8)
    save_jpeg(pixels[0], tmp_path / "bg/photo.jpg", focal_px=75.0)
    save_jpeg(pixels[1], tmp_path / "bg/scan.jpg")
    return PlanOptions(tmp_path / "bg", sources / "fg", height_px=H, width_px=W, placements=1, cutout_height_px=5)


def test_a_photo_says_its_camera_in_pixels_of_the_frame(tmp_path: Path, options: PlanOptions) -> None:
    plan_corpus(tmp_path / "corpus", options, False, 1)
    corpus = Corpus(tmp_path / "corpus")
    crop_width_px = round(60 * W / H)
    assert corpus.focal_px[0] == pytest.approx(75.0 * W / crop_width_px)
    assert corpus.focal_px[1] is None
    assert corpus.assets["focal_from"].to_pylist()[:2] == ["photo", None]
    assert plan_corpus(tmp_path / "corpus", options, False, 1).unchanged


def test_a_field_of_view_that_is_told_is_that_of_all(tmp_path: Path, options: PlanOptions) -> None:
    result = plan_corpus(tmp_path / "corpus", replace(options, fov_deg=90.0), False, 1)
    assert list(Corpus(tmp_path / "corpus").focal_px) == pytest.approx([H / 2, H / 2])
    said = "--fov-deg 90: 1 photo say another field of view in their EXIF data (photo.jpg): leave it out to take theirs"
    assert result.warnings == (said,)
    assert plan_corpus(tmp_path / "corpus", replace(options, fov_deg=90.0), False, 1).unchanged


def test_a_plan_of_before_says_no_cameras_and_is_the_same(
    tmp_path: Path, options: PlanOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as former:
        former.setattr("bgfg.data_manifests.images.decode.focal_length_px", lambda _image: None)
        plan_corpus(tmp_path / "corpus", options, False, 1)
    assert Corpus(tmp_path / "corpus").focal_px == (None, None)
    assert plan_corpus(tmp_path / "corpus", options, False, 1).unchanged
