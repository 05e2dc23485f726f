"""What is seen on the front of garments: lapels, ties, plackets, buttons, pockets, necklines.

Coordinates are metres at the reference stature: `x` right of the breastbone, `up` from the base of the neck.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from bgfg.synth.kit.figures.fabrics import Brush, shade
from bgfg.synth.kit.render.scene import Colour


@dataclass(frozen=True)
class ShirtFront:
    """A placket with buttons and collar points; a tie, or skin in the open collar."""

    cloth: Colour
    skin: Colour
    tie: Colour | None = None
    open_m: float = 0.07
    low_m: float = -0.45

    def __call__(self, brush: Brush) -> None:
        """Paint it."""
        crease = shade(self.cloth, 0.45)
        brush.line(brush.along(self.low_m, 0.05, brush.x - 0.014), 0.003, crease, 0.7)
        for up in np.arange(-0.10, self.low_m, -0.085):
            brush.dot(0, float(up), 0.005, shade(self.cloth, 0.35))
        if self.tie is None:
            brush.paint(
                brush.between(-self.open_m, 0.1, 0.045 * (1 + brush.up / self.open_m) - brush.across), self.skin
            )
        else:
            self._paint_tie(brush, self.tie)
        self._paint_collar(brush, crease)

    def _paint_tie(self, brush: Brush, tie: Colour) -> None:
        width = np.where(brush.up > -0.035, 0.017 + 0.2 * (brush.up + 0.035), 0.014 + 0.055 * (-brush.up - 0.035))
        outline = brush.between(-0.45, 0.05, np.asarray(width - brush.across))
        tip = np.minimum(outline, brush.up + 0.45 - 0.9 * brush.across)
        brush.paint(tip + 0.004, shade(self.cloth, 0.4), 0.7)
        brush.paint(tip, tie)
        knot = 0.003 - np.abs(brush.up + 0.036)
        brush.paint(np.minimum(knot, 0.018 - brush.across), shade(tie, 0.35))

    def _paint_collar(self, brush: Brush, crease: Colour) -> None:
        # Two points that fall from the neck outwards, lighter than the shirt beneath, with a shadow under their edge.
        inner = 0.006 + 0.35 * np.maximum(-brush.up, 0)
        fall = np.minimum(brush.up + 0.075 - 0.45 * np.maximum(brush.across - 0.035, 0), brush.across - inner)
        point = np.minimum(fall, 0.085 - brush.across)
        brush.line(np.where(point > -0.01, point, 1), 0.006, crease, 0.8)
        brush.paint(np.minimum(point, 0.05 + brush.up), shade(self.cloth, 1.12))


@dataclass(frozen=True)
class JacketFront:
    """Lapels over a shirt, with a tie or an open collar; buttoned, or open down to the hem."""

    cloth: Colour
    shirt: Colour
    skin: Colour
    tie: Colour | None
    closed: bool = True
    stance_m: float = -0.30
    low_m: float = -0.62

    def __call__(self, brush: Brush) -> None:
        """Paint it."""
        down = np.clip(brush.up / self.stance_m, 0, 1)
        gap = 0.062 * (1 - down) + 0.002 if self.closed else 0.058 - 0.012 * np.sin(np.pi * down)
        if not self.closed:
            gap = gap + np.maximum(self.stance_m - brush.up, 0) * 0.12
        lowest = self.stance_m if self.closed else self.low_m - 0.2
        opening = brush.between(lowest, 0.1, np.asarray(gap - brush.across))
        shirt = Brush(brush.colour.copy(), brush.x, brush.up, brush.shown, brush.soft)
        shirt.paint(opening * 0 + 1, self.shirt)
        ShirtFront(self.shirt, self.skin, self.tie, 0.11)(shirt)
        seam = shade(self.cloth, 0.42) if sum(self.cloth) > 0.09 else shade(self.cloth, 2.6)
        width = 0.050 * np.sin(np.pi * np.clip(0.12 + 0.88 * down, 0, 0.999)) ** 0.6
        lapel = brush.between(self.stance_m, 0.02, np.asarray(gap + width - brush.across))
        brush.paint(lapel, shade(self.cloth, 1.16))
        brush.line(np.where(brush.up > self.stance_m, gap + width - brush.across, 1), 0.005, seam, 0.9)
        notch = brush.up + 0.085 - 0.5 * (brush.across - gap - 0.02)
        brush.line(np.where(lapel > 0, notch, 1), 0.005, seam, 0.9)
        cover = np.clip(0.5 + opening / brush.soft, 0, 1)[:, None] * brush.shown[:, None]
        brush.colour += cover * (shirt.colour - brush.colour)
        brush.line(np.where(brush.up > lowest, gap - brush.across, 1), 0.005, seam)
        if self.closed:
            slant = 0.25 * np.maximum(self.stance_m - 0.10 - brush.up, 0)
            brush.line(np.where(brush.up < self.stance_m, brush.x - 0.008 + slant, 1), 0.005, seam)
            for step in (0.0, 0.095):
                brush.dot(0.0, self.stance_m - 0.012 - step, 0.0085, shade(seam, 0.5))
        pocket = brush.between(-0.50, -0.455, 0.062 - np.abs(brush.across - 0.125))
        brush.line(pocket, 0.005, seam, 0.8)
        brush.line(brush.between(-0.215, -0.195, 0.034 - np.abs(brush.x + 0.105)), 0.005, seam, 0.7)


@dataclass(frozen=True)
class KnitFront:
    """A jumper, polo, hoodie or T-shirt: `neckline` "crew", "v", "polo", "hood" or "roll"."""

    cloth: Colour
    inner: Colour
    neckline: str = "crew"

    def __call__(self, brush: Brush) -> None:
        """Paint it."""
        seam = shade(self.cloth, 0.5) if sum(self.cloth) > 0.06 else shade(self.cloth, 2.4)
        if self.neckline == "v":
            vee = brush.between(-0.13, 0.1, 0.052 * (1 + brush.up / 0.13) - brush.across)
            brush.paint(vee + 0.011, seam)
            brush.paint(vee, self.inner)
        elif self.neckline == "polo":
            brush.line(brush.along(-0.15, 0.05, brush.across - 0.014), 0.004, seam)
            brush.paint(brush.between(-0.05, 0.1, 0.03 * (1 + brush.up / 0.05) - brush.across), self.inner)
            for up in (-0.075, -0.115):
                brush.dot(0, up, 0.005, shade(self.cloth, 1.8))
            point = np.minimum(brush.up + 0.062 - 0.3 * brush.across, brush.across - 0.012)
            brush.line(np.where(brush.across < 0.085, point, 1), 0.006, seam)
        elif self.neckline == "hood":
            for x in (-0.035, 0.035):
                brush.paint(brush.between(-0.21, -0.03, 0.0045 - np.abs(brush.x - x - 0.004)), (0.75, 0.75, 0.72))
            flap = np.minimum(0.135 + 0.35 * (-0.37 - brush.up) - brush.across, -0.31 - brush.up)
            brush.line(brush.between(-0.49, -0.30, flap), 0.006, seam)
        elif self.neckline == "crew":
            # The neck shows where the cloth would climb it; lower in front than behind.
            ring = np.hypot(brush.across, np.minimum(brush.up - np.where(brush.shown, 0.055, 0.085), 0)) - 0.083
            brush.paint(0.016 - ring, shade(self.cloth, 0.84), all_round=True)
            brush.line(ring - 0.016, 0.004, seam, 0.7)
            brush.paint(-ring, self.inner, all_round=True)


@dataclass(frozen=True)
class ScoopFront:
    """A dress or blouse: a round or pointed neckline that shows skin, perhaps a belt."""

    skin: Colour
    depth_m: float = 0.09
    pointed: bool = False
    belt: Colour | None = None
    buttons: Colour | None = None

    def __call__(self, brush: Brush) -> None:
        """Paint it."""
        if self.pointed:
            inside = 0.07 * (1 + brush.up / self.depth_m) - brush.across
        else:
            inside = (1 - np.hypot(brush.across / 0.085, np.minimum(brush.up, 0) / self.depth_m)) * 0.08
        brush.paint(brush.between(-self.depth_m - 0.01, 0.2, np.asarray(inside)), self.skin)
        if self.buttons is not None:
            for up in np.arange(-self.depth_m - 0.03, -0.42, -0.075):
                brush.dot(0, float(up), 0.005, self.buttons)
        if self.belt is not None:
            brush.paint(0.018 - np.abs(brush.up + 0.375), self.belt, all_round=True)


@dataclass(frozen=True)
class CoatFront:
    """A long coat: broad lapels, a scarf or shirt in the opening, buttons in one row or two, and pockets."""

    cloth: Colour
    inner: Colour
    double: bool = False

    def __call__(self, brush: Brush) -> None:
        """Paint it."""
        seam = shade(self.cloth, 0.4) if sum(self.cloth) > 0.09 else shade(self.cloth, 2.6)
        down = np.clip(brush.up / -0.26, 0, 1)
        gap = 0.075 * (1 - down)
        lapel = gap + 0.075 * np.sin(np.pi * np.clip(0.2 + 0.8 * down, 0, 1))
        brush.paint(brush.between(-0.26, 0.1, np.asarray(lapel - brush.across)), shade(self.cloth, 1.18))
        brush.line(np.where(brush.up > -0.26, lapel - brush.across, 1), 0.006, seam)
        brush.paint(brush.between(-0.26, 0.2, np.asarray(gap - brush.across)), self.inner)
        brush.line(np.where(brush.up > -0.26, gap - brush.across, 1), 0.005, seam)
        brush.line(np.where(brush.up < -0.26, brush.x - (0.06 if self.double else 0.012), 1), 0.006, seam)
        for up in (-0.29, -0.39, -0.49, -0.59):
            for x in (-0.05, 0.05) if self.double else (0.0,):
                brush.dot(x, up, 0.011, shade(seam, 0.5))
        slit = brush.across - 0.125 - 0.35 * (brush.up + 0.55)
        brush.line(brush.along(-0.62, -0.48, slit), 0.007, seam)


@dataclass(frozen=True)
class TrouserFront:
    """A belt with a buckle, the fly and pocket slits; painted from the hips' middle up."""

    cloth: Colour
    belt: Colour
    belt_up_m: float

    def __call__(self, brush: Brush) -> None:
        """Paint it."""
        seam = shade(self.cloth, 0.5) if sum(self.cloth) > 0.06 else shade(self.cloth, 2.2)
        brush.line(brush.along(-0.60, self.belt_up_m, brush.x), 0.004, seam, 0.7)
        slit = brush.across - 0.125 + 0.3 * (brush.up - self.belt_up_m)
        brush.line(brush.along(self.belt_up_m - 0.14, self.belt_up_m, slit), 0.005, seam, 0.8)
        brush.paint(0.020 - np.abs(brush.up - self.belt_up_m), self.belt, all_round=True)
        buckle = np.minimum(0.018 - np.abs(brush.up - self.belt_up_m), 0.022 - brush.across)
        brush.paint(buckle, (0.45, 0.42, 0.36), 0.9)
