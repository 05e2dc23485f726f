"""Pictures of one cut-out are held to one another: a flip to its original, masks to the shape that they show."""

from __future__ import annotations

import numpy as np
import pytest

from bgfg.data_manifests.audit.comparisons import (
    cutout_mask_findings,
    flip_findings,
    instance_findings,
    mask_flip_findings,
)
from bgfg.data_manifests.audit.picture_entry import PictureEntry

ENTRY = PictureEntry("fg/fg001_01.png", "fg", None, (), None)
ORIGINAL = PictureEntry("fg/fg001.png", "fg", None, (), None)
H, W = 23, 31


@pytest.fixture
def cutout() -> np.ndarray:
    """A cut-out (H, W, 4) whose figure is opaque, and lies to the left."""
    pixels = np.random.default_rng(1).integers(0, 256, (H, W, 4), np.uint8)
    pixels[..., 3] = 0
    pixels[3:20, 2:13, 3] = 255
    return pixels


def test_a_flip_is_the_exact_mirror_of_its_original(cutout: np.ndarray) -> None:
    mirrored = cutout[:, ::-1].copy()
    assert flip_findings(ENTRY, mirrored, ORIGINAL, cutout) == []
    mirrored[10, W - 5, 0] ^= 1
    assert [each.check for each in flip_findings(ENTRY, mirrored, ORIGINAL, cutout)] == ["flip"]


def test_the_mask_of_a_flip_may_differ_in_a_few_pixels_where_it_is_lossy_alone(cutout: np.ndarray) -> None:
    whole = cutout[..., 3] > 0
    mask = whole[:, ::-1].copy()
    assert mask_flip_findings(ENTRY, mask, ORIGINAL, whole, is_lossy=False) == []
    mask[3, W - 5] = False
    assert mask_flip_findings(ENTRY, mask, ORIGINAL, whole, is_lossy=True) == []
    assert [each.check for each in mask_flip_findings(ENTRY, mask, ORIGINAL, whole, is_lossy=False)] == ["flip"]


def test_the_mask_of_a_cutout_has_its_size_and_its_shape(cutout: np.ndarray) -> None:
    whole = cutout[..., 3] > 0
    assert cutout_mask_findings(ENTRY, whole, ORIGINAL, cutout) == []
    assert cutout_mask_findings(ENTRY, ~whole, ORIGINAL, cutout[..., :3]) == []  # nothing says what shape it has
    assert [each.check for each in cutout_mask_findings(ENTRY, ~whole, ORIGINAL, cutout)] == ["mask-alpha"]
    larger = whole.repeat(2, axis=0).repeat(2, axis=1)
    (found,) = cutout_mask_findings(ENTRY, larger, ORIGINAL, cutout)
    assert (found.check, "aligned, their shapes agree" in found.message) == ("size", True)


def test_instances_lie_where_the_mask_is_set_and_fill_it(cutout: np.ndarray) -> None:
    mask = cutout[..., 3] > 0
    instance = mask.astype(np.uint8)
    assert instance_findings(ENTRY, mask, "instance/1.png", instance) == []
    assert [each.check for each in instance_findings(ENTRY, mask, "instance/1.png", instance[1:])] == ["instance"]
    instance[3:12] = 0
    assert [each.check for each in instance_findings(ENTRY, mask, "instance/1.png", instance)] == ["mask-alpha"]
