import numpy as np
import pytest

from bgfg.synth.kit.figures.clothes import WAISTBAND_HEIGHT_M
from bgfg.synth.kit.figures.outfits import MENS_OUTFITS, SHIRT_COLOURS, WOMENS_OUTFITS, sample_colour, sample_outfit

SKIN = (0.5, 0.35, 0.25)


@pytest.mark.parametrize("name", sorted({*MENS_OUTFITS, *WOMENS_OUTFITS}))
def test_an_outfit_covers_the_body(name: str) -> None:
    for number in range(8):
        top, bottom = sample_outfit(np.random.default_rng(number), name, SKIN)
        assert top.hem_m <= WAISTBAND_HEIGHT_M
        if bottom is None:
            assert top.hem_m < -0.3
        elif bottom.kind == "skirt":
            assert 0.3 < bottom.height_m < 0.6


@pytest.mark.parametrize("name", ["suit and tie", "suit", "trouser suit"])
def test_a_suit_is_of_one_cloth(name: str) -> None:
    top, bottom = sample_outfit(np.random.default_rng(3), name, SKIN)
    assert bottom is not None
    assert top.fabric == bottom.fabric


def test_outfits_of_a_name_differ() -> None:
    drawn = {sample_outfit(np.random.default_rng(number), "shirt and tie", SKIN)[0].fabric for number in range(20)}
    assert len(drawn) > 10


def test_a_picked_colour_is_linear_and_near_the_palette() -> None:
    for number in range(20):
        assert all(0 <= channel <= 1 for channel in sample_colour(np.random.default_rng(number), SHIRT_COLOURS))
