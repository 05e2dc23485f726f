"""A closer look sees all that was found, larger than the whole is seen, and no more pixels than that."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bgfg.train.inference.closer_look import finds_the_same, part_around
from bgfg.train.ops.mask_box import Box


def found_in(cells: tuple[int, int], box: Box) -> np.ndarray:
    """Return alpha (h, w), 1 within a box."""
    alpha = np.zeros(cells, np.float32)
    alpha[box] = 1
    return alpha


sides = st.integers(20, 400)


@given(sides, sides, st.integers(8, 60), st.integers(8, 60), st.sampled_from([1, 32, 64]), st.data())
def test_the_part_holds_all_that_was_found_and_is_seen_larger(
    height_px: int, width_px: int, rows: int, columns: int, step_px: int, data: st.DataObject
) -> None:
    top, left = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))
    bottom, right = data.draw(st.integers(top + 1, rows)), data.draw(st.integers(left + 1, columns))
    alpha = found_in((rows, columns), (slice(top, bottom), slice(left, right)))
    part = part_around(alpha, (height_px, width_px), 256, step_px)
    assume(part is not None)
    assert part is not None
    spans = zip(
        part.box, part.look_px, (top, left), (bottom, right), (rows, columns), (height_px, width_px), strict=True
    )
    scales = []
    for span, look_px, first, last, cells, side_px in spans:
        assert 0 <= span.start < span.stop <= side_px
        # Sides are whole pixels: half of one at each end is rounding's.
        assert span.start - 1 <= first * side_px / cells
        assert span.stop + 1 >= last * side_px / cells
        assert look_px % step_px == 0
        scales.append(look_px / (span.stop - span.start))
    assert part.look_px[0] * part.look_px[1] <= 256**2
    assert max(scales) > 256 / min(height_px, width_px)
    # A span that ends at the frame may be seen longer than the other one.
    whole = [span.stop - span.start == side_px for span, side_px in zip(part.box, (height_px, width_px), strict=True)]
    rounding = 1 + 1 / min(span.stop - span.start for span in part.box)
    assert any(whole) or max(scales) <= 4 * rounding
    assert any(whole) or max(scales) / min(scales) <= rounding**2


def test_a_margin_is_left_within_the_frame_and_small_things_are_not_blown_up() -> None:
    part = part_around(found_in((50, 50), (slice(0, 20), slice(20, 30))), (500, 500), 256, 64)
    assert part is not None
    # 200 by 100 pixels with 30 on three sides: 230 by 160, seen in 320 by 192 at 1.2 times.
    assert part.look_px == (320, 192)
    assert part.box == (slice(0, 267), slice(170, 330))
    tiny = part_around(found_in((500, 500), (slice(100, 104), slice(300, 302))), (500, 500), 256, 64)
    assert tiny is not None
    assert [span.stop - span.start for span in tiny.box] == [side // 4 for side in tiny.look_px]


@pytest.mark.parametrize(
    "box", [(slice(0, 0), slice(0, 0)), (slice(2, 48), slice(2, 45)), (slice(0, 50), slice(0, 50))]
)
def test_where_nothing_is_found_or_nearly_all_nothing_is_looked_at_closer(box: Box) -> None:
    assert part_around(found_in((50, 50), box), (300, 300), 256, 64) is None


def test_what_is_faint_is_not_found() -> None:
    alpha = found_in((50, 50), (slice(5, 15), slice(5, 15)))
    assert part_around(alpha * np.float32(0.31), (300, 300), 256, 32) is not None
    assert part_around(alpha * np.float32(0.29), (300, 300), 256, 32) is None


@pytest.mark.parametrize("shape", [(40, 30), (17, 23)])
def test_two_looks_agree_where_they_found_the_same_at_the_same_place(shape: tuple[int, int]) -> None:
    first = found_in((60, 80), (slice(20, 40), slice(30, 60)))
    box = (slice(100, 300), slice(200, 400))  # of a picture of 360 by 480, six pixels of it to one of the first look
    rows, columns = (
        (span.start + (np.arange(pixels) + 0.5) * (span.stop - span.start) / pixels) / 6
        for span, pixels in zip(box, shape, strict=True)
    )
    closer = ((rows >= 20) & (rows < 40))[:, None] & ((columns >= 30) & (columns < 60))
    same = closer.astype(np.float32)
    assert finds_the_same(first, same, box, (360, 480))
    assert not finds_the_same(first, np.roll(same, shape[0] // 3, axis=0), box, (360, 480))
    assert not finds_the_same(first, np.zeros(shape, np.float32), box, (360, 480))
    assert finds_the_same(first * 0, np.zeros(shape, np.float32), box, (360, 480))
