"""Outfits: which garments, weaves and colours go together, drawn with dice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from bgfg.synth.kit.figures.clothes import Bottom, Top
from bgfg.synth.kit.figures.fabrics import Weave, linear, shade
from bgfg.synth.kit.figures.fronts import CoatFront, JacketFront, KnitFront, ScoopFront, ShirtFront
from bgfg.synth.kit.render.scene import Colour

Dice = np.random.Generator

SUITS = ["#23283a", "#2f3238", "#4c5058", "#212227", "#5a4a3c", "#31465e", "#7b7467", "#3b2f3a", "#8d939b", "#20342f"]
SHIRTS = ["#f3f4f4", "#c4d6ea", "#eed7dc", "#a9c3de", "#e9e6d8", "#d3cfe2", "#39455c", "#2b2c30", "#cfe0d2"]
TIES = ["#8c1f2b", "#20345e", "#3c6b4c", "#5b2f5f", "#c08a2a", "#1c1c20", "#3f7fa6", "#a5482a"]
KNITS = ["#7b2d35", "#2f4f4a", "#c9a13b", "#3a4a6b", "#8f9aa0", "#b7653c", "#5a6b3b", "#e4ddcd", "#28282c", "#4c86a0"]
BRIGHTS = ["#b23a48", "#1f6f78", "#d9a441", "#31508f", "#7a3b69", "#2e7d5b", "#d96f52", "#1d1e24", "#e8e2d4"]
BLAZERS = ["#7a3342", "#1f5f66", "#31508f", "#e2dccd", "#6b4a68", "#c9b08c", "#3f6b57", "#a8aeb8"]
COATS = ["#c2a67c", "#23262e", "#5b5f66", "#7a3b34", "#33402f", "#8e877b", "#2b3a59"]
TROUSERS = ["#e6e0d3", "#9a938a", "#23262e", "#34373d", "#b8a481", "#4b4238", "#6e6f70", "#232428", "#8b7a62"]
JEANS = ["#2c3e5c", "#45618a", "#1f2735", "#6f8db0", "#2a2b30"]
LEATHERS = ["#1a1614", "#3b2417", "#5b3a22", "#1a1a1d", "#4a2a1e"]
SCARVES = ["#7a3b4e", "#31566b", "#3d3a44", "#7a8f6a", "#b5564a"]

MENS = (
    *("suit and tie", "suit", "suit and tie", "blazer", "shirt and tie", "shirt", "shirt sleeves", "checked shirt"),
    *("polo", "jumper", "v-neck", "roll neck", "hoodie", "T-shirt", "coat"),
)
WOMENS = (
    *("trouser suit", "blazer and skirt", "blouse and skirt", "blouse", "dress", "long dress", "cardigan", "shirt"),
    *("jumper", "jumper and skirt", "roll neck", "hoodie", "T-shirt", "coat"),
)


def picked(dice: Dice, colours: list[str]) -> Colour:
    """Return one of `colours` (sRGB), a little lighter or darker."""
    return shade(linear(colours[dice.integers(len(colours))]), float(dice.uniform(0.85, 1.12)))


def drawn_outfit(dice: Dice, name: str, skin: Colour) -> tuple[Top, Bottom | None]:
    """Return what the outfit `name` (one of MENS or WOMENS) is made of; no bottom under a dress."""
    if name in ("suit and tie", "suit", "blazer", "trouser suit", "blazer and skirt", "cardigan"):
        return _jacketed(dice, name, skin)
    if name in ("shirt and tie", "shirt", "checked shirt", "shirt sleeves"):
        return _shirted(dice, name, skin)
    if name in ("blouse", "blouse and skirt", "dress", "long dress"):
        return _bloused(dice, name, skin)
    if name == "coat":
        cloth = picked(dice, COATS)
        inner = picked(dice, SHIRTS + SCARVES)
        front = CoatFront(cloth, inner, bool(dice.random() < 0.5))
        top = Top(Weave("plain", cloth), front, 0.026, 0.022, float(dice.uniform(-0.42, -0.26)), 0.03, collar="shirt",
                  collar_colour=inner, creases=1.2)  # fmt: skip
        return top, _trousers(dice)
    return _knitted(dice, name, skin)


def _trousers(dice: Dice, colour: Colour | None = None, women: bool = False) -> Bottom:
    if colour is None and dice.random() < 0.4:
        colour = picked(dice, JEANS)
    weave = Weave("plain", colour or picked(dice, TROUSERS))
    width = float(dice.uniform(0.050, 0.066)) if women else float(dice.uniform(0.062, 0.078))
    if women and dice.random() < 0.25:
        width = 0.100
    return Bottom(weave, hem_m=width, belt=picked(dice, LEATHERS))


def _skirt(dice: Dice, colour: Colour | None = None) -> Bottom:
    flare = float(dice.choice([0.0, 0.005, 0.07]))
    weave = Weave("plain", colour or picked(dice, SUITS + BRIGHTS[:4]))
    if colour is None and dice.random() < 0.3:
        weave = _printed(dice, weave.ground)
    return Bottom(weave, "skirt", height_m=float(dice.uniform(0.36, 0.56)), flare_m=flare)


def _printed(dice: Dice, ground: Colour) -> Weave:
    light = sum(ground) > 0.7
    second = shade(ground, 0.3) if light else linear(str(dice.choice(["#f0e9dc", "#e3c9a0", "#d8e2ea", "#e7b8b8"])))
    kind = str(dice.choice(["stripes", "hoops", "dots", "flowers", "plaid"]))
    period = {"stripes": 0.032, "hoops": 0.055, "dots": 0.05, "flowers": 0.10, "plaid": 0.035}[kind]
    return Weave(kind, ground, second, period * float(dice.uniform(0.8, 1.3)), 0.45 if kind != "dots" else 0.6)


def _shirt_weave(dice: Dice) -> Weave:
    ground = picked(dice, SHIRTS)
    if dice.random() < 0.35:
        return Weave("stripes", ground, shade(ground, 0.45) if sum(ground) > 0.6 else shade(ground, 3.0), 0.022, 0.35)
    return Weave("plain", ground)


def _jacketed(dice: Dice, name: str, skin: Colour) -> tuple[Top, Bottom]:
    women = name in ("trouser suit", "blazer and skirt", "cardigan")
    cloth = picked(dice, BLAZERS + SUITS if women or name == "blazer" else SUITS)
    if name == "cardigan":
        cloth = picked(dice, KNITS)
    shirt = picked(dice, SHIRTS)
    tie = picked(dice, TIES) if name == "suit and tie" else None
    closed = name != "cardigan" and bool(dice.random() < 0.65)
    weave = Weave("plain", cloth)
    pattern = dice.random()
    if pattern < 0.2:
        weave = Weave("stripes", cloth, shade(cloth, 1.9), 0.026, 0.14)
    elif pattern < 0.35:
        weave = Weave("plaid", cloth, shade(cloth, 1.8), 0.03, 0.3)
    front = JacketFront(cloth, shirt, skin, tie, closed)
    hem = float(dice.uniform(-0.03, 0.01)) if women else float(dice.uniform(-0.12, -0.09))
    top = Top(weave, front, 0.017 if women else 0.020, 0.008 if women else 0.016, hem, 0.008, collar="shirt",
              collar_colour=shirt, throat=None if tie else skin)  # fmt: skip
    if name == "blazer and skirt":
        return top, _skirt(dice, cloth if dice.random() < 0.6 else None)
    same = name in ("suit and tie", "suit", "trouser suit")
    bottom = _trousers(dice, cloth if same else None, women)
    return top, replace(bottom, weave=weave) if same else bottom


def _shirted(dice: Dice, name: str, skin: Colour) -> tuple[Top, Bottom]:
    weave = _shirt_weave(dice)
    if name == "checked shirt":
        weave = Weave(str(dice.choice(["checks", "plaid"])), picked(dice, KNITS), linear("#f0ebe0"), 0.036, 0.4)
    tie = picked(dice, TIES) if name == "shirt and tie" else None
    low = 0.0 if name == "checked shirt" else 0.115
    front = ShirtFront(weave.ground, skin, tie, low_m=-0.53 if low == 0.0 else -0.45)
    top = Top(weave, front, 0.009, 0.016, low, sleeve="short" if name == "shirt sleeves" else "long", collar="shirt",
              collar_colour=weave.ground, throat=None if tie else skin, creases=1.3)  # fmt: skip
    return top, _trousers(dice)


def _bloused(dice: Dice, name: str, skin: Colour) -> tuple[Top, Bottom | None]:
    if name in ("blouse", "blouse and skirt"):
        ground = picked(dice, SHIRTS + BRIGHTS)
        weave = _printed(dice, ground) if dice.random() < 0.4 else Weave("plain", ground)
        front = ScoopFront(skin, float(dice.uniform(0.06, 0.11)), bool(dice.random() < 0.5), buttons=shade(ground, 0.5))
        top = Top(weave, front, 0.009, 0.012, 0.115, sleeve="short" if dice.random() < 0.35 else "long", creases=1.3)
        return top, _skirt(dice) if name == "blouse and skirt" else _trousers(dice, None, True)
    ground = picked(dice, BRIGHTS + SUITS[:3])
    weave = _printed(dice, ground) if dice.random() < 0.5 else Weave("plain", ground)
    belt = picked(dice, LEATHERS) if dice.random() < 0.5 else None
    front = ScoopFront(skin, float(dice.uniform(0.05, 0.10)), bool(dice.random() < 0.3), belt)
    low = -0.62 if name == "long dress" else float(dice.uniform(-0.52, -0.40))
    flare = float(dice.choice([0.0, 0.05, 0.08]))
    sleeve = str(dice.choice(["none", "short", "long"]))
    return Top(weave, front, 0.007, 0.0, low, flare, sleeve=sleeve, creases=0.8), None


def _knitted(dice: Dice, name: str, skin: Colour) -> tuple[Top, Bottom]:
    cloth = picked(dice, KNITS)
    women = name == "jumper and skirt"
    inner = picked(dice, SHIRTS)
    neckline = {"polo": "polo", "hoodie": "hood", "v-neck": "v", "roll neck": "roll"}.get(name, "crew")
    weave = Weave("melange", cloth, shade(cloth, 0.8)) if name == "hoodie" else Weave("plain", cloth)
    if name in ("jumper", "T-shirt", "jumper and skirt") and dice.random() < 0.35:
        weave = Weave("hoops", cloth, linear("#efe9dc") if sum(cloth) < 0.9 else shade(cloth, 0.3), 0.07, 0.4)
    thin = name in ("polo", "T-shirt")
    front = KnitFront(cloth, inner if neckline == "v" else skin, neckline)
    top = Top(
        weave,
        front,
        0.009 if thin else 0.018 if name == "hoodie" else 0.014,
        0.012 if thin else 0.022,
        0.0 if not women else 0.05,
        sleeve="short" if thin else "long",
        collar={"hoodie": "hood", "roll neck": "roll", "v-neck": "shirt", "polo": "shirt"}.get(name, "none"),
        collar_colour=inner if neckline == "v" else cloth,
        throat=skin,
        creases=0.9 if thin else 1.3,
    )
    return top, _skirt(dice) if women else _trousers(dice)
