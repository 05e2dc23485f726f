"""Resizing, cropping and flipping."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng
from bgfg.train.augment.geometry import CropFlip, _resized_in_floating_point, pixel_centres, resize, sample_at
from tests.support import references

N, H, W = 12, 61, 89


def crop_flip(**config: object) -> CropFlip:
    return CropFlip.draw(CounterRng(0, 0, np.arange(N)), AugmentConfig(**config))  # type: ignore[arg-type]


def ramps(height_px: int, width_px: int) -> torch.Tensor:
    """A picture whose red says where a pixel is across, its green how far down, in 1/255 of the frame."""
    across, down = (np.round((np.arange(count) + 0.5) / count * 255) for count in (width_px, height_px))
    picture = np.stack(
        [np.tile(across, (height_px, 1)), np.tile(down[:, None], (1, width_px)), np.zeros((height_px, width_px))]
    )
    return torch.from_numpy(picture.astype(np.uint8))


@pytest.mark.parametrize("size_px", [(13, 17), (31, 44), (70, 101)])
def test_resizing_is_pillows(size_px: tuple[int, int]) -> None:
    picture = references.picture(H, W, 2)
    resized = resize(torch.from_numpy(picture).permute(2, 0, 1)[None], size_px)[0].permute(1, 2, 0).numpy()
    pillows = np.asarray(Image.fromarray(picture).resize(size_px[::-1], Image.Resampling.BILINEAR))
    assert np.abs(resized.astype(int) - pillows).max() <= 1


def test_other_devices_resize_to_within_a_level_of_the_cpu() -> None:
    pictures = torch.from_numpy(references.picture(H, W, 2)).permute(2, 0, 1)[None]
    for size_px in ((13, 17), (31, 44), (70, 101)):
        apart = resize(pictures, size_px).int() - _resized_in_floating_point(pictures, size_px).int()
        assert apart.abs().max() <= 1


def test_resizing_to_its_own_size_does_nothing() -> None:
    picture = ramps(H, W)[None]
    assert resize(picture, (H, W)) is picture


def test_memory_formats_and_neighbours_make_no_difference() -> None:
    pictures = torch.from_numpy(np.stack([references.picture(H, W, seed) for seed in range(N)])).permute(0, 3, 1, 2)
    for frame in (crop_flip(), crop_flip(flip_share=0.5, crop_share=0.6)):
        shown = frame.apply(pictures, (24, 33))
        assert torch.equal(frame.apply(pictures.contiguous(), (24, 33)), shown)
        assert shown.is_contiguous()
        assert pictures.shape == (N, 3, H, W)


def test_without_strengths_the_frame_is_plainly_resized() -> None:
    pictures, codes = ramps(H, W)[None].expand(N, -1, -1, -1), torch.arange(N * H * W).view(N, 1, H, W)
    assert torch.equal(crop_flip().apply(pictures, (24, 33)), resize(pictures, (24, 33)))
    assert crop_flip().apply_to_codes(codes) is codes


@pytest.mark.parametrize("stretch", [1.0, 3.0])
def test_a_crop_shows_the_part_that_is_said(stretch: float) -> None:
    frame = crop_flip(crop_share=1.0, crop_side=(0.4, 1.0), crop_stretch=stretch, flip_share=0.5)
    shown = frame.apply(ramps(200, 300)[None].expand(N, -1, -1, -1), (50, 70)).double() / 255
    for i in range(N):
        across = frame.left[i] + frame.width[i] * (np.arange(70) + 0.5) / 70
        down = frame.top[i] + frame.height[i] * (np.arange(50) + 0.5) / 50
        across = across[::-1] if frame.flipped[i] else across
        inner = np.s_[3:-3]
        np.testing.assert_allclose(shown[i, 0, 20, inner], across[inner], atol=0.006)
        np.testing.assert_allclose(shown[i, 1, inner, 20], down[inner], atol=0.006)
        assert shown[i, 2].max() == 0


def test_crops_lie_within_the_frame_and_differ() -> None:
    frame = crop_flip(crop_share=0.7, crop_side=(0.5, 0.9))
    assert 0 < frame.cropped.sum() < N
    assert ((frame.left >= 0) & (frame.top >= 0)).all()
    assert ((frame.left + frame.width <= 1) & (frame.top + frame.height <= 1)).all()
    assert ((frame.width < 0.9) == frame.cropped).all()
    assert (frame.width == frame.height).all()
    assert len(np.unique(frame.left)) == frame.cropped.sum() + 1


def test_stretched_crops_have_other_forms_between_the_stretch_and_its_inverse_and_lie_within_the_frame() -> None:
    plain = crop_flip(crop_share=0.7, crop_side=(0.5, 0.9))
    frame = crop_flip(crop_share=0.7, crop_side=(0.5, 0.9), crop_stretch=2.0)
    ratio = frame.width / frame.height
    assert ((ratio >= 0.5) & (ratio <= 2.0)).all()
    assert ((ratio != 1) == frame.cropped).all()
    assert (ratio[frame.cropped] > 1).any()
    assert (ratio[frame.cropped] < 1).any()
    assert (frame.left + frame.width <= 1).all()
    assert (frame.top + frame.height <= 1).all()
    within = (frame.width < 1) & (frame.height < 1)
    np.testing.assert_allclose((frame.width * frame.height)[within], (plain.width * plain.height)[within])
    assert min(frame.width.min(), frame.height.min()) >= frame.least_side


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int64"])
def test_codes_are_the_nearest_ones_in_their_own_size(dtype: str) -> None:
    frame = crop_flip(crop_share=0.7, crop_side=(0.5, 1.0), crop_stretch=1.5, flip_share=0.5)
    codes = np.random.default_rng(0).integers(0, 60_000, (N, 1, 13, 17)).astype(dtype)
    shown = frame.apply_to_codes(torch.from_numpy(codes)).numpy()
    assert shown.dtype == codes.dtype
    for i in range(N):
        for y in range(13):
            for x in range(17):
                u = (16 - x if frame.flipped[i] else x) + 0.5
                row = int((frame.top[i] + frame.height[i] * (y + 0.5) / 13) * 13)
                column = int((frame.left[i] + frame.width[i] * u / 17) * 17)
                assert shown[i, 0, y, x] == codes[i, 0, row, column]


def test_looking_up_pixel_centres_gives_the_pixels_and_the_border_goes_on() -> None:
    levels = ramps(13, 17)[None].float()
    x, y = torch.meshgrid(pixel_centres(17, levels.device), pixel_centres(13, levels.device), indexing="xy")
    torch.testing.assert_close(sample_at(levels, x[None], y[None]), levels, atol=1e-3, rtol=0)
    far = sample_at(levels, x[None] + 3, y[None])
    torch.testing.assert_close(far, levels[..., -1:].expand_as(far), atol=1e-3, rtol=0)
