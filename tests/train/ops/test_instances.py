"""Detected instances, without PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

from bgfg.train.ops.instances import (
    Instance,
    coco_run_lengths,
    colour_instances,
    instances_at,
    number_map,
    overlay_instances,
)
from tests.support.references import picture

H, W = 13, 17


def square(left: int, top: int, side: int, score: float = 0.9) -> Instance:
    mask = np.zeros((H, W), bool)
    mask[top : top + side, left : left + side] = True
    return Instance((left, top, left + side, top + side), 1, score, mask)


def test_who_is_likeliest_is_in_front() -> None:
    numbers = number_map([square(2, 3, 5, 0.9), square(4, 4, 6, 0.6)], (H, W))
    assert (numbers[4, 4], numbers[9, 9], numbers[0, 0]) == (1, 2, 0)
    assert (numbers == 1).sum() == 25


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of numpy, at pycocotools' decoding
@pytest.mark.parametrize("seed", range(4))
def test_run_lengths_are_those_that_pycocotools_reads(seed: int) -> None:
    coco_mask = pytest.importorskip("pycocotools.mask")
    mask = np.random.default_rng(seed).random((H, W)) < (0.5, 0.0, 1.1, 0.9)[seed]
    code = coco_run_lengths(mask)
    assert sum(code["counts"]) == H * W
    assert np.array_equal(coco_mask.decode(coco_mask.frPyObjects(code, H, W)), mask)


def test_what_was_found_is_brought_to_the_size_of_the_picture() -> None:
    masks = np.zeros((2, 1, 8, 8), np.float32)
    masks[0, 0, 2:6, 2:6] = 1
    boxes = np.array([[2, 2, 6, 6], [0, 0, 8, 8]], np.float32)
    scores = np.array([0.8, 0.3], np.float32)
    maps = {"boxes": boxes, "labels": np.array([1, 1]), "scores": scores, "masks": masks}
    (found,) = instances_at(maps, (16, 24))
    assert list(found.box_px) == [6, 4, 18, 12]
    assert found.mask.shape == (16, 24)
    assert found.mask[5:11, 7:17].all()
    assert 8 * 12 - 4 <= found.mask.sum() <= 8 * 12  # corners are half in


def test_everybody_has_a_colour_and_the_rest_stays_as_it_is() -> None:
    background = picture(H, W, 1)
    people = [square(1, 1, 4), square(8, 6, 5)]
    numbers = number_map(people, (H, W))
    drawn = overlay_instances(background, numbers)
    assert np.array_equal(drawn[numbers == 0], background[numbers == 0])
    assert (drawn[numbers > 0] != background[numbers > 0]).any(axis=1).all()
    colours = colour_instances(numbers)
    assert len(np.unique(colours.reshape(-1, 3), axis=0)) == 3
    assert not colours[numbers == 0].any()
    assert (overlay_instances(background, numbers, people) != drawn).any()


def test_the_record_has_the_box_as_coco_has_it() -> None:
    record = square(2, 3, 5, 0.87654).to_coco(4)
    assert (record["number"], record["label"], record["score"], record["area"]) == (4, 1, 0.8765, 25)
    assert record["bbox"] == [2, 3, 5, 5]
    assert record["segmentation"]["size"] == [H, W]
