"""Cloth as paint: weaves that follow the limbs, and what is seen on the front of a garment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from bgfg.synth.kit.figures.figure import SIDES, Skeleton
from bgfg.synth.kit.render.scene import Colour, Floats
from bgfg.synth.kit.render.solids import frame_along
from numpy.typing import NDArray


def linear(hexadecimal: str) -> Colour:
    """Return the linear RGB of an sRGB colour such as "#8090a0"."""
    encoded = np.array([int(hexadecimal[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    red, green, blue = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).tolist()
    return red, green, blue


def shade(colour: Colour, share: float) -> Colour:
    """Return `colour` darkened (share < 1) or lightened, within 0..1."""
    red, green, blue = (min(c * share, 1.0) for c in colour)
    return red, green, blue


@dataclass(frozen=True)
class Weave:
    """A pattern of two colours: "plain", "stripes", "hoops", "checks", "plaid", "dots", "melange" or "flowers"."""

    pattern: str
    ground: Colour
    figure: Colour = (0.5, 0.5, 0.5)
    period_m: float = 0.03
    width: float = 0.3

    def colours(self, u: Floats, v: Floats, footprint: Floats) -> Floats:
        """Return the albedo (n, 3) at `u` around and `v` along the limb, metres."""
        p = self.period_m
        fade = np.clip(2.2 - 3 * footprint / p, 0, 1)

        def bars(c: Floats) -> Floats:
            # The share of a pixel that a bar of `width` periods covers, its mean where the bars are too fine to see.
            away = np.abs((c / p + 0.25) % 1 - 0.5) * p
            sharp = np.clip(0.5 + (self.width * p / 2 - away) / np.maximum(footprint, 0.001), 0, 1)
            return np.asarray(self.width + (sharp - self.width) * fade, np.float32)

        share = np.zeros_like(u)
        if self.pattern == "stripes":
            share = bars(u)
        elif self.pattern == "hoops":
            share = bars(v)
        elif self.pattern == "checks":
            share = 1 - (1 - 0.6 * bars(u)) * (1 - 0.6 * bars(v))
        elif self.pattern == "plaid":
            wide = Weave("stripes", self.ground, self.figure, 3 * p, 0.4)
            share = 0.45 * bars(u) + 0.45 * bars(v) - 0.3 * wide._band(u) * wide._band(v)
        elif self.pattern == "dots":
            row = np.floor(v / p)
            reach = np.hypot((u / p + 0.5 * (row % 2)) % 1 - 0.5, (v / p) % 1 - 0.5) * p
            share = np.clip(0.5 + (0.5 * self.width * p - reach) / np.maximum(footprint, 0.001), 0, 1)
        elif self.pattern == "melange":
            share = 0.5 + 0.5 * np.sin(u * 900 + 3 * np.sin(v * 310)) * np.sin(v * 700 + 2 * np.sin(u * 260))
        elif self.pattern == "flowers":
            wave = np.sin(u / p * 6 + 2 * np.sin(v / p * 2.3)) + np.sin(v / p * 5 + 2 * np.sin(u / p * 2.9))
            share = np.clip((wave - 0.55) * 3, 0, 1)
        ground = np.asarray(self.ground, np.float32)
        return ground + np.clip(share, 0, 1)[:, None].astype(np.float32) * (
            np.asarray(self.figure, np.float32) - ground
        )

    def _band(self, c: Floats) -> Floats:
        return np.asarray((np.abs((c / self.period_m) % 1 - 0.5) * 2 < self.width).astype(np.float32))


class Brush:
    """Colours (n, 3) that are painted over, for points at `x` right of the breastbone and `up` from the neck (m)."""

    def __init__(self, colour: Floats, x: Floats, up: Floats, shown: NDArray[np.bool_], footprint: Floats) -> None:
        self.colour, self.x, self.up, self.across = colour, x, up, np.abs(x)
        self.shown, self.soft = shown, np.maximum(footprint, 0.002)

    def paint(self, inside_m: Floats, tone: Colour | Floats, share: float = 1.0, all_round: bool = False) -> None:
        """Lay `tone` where the distance `inside_m` (n,) within an outline is above 0; `all_round`: at the back too."""
        cover = np.clip(0.5 + inside_m / self.soft, 0, 1) * (self.shown | all_round) * share
        self.colour += cover[:, None] * (np.asarray(tone, np.float32) - self.colour)

    def line(self, away_m: Floats, width_m: float, tone: Colour | Floats, share: float = 1.0) -> None:
        """Draw a line of `width_m` where `away_m` (n,) is 0."""
        self.paint(width_m / 2 - np.abs(away_m), tone, share)

    def between(self, low: float, high: float, inside_m: Floats) -> Floats:
        """Return `inside_m` where `up` is from `low` to `high`, else less than 0."""
        return np.asarray(np.minimum(inside_m, np.minimum(self.up - low, high - self.up)), np.float32)

    def along(self, low: float, high: float, away_m: Floats) -> Floats:
        """Return `away_m` where `up` is from `low` to `high`, far away elsewhere: a line that ends."""
        return np.asarray(np.where((self.up > low) & (self.up < high), away_m, 1.0), np.float32)

    def dot(self, x: float, up: float, radius_m: float, tone: Colour) -> None:
        """Draw a button."""
        self.paint(radius_m - np.hypot(self.x - x, self.up - up), tone)


Front = Callable[[Brush], None]


@dataclass(frozen=True, eq=False)
class Cloth:
    """A garment's texture: its weave laid round the nearest limb, and what is painted on its front."""

    weave: Weave
    starts: Floats
    axes: Floats
    lengths: Floats
    radii: Floats
    chest: Floats
    neck: Floats
    size: float
    front: Front | None = None

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """Return the albedo (n, 3), linear."""
        to = points[:, None] - self.starts
        local = np.einsum("nbj,bij->nbi", to, self.axes)
        beyond = local[..., 2] - np.clip(local[..., 2], 0, self.lengths)
        away = np.sqrt(local[..., 0] ** 2 + local[..., 1] ** 2 + beyond**2) - self.radii
        rows, bone = np.arange(len(points)), away.argmin(axis=1)
        side, ahead, along = local[rows, bone].T
        around = np.arctan2(side, ahead) * self.radii[bone]
        colour = np.array(self.weave.colours(around.astype(np.float32), along, footprint), np.float32)
        if self.front is not None:
            x, forward, up = ((points - self.neck) @ self.chest.T / np.float32(self.size)).T
            shown = (bone == 0) & (forward > -0.02) & (normals @ self.chest[1] > -0.1)
            self.front(Brush(colour, x, up, shown, footprint))
        return colour


