"""Who a person is: build, skin, face, hair and an outfit that goes together, drawn with dice."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from synth.kit.clothes import Bottom, Top
from synth.kit.fabrics import Weave, linear
from synth.kit.figure import Build
from synth.kit.fronts import CoatFront, JacketFront, KnitFront, ScoopFront, ShirtFront, shade
from synth.kit.head import Features
from synth.kit.scene import Colour

Dice = np.random.Generator

SKINS = ("#f4d9c6", "#ecc7aa", "#e0b18d", "#d09a72", "#bd8458", "#a66f46", "#8b5a37", "#70462b", "#573522", "#432a1d")
HAIRS = {"black": "#17130f", "dark": "#2b1d14", "brown": "#4a3020", "chestnut": "#6a3f22", "sand": "#8d6a40",
         "blond": "#c2a05e", "red": "#8a3f1c", "grey": "#8b8985", "white": "#cfccc6"}  # fmt: skip
SUITS = ("#23283a", "#2f3238", "#4c5058", "#17181c", "#5a4a3c", "#31465e", "#7b7467", "#3b2f3a", "#8d939b", "#20342f")
SHIRTS = ("#f3f4f4", "#c4d6ea", "#eed7dc", "#a9c3de", "#e9e6d8", "#d3cfe2", "#39455c", "#2b2c30", "#cfe0d2")
TIES = ("#8c1f2b", "#20345e", "#3c6b4c", "#5b2f5f", "#c08a2a", "#1c1c20", "#3f7fa6", "#a5482a")
KNITS = ("#7b2d35", "#2f4f4a", "#c9a13b", "#3a4a6b", "#8f9aa0", "#b7653c", "#5a6b3b", "#e4ddcd", "#4b3a5c", "#28282c", "#c66a75", "#4c86a0")
BRIGHTS = ("#b23a48", "#1f6f78", "#d9a441", "#31508f", "#7a3b69", "#2e7d5b", "#d96f52", "#111216", "#e8e2d4", "#5f7fb5", "#c74f7c")
BLAZERS = ("#7a3342", "#1f5f66", "#31508f", "#e2dccd", "#6b4a68", "#c9b08c", "#3f6b57", "#a8aeb8")
COATS = ("#c2a67c", "#23262e", "#5b5f66", "#7a3b34", "#33402f", "#8e877b", "#2b3a59")
TROUSERS = ("#23262e", "#34373d", "#b8a481", "#4b4238", "#6e6f70", "#1a1b1e", "#8b7a62", "#3a4152", "#d2c8b4")
JEANS = ("#2c3e5c", "#45618a", "#1f2735", "#6f8db0", "#2a2b30")
LEATHERS = ("#1a1614", "#3b2417", "#5b3a22", "#111113", "#4a2a1e")
SCARVES = ("#7a3b4e", "#31566b", "#c9b29a", "#3d3a44", "#7a8f6a", "#b5564a")

MENS = ("suit and tie", "suit", "shirt and tie", "shirt", "polo", "jumper", "hoodie", "T-shirt", "coat", "roll neck",
        "checked shirt", "blazer", "shirt sleeves", "v-neck")  # fmt: skip
WOMENS = ("trouser suit", "blazer and skirt", "blouse and skirt", "blouse", "dress", "jumper", "coat", "T-shirt",
          "long dress", "cardigan", "roll neck", "hoodie", "jumper and skirt", "shirt")  # fmt: skip
MENS_HAIR = ("short", "crop", "parted", "quiff", "curly", "bald", "receding", "short", "parted", "afro", "cap", "quiff")
WOMENS_HAIR = ("long", "bob", "ponytail", "bun", "wavy", "pixie", "hijab", "curly", "long", "afro", "bob", "ponytail")


@dataclass(frozen=True)
class Look:
    """Everything about a person but the posture."""

    build: Build
    features: Features
    skin: Colour
    hair_style: str
    hair: Colour
    accent: Colour
    beard: str
    glasses: bool
    age: float
    lips: Colour
    iris: Colour
    outfit: str
    top: Top
    bottom: Bottom | None
    legs: Colour
    shoe: Colour
    sole: Colour
    shoe_gloss: float
    shaft_m: float
    bulk: float
    prop: Colour


class Deck:
    """A stack of cards dealt by number: every run of `size` numbers sees every card once, in an order of its own."""

    def __init__(self, seed: int, number: int) -> None:
        self.seed, self.number = seed, number

    def card(self, topic: int, size: int) -> int:
        """Return the card (0 .. size - 1) of this number in the deck `topic`."""
        dice = np.random.default_rng([self.seed, 71, topic, self.number // size])
        return int(dice.permutation(size)[self.number % size])


def drawn_look(deck: Deck, dice: Dice) -> Look:
    """Return a person."""
    feminine = deck.card(1, 2) == 1
    tone = deck.card(2, len(SKINS))
    skin = shade(linear(SKINS[tone]), float(dice.uniform(0.92, 1.06)))
    age = float(dice.beta(1.3, 1.8))
    outfits, styles = (WOMENS, WOMENS_HAIR) if feminine else (MENS, MENS_HAIR)
    outfit = outfits[deck.card(3, 2 * len(outfits)) % len(outfits)]
    style = styles[deck.card(4, 2 * len(styles)) % len(styles)]
    girth = float(np.clip(0.9 + 0.42 * dice.beta(1.4, 2.2) + 0.08 * age, 0.88, 1.38))
    top, bottom = _outfit(dice, outfit, skin)
    heels = feminine and (bottom is None or bottom.kind == "skirt" or outfit == "trouser suit") and dice.random() < 0.75
    build = Build(
        stature_m=float(np.clip(dice.normal(1.655 if feminine else 1.785, 0.06), 1.5, 1.96)),
        feminine=1.0 if feminine else 0.0,
        girth=girth,
        belly=float(max(0.0, (girth - 1.08) * 2.2)) if not feminine else 0.0,
        heel_m=0.055 if heels else 0.0,
    )
    hair = _hair_colour(dice, tone, age, feminine)
    casual = outfit in ("hoodie", "T-shirt", "jumper", "polo", "checked shirt") and dice.random() < 0.6
    leather = linear(LEATHERS[dice.integers(len(LEATHERS))])
    bare = feminine and dice.random() < 0.55
    return Look(
        build,
        Features(*dice.uniform((0.9, 0.85, 0.9), (1.08, 1.2, 1.25)), eyes=1.1 if feminine else 0.98),
        skin,
        style,
        hair,
        linear(SCARVES[dice.integers(len(SCARVES))]),
        "none" if feminine else str(dice.choice(["none", "none", "full", "stubble", "goatee", "full", "moustache"])),
        bool(dice.random() < 0.24),
        age,
        shade((skin[0] * 0.85, skin[1] * 0.50, skin[2] * 0.50), 1.0) if not feminine else linear(
            str(dice.choice(["#a33d46", "#b5585a", "#8e3a44", "#c06a63"]))),
        linear(str(dice.choice(["#2a1a10", "#33251a", "#3f5a6b", "#3c4a33"] if tone < 4 else ["#20140d", "#2a1a10"]))),
        outfit,
        top,
        bottom,
        skin if bare else linear(str(dice.choice(["#1d1b1e", "#3a332f"]))),
        linear(str(dice.choice(["#e8e6e1", "#2b2e35", "#8b2f33", "#3c5a80"]))) if casual else leather,
        linear("#efeeea") if casual else shade(leather, 0.5),
        0.15 if casual else 0.8,
        0.10 if outfit == "coat" and feminine else 0.012,
        1.06 if casual else 1.0 if not feminine else 0.95,
        linear(str(dice.choice(["#2b2320", "#5b3a22", "#2f4760", "#8a2f35", "#3d4a3a", "#c9a24a", "#45464d"]))),
    )  # fmt: skip


def _hair_colour(dice: Dice, tone: int, age: float, feminine: bool) -> Colour:
    if age > 0.62 and dice.random() < (0.4 if feminine else 0.75):
        return linear(HAIRS[str(dice.choice(["grey", "white", "grey"]))])
    names = ["black", "dark"] if tone > 4 else ["black", "dark", "brown", "chestnut", "sand", "blond", "red", "brown"]
    return shade(linear(HAIRS[str(dice.choice(names))]), float(dice.uniform(0.85, 1.15)))


def _pick(dice: Dice, colours: tuple[str, ...]) -> Colour:
    return shade(linear(colours[dice.integers(len(colours))]), float(dice.uniform(0.85, 1.12)))


def _trousers(dice: Dice, colour: Colour | None = None, women: bool = False) -> Bottom:
    if colour is None and dice.random() < 0.4:
        colour = _pick(dice, JEANS)
    weave = Weave("plain", colour or _pick(dice, TROUSERS))
    width = float(dice.uniform(0.050, 0.066)) if women else float(dice.uniform(0.062, 0.078))
    if women and dice.random() < 0.25:
        width = 0.100
    return Bottom(weave, hem_m=width, belt=_pick(dice, LEATHERS))


def _skirt(dice: Dice, colour: Colour | None = None) -> Bottom:
    flare = float(dice.choice([0.0, 0.005, 0.07]))
    weave = Weave("plain", colour or _pick(dice, SUITS + BRIGHTS[:4]))
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
    ground = _pick(dice, SHIRTS)
    if dice.random() < 0.35:
        return Weave("stripes", ground, shade(ground, 0.45) if sum(ground) > 0.6 else shade(ground, 3.0), 0.022, 0.35)
    return Weave("plain", ground)


def _outfit(dice: Dice, name: str, skin: Colour) -> tuple[Top, Bottom | None]:
    if name in ("suit and tie", "suit", "blazer", "trouser suit", "blazer and skirt", "cardigan"):
        return _jacketed(dice, name, skin)
    if name in ("shirt and tie", "shirt", "checked shirt", "shirt sleeves"):
        return _shirted(dice, name, skin)
    if name in ("blouse", "blouse and skirt", "dress", "long dress"):
        return _bloused(dice, name, skin)
    if name == "coat":
        cloth = _pick(dice, COATS)
        inner = _pick(dice, SHIRTS + SCARVES)
        front = CoatFront(cloth, inner, bool(dice.random() < 0.5))
        top = Top(Weave("plain", cloth), front, 0.026, 0.022, float(dice.uniform(-0.42, -0.26)), 0.03, collar="shirt",
                  collar_colour=inner, creases=1.2)  # fmt: skip
        return top, _trousers(dice)
    return _knitted(dice, name, skin)


def _jacketed(dice: Dice, name: str, skin: Colour) -> tuple[Top, Bottom]:
    women = name in ("trouser suit", "blazer and skirt", "cardigan")
    cloth = _pick(dice, BLAZERS + SUITS if women or name == "blazer" else SUITS)
    if name == "cardigan":
        cloth = _pick(dice, KNITS)
    shirt = _pick(dice, SHIRTS)
    tie = _pick(dice, TIES) if name == "suit and tie" else None
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
              collar_colour=shirt)  # fmt: skip
    if name == "blazer and skirt":
        return top, _skirt(dice, cloth if dice.random() < 0.6 else None)
    same = name in ("suit and tie", "suit", "trouser suit")
    bottom = _trousers(dice, cloth if same else None, women)
    return top, replace(bottom, weave=replace(weave, ground=bottom.weave.ground)) if same else bottom


def _shirted(dice: Dice, name: str, skin: Colour) -> tuple[Top, Bottom]:
    weave = _shirt_weave(dice)
    if name == "checked shirt":
        weave = Weave(str(dice.choice(["checks", "plaid"])), _pick(dice, KNITS), linear("#f0ebe0"), 0.036, 0.4)
    tie = _pick(dice, TIES) if name == "shirt and tie" else None
    low = 0.0 if name == "checked shirt" else 0.115
    front = ShirtFront(weave.ground, skin, tie, low_m=-0.53 if low == 0.0 else -0.45)
    top = Top(weave, front, 0.009, 0.016, low, sleeve="short" if name == "shirt sleeves" else "long", collar="shirt",
              collar_colour=weave.ground, creases=1.3)  # fmt: skip
    return top, _trousers(dice)


def _bloused(dice: Dice, name: str, skin: Colour) -> tuple[Top, Bottom | None]:
    if name in ("blouse", "blouse and skirt"):
        ground = _pick(dice, SHIRTS + BRIGHTS)
        weave = _printed(dice, ground) if dice.random() < 0.4 else Weave("plain", ground)
        front = ScoopFront(skin, float(dice.uniform(0.06, 0.11)), bool(dice.random() < 0.5), buttons=shade(ground, 0.5))
        top = Top(weave, front, 0.009, 0.012, 0.115, sleeve="short" if dice.random() < 0.35 else "long", creases=1.3)
        return top, _skirt(dice) if name == "blouse and skirt" else _trousers(dice, None, True)
    ground = _pick(dice, BRIGHTS + SUITS[:3])
    weave = _printed(dice, ground) if dice.random() < 0.5 else Weave("plain", ground)
    belt = _pick(dice, LEATHERS) if dice.random() < 0.5 else None
    front = ScoopFront(skin, float(dice.uniform(0.05, 0.10)), bool(dice.random() < 0.3), belt)
    low = -0.62 if name == "long dress" else float(dice.uniform(-0.52, -0.40))
    flare = float(dice.choice([0.0, 0.06, 0.12]))
    sleeve = str(dice.choice(["none", "short", "long"]))
    return Top(weave, front, 0.007, 0.0, low, flare, sleeve=sleeve, creases=0.8), None


def _knitted(dice: Dice, name: str, skin: Colour) -> tuple[Top, Bottom]:
    cloth = _pick(dice, KNITS)
    women = name == "jumper and skirt"
    inner = _pick(dice, SHIRTS)
    neckline = {"polo": "polo", "hoodie": "hood", "v-neck": "v"}.get(name, "crew")
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
        creases=0.9 if thin else 1.3,
    )
    return top, _skirt(dice) if women else _trousers(dice)
