"""Cloth as texture: patterns that follow the limbs, and a canvas for what is painted on a garment's front."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.figures.skeleton import SIDES, Skeleton
from bgfg.synth.kit.render.scene import LinearRGB
from bgfg.synth.kit.render.vectors import FloatArray, orthonormal_frame


def hex_to_linear(hexadecimal: str) -> LinearRGB:
    """Return the linear RGB of an sRGB colour such as "#8090a0"."""
    encoded = np.array([int(hexadecimal[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    red, green, blue = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).tolist()
    return red, green, blue


def shade(colour: LinearRGB, share: float) -> LinearRGB:
    """Return `colour` darkened (share < 1) or lightened, within 0..1."""
    red, green, blue = (min(c * share, 1.0) for c in colour)
    return red, green, blue


@dataclass(frozen=True)
class FabricPattern:
    """A pattern of two colours.

    Attributes:
        pattern: "plain", "stripes", "hoops", "checks", "plaid", "dots", "melange" or "flowers".
        base_colour: Of plain cloth, and between the figures of a pattern.
        second_colour: Of the stripes, dots and so on.
        period_m: After how far the pattern repeats.
        width: The share 0..1 of a period that a stripe or a dot takes.
    """

    pattern: str
    base_colour: LinearRGB
    second_colour: LinearRGB = (0.5, 0.5, 0.5)
    period_m: float = 0.03
    width: float = 0.3

    def colours(self, u: FloatArray, v: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo (n, 3) at `u` around and `v` along the limb, metres."""
        p = self.period_m
        # Figures finer than a few pixels fade to their mean, or they would glitter.
        fade = np.clip(2.2 - 3 * footprint / p, 0, 1)

        def bars(c: FloatArray) -> FloatArray:
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
            wide = FabricPattern("stripes", self.base_colour, self.second_colour, 3 * p, 0.4)
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
        base = np.asarray(self.base_colour, np.float32)
        return base + np.clip(share, 0, 1)[:, None].astype(np.float32) * (
            np.asarray(self.second_colour, np.float32) - base
        )

    def _band(self, c: FloatArray) -> FloatArray:
        return np.asarray((np.abs((c / self.period_m) % 1 - 0.5) * 2 < self.width).astype(np.float32))


class Canvas:
    """Colours of n points that are painted over.

    Attributes:
        colour: (n, 3) linear RGB, what has been painted so far.
        x: (n,) m to the right of the breastbone.
        up: (n,) m above the base of the neck.
        across: (n,) m, the distance to the middle: `x` without its sign.
        shown: (n,) whether a point lies on the front.
        soft: (n,) m, over how far edges fade: about a pixel.
    """

    def __init__(
        self, colour: FloatArray, x: FloatArray, up: FloatArray, shown: NDArray[np.bool_], footprint: FloatArray
    ) -> None:
        self.colour, self.x, self.up, self.across = colour, x, up, np.abs(x)
        self.shown, self.soft = shown, np.maximum(footprint, 0.002)

    def paint(
        self, inside_m: FloatArray, tone: LinearRGB | FloatArray, share: float = 1.0, all_round: bool = False
    ) -> None:
        """Paint within an outline.

        Args:
            inside_m: (n,) how far a point lies within the outline; below 0 outside.
            tone: Linear RGB, one for all or (n, 3).
            share: How much of the colour below it hides, 0..1.
            all_round: Paint the back too.
        """
        cover = np.clip(0.5 + inside_m / self.soft, 0, 1) * (self.shown | all_round) * share
        self.colour += cover[:, None] * (np.asarray(tone, np.float32) - self.colour)

    def line(self, away_m: FloatArray, width_m: float, tone: LinearRGB | FloatArray, share: float = 1.0) -> None:
        """Draw a line of `width_m` where `away_m` (n,) is 0."""
        self.paint(width_m / 2 - np.abs(away_m), tone, share)

    def between(self, low: float, high: float, inside_m: FloatArray) -> FloatArray:
        """Return `inside_m` where `up` is from `low` to `high`, else less than 0."""
        return np.asarray(np.minimum(inside_m, np.minimum(self.up - low, high - self.up)), np.float32)

    def along(self, low: float, high: float, away_m: FloatArray) -> FloatArray:
        """Return `away_m` where `up` is from `low` to `high`, far away elsewhere: a line that ends."""
        return np.asarray(np.where((self.up > low) & (self.up < high), away_m, 1.0), np.float32)

    def dot(self, x: float, up: float, radius_m: float, tone: LinearRGB) -> None:
        """Paint a disc, e.g. a button."""
        self.paint(radius_m - np.hypot(self.x - x, self.up - up), tone)


