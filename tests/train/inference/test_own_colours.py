"""Pictures with a colour profile: the model sees sRGB, and what keeps the picture's own pixels keeps its profile."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from bgfg.data_manifests.images.image_reading import read_own_colours, read_rgb
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.train.inference.edit import (
    BackgroundEdit,
    blur_background,
    paint_background,
    replace_background,
    tint_background,
)
from bgfg.train.inference.edit_files import edit_files
from bgfg.train.inference.inputs import InputFiles, load_input
from bgfg.train.inference.outputs import predict_files
from bgfg.train.inference.predictor import Predictor
from tests.support.composites import composite, far_from_edges, write_composites
from tests.support.icc_profiles import ADOBE_RGB, DISPLAY_P3, rgb_profile
from tests.support.stub_models import DifferenceModel

P3 = rgb_profile("Display P3", *DISPLAY_P3)
ADOBE = rgb_profile("Adobe RGB (1998)", *ADOBE_RGB)
BLUE = (10, 70, 120)


def shots(tmp_path: Path, picture_icc: bytes, background_icc: bytes | None) -> tuple[Path, Path]:
    """A picture with a profile, and the empty scene with another one, or the same."""
    pictures, empty = write_composites(tmp_path, 1)
    for path, icc in ((pictures / "p0.png", picture_icc), (empty / "p0.png", background_icc)):
        Image.fromarray(np.asarray(Image.open(path).convert("RGB"))).save(path, icc_profile=icc)
    return pictures / "p0.png", empty / "p0.png"


def shown(path: Path) -> NDArray[np.uint8]:
    """What a screen of sRGB shows of a file, by its own profile."""
    with Image.open(path) as image:
        rgb, icc = image.convert("RGB"), image.info.get("icc_profile")
        if not icc:
            return np.asarray(rgb)
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        return np.asarray(ImageCms.profileToProfile(rgb, profile, ImageCms.createProfile("sRGB")))


@pytest.mark.parametrize("icc", [P3, ADOBE])
def test_a_cutout_keeps_numbers_and_profile(tmp_path: Path, icc: bytes) -> None:
    picture, empty = shots(tmp_path, icc, icc)
    predict_files(Predictor(DifferenceModel(tmp_path / "w")), picture, empty, tmp_path / "out", False, no_progress)
    _, _, mask = composite(61, 83, 0)
    inside = far_from_edges(mask, 6) & (mask == 255)
    with Image.open(tmp_path / "out/cutout/p0.png") as cutout, Image.open(picture) as stored:
        assert cutout.info["icc_profile"] == icc
        change = np.asarray(cutout)[..., :3][inside].astype(int) - np.asarray(stored)[inside]
        assert np.abs(change).max() <= 2
    with Image.open(tmp_path / "out/mask/p0.png") as alpha, Image.open(tmp_path / "out/side_by_side/p0.jpg") as sheet:
        assert "icc_profile" not in alpha.info
        assert sheet.info["icc_profile"] == icc


def test_profiles_are_named_once_a_kind(tmp_path: Path) -> None:
    notes: list[str] = []
    pictures, empty = write_composites(tmp_path, 5)
    for i in range(4):
        path = pictures / f"p{i}.png"
        Image.open(path).convert("RGB").save(path, icc_profile=P3 if i < 3 else b"no profile")
    given = (pictures, empty, tmp_path / "out", False, no_progress, notes.append)
    predict_files(Predictor(DifferenceModel(tmp_path / "w")), *given)
    assert notes == [
        "p0.png, p1.png, p2.png: Display P3: converted to sRGB, and back in results",
        "p3.png: colour profile that can't be used (damaged): colours taken as sRGB",
    ]


def test_the_model_sees_srgb(tmp_path: Path) -> None:
    picture, empty = shots(tmp_path, P3, P3)
    model = DifferenceModel(tmp_path / "w")
    images = load_input(InputFiles("p0", picture, empty), align=False)
    assert images.profile is not None
    assert images.background is not None
    Predictor(model).predict(images.picture, images.background, images.profile)
    by_profile = model.seen[-1]
    Predictor(model).predict(read_rgb(picture), read_rgb(empty))
    assert np.abs(np.asarray(by_profile[-1]) - np.asarray(model.seen[-1][-1])).mean() <= 1 / 255
    Predictor(model).predict(images.picture, images.background)
    assert np.abs(np.asarray(by_profile[-1]) - np.asarray(model.seen[-1][-1])).mean() > 4 / 255


@pytest.mark.parametrize("background_icc", [None, ADOBE])
def test_the_empty_scene_is_brought_to_the_colours_of_the_picture(tmp_path: Path, background_icc: bytes | None) -> None:
    picture, empty = shots(tmp_path, P3, background_icc)
    images = load_input(InputFiles("p0", picture, empty), align=False)
    profile = read_own_colours(picture).profile
    assert profile is not None
    assert images.background is not None
    seen = profile.to_srgb(images.background).astype(int)
    assert np.abs(seen - read_rgb(empty)).mean() <= 1


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("edit", [paint_background(BLUE), replace_background(np.full((9, 9, 3), BLUE, np.uint8))])
def test_colours_that_are_put_behind_look_as_they_were_asked_for(
    tmp_path: Path, edit: BackgroundEdit, suffix: str
) -> None:
    picture, empty = shots(tmp_path, P3, P3)
    out = tmp_path / f"new{suffix}"
    edit_files(Predictor(DifferenceModel(tmp_path / "w")), picture, empty, out, False, edit, {}, no_progress)
    _, _, mask = composite(61, 83, 0)
    behind, inside = (far_from_edges(mask, 6) & (mask == level) for level in (0, 255))
    with Image.open(out) as image:
        assert image.info["icc_profile"] == P3
    assert np.abs(shown(out)[behind].astype(int) - BLUE).mean() <= (1 if suffix == ".png" else 4)
    change = np.abs(shown(out)[inside].astype(int) - shown(picture)[inside])
    assert change.mean() <= (1 if suffix == ".png" else 8)


@pytest.mark.parametrize("edit", [blur_background(0.01), tint_background(BLUE, 0.0)])
def test_a_scene_that_is_hardly_edited_looks_as_before(tmp_path: Path, edit: BackgroundEdit) -> None:
    picture, empty = shots(tmp_path, ADOBE, ADOBE)
    out = tmp_path / "new.png"
    edit_files(Predictor(DifferenceModel(tmp_path / "w")), picture, empty, out, False, edit, {}, no_progress)
    assert np.abs(shown(out).astype(int) - shown(picture)).mean() <= 1.5
