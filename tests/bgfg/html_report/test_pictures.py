"""Pictures of a report are within their bytes, whatever they show."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from bgfg.html_report.pictures import Picture, embedded, heat_map, whole


def opened(picture: Picture) -> Image.Image:
    head, _, data = picture.source.partition(",")
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert head == f"data:image/{(image.format or '').lower()};base64"
    assert image.size == (picture.width_px, picture.height_px)
    return image


@pytest.mark.parametrize("most_bytes", [4_000, 40_000])
def test_what_takes_too_many_bytes_is_made_smaller(most_bytes: int) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (300, 500, 3), np.uint8)
    picture = embedded(noise, "noise", most_bytes, 400)
    image = opened(picture)
    assert len(base64.b64decode(picture.source.partition(",")[2])) <= most_bytes
    assert max(image.size) <= 400
    assert image.width / image.height == pytest.approx(5 / 3, rel=0.05)


def test_small_pictures_stay_as_they_are() -> None:
    assert opened(embedded(np.full((9, 7, 3), 90, np.uint8), "grey", 8_000, 112)).size == (7, 9)


def test_a_picture_is_whole_to_the_byte_unless_it_is_large() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (31, 17, 3), np.uint8)
    assert np.array_equal(np.asarray(opened(whole(noise, "noise"))), noise)
    assert np.array_equal(np.asarray(opened(whole(noise[..., 0], "noise"))), noise[..., 0])
    assert opened(whole(np.full((800, 900, 3), 90, np.uint8), "grey")).format == "JPEG"


def test_a_heat_map_is_brightest_where_the_share_is_largest() -> None:
    shares = np.zeros((4, 8))
    shares[1, 6] = 0.25
    image = opened(heat_map(shares, "where", 80)).convert("L")
    assert image.size == (80, 40)
    levels = np.asarray(image)
    assert levels[15, 65] == levels.max()
    assert opened(heat_map(np.zeros((3, 3)), "nothing", 30)).size == (30, 30)
