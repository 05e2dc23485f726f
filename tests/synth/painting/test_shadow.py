"""Shadows as black layers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.synth.painting.shadow import contact_shadow, thrown_shadow


def person(height_px: int = 60, width_px: int = 20) -> NDArray[np.uint8]:
    alpha_u8 = np.zeros((height_px + 6, width_px + 8), np.uint8)
    alpha_u8[3:-3, 4:-4] = 255
    return alpha_u8


def test_a_contact_shadow_is_darkest_under_the_middle_of_the_feet() -> None:
    alpha_u8 = person()
    found = contact_shadow(alpha_u8, 600)
    assert found is not None
    shadow, x, y = found
    assert shadow.max() == 153  # 0.6 of 255
    row, column = np.unravel_index(shadow.argmax(), shadow.shape)
    assert (y + int(row), x + int(column)) == (62, (4 + 23) // 2)
    assert shadow.shape[1] > 2 * 20  # wider than the feet
    assert shadow.shape[0] < shadow.shape[1] / 3  # and flat
    assert shadow[0].max() <= 2  # it fades away
    assert shadow[:, 0].max() <= 2


@pytest.mark.parametrize("darkness_milli", [1, 500, 1_000])
def test_it_is_as_dark_as_told(darkness_milli: int) -> None:
    found = contact_shadow(person(), darkness_milli)
    assert found is not None
    assert found[0].max() == (255 * darkness_milli + 500) // 1000


def test_where_nothing_is_opaque_nothing_has_a_shadow() -> None:
    haze = np.full((9, 7), 90, np.uint8)
    assert contact_shadow(haze, 500) is None
    assert thrown_shadow(haze, (4, 5), 500) is None


@pytest.mark.parametrize("tip", [(25, 18), (-30, 12), (10, -22), (0, 40)])
def test_a_thrown_shadow_leads_from_the_foot_to_the_tip(tip: tuple[int, int]) -> None:
    alpha_u8 = person(60, 6)
    found = thrown_shadow(alpha_u8, tip, 1_000)
    assert found is not None
    shadow, x, y = found
    foot_x, foot_y = 6, 62
    rows, columns = np.nonzero(shadow >= 60)
    for share in (0.1, 0.5, 0.9):  # the middle of the figure, all along
        at = foot_y + round(share * tip[1]) - y, foot_x + round(share * tip[0]) - x
        assert shadow[at] >= 60
    reached = (rows + y - foot_y) / tip[1]
    assert -0.2 < reached.min() < 0.15
    assert 0.85 < reached.max() < 1.2
    middles = [columns[rows == row].mean() + x for row in np.unique(rows)]
    expected = [foot_x + (row + y - foot_y) * tip[0] / tip[1] for row in np.unique(rows)]
    np.testing.assert_allclose(middles[2:-2], expected[2:-2], atol=2.5)
    assert shadow.max() <= 0.6 * 255
