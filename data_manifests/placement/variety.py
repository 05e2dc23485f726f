"""What may vary in how cut-outs are pasted, and the columns that say what was drawn of it.

Whatever is drawn is a whole number: scales, shares and sigmas in thousandths, turns in thousandths of a degree. So the
tables, which have them in their own units, the digest and the pixels agree to the last digit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from bgfg.data_manifests.images.resampling.affine_warp import MILLI
from bgfg.data_manifests.terminal.errors import Problem

BLENDS = ("alpha", "gaussian", "poisson")
MOST_DISTRACTORS = 8

_SCALES = (0.1, 4.0)
_MOST_TRUNCATED_PERCENT = 90
_MOST_BLUR_PX = 20.0
_RANGE = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)(?:\.\.(\d{1,3}(?:\.\d{1,3})?))?", re.ASCII)


@dataclass(frozen=True)
class Variety:
    """What may vary; each as it is by default where nothing does.

    Attributes:
        scale: Least and largest factor of a cut-out's size.
        rotate_deg: Degrees by which it is turned at most, either way.
        truncate_percent: Share of a cut-out that may lie outside the frame.
        distractors: Least and largest number of cut-outs that are pasted behind and not labelled.
        blur_px: Largest sigma by which a cut-out is out of focus.
        colour_match: Least and largest share, 0..1, of the way to the colours of what is around a cut-out.
        shadow: Least and largest darkness of shadows, 0..1.
        throw_shadows: Whether shadows are thrown along the floor, too.
        blend: Ways of blending, of BLENDS, of which one is drawn for each sample.
        blend_each: Whether each place has a placement for each of `blend` instead.
    """

    scale: tuple[float, float] = (1.0, 1.0)
    rotate_deg: float = 0.0
    truncate_percent: int = 0
    distractors: tuple[int, int] = (0, 0)
    blur_px: float = 0.0
    colour_match: tuple[float, float] = (0.0, 0.0)
    shadow: tuple[float, float] = (0.0, 0.0)
    throw_shadows: bool = False
    blend: tuple[str, ...] = ("alpha",)
    blend_each: bool = False

    def __post_init__(self) -> None:
        limits: dict[str, tuple[tuple[float, ...], float, float]] = {
            "scale": (self.scale, *_SCALES),
            "rotate_deg": ((self.rotate_deg,), 0, 180),
            "truncate_percent": ((self.truncate_percent,), 0, _MOST_TRUNCATED_PERCENT),
            "distractors": (self.distractors, 0, MOST_DISTRACTORS),
            "blur_px": ((self.blur_px,), 0, _MOST_BLUR_PX),
            "colour_match": (self.colour_match, 0, 1),
            "shadow": (self.shadow, 0, 1),
        }
        for name, (values, least, most) in limits.items():
            if name in ("truncate_percent", "distractors") and any(type(value) is not int for value in values):
                raise ValueError(f"{name} is {getattr(self, name)!r}")
            is_sound = all(least <= value <= most for value in values) and list(values) == sorted(values)
            if not is_sound:
                raise ValueError(f"{name} is {getattr(self, name)!r}")
        if not self.blend or not set(self.blend) <= set(BLENDS) or len(set(self.blend)) < len(self.blend):
            raise ValueError(f"blend is {self.blend!r}")

    @classmethod
    def parse(
        cls,
        scale: str = "1",
        rotate: float = 0,
        truncate: int = 0,
        distractors: str = "0",
        blur: float = 0,
        colour_match: str = "0",
        shadow: str = "0",
        blend: str = "alpha",
        *,
        rule: str = "random",
    ) -> Variety | None:
        """Parse the options of `bgfg plan`; shadows are thrown where the rule of placement knows the floor.

        Returns:
            What may vary; None where nothing does.

        Raises:
            Problem: A value is out of range, or isn't of the form that its option takes.
        """
        scales = "a factor or a range from {:g} to {:g}, such as 0.5..1.5".format(*_SCALES)
        numbers = f"a number or a range from 0 to {MOST_DISTRACTORS}, such as 0..2"
        shares = "a share or a range from 0 to 1, such as 0.3..0.7"
        fewest, most = _range("--distractors", distractors, (0, MOST_DISTRACTORS), numbers, whole=True)
        _within("--rotate", rotate, 180, "degrees from 0 to 180, such as 15")
        _within("--truncate", truncate, _MOST_TRUNCATED_PERCENT, "per cent from 0 to 90, such as 25")
        _within("--blur", blur, _MOST_BLUR_PX, f"pixels from 0 to {_MOST_BLUR_PX:g}, such as 1.5")
        each = blend.strip() == "all"
        blends = BLENDS if each else tuple(part.strip() for part in blend.split(","))
        if not set(blends) <= set(BLENDS) or len(set(blends)) < len(blends):
            raise Problem(f"--blend {blend}: give some of {', '.join(BLENDS)}, with commas, or all", exit_code=2)
        shadows = _range("--shadow", shadow, (0, 1), shares)
        found = cls(
            _range("--scale", scale, _SCALES, scales),
            round(float(rotate), 3),
            truncate,
            (int(fewest), int(most)),
            round(float(blur), 3),
            _range("--colour-match", colour_match, (0, 1), shares),
            shadows,
            rule == "perspective" and shadows != (0, 0),
            blends,
            each,
        )
        return None if found == cls() else found

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Variety:
        """Return what `to_dict` made; raise TypeError or ValueError for anything else."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
        }
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Return what isn't as by default, as JSON has it."""
        plain = Variety()
        told = {name: value for name, value in asdict(self).items() if value != getattr(plain, name)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}

    def option_values(self) -> dict[str, str]:
        """Return each option with its value as it is given."""
        return {
            "--scale": _text(self.scale),
            "--rotate": f"{self.rotate_deg:g}",
            "--truncate": str(self.truncate_percent),
            "--distractors": _text(self.distractors),
            "--blur": f"{self.blur_px:g}",
            "--colour-match": _text(self.colour_match),
            "--shadow": _text(self.shadow),
            "--blend": "all" if self.blend_each else ",".join(self.blend),
        }

    def require_rule(self, rule: str) -> None:
        """Raise Problem where a rule of placement decides by itself what is to vary."""
        by_depth = "--placement perspective gives people the size of where they stand, upright and on the floor"
        for option, is_used, decided in (
            ("--scale", self.scale != (1, 1), rule == "perspective"),
            ("--rotate", self.rotate_deg > 0, rule == "perspective"),
            ("--truncate", self.truncate_percent > 0, rule == "perspective"),
        ):
            if is_used and decided:
                value = self.option_values()[option]
                raise Problem(f"{option} {value}: {by_depth}: leave it out, or give --placement random", exit_code=2)
        if self.truncate_percent and rule == "grid":
            line = f"--truncate {self.truncate_percent}: the corners of --placement grid are fixed: give random"
            raise Problem(line, exit_code=2)

    @property
    def placements_per_place(self) -> int:
        """How many placements show the same place: one for each way of blending where all are shown, else 1."""
        return len(self.blend) if self.blend_each else 1

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of samples.parquet that say what was drawn for a sample and its first cut-out."""
        used = {
            "blur_px": self.blur_px > 0,
            "colour_match": self.colour_match != (0, 0),
            "shadow": self.shadow != (0, 0),
            "blend": self.blend != ("alpha",),
        }
        return (*self.paste_columns, *(name for name, is_used in used.items() if is_used))

    @property
    def paste_columns(self) -> tuple[str, ...]:
        """Those of them that every paste has of its own."""
        used = {
            "scale": self.scale != (1, 1),
            "rotation_deg": self.rotate_deg > 0,
            "shadow_x_px": self.throw_shadows,
            "shadow_y_px": self.throw_shadows,
        }
        return tuple(name for name, is_used in used.items() if is_used)


@dataclass(frozen=True)
class PasteVariety:
    """What was drawn for one paste; the names of the columns have the units.

    Attributes:
        scale: In thousandths.
        rotation_deg: In thousandths of a degree, counter-clockwise.
        shadow_x_px: Where the shadow of its head falls, to the right of its foot; 0 with the next for none.
        shadow_y_px: And below it.
    """

    scale: int = MILLI
    rotation_deg: int = 0
    shadow_x_px: int = 0
    shadow_y_px: int = 0


@dataclass(frozen=True)
class SampleVariety:
    """What was drawn for one sample.

    Attributes:
        blur_px: In thousandths of a pixel.
        colour_match: In thousandths.
        shadow: In thousandths.
        blend: Number of the way of blending, in BLENDS.
    """

    blur_px: int = 0
    colour_match: int = 0
    shadow: int = 0
    blend: int = 0


AS_BY_DEFAULT = PasteVariety()
PASTE_FIELDS = tuple(field.name for field in fields(PasteVariety))
SAMPLE_FIELDS = tuple(field.name for field in fields(SampleVariety))
# Columns whose numbers are thousandths as they are drawn.
IN_THOUSANDTHS = ("scale", "rotation_deg", "blur_px", "colour_match", "shadow")


def _within(option: str, value: float, most: float, hint: str) -> None:
    if not 0 <= value <= most:  # which what is no number isn't, either
        raise Problem(f"{option} {value:g}: give {hint}", exit_code=2)


def _range(option: str, text: str, limits: tuple[float, float], hint: str, whole: bool = False) -> tuple[float, float]:
    match = _RANGE.fullmatch(text.strip())
    low, high = (float(match[1]), float(match[2] or match[1])) if match else (math.nan, math.nan)
    if not limits[0] <= low <= high <= limits[1] or (whole and "." in text.replace("..", "")):
        raise Problem(f"{option} {text}: give {hint}", exit_code=2)
    return low, high


def _text(limits: tuple[float, float]) -> str:
    low, high = (f"{limit:g}" for limit in limits)
    return low if low == high else f"{low}..{high}"
