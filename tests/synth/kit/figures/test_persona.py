import numpy as np
from bgfg.synth.kit.figures.outfits import MENS, WOMENS
from bgfg.synth.kit.figures.persona import Deck, Look, drawn_look


def looks(count: int) -> list[Look]:
    return [drawn_look(Deck(5, n), np.random.default_rng([5, n])) for n in range(count)]


def test_a_deck_deals_every_card_once_a_round() -> None:
    for start in (0, 14, 7 * 31):
        assert sorted(Deck(9, start + k).card(2, 7) for k in range(7)) == list(range(7))
    assert [Deck(9, k).card(2, 7) for k in range(7)] != [Deck(9, k + 7).card(2, 7) for k in range(7)]
    assert [Deck(9, k).card(2, 7) for k in range(7)] != [Deck(8, k).card(2, 7) for k in range(7)]


def test_women_and_men_of_every_skin_come_in_equal_numbers() -> None:
    drawn = looks(40)
    assert sum(look.build.feminine == 1 for look in drawn) == 20
    lightness = np.sort([sum(look.complexion.skin) for look in drawn]).reshape(10, 4)
    assert np.all(np.diff(lightness.mean(axis=1)) > 0.01)


def test_people_are_of_human_size() -> None:
    for look in looks(60):
        assert 1.5 <= look.build.stature_m <= 1.96
        assert 0.88 <= look.build.girth <= 1.38
        assert look.outfit in (WOMENS if look.build.feminine else MENS)


def test_heels_and_beards_go_to_those_who_wear_them() -> None:
    for look in looks(60):
        assert look.build.feminine or look.build.heel_m == 0
        assert not look.build.feminine or look.complexion.beard == "none"


def test_outfits_and_hair_vary() -> None:
    drawn = looks(50)
    assert len({look.outfit for look in drawn}) > 15
    assert len({look.hair_style for look in drawn}) > 10
    assert len({look.complexion.hair for look in drawn}) == 50
