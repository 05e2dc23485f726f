"""JPEG's losses without a file, held to Pillow's encoder and decoder."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.support.project import SHARED

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.data_manifests.images.resampling.fit_to_frame import fit_background
from bgfg.train.augment.jpeg import compress
from tests.support import references

OFFICE = SHARED / "office" / "bg"


def through_pillow(rgb: references.Pixels, quality: int, halve_chroma: bool) -> references.Pixels:
    stream = io.BytesIO()
    Image.fromarray(rgb).save(stream, "JPEG", quality=quality, subsampling=2 if halve_chroma else 0)
    return np.asarray(Image.open(stream).convert("RGB"))


def batch(*pictures: references.Pixels) -> torch.Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float().contiguous()


def smooth(height_px: int, width_px: int, seed: int) -> references.Pixels:
    return np.asarray(cv2.GaussianBlur(references.picture(height_px, width_px, seed), (0, 0), 2), np.uint8)


def assert_like_pillow(rgb: references.Pixels, quality: int, halve_chroma: bool) -> None:
    ours = compress(batch(rgb), np.array([quality]), halve_chroma)[0].permute(1, 2, 0).numpy()
    theirs = through_pillow(rgb, quality, halve_chroma)
    apart = np.abs(ours - theirs)
    assert apart.mean() <= 0.4  # levels of 255: a coefficient near a half goes the other way now and then
    assert np.quantile(apart, 0.99) <= 5
    lost, theirs_lost = (np.abs(result.astype(np.float64) - rgb).mean() for result in (ours, theirs))
    assert lost == pytest.approx(theirs_lost, abs=0.05)


@pytest.mark.parametrize("quality", [10, 30, 50, 75, 85, 95, 100])
@pytest.mark.parametrize("halve_chroma", [True, False])
def test_the_losses_are_pillows(quality: int, halve_chroma: bool) -> None:
    for picture in (references.picture(96, 112, 3), smooth(96, 112, 5), smooth(61, 43, 1)):
        assert_like_pillow(picture, quality, halve_chroma)


@pytest.mark.skipif(not OFFICE.is_dir(), reason="../shared/office is not there")
def test_the_losses_of_photographs_are_pillows() -> None:
    for path in sorted(OFFICE.iterdir())[:5]:
        assert_like_pillow(fit_background(read_rgb(path), 224, 224), 75, True)


def test_each_picture_has_its_own_quality() -> None:
    pictures, quality = [smooth(32, 48, seed) for seed in range(4)], np.array([20, 95, 60, 95])
    together = compress(batch(*pictures), quality)
    for one, picture, its_own in zip(together, pictures, quality, strict=True):
        assert torch.equal(compress(batch(picture), np.array([its_own]))[0], one)
    assert (together[1] - batch(pictures[1])).abs().mean() < (together[0] - batch(pictures[0])).abs().mean() / 2


def test_sums_are_exact_so_their_order_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 2, (6, 3, 64, 64)).astype(np.float32) * 255  # the hardest there is
    quality = np.array([1, 5, 25, 50, 90, 100])
    once = compress(torch.from_numpy(noise), quality)
    again = compress(torch.from_numpy(noise[::-1].copy()), quality[::-1].copy()).flip(0)
    assert torch.equal(once, again)
    for i in range(6):
        assert torch.equal(compress(torch.from_numpy(noise[i : i + 1]), quality[i : i + 1])[0], once[i])


def test_the_transform_is_exact_in_float32() -> None:
    from bgfg.train.augment.jpeg import _FORWARD_BITS, _INVERSE_BITS, _transform

    rng = np.random.default_rng(1)
    blocks = torch.from_numpy(rng.choice([-128.0, 127.0], (500, 64)).astype(np.float32))
    for bits in (_FORWARD_BITS, _INVERSE_BITS):
        matrix = _transform(bits, blocks.device)
        assert torch.equal((blocks @ matrix.T).double(), blocks.double() @ matrix.double().T)
    assert (_transform(_FORWARD_BITS, blocks.device).double().abs().sum(1).max() * 128).item() <= 2**10


def test_grey_stays_grey_and_flat_stays_flat() -> None:
    grey = torch.arange(0, 256, 17, dtype=torch.float32).view(-1, 1, 1, 1).expand(-1, 3, 17, 13)
    assert torch.equal(
        compress(grey, np.full(len(grey), 90)), compress(grey, np.full(len(grey), 90)).mean(1, True).expand_as(grey)
    )
    assert (compress(grey, np.full(len(grey), 100)) - grey).abs().max() <= 1
