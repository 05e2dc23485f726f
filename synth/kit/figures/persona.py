"""Who a person is: build, skin, face, hair and outfit, drawn with dice from decks that leave nobody out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from bgfg.synth.kit.figures.clothes import Bottom, Shoes, Top
from bgfg.synth.kit.figures.fabrics import linear, shade
from bgfg.synth.kit.figures.figure import Build
from bgfg.synth.kit.figures.head import Complexion, Features
from bgfg.synth.kit.figures.outfits import LEATHERS, MENS, SCARVES, WOMENS, drawn_outfit
from bgfg.synth.kit.render.scene import Colour

Dice = np.random.Generator

SKINS = ["#f4d9c6", "#ecc7aa", "#e0b18d", "#d09a72", "#bd8458", "#a66f46", "#8b5a37", "#70462b", "#573522", "#432a1d"]
FAIR_HAIR = ["#211b16", "#2b1d14", "#4a3020", "#4a3020", "#6a3f22", "#8d6a40", "#c2a05e", "#8a3f1c"]
DARK_HAIR = ["#211b16", "#2b1f17"]
GREY_HAIR = ["#8b8985", "#75726e", "#cfccc6"]
FAIR_EYES = ["#2a1a10", "#33251a", "#3f5a6b", "#3c4a33"]
DARK_EYES = ["#20140d", "#2a1a10"]
LIPSTICKS = ["#a33d46", "#b5585a", "#8e3a44", "#c06a63"]
TRAINERS = ["#e8e6e1", "#2b2e35", "#8b2f33", "#3c5a80"]
THINGS = ["#2b2320", "#5b3a22", "#2f4760", "#8a2f35", "#3d4a3a", "#c9a24a", "#45464d"]

MENS_HAIR = ["short", "crop", "parted", "quiff", "curly", "bald", "receding", "short", "parted", "afro", "cap", "quiff"]
WOMENS_HAIR = ["long", "bob", "ponytail", "bun", "wavy", "pixie", "hijab", "curly", "long", "afro", "bob", "ponytail"]
BEARDS = ["none", "none", "full", "stubble", "goatee", "full", "moustache"]
CASUAL = ("hoodie", "T-shirt", "jumper", "polo", "checked shirt")


@dataclass(frozen=True)
class Look:
    """Everything about a person but the posture; `accent` colours a scarf or cap, `thing` what is carried."""

    build: Build
    features: Features
    complexion: Complexion
    hair_style: str
    outfit: str
    top: Top
    bottom: Bottom | None
    shoes: Shoes
    legs: Colour
    accent: Colour
    thing: Colour


class Deck:
    """Stacks of cards dealt by number: every run of `size` numbers sees every card once, in an order of its own."""

    def __init__(self, seed: int, number: int) -> None:
        self.seed, self.number = seed, number

    def card(self, topic: int, size: int) -> int:
        """Return the card (0 .. size - 1) of this number in the stack `topic`."""
        dice = np.random.default_rng([self.seed, 71, topic, self.number // size])
        return int(dice.permutation(size)[self.number % size])


def drawn_look(deck: Deck, dice: Dice) -> Look:
    """Return a person; sex, skin, outfit and hair come from the deck, the rest from the dice."""
    feminine = deck.card(1, 2) == 1
    tone = deck.card(2, len(SKINS))
    outfits, styles = (WOMENS, WOMENS_HAIR) if feminine else (MENS, MENS_HAIR)
    outfit = outfits[deck.card(3, 2 * len(outfits)) % len(outfits)]
    style = styles[deck.card(4, 2 * len(styles)) % len(styles)]
    complexion = _complexion(dice, tone, feminine)
    top, bottom = drawn_outfit(dice, outfit, complexion.skin)
    dressy = feminine and (bottom is None or bottom.kind == "skirt" or outfit == "trouser suit")
    jaw, nose, lips = dice.uniform((0.9, 0.85, 0.9), (1.08, 1.2, 1.25)).tolist()
    return Look(
        build=_build(dice, feminine, complexion.age, heels=dressy and dice.random() < 0.75),
        features=Features(jaw, nose, lips, eyes=1.1 if feminine else 0.98),
        complexion=complexion,
        hair_style=style,
        outfit=outfit,
        top=top,
        bottom=bottom,
        shoes=_shoes(dice, outfit, feminine),
        legs=complexion.skin if dice.random() < 0.55 else one_of(dice, ["#1d1b1e", "#3a332f"]),
        accent=one_of(dice, SCARVES),
        thing=one_of(dice, THINGS),
    )


def one_of(dice: Dice, colours: list[str]) -> Colour:
    """Return one of the sRGB `colours`, linear."""
    return linear(colours[dice.integers(len(colours))])


def _build(dice: Dice, feminine: bool, age: float, heels: bool) -> Build:
    girth = float(np.clip(0.9 + 0.42 * dice.beta(1.4, 2.2) + 0.08 * age, 0.88, 1.38))
    return Build(
        stature_m=float(np.clip(dice.normal(1.655 if feminine else 1.785, 0.06), 1.5, 1.96)),
        feminine=float(feminine),
        girth=girth,
        belly=0.0 if feminine else max(0.0, (girth - 1.08) * 2.2),
        heel_m=0.055 if heels else 0.0,
    )


def _complexion(dice: Dice, tone: int, feminine: bool) -> Complexion:
    skin = shade(linear(SKINS[tone]), float(dice.uniform(0.92, 1.06)))
    age = float(dice.beta(1.3, 1.8))
    grey = age > 0.62 and dice.random() < (0.4 if feminine else 0.75)
    hair = one_of(dice, GREY_HAIR if grey else DARK_HAIR if tone > 4 else FAIR_HAIR)
    return Complexion(
        skin=skin,
        hair=shade(hair, float(dice.uniform(0.85, 1.15))),
        lips=one_of(dice, LIPSTICKS) if feminine else (skin[0] * 0.85, skin[1] * 0.5, skin[2] * 0.5),
        iris=one_of(dice, FAIR_EYES if tone < 4 else DARK_EYES),
        brow=0.85 if feminine else 1.15,
        beard="none" if feminine else BEARDS[dice.integers(len(BEARDS))],
        glasses=bool(dice.random() < 0.24),
        age=age,
    )


def _shoes(dice: Dice, outfit: str, feminine: bool) -> Shoes:
    if outfit in CASUAL and dice.random() < 0.6:
        return Shoes(one_of(dice, TRAINERS), linear("#efeeea"), gloss=0.15, bulk=1.06)
    leather = one_of(dice, LEATHERS)
    boots = outfit == "coat" and feminine
    return Shoes(
        leather, shade(leather, 0.5), gloss=0.8, shaft_m=0.10 if boots else 0.012, bulk=0.95 if feminine else 1.0
    )
