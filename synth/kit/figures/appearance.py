"""Appearance of a person: body, skin, face, hair and outfit, sampled so that every kind comes in equal numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bgfg.synth.kit.figures.clothes import Bottom, Shoes, Top
from bgfg.synth.kit.figures.fabrics import hex_to_linear, shade
from bgfg.synth.kit.figures.head import Complexion, FaceShape
from bgfg.synth.kit.figures.outfits import LEATHER_COLOURS, MENS_OUTFITS, SCARF_COLOURS, WOMENS_OUTFITS, sample_outfit
from bgfg.synth.kit.figures.skeleton import BodyShape
from bgfg.synth.kit.render.scene import LinearRGB

SKIN_TONES = [
    "#f4d9c6",
    "#ecc7aa",
    "#e0b18d",
    "#d09a72",
    "#bd8458",
    "#a66f46",
    "#8b5a37",
    "#70462b",
    "#573522",
    "#432a1d",
]
FAIR_SKIN_HAIR_COLOURS = ["#211b16", "#2b1d14", "#4a3020", "#4a3020", "#6a3f22", "#8d6a40", "#c2a05e", "#8a3f1c"]
DARK_SKIN_HAIR_COLOURS = ["#211b16", "#2b1f17"]
GREY_HAIR_COLOURS = ["#8b8985", "#75726e", "#cfccc6"]
FAIR_SKIN_EYE_COLOURS = ["#2a1a10", "#33251a", "#3f5a6b", "#3c4a33"]
DARK_SKIN_EYE_COLOURS = ["#20140d", "#2a1a10"]
LIPSTICK_COLOURS = ["#a33d46", "#b5585a", "#8e3a44", "#c06a63"]
TRAINER_COLOURS = ["#e8e6e1", "#2b2e35", "#8b2f33", "#3c5a80"]
PROP_COLOURS = ["#2b2320", "#5b3a22", "#2f4760", "#8a2f35", "#3d4a3a", "#c9a24a", "#45464d"]

MENS_HAIRSTYLES = [
    "short",
    "crop",
    "parted",
    "quiff",
    "curly",
    "bald",
    "receding",
    "short",
    "parted",
    "afro",
    "cap",
    "quiff",
]
WOMENS_HAIRSTYLES = [
    "long",
    "bob",
    "ponytail",
    "bun",
    "wavy",
    "pixie",
    "hijab",
    "curly",
    "long",
    "afro",
    "bob",
    "ponytail",
]
BEARD_STYLES = ["none", "none", "full", "stubble", "goatee", "full", "moustache"]
CASUAL_OUTFITS = ("hoodie", "T-shirt", "jumper", "polo", "checked shirt")


@dataclass(frozen=True)
class Appearance:
    """Everything about a person but the pose.

    Attributes:
        body_shape: Its size and proportions.
        face_shape: The form of the face.
        complexion: The colours of the face and the hair.
        hair_style: One of `hair.HAIRSTYLES`.
        outfit: One of `outfits.MENS_OUTFITS` or `outfits.WOMENS_OUTFITS`.
        top: What is worn above.
        bottom: What is worn below; None under a dress.
        shoes: What is worn on the feet.
        leg_colour: Of bare legs or tights.
        accent_colour: Of a scarf or cap.
        prop_colour: Of what is carried.
    """

    body_shape: BodyShape
    face_shape: FaceShape
    complexion: Complexion
    hair_style: str
    outfit: str
    top: Top
    bottom: Bottom | None
    shoes: Shoes
    leg_colour: LinearRGB
    accent_colour: LinearRGB
    prop_colour: LinearRGB


class BalancedSampler:
    """Shuffled choices by number: of every run of `size` numbers each choice is picked once, in an order of its own."""

    def __init__(self, seed: int, number: int) -> None:
        self.seed, self.number = seed, number

    def pick(self, topic: int, size: int) -> int:
        """Return the choice (0 .. size - 1) of this number on `topic`, a whole number that names what is chosen."""
        rng = np.random.default_rng([self.seed, 71, topic, self.number // size])
        return int(rng.permutation(size)[self.number % size])


def sample_appearance(sampler: BalancedSampler, rng: np.random.Generator) -> Appearance:
    """Return a person; sex, skin, outfit and hair come from the sampler, the rest from the generator."""
    feminine = sampler.pick(1, 2) == 1
    tone = sampler.pick(2, len(SKIN_TONES))
    outfits, styles = (WOMENS_OUTFITS, WOMENS_HAIRSTYLES) if feminine else (MENS_OUTFITS, MENS_HAIRSTYLES)
    outfit = outfits[sampler.pick(3, 2 * len(outfits)) % len(outfits)]
    style = styles[sampler.pick(4, 2 * len(styles)) % len(styles)]
    complexion = _complexion(rng, tone, feminine)
    top, bottom = sample_outfit(rng, outfit, complexion.skin)
    dressy = feminine and (bottom is None or bottom.kind == "skirt" or outfit == "trouser suit")
    jaw, nose, lips = rng.uniform((0.9, 0.85, 0.9), (1.08, 1.2, 1.25)).tolist()
    return Appearance(
        body_shape=_build(rng, feminine, complexion.age, heels=dressy and rng.random() < 0.75),
        face_shape=FaceShape(jaw, nose, lips, eyes=1.1 if feminine else 0.98),
        complexion=complexion,
        hair_style=style,
        outfit=outfit,
        top=top,
        bottom=bottom,
        shoes=_shoes(rng, outfit, feminine),
        leg_colour=complexion.skin if rng.random() < 0.55 else choose_colour(rng, ["#1d1b1e", "#3a332f"]),
        accent_colour=choose_colour(rng, SCARF_COLOURS),
        prop_colour=choose_colour(rng, PROP_COLOURS),
    )


def choose_colour(rng: np.random.Generator, colours: list[str]) -> LinearRGB:
    """Return one of the sRGB `colours`, linear."""
    return hex_to_linear(colours[rng.integers(len(colours))])


def _build(rng: np.random.Generator, feminine: bool, age: float, heels: bool) -> BodyShape:
    girth = float(np.clip(0.9 + 0.42 * rng.beta(1.4, 2.2) + 0.08 * age, 0.88, 1.38))
    return BodyShape(
        stature_m=float(np.clip(rng.normal(1.655 if feminine else 1.785, 0.06), 1.5, 1.96)),
        feminine=float(feminine),
        girth=girth,
        belly=0.0 if feminine else max(0.0, (girth - 1.08) * 2.2),
        heel_m=0.055 if heels else 0.0,
    )


def _complexion(rng: np.random.Generator, tone: int, feminine: bool) -> Complexion:
    skin = shade(hex_to_linear(SKIN_TONES[tone]), float(rng.uniform(0.92, 1.06)))
    age = float(rng.beta(1.3, 1.8))
    grey = age > 0.62 and rng.random() < (0.4 if feminine else 0.75)
    hair = choose_colour(
        rng, GREY_HAIR_COLOURS if grey else DARK_SKIN_HAIR_COLOURS if tone > 4 else FAIR_SKIN_HAIR_COLOURS
    )
    return Complexion(
        skin=skin,
        hair=shade(hair, float(rng.uniform(0.85, 1.15))),
        lips=choose_colour(rng, LIPSTICK_COLOURS) if feminine else (skin[0] * 0.85, skin[1] * 0.5, skin[2] * 0.5),
        iris=choose_colour(rng, FAIR_SKIN_EYE_COLOURS if tone < 4 else DARK_SKIN_EYE_COLOURS),
        brow=0.85 if feminine else 1.15,
        beard="none" if feminine else BEARD_STYLES[rng.integers(len(BEARD_STYLES))],
        glasses=bool(rng.random() < 0.24),
        age=age,
    )


def _shoes(rng: np.random.Generator, outfit: str, feminine: bool) -> Shoes:
    if outfit in CASUAL_OUTFITS and rng.random() < 0.6:
        return Shoes(choose_colour(rng, TRAINER_COLOURS), hex_to_linear("#efeeea"), gloss=0.15, bulk=1.06)
    leather = choose_colour(rng, LEATHER_COLOURS)
    boots = outfit == "coat" and feminine
    return Shoes(
        leather, shade(leather, 0.5), gloss=0.8, shaft_m=0.10 if boots else 0.012, bulk=0.95 if feminine else 1.0
    )