# Paints the front of a garment on a canvas whose coordinates are metres at the reference stature.
FrontPainter = Callable[[Canvas], None]


@dataclass(frozen=True, eq=False)
class ClothTexture:
    """Texture of a garment: its pattern laid round the nearest of B bones, and what is painted on its front.

    Attributes:
        fabric: The pattern.
        starts: (B, 3) m, where the bones begin; the first is the trunk.
        axes: (B, 3, 3), their frames: side, ahead, along.
        lengths: (B,) m.
        radii: (B,) m, of the limbs round them.
        chest: (3, 3), the frame of the chest: right, ahead, up.
        neck: (3,) m, the origin of the front's coordinates.
        size: The stature as a share of the reference stature.
        front: Paints the front; None leaves the pattern alone.
    """

    fabric: FabricPattern
    starts: FloatArray
    axes: FloatArray
    lengths: FloatArray
    radii: FloatArray
    chest: FloatArray
    neck: FloatArray
    size: float
    front: FrontPainter | None = None

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo (n, 3) as a `Texture` does."""
        to = points[:, None] - self.starts
        local = np.einsum("nbj,bij->nbi", to, self.axes)
        beyond = local[..., 2] - np.clip(local[..., 2], 0, self.lengths)
        away = np.sqrt(local[..., 0] ** 2 + local[..., 1] ** 2 + beyond**2) - self.radii
        rows, bone = np.arange(len(points)), away.argmin(axis=1)
        side, ahead, along = local[rows, bone].T
        around = np.arctan2(side, ahead) * self.radii[bone]
        colour = np.array(self.fabric.colours(around.astype(np.float32), along, footprint), np.float32)
        if self.front is not None:
            x, forward, up = ((points - self.neck) @ self.chest.T / np.float32(self.size)).T
            shown = (bone == 0) & (forward > -0.02) & (normals @ self.chest[1] > -0.1)
            self.front(Canvas(colour, x, up, shown, footprint))
        return colour


def cloth_texture(
    skeleton: Skeleton, fabric: FabricPattern, limbs: str, front: FrontPainter | None = None
) -> ClothTexture:
    """Return `fabric` on the trunk and the "arms", the "legs" or "none" of the limbs of a figure."""
    joints, s = skeleton.joints, skeleton.body_shape.scale
    low = joints["root"] - 0.10 * s * skeleton.frames["pelvis"][2]
    bones = [(low, joints["neck"], skeleton.frames["chest"][1], 0.13)]
    chain = {"arms": ("shoulder", "elbow", "wrist"), "legs": ("hip", "knee", "ankle"), "none": ()}[limbs]
    for side in SIDES:
        ahead = skeleton.frames["chest" if limbs == "arms" else f"foot.{side}"][1]
        for first, second in pairwise(chain):
            start, end = joints[f"{first}.{side}"], joints[f"{second}.{side}"]
            wish = (
                ahead if abs(ahead @ (end - start)) < 0.9 * np.linalg.norm(end - start) else skeleton.frames["chest"][2]
            )
            bones.append((start, end, wish, 0.045 if limbs == "arms" else 0.065))
    starts, ends, fronts, radii = zip(*bones, strict=True)
    axes = np.stack(
        [orthonormal_frame(end - start, ahead) for start, end, ahead in zip(starts, ends, fronts, strict=True)]
    )
    lengths = np.linalg.norm(np.stack(ends) - np.stack(starts), axis=1)
    return ClothTexture(
        fabric=fabric,
        starts=np.stack(starts).astype(np.float32),
        axes=axes.astype(np.float32),
        lengths=lengths.astype(np.float32),
        radii=(np.array(radii) * s).astype(np.float32),
        chest=skeleton.frames["chest"].astype(np.float32),
        neck=joints["neck"].astype(np.float32),
        size=s,
        front=front,
    )
