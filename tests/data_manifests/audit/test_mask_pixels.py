"""Which pixels of a mask are set is what the whole picture says, though it is looked at strip by strip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.audit.mask_pixels import read_set_pixels
from bgfg.data_manifests.images import strips


def obvious(pixels: NDArray) -> NDArray[np.bool_]:
    """What is set, by the whole picture at once."""
    levels = pixels if pixels.ndim == 2 else pixels[..., :3].max(axis=2)
    if pixels.ndim == 3 and pixels.shape[2] == 4 and pixels[..., 3].min() < 255:
        visible = levels[pixels[..., 3] > 0]
        if len(np.unique(visible)) <= 1:
            levels = pixels[..., 3]
    highest = levels.max()
    if set(np.unique(levels)) <= {0, highest}:
        return levels > 0
    return levels >= (128 if 128 <= highest <= 255 else (int(highest) + 1) // 2)


def _pictures() -> dict[str, NDArray]:
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 256, (37, 23), np.uint8)
    alone = np.dstack([np.full((37, 23, 3), 40, np.uint8), grey])
    return {
        "soft": grey,
        "one": np.minimum(grey // 128, 1),
        "nothing": grey * 0,
        "three": (grey // 100).astype(np.uint8),
        "wide": grey.astype(np.uint16) * 200,
        "colours": rng.integers(0, 256, (37, 23, 3), np.uint8),
        "alpha alone": alone,
        "alpha and colours": np.dstack([alone[..., :3] + grey[..., None] // 2, grey]),
        "nothing visible": np.dstack([rng.integers(0, 256, (37, 23, 3), np.uint8), grey * 0]),
        "opaque": np.dstack([rng.integers(0, 256, (37, 23, 3), np.uint8), np.full((37, 23), 255, np.uint8)]),
    }


@pytest.mark.parametrize("name", _pictures())
@pytest.mark.parametrize("strip_values", [1, 100, 2**20])
def test_strips_say_what_the_whole_picture_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, strip_values: int
) -> None:
    pixels = _pictures()[name]
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    monkeypatch.setattr(strips, "_STRIP_VALUES", strip_values)
    np.testing.assert_array_equal(read_set_pixels(tmp_path / "mask.png"), obvious(pixels))
