"""Who hides something is in front of it."""

from __future__ import annotations

import numpy as np
import pytest

from bgfg.depth_teacher.teachers.occlusion_order import enforce_occlusion_order, occluder_limit_m

H, W = 13, 17


def scene() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    bare_m = rng.uniform(4, 8, (H, W)).astype(np.float32)
    people = np.zeros((2 * H, 2 * W), np.uint8)
    people[6:20, 10:18] = 1
    return bare_m, people, people[::2, ::2] > 0


def test_who_is_seen_behind_what_it_hides_comes_before_it_and_keeps_its_relief() -> None:
    bare_m, people, on = scene()
    otherwise = 1.25  # as far away as this is all with somebody before it
    depth_m = (bare_m * otherwise + on).astype(np.float32)
    seen_m = depth_m.copy()
    enforce_occlusion_order(depth_m, bare_m, people)
    assert np.median(depth_m[on]) == pytest.approx(0.9 * otherwise * np.quantile(bare_m[on], 0.05), rel=1e-5)
    assert depth_m[on] / seen_m[on] == pytest.approx(np.full(on.sum(), depth_m[on][0] / seen_m[on][0]), rel=1e-5)
    assert np.array_equal(depth_m[~on], seen_m[~on])


def test_who_fills_the_frame_has_nothing_beside() -> None:
    bare_m, _, _ = scene()
    depth_m = bare_m + 1
    enforce_occlusion_order(depth_m, bare_m, np.ones((H, W), np.uint8))
    assert np.median(depth_m) == pytest.approx(0.9 * np.quantile(bare_m, 0.05), rel=1e-5)


def test_of_several_each_is_brought_by_what_is_beside_all_of_them() -> None:
    bare_m, people, _ = scene()
    people[6:20, 14:18] = 2
    depth_m = (3 * bare_m).astype(np.float32)
    enforce_occlusion_order(depth_m, bare_m, people)
    for number in (1, 2):
        on = people[::2, ::2] == number
        assert np.median(depth_m[on]) == pytest.approx(0.9 * 3 * np.quantile(bare_m[on], 0.05), rel=1e-5)


def test_who_is_seen_in_front_stays() -> None:
    bare_m, people, on = scene()
    depth_m = np.where(on, np.float32(2), bare_m)
    before = depth_m.copy()
    enforce_occlusion_order(depth_m, bare_m, people)
    assert np.array_equal(depth_m, before)


def test_who_is_too_small_to_be_seen_changes_nothing() -> None:
    bare_m, people, _ = scene()
    people[:] = 0
    people[6, 10] = 1  # a quarter of a pixel of depth
    depth_m = bare_m + 1
    enforce_occlusion_order(depth_m, bare_m, people)
    assert np.array_equal(depth_m, bare_m + 1)


def test_nothing_hidden_is_no_limit() -> None:
    assert occluder_limit_m(np.array([])) == float("inf")
    assert occluder_limit_m(np.full(9, 4.0)) == pytest.approx(3.6)