def laid(figure: Skeleton, weave: Weave, limbs: str, front: Front | None = None) -> Cloth:
    """Return `weave` on the trunk and the "arms", the "legs" or "none" of the limbs of a figure."""
    joints, s = figure.joints, figure.build.scale
    low = joints["root"] - 0.10 * s * figure.frames["pelvis"][2]
    bones = [(low, joints["neck"], figure.frames["chest"][1], 0.13)]
    chain = {"arms": ("shoulder", "elbow", "wrist"), "legs": ("hip", "knee", "ankle"), "none": ()}[limbs]
    for side in SIDES:
        ahead = figure.frames["chest" if limbs == "arms" else f"foot.{side}"][1]
        for first, second in pairwise(chain):
            start, end = joints[f"{first}.{side}"], joints[f"{second}.{side}"]
            wish = (
                ahead if abs(ahead @ (end - start)) < 0.9 * np.linalg.norm(end - start) else figure.frames["chest"][2]
            )
            bones.append((start, end, wish, 0.045 if limbs == "arms" else 0.065))
    starts, ends, fronts, radii = zip(*bones, strict=True)
    axes = np.stack([frame_along(end - start, ahead) for start, end, ahead in zip(starts, ends, fronts, strict=True)])
    lengths = np.linalg.norm(np.stack(ends) - np.stack(starts), axis=1)
    return Cloth(
        weave=weave,
        starts=np.stack(starts).astype(np.float32),
        axes=axes.astype(np.float32),
        lengths=lengths.astype(np.float32),
        radii=(np.array(radii) * s).astype(np.float32),
        chest=figure.frames["chest"].astype(np.float32),
        neck=joints["neck"].astype(np.float32),
        size=s,
        front=front,
    )
