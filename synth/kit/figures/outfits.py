"""Outfits: which garments, fabrics and colours go together, drawn at random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bgfg.synth.kit.figures.clothes import Bottom, Top
from bgfg.synth.kit.figures.fabrics import FabricPattern, hex_to_linear, shade
from bgfg.synth.kit.figures.garment_fronts import CoatFront, JacketFront, KnitFront, ScoopFront, ShirtFront
from bgfg.synth.kit.render.scene import LinearRGB

SUIT_COLOURS = [
    "#23283a",
    "#2f3238",
    "#4c5058",
    "#212227",
    "#5a4a3c",
    "#31465e",
    "#7b7467",
    "#3b2f3a",
    "#8d939b",
    "#20342f",
]
SHIRT_COLOURS = ["#f3f4f4", "#c4d6ea", "#eed7dc", "#a9c3de", "#e9e6d8", "#d3cfe2", "#39455c", "#2b2c30", "#cfe0d2"]
TIE_COLOURS = ["#8c1f2b", "#20345e", "#3c6b4c", "#5b2f5f", "#c08a2a", "#1c1c20", "#3f7fa6", "#a5482a"]
KNIT_COLOURS = [
    "#7b2d35",
    "#2f4f4a",
    "#c9a13b",
    "#3a4a6b",
    "#8f9aa0",
    "#b7653c",
    "#5a6b3b",
    "#e4ddcd",
    "#28282c",
    "#4c86a0",
]
BRIGHT_COLOURS = ["#b23a48", "#1f6f78", "#d9a441", "#31508f", "#7a3b69", "#2e7d5b", "#d96f52", "#1d1e24", "#e8e2d4"]
BLAZER_COLOURS = ["#7a3342", "#1f5f66", "#31508f", "#e2dccd", "#6b4a68", "#c9b08c", "#3f6b57", "#a8aeb8"]
COAT_COLOURS = ["#c2a67c", "#23262e", "#5b5f66", "#7a3b34", "#33402f", "#8e877b", "#2b3a59"]
TROUSER_COLOURS = ["#e6e0d3", "#9a938a", "#23262e", "#34373d", "#b8a481", "#4b4238", "#6e6f70", "#232428", "#8b7a62"]
JEANS_COLOURS = ["#2c3e5c", "#45618a", "#1f2735", "#6f8db0", "#2a2b30"]
LEATHER_COLOURS = ["#1a1614", "#3b2417", "#5b3a22", "#1a1a1d", "#4a2a1e"]
SCARF_COLOURS = ["#7a3b4e", "#31566b", "#3d3a44", "#7a8f6a", "#b5564a"]

MENS_OUTFITS = (
    *("suit and tie", "suit", "suit and tie", "blazer", "shirt and tie", "shirt", "shirt sleeves", "checked shirt"),
    *("polo", "jumper", "v-neck", "roll neck", "hoodie", "T-shirt", "coat"),
)
WOMENS_OUTFITS = (
    *("trouser suit", "blazer and skirt", "blouse and skirt", "blouse", "dress", "long dress", "cardigan", "shirt"),
    *("jumper", "jumper and skirt", "roll neck", "hoodie", "T-shirt", "coat"),
)


def sample_colour(rng: np.random.Generator, colours: list[str]) -> LinearRGB:
    """Return one of `colours` (sRGB), a little lighter or darker."""
    return shade(hex_to_linear(colours[rng.integers(len(colours))]), float(rng.uniform(0.85, 1.12)))


def sample_outfit(rng: np.random.Generator, name: str, skin: LinearRGB) -> tuple[Top, Bottom | None]:
    """Return what the outfit `name` (one of MENS_OUTFITS or WOMENS_OUTFITS) is made of; no bottom under a dress."""
    if name in ("suit and tie", "suit", "blazer", "trouser suit", "blazer and skirt", "cardigan"):
        return _jacket_outfit(rng, name, skin)
    if name in ("shirt and tie", "shirt", "checked shirt", "shirt sleeves"):
        return _shirt_outfit(rng, name, skin)
    if name in ("blouse", "blouse and skirt", "dress", "long dress"):
        return _blouse_outfit(rng, name, skin)
    if name == "coat":
        cloth = sample_colour(rng, COAT_COLOURS)
        inner = sample_colour(rng, SHIRT_COLOURS + SCARF_COLOURS)
        front = CoatFront(cloth, inner, bool(rng.random() < 0.5))
        top = Top(FabricPattern("plain", cloth), front, 0.026, 0.022, float(rng.uniform(-0.42, -0.26)), 0.03,
                  collar="shirt",
                  collar_colour=inner, creases=1.2)  # fmt: skip
        return top, _trousers(rng)
    return _knit_outfit(rng, name, skin)


def _trousers(rng: np.random.Generator, colour: LinearRGB | None = None, women: bool = False) -> Bottom:
    if colour is None and rng.random() < 0.4:
        colour = sample_colour(rng, JEANS_COLOURS)
    fabric = FabricPattern("plain", colour or sample_colour(rng, TROUSER_COLOURS))
    width = float(rng.uniform(0.050, 0.066)) if women else float(rng.uniform(0.062, 0.078))
    if women and rng.random() < 0.25:
        width = 0.100
    return Bottom(fabric, hem_m=width, belt=sample_colour(rng, LEATHER_COLOURS))


def _skirt(rng: np.random.Generator, colour: LinearRGB | None = None) -> Bottom:
    flare = float(rng.choice([0.0, 0.005, 0.07]))
    fabric = FabricPattern("plain", colour or sample_colour(rng, SUIT_COLOURS + BRIGHT_COLOURS[:4]))
    if colour is None and rng.random() < 0.3:
        fabric = _printed_fabric(rng, fabric.base_colour)
    return Bottom(fabric, "skirt", height_m=float(rng.uniform(0.36, 0.56)), flare_m=flare)


def _printed_fabric(rng: np.random.Generator, base_colour: LinearRGB) -> FabricPattern:
    light = sum(base_colour) > 0.7
    second = (
        shade(base_colour, 0.3)
        if light
        else hex_to_linear(str(rng.choice(["#f0e9dc", "#e3c9a0", "#d8e2ea", "#e7b8b8"])))
    )
    kind = str(rng.choice(["stripes", "hoops", "dots", "flowers", "plaid"]))
    period = {"stripes": 0.032, "hoops": 0.055, "dots": 0.05, "flowers": 0.10, "plaid": 0.035}[kind]
    return FabricPattern(
        kind, base_colour, second, period * float(rng.uniform(0.8, 1.3)), 0.45 if kind != "dots" else 0.6
    )


def _shirt_fabric(rng: np.random.Generator) -> FabricPattern:
    base_colour = sample_colour(rng, SHIRT_COLOURS)
    if rng.random() < 0.35:
        return FabricPattern(
            "stripes",
            base_colour,
            shade(base_colour, 0.45) if sum(base_colour) > 0.6 else shade(base_colour, 3.0),
            0.022,
            0.35,
        )
    return FabricPattern("plain", base_colour)


def _jacket_outfit(rng: np.random.Generator, name: str, skin: LinearRGB) -> tuple[Top, Bottom]:
    women = name in ("trouser suit", "blazer and skirt", "cardigan")
    cloth = sample_colour(rng, BLAZER_COLOURS + SUIT_COLOURS if women or name == "blazer" else SUIT_COLOURS)
    if name == "cardigan":
        cloth = sample_colour(rng, KNIT_COLOURS)
    shirt = sample_colour(rng, SHIRT_COLOURS)
    tie = sample_colour(rng, TIE_COLOURS) if name == "suit and tie" else None
    closed = name != "cardigan" and bool(rng.random() < 0.65)
    fabric = FabricPattern("plain", cloth)
    pattern = rng.random()
    if pattern < 0.2:
        fabric = FabricPattern("stripes", cloth, shade(cloth, 1.9), 0.026, 0.14)
    elif pattern < 0.35:
        fabric = FabricPattern("plaid", cloth, shade(cloth, 1.8), 0.03, 0.3)
    front = JacketFront(cloth, shirt, skin, tie, closed)
    hem = float(rng.uniform(-0.03, 0.01)) if women else float(rng.uniform(-0.12, -0.09))
    top = Top(fabric, front, 0.017 if women else 0.020, 0.008 if women else 0.016, hem, 0.008, collar="shirt",
              collar_colour=shirt, throat=None if tie else skin)  # fmt: skip
    if name == "blazer and skirt":
        return top, _skirt(rng, cloth if rng.random() < 0.6 else None)
    same = name in ("suit and tie", "suit", "trouser suit")
    bottom = _trousers(rng, cloth if same else None, women)
    return top, replace(bottom, fabric=fabric) if same else bottom


def _shirt_outfit(rng: np.random.Generator, name: str, skin: LinearRGB) -> tuple[Top, Bottom]:
    fabric = _shirt_fabric(rng)
    if name == "checked shirt":
        fabric = FabricPattern(
            str(rng.choice(["checks", "plaid"])),
            sample_colour(rng, KNIT_COLOURS),
            hex_to_linear("#f0ebe0"),
            0.036,
            0.4,
        )
    tie = sample_colour(rng, TIE_COLOURS) if name == "shirt and tie" else None
    low = 0.0 if name == "checked shirt" else 0.115
    front = ShirtFront(fabric.base_colour, skin, tie, low_m=-0.53 if low == 0.0 else -0.45)
    top = Top(fabric, front, 0.009, 0.016, low, sleeve="short" if name == "shirt sleeves" else "long", collar="shirt",
              collar_colour=fabric.base_colour, throat=None if tie else skin, creases=1.3)  # fmt: skip
    return top, _trousers(rng)


def _blouse_outfit(rng: np.random.Generator, name: str, skin: LinearRGB) -> tuple[Top, Bottom | None]:
    if name in ("blouse", "blouse and skirt"):
        base_colour = sample_colour(rng, SHIRT_COLOURS + BRIGHT_COLOURS)
        fabric = _printed_fabric(rng, base_colour) if rng.random() < 0.4 else FabricPattern("plain", base_colour)
        front = ScoopFront(
            skin, float(rng.uniform(0.06, 0.11)), bool(rng.random() < 0.5), buttons=shade(base_colour, 0.5)
        )
        top = Top(fabric, front, 0.009, 0.012, 0.115, sleeve="short" if rng.random() < 0.35 else "long", creases=1.3)
        return top, _skirt(rng) if name == "blouse and skirt" else _trousers(rng, None, True)
    base_colour = sample_colour(rng, BRIGHT_COLOURS + SUIT_COLOURS[:3])
    fabric = _printed_fabric(rng, base_colour) if rng.random() < 0.5 else FabricPattern("plain", base_colour)
    belt = sample_colour(rng, LEATHER_COLOURS) if rng.random() < 0.5 else None
    front = ScoopFront(skin, float(rng.uniform(0.05, 0.10)), bool(rng.random() < 0.3), belt)
    low = -0.62 if name == "long dress" else float(rng.uniform(-0.52, -0.40))
    flare = float(rng.choice([0.0, 0.05, 0.08]))
    sleeve = str(rng.choice(["none", "short", "long"]))
    return Top(fabric, front, 0.007, 0.0, low, flare, sleeve=sleeve, creases=0.8), None


def _knit_outfit(rng: np.random.Generator, name: str, skin: LinearRGB) -> tuple[Top, Bottom]:
    cloth = sample_colour(rng, KNIT_COLOURS)
    women = name == "jumper and skirt"
    inner = sample_colour(rng, SHIRT_COLOURS)
    neckline = {"polo": "polo", "hoodie": "hood", "v-neck": "v", "roll neck": "roll"}.get(name, "crew")
    fabric = FabricPattern("melange", cloth, shade(cloth, 0.8)) if name == "hoodie" else FabricPattern("plain", cloth)
    if name in ("jumper", "T-shirt", "jumper and skirt") and rng.random() < 0.35:
        fabric = FabricPattern(
            "hoops", cloth, hex_to_linear("#efe9dc") if sum(cloth) < 0.9 else shade(cloth, 0.3), 0.07, 0.4
        )
    thin = name in ("polo", "T-shirt")
    front = KnitFront(cloth, inner if neckline == "v" else skin, neckline)
    top = Top(
        fabric,
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
    return top, _skirt(rng) if women else _trousers(rng)
