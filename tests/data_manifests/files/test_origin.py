"""What made a file, as every format says it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bgfg.data_manifests.files.origin import ORIGIN_KEY, Origin, holds_nothing, origin_of
from bgfg.data_manifests.images.colour_profile import profile_of
from bgfg.data_manifests.images.image_writing import (
    save_depth_png,
    save_jpeg,
    save_palette_png,
    save_png,
    save_wide_png,
)
from tests.support.icc_profiles import ADOBE_RGB, rgb_profile

ORIGINS = [Origin("preview"), Origin.with_options("depth-eval", {"size": None, "teacher": "compact"})]


@pytest.mark.parametrize("origin", ORIGINS)
def test_every_kind_of_picture_says_what_made_it_and_holds_the_same_pixels(tmp_path: Path, origin: Origin) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (13, 17, 3), np.uint8)
    grey, wide = rgb[..., 0], rgb[..., 0].astype(np.uint16) * 257
    palette = (np.arange(768) % 256).astype(np.uint8).reshape(256, 3)
    tagged = Image.new("RGB", (1, 1))
    tagged.info["icc_profile"] = rgb_profile("Adobe RGB", *ADOBE_RGB)
    profile = profile_of(tagged)
    for said in (None, origin):
        out = tmp_path / str(said is None)
        out.mkdir()
        save_png(rgb, out / "a.png", profile, said)
        save_jpeg(rgb, out / "b.jpg", profile=profile, origin=said)
        save_palette_png(grey, palette, out / "c.png", said)
        save_depth_png(wide, out / "d.png", said)
        save_wide_png(wide, out / "e.png", said)
        assert {origin_of(path) for path in out.iterdir()} == {said}
    for path in (tmp_path / "True").iterdir():
        with Image.open(path) as plain, Image.open(tmp_path / "False" / path.name) as other:
            assert np.array_equal(np.asarray(plain), np.asarray(other))
            assert plain.info.get("icc_profile") == other.info.get("icc_profile")


def test_what_a_sentence_is_followed_by_is_no_part_of_it(tmp_path: Path) -> None:
    for origin in ORIGINS:
        for after in (b"s", b"-", b" of ", b" of 0123456789abcdef.", b""):
            (tmp_path / "f").write_bytes(b"a" * 5000 + str(origin).encode() + after)
            assert origin_of(tmp_path / "f") == origin


def test_what_says_nothing_has_no_origin(tmp_path: Path) -> None:
    for content in (b"", b"made by bgfg", b"made by bgfg preview", b"made by bgfg preview of 123.", b"made by hand."):
        (tmp_path / "f").write_bytes(content)
        assert origin_of(tmp_path / "f") is None
    assert origin_of(tmp_path) is origin_of(tmp_path / "none") is None
    (tmp_path / "f").write_text(json.dumps({ORIGIN_KEY: str(Origin("halve")), "more": 1}))
    assert origin_of(tmp_path / "f") == Origin("halve")


def test_the_digest_of_options_is_that_of_json_and_of_no_order() -> None:
    assert Origin.with_options("edit", {"a": (1, 2), "b": None}) == Origin.with_options(
        "edit", {"b": None, "a": [1, 2]}
    )
    assert Origin.with_options("edit", {"a": 1}) != Origin.with_options("edit", {"a": 2})


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "full").write_bytes(b"\0")
    assert [holds_nothing(tmp_path / name) for name in ("none", "empty", "full", ".")] == [True, True, False, False]
