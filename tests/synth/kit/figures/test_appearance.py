import numpy as np

from bgfg.synth.kit.figures.appearance import Appearance, BalancedSampler, sample_appearance
from bgfg.synth.kit.figures.outfits import MENS_OUTFITS, WOMENS_OUTFITS


def appearances(count: int) -> list[Appearance]:
    return [sample_appearance(BalancedSampler(5, n), np.random.default_rng([5, n])) for n in range(count)]


def test_a_balanced_sampler_picks_every_choice_once_a_round() -> None:
    for start in (0, 14, 7 * 31):
        assert sorted(BalancedSampler(9, start + k).pick(2, 7) for k in range(7)) == list(range(7))
    assert [BalancedSampler(9, k).pick(2, 7) for k in range(7)] != [
        BalancedSampler(9, k + 7).pick(2, 7) for k in range(7)
    ]
    assert [BalancedSampler(9, k).pick(2, 7) for k in range(7)] != [BalancedSampler(8, k).pick(2, 7) for k in range(7)]


def test_women_and_men_of_every_skin_come_in_equal_numbers() -> None:
    drawn = appearances(40)
    assert sum(appearance.body_shape.feminine == 1 for appearance in drawn) == 20
    lightness = np.sort([sum(appearance.complexion.skin) for appearance in drawn]).reshape(10, 4)
    assert np.all(np.diff(lightness.mean(axis=1)) > 0.01)


def test_people_are_of_human_size() -> None:
    for appearance in appearances(60):
        assert 1.5 <= appearance.body_shape.stature_m <= 1.96
        assert 0.88 <= appearance.body_shape.girth <= 1.38
        assert appearance.outfit in (WOMENS_OUTFITS if appearance.body_shape.feminine else MENS_OUTFITS)


def test_heels_and_beards_go_to_those_who_wear_them() -> None:
    for appearance in appearances(60):
        assert appearance.body_shape.feminine or appearance.body_shape.heel_m == 0
        assert not appearance.body_shape.feminine or appearance.complexion.beard == "none"


def test_outfits_and_hair_vary() -> None:
    drawn = appearances(50)
    assert len({appearance.outfit for appearance in drawn}) > 15
    assert len({appearance.hair_style for appearance in drawn}) > 10
    assert len({appearance.complexion.hair for appearance in drawn}) == 50
