"""One rule brings pictures, backgrounds, masks and depth to another size."""

from __future__ import annotations

import re

import numpy as np
import pytest

from bgfg.train.ops.array_resize import resize_bilinear
from tests.support import references
from tests.support.project import ROOT


def slow(values: np.ndarray, count: int) -> np.ndarray:
    """Resize (n, ...) along its first axis by triangles of overlap, one pixel after the other."""
    scale = len(values) / count
    reach = max(1.0, scale)
    out = []
    for i in range(count):
        weights = [max(0.0, 1 - abs(j + 0.5 - (i + 0.5) * scale) / reach) for j in range(len(values))]
        out.append(sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights))
    return np.array(out)


@pytest.mark.parametrize("size", [(5, 7), (13, 17), (29, 31), (6, 40), (40, 6), (1, 1)])
def test_resizing_is_the_slow_version(size: tuple[int, int]) -> None:
    picture = references.picture(13, 17, 1)
    wanted = slow(slow(picture.astype(float), size[0]).swapaxes(0, 1), size[1]).swapaxes(0, 1)
    np.testing.assert_allclose(resize_bilinear(picture, size), wanted, atol=2e-4)
    np.testing.assert_allclose(resize_bilinear(picture[..., 0], size), wanted[..., 0], atol=2e-4)


def test_long_rows_are_resized_by_the_same_rule() -> None:
    picture = references.picture(19, 1003, 1)
    np.testing.assert_allclose(resize_bilinear(picture, (7, 1003)), slow(picture.astype(float), 7), atol=2e-4)


@pytest.mark.parametrize("size", [(5, 7), (6, 40), (40, 6)])
def test_pixels_of_any_kind_are_resized_alike(size: tuple[int, int]) -> None:
    picture = np.dstack([references.picture(13, 17, seed) for seed in range(3)])  # 9 channels
    wanted = np.dstack([resize_bilinear(picture[..., channel], size) for channel in range(9)])
    np.testing.assert_array_equal(resize_bilinear(picture, size), wanted)
    for kind in (np.uint16, np.float64, np.float32):
        np.testing.assert_array_equal(resize_bilinear(picture.astype(kind)[::-1, ::-1], size),
                                      resize_bilinear(picture[::-1, ::-1], size))  # fmt: skip
    person = picture > 127
    np.testing.assert_array_equal(resize_bilinear(person, size), resize_bilinear(person.astype(np.uint8), size))


def test_a_map_lies_where_its_picture_lies() -> None:
    y, x = np.mgrid[:39, :51].astype(np.float32)
    for ramp in (y, x):
        there_and_back = resize_bilinear(resize_bilinear(ramp, (13, 17)), (39, 51))
        np.testing.assert_allclose(there_and_back[5:-5, 5:-5], ramp[5:-5, 5:-5], atol=1e-3)


def test_training_resizes_by_the_same_rule() -> None:
    torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")
    from bgfg.train.augment.geometry import resize

    picture = references.picture(61, 83, 2)
    trained = resize(torch.from_numpy(picture.transpose(2, 0, 1).copy())[None], (24, 32))[0].numpy().transpose(1, 2, 0)
    assert np.abs(resize_bilinear(picture, (24, 32)) - trained).max() <= 1.01


def test_nothing_that_a_model_sees_or_finds_is_resized_by_another_rule() -> None:
    # Sheets are for people to look at; what aligning is judged by is not seen by the model.
    others = {"outputs.py", "align.py", "displacement.py"}
    files = {file.name: file for file in (ROOT / "train" / "inference").glob("*.py") if file.name not in others}
    assert {"predictor.py", "guided_filter.py", "inputs.py", "video.py", "runtime.py"} <= files.keys()
    for name, file in files.items():
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"\b(cv2\.(resize|pyr)|interpolate\(|\.resize\()", text), name
