import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from bgfg.data_manifests.images.exif_camera import focal_length_exif, focal_length_px
from bgfg.data_manifests.images.image_reading import read_background
from bgfg.data_manifests.images.image_writing import save_jpeg

TAG = ExifTags.Base
PHONE = {TAG.ExifImageWidth: 4000, TAG.ExifImageHeight: 3000, TAG.FocalLengthIn35mmFilm: 26}
REFLEX = {
    TAG.ExifImageWidth: 6000,
    TAG.ExifImageHeight: 4000,
    TAG.FocalLength: 35.0,
    TAG.FocalPlaneXResolution: 6000 / (23.5 / 25.4),
    TAG.FocalPlaneResolutionUnit: 2,
}


def photo(size_px: tuple[int, int], data: Mapping[ExifTags.Base, object], orientation: int = 1) -> Image.Image:
    image = Image.new("RGB", size_px)
    image.getexif()[TAG.Orientation] = orientation
    image.getexif().get_ifd(ExifTags.IFD.Exif).update({int(tag): value for tag, value in data.items()})
    return image


def write(path: Path, image: Image.Image) -> Path:
    image.save(path, exif=image.getexif())
    return path


def test_a_phone_tells_its_focal_length_as_that_of_film() -> None:
    found = focal_length_px(photo((4000, 3000), PHONE))
    assert found == pytest.approx(26 / math.hypot(36, 24) * 5000)


def test_a_camera_tells_it_by_the_pixels_of_its_sensor() -> None:
    assert focal_length_px(photo((6000, 4000), REFLEX)) == pytest.approx(35 * 6000 / 23.5)


def test_a_smaller_copy_has_a_shorter_focal_length() -> None:
    assert focal_length_px(photo((600, 400), REFLEX)) == pytest.approx(35 * 600 / 23.5)
    assert focal_length_px(photo((400, 300), PHONE)) == pytest.approx(26 / math.hypot(36, 24) * 500)


@pytest.mark.parametrize("data", [PHONE, REFLEX])
def test_a_picture_that_was_cropped_says_nothing(data: Mapping[ExifTags.Base, object]) -> None:
    assert focal_length_px(photo((3000, 3000), data)) is None


@pytest.mark.parametrize(
    "data",
    [
        {},
        {TAG.FocalLengthIn35mmFilm: 26},
        {**PHONE, TAG.FocalLengthIn35mmFilm: 0},
        {**PHONE, TAG.FocalLengthIn35mmFilm: 2},
        {**PHONE, TAG.ExifImageWidth: 0},
        {**REFLEX, TAG.FocalPlaneResolutionUnit: 9},
        {**REFLEX, TAG.FocalLength: 0.0},
    ],
)
def test_what_is_missing_or_impossible_is_unknown(data: Mapping[ExifTags.Base, object]) -> None:
    assert focal_length_px(photo((4000, 3000), data)) is None


def test_a_photo_that_lies_turned_keeps_its_focal_length(tmp_path: Path) -> None:
    path = write(tmp_path / "photo.jpg", photo((400, 300), PHONE, orientation=6))
    seen = read_background(path)
    assert seen.pixels.shape == (400, 300, 3)
    assert seen.focal_px == pytest.approx(26 / math.hypot(36, 24) * 500)


def test_damaged_exif_data_leave_the_picture_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "photo.jpg", photo((400, 300), REFLEX))
    content = path.read_bytes()
    start = content.index(b"Exif")
    path.write_bytes(content[: start + 20] + b"\xff" * 12 + content[start + 32 :])
    assert read_background(path).focal_px is None


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    rgb = np.zeros((30, 40, 3), np.uint8)
    save_jpeg(rgb, tmp_path / "drawn.jpeg", focal_px=41.234)
    save_jpeg(rgb, tmp_path / "plain.jpeg")
    assert read_background(tmp_path / "drawn.jpeg").focal_px == pytest.approx(41.234, rel=1e-6)
    assert read_background(tmp_path / "plain.jpeg").focal_px is None
    image = Image.new("RGB", (40, 30))
    image.info["exif"] = focal_length_exif((40, 30), 77.0)
    assert focal_length_px(image) == pytest.approx(77)
