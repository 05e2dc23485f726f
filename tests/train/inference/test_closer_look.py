"""A closer look sees all that was found, larger than the whole is seen, and no more pixels than that."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bgfg.train.inference.closer_look import PartLook, confirms, is_cut, part_around
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
    # Of a picture of 360 by 480, six pixels of it to one of the first look.
    part, picture_px = PartLook((slice(100, 300), slice(200, 400)), shape), (360, 480)

    def looked(down: int, across: int, wider: int) -> np.ndarray:
        """Return the closer look at the same, moved and widened by pixels of the first look."""
        rows, columns = (
            (span.start + (np.arange(pixels) + 0.5) * (span.stop - span.start) / pixels) / 6
            for span, pixels in zip(part.box, shape, strict=True)
        )
        rows, columns = rows - down, columns - across
        high = (rows >= 20 - wider) & (rows < 40 + wider)
        wide = (columns >= 30 - wider) & (columns < 60 + wider)
        return np.outer(high, wide).astype(np.float32)

    for same in (looked(0, 0, 0), looked(1, -1, 0), looked(0, 0, 2), looked(0, 0, -2)):
        assert confirms(first, same, part, picture_px)
    for other in (looked(14, 0, 0), looked(0, 20, 0), looked(0, 0, -9), looked(0, 0, 0) * 0):
        assert not confirms(first, other, part, picture_px)
    nothing = first * 0
    assert not confirms(nothing, looked(0, 0, 0), part, picture_px)
    assert confirms(nothing, looked(0, 0, 0) * 0, part, picture_px)


def test_whoever_is_a_few_pixels_of_the_first_look_may_have_another_outline() -> None:
    first = found_in((60, 80), (slice(20, 26), slice(30, 33)))
    part = PartLook((slice(100, 180), slice(150, 230)), (64, 64))
    closer = np.zeros((64, 64), np.float32)
    closer[14:46, 30:38] = 1  # of 18 by 36 pixels of the picture 10 by 40 are sure
    assert confirms(first, closer, part, (360, 480))


@pytest.mark.parametrize(
    ("box", "cut"),
    [((10, 50, 0, 40), False), ((0, 40, 10, 50), True), ((24, 64, 10, 50), True), ((10, 50, 24, 64), True)],
    ids=["at the frame", "above", "below", "right"],
)
def test_what_reaches_a_side_of_the_part_is_cut_there_but_at_the_frame(
    box: tuple[int, int, int, int], cut: bool
) -> None:
    part = PartLook((slice(100, 180), slice(0, 80)), (64, 64))  # its left side is the frame's
    closer = found_in((64, 64), (slice(*box[:2]), slice(*box[2:])))
    assert is_cut(closer, part, (360, 480)) is cut
    assert not is_cut(closer * np.float32(0.25), part, (360, 480))
