"""A PNG whose pixels are all there may still be cut short."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.images.image_reading import read_picture
from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.images.png_integrity import is_complete_png


@pytest.fixture
def png(tmp_path: Path) -> Path:
    save_png(np.arange(13 * 17 * 3, dtype=np.uint8).reshape(13, 17, 3), tmp_path / "a.png")
    return tmp_path / "a.png"


def test_a_whole_file_has_its_end_whatever_comes_after(png: Path) -> None:
    assert is_complete_png(png)
    png.write_bytes(png.read_bytes() + b"something else" * 999)
    assert is_complete_png(png)


@pytest.mark.parametrize("missing_bytes", [1, 4, 11, 12])
def test_a_file_without_its_end_is_told_though_it_can_be_decoded(png: Path, missing_bytes: int) -> None:
    png.write_bytes(png.read_bytes()[:-missing_bytes])
    assert read_picture(png).pixels.shape == (13, 17, 3)
    assert not is_complete_png(png)
