"""Fronts of garments, painted on their cloth: lapels, ties, plackets, buttons, pockets, necklines.

Coordinates are metres at the reference stature: `x` right of the breastbone, `up` from the base of the neck.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bgfg.synth.kit.figures.fabrics import Canvas, shade
from bgfg.synth.kit.render.scene import LinearRGB


@dataclass(frozen=True)
class ShirtFront:
    """A placket with buttons and collar points; a tie, or skin in the open collar."""

    cloth: LinearRGB
    skin: LinearRGB
    tie: LinearRGB | None = None
    open_m: float = 0.07
    low_m: float = -0.45

    def __call__(self, canvas: Canvas) -> None:
        """Paint the front on `canvas`."""
        crease = shade(self.cloth, 0.45)
        canvas.line(canvas.along(self.low_m, 0.05, canvas.x - 0.014), 0.003, crease, 0.7)
        for up in np.arange(-0.10, self.low_m, -0.085):
            canvas.dot(0, float(up), 0.005, shade(self.cloth, 0.35))
        if self.tie is None:
            canvas.paint(
                canvas.between(-self.open_m, 0.1, 0.045 * (1 + canvas.up / self.open_m) - canvas.across), self.skin
            )
        else:
            self._paint_tie(canvas, self.tie)
        self._paint_collar(canvas, crease)

    def _paint_tie(self, canvas: Canvas, tie: LinearRGB) -> None:
        width = np.where(canvas.up > -0.035, 0.017 + 0.2 * (canvas.up + 0.035), 0.014 + 0.055 * (-canvas.up - 0.035))
        outline = canvas.between(-0.45, 0.05, np.asarray(width - canvas.across))
        tip = np.minimum(outline, canvas.up + 0.45 - 0.9 * canvas.across)
        canvas.paint(tip + 0.004, shade(self.cloth, 0.4), 0.7)
        canvas.paint(tip, tie)
        knot = 0.003 - np.abs(canvas.up + 0.036)
        canvas.paint(np.minimum(knot, 0.018 - canvas.across), shade(tie, 0.35))

    def _paint_collar(self, canvas: Canvas, crease: LinearRGB) -> None:
        # Two points that fall from the neck outwards, lighter than the shirt beneath, with a shadow under their edge.
        inner = 0.006 + 0.35 * np.maximum(-canvas.up, 0)
        fall = np.minimum(canvas.up + 0.075 - 0.45 * np.maximum(canvas.across - 0.035, 0), canvas.across - inner)
        point = np.minimum(fall, 0.085 - canvas.across)
        canvas.line(np.where(point > -0.01, point, 1), 0.006, crease, 0.8)
        canvas.paint(np.minimum(point, 0.05 + canvas.up), shade(self.cloth, 1.12))


@dataclass(frozen=True)
class JacketFront:
    """Lapels over a shirt, with a tie or an open collar; buttoned, or open down to the hem."""

    cloth: LinearRGB
    shirt: LinearRGB
    skin: LinearRGB
    tie: LinearRGB | None
    closed: bool = True
    stance_m: float = -0.30
    low_m: float = -0.62

    def __call__(self, canvas: Canvas) -> None:
        """Paint the front on `canvas`."""
        down = np.clip(canvas.up / self.stance_m, 0, 1)
        gap = 0.062 * (1 - down) + 0.002 if self.closed else 0.058 - 0.012 * np.sin(np.pi * down)
        if not self.closed:
            gap = gap + np.maximum(self.stance_m - canvas.up, 0) * 0.12
        lowest = self.stance_m if self.closed else self.low_m - 0.2
        opening = canvas.between(lowest, 0.1, np.asarray(gap - canvas.across))
        shirt = Canvas(canvas.colour.copy(), canvas.x, canvas.up, canvas.shown, canvas.soft)
        shirt.paint(opening * 0 + 1, self.shirt)
        ShirtFront(self.shirt, self.skin, self.tie, 0.11)(shirt)
        seam = shade(self.cloth, 0.42) if sum(self.cloth) > 0.09 else shade(self.cloth, 2.6)
        width = 0.050 * np.sin(np.pi * np.clip(0.12 + 0.88 * down, 0, 0.999)) ** 0.6
        lapel = canvas.between(self.stance_m, 0.02, np.asarray(gap + width - canvas.across))
        canvas.paint(lapel, shade(self.cloth, 1.16))
        canvas.line(np.where(canvas.up > self.stance_m, gap + width - canvas.across, 1), 0.005, seam, 0.9)
        notch = canvas.up + 0.085 - 0.5 * (canvas.across - gap - 0.02)
        canvas.line(np.where(lapel > 0, notch, 1), 0.005, seam, 0.9)
        cover = np.clip(0.5 + opening / canvas.soft, 0, 1)[:, None] * canvas.shown[:, None]
        canvas.colour += cover * (shirt.colour - canvas.colour)
        canvas.line(np.where(canvas.up > lowest, gap - canvas.across, 1), 0.005, seam)
        if self.closed:
            slant = 0.25 * np.maximum(self.stance_m - 0.10 - canvas.up, 0)
            canvas.line(np.where(canvas.up < self.stance_m, canvas.x - 0.008 + slant, 1), 0.005, seam)
            for step in (0.0, 0.095):
                canvas.dot(0.0, self.stance_m - 0.012 - step, 0.0085, shade(seam, 0.5))
        pocket = canvas.between(-0.50, -0.455, 0.062 - np.abs(canvas.across - 0.125))
        canvas.line(pocket, 0.005, seam, 0.8)
        canvas.line(canvas.between(-0.215, -0.195, 0.034 - np.abs(canvas.x + 0.105)), 0.005, seam, 0.7)


@dataclass(frozen=True)
class KnitFront:
    """A jumper, polo, hoodie or T-shirt: `neckline` "crew", "v", "polo", "hood" or "roll"."""

    cloth: LinearRGB
    inner: LinearRGB
    neckline: str = "crew"

    def __call__(self, canvas: Canvas) -> None:
        """Paint the front on `canvas`."""
        seam = shade(self.cloth, 0.5) if sum(self.cloth) > 0.06 else shade(self.cloth, 2.4)
        if self.neckline == "v":
            vee = canvas.between(-0.13, 0.1, 0.052 * (1 + canvas.up / 0.13) - canvas.across)
            canvas.paint(vee + 0.011, seam)
            canvas.paint(vee, self.inner)
        elif self.neckline == "polo":
            canvas.line(canvas.along(-0.15, 0.05, canvas.across - 0.014), 0.004, seam)
            canvas.paint(canvas.between(-0.05, 0.1, 0.03 * (1 + canvas.up / 0.05) - canvas.across), self.inner)
            for up in (-0.075, -0.115):
                canvas.dot(0, up, 0.005, shade(self.cloth, 1.8))
            point = np.minimum(canvas.up + 0.062 - 0.3 * canvas.across, canvas.across - 0.012)
            canvas.line(np.where(canvas.across < 0.085, point, 1), 0.006, seam)
        elif self.neckline == "hood":
            for x in (-0.035, 0.035):
                canvas.paint(canvas.between(-0.21, -0.03, 0.0045 - np.abs(canvas.x - x - 0.004)), (0.75, 0.75, 0.72))
            flap = np.minimum(0.135 + 0.35 * (-0.37 - canvas.up) - canvas.across, -0.31 - canvas.up)
            canvas.line(canvas.between(-0.49, -0.30, flap), 0.006, seam)
        elif self.neckline == "crew":
            # The neck shows where the cloth would climb it; lower in front than behind.
            ring = np.hypot(canvas.across, np.minimum(canvas.up - np.where(canvas.shown, 0.055, 0.085), 0)) - 0.083
            canvas.paint(0.016 - ring, shade(self.cloth, 0.84), all_round=True)
            canvas.line(ring - 0.016, 0.004, seam, 0.7)
            canvas.paint(-ring, self.inner, all_round=True)


@dataclass(frozen=True)
class ScoopFront:
    """A dress or blouse: a round or pointed neckline that shows skin, perhaps a belt."""

    skin: LinearRGB
    depth_m: float = 0.09
    pointed: bool = False
    belt: LinearRGB | None = None
    buttons: LinearRGB | None = None

    def __call__(self, canvas: Canvas) -> None:
        """Paint the front on `canvas`."""
        if self.pointed:
            inside = 0.07 * (1 + canvas.up / self.depth_m) - canvas.across
        else:
            inside = (1 - np.hypot(canvas.across / 0.085, np.minimum(canvas.up, 0) / self.depth_m)) * 0.08
        canvas.paint(canvas.between(-self.depth_m - 0.01, 0.2, np.asarray(inside)), self.skin)
        if self.buttons is not None:
            for up in np.arange(-self.depth_m - 0.03, -0.42, -0.075):
                canvas.dot(0, float(up), 0.005, self.buttons)
        if self.belt is not None:
            canvas.paint(0.018 - np.abs(canvas.up + 0.375), self.belt, all_round=True)


@dataclass(frozen=True)
class CoatFront:
    """A long coat: broad lapels, a scarf or shirt in the opening, buttons in one row or two, and pockets."""

    cloth: LinearRGB
    inner: LinearRGB
    double: bool = False

    def __call__(self, canvas: Canvas) -> None:
        """Paint the front on `canvas`."""
        seam = shade(self.cloth, 0.4) if sum(self.cloth) > 0.09 else shade(self.cloth, 2.6)
        down = np.clip(canvas.up / -0.26, 0, 1)
        gap = 0.075 * (1 - down)
        lapel = gap + 0.075 * np.sin(np.pi * np.clip(0.2 + 0.8 * down, 0, 1))
        canvas.paint(canvas.between(-0.26, 0.1, np.asarray(lapel - canvas.across)), shade(self.cloth, 1.18))
        canvas.line(np.where(canvas.up > -0.26, lapel - canvas.across, 1), 0.006, seam)
        canvas.paint(canvas.between(-0.26, 0.2, np.asarray(gap - canvas.across)), self.inner)
        canvas.line(np.where(canvas.up > -0.26, gap - canvas.across, 1), 0.005, seam)
        canvas.line(np.where(canvas.up < -0.26, canvas.x - (0.06 if self.double else 0.012), 1), 0.006, seam)
        for up in (-0.29, -0.39, -0.49, -0.59):
            for x in (-0.05, 0.05) if self.double else (0.0,):
                canvas.dot(x, up, 0.011, shade(seam, 0.5))
        slit = canvas.across - 0.125 - 0.35 * (canvas.up + 0.55)
        canvas.line(canvas.along(-0.62, -0.48, slit), 0.007, seam)


@dataclass(frozen=True)
class TrouserFront:
    """A belt with a buckle, the fly and pocket slits; painted from the hips' middle up."""

    cloth: LinearRGB
    belt: LinearRGB
    belt_up_m: float

    def __call__(self, canvas: Canvas) -> None:
        """Paint the front on `canvas`."""
        seam = shade(self.cloth, 0.5) if sum(self.cloth) > 0.06 else shade(self.cloth, 2.2)
        canvas.line(canvas.along(-0.60, self.belt_up_m, canvas.x), 0.004, seam, 0.7)
        slit = canvas.across - 0.125 + 0.3 * (canvas.up - self.belt_up_m)
        canvas.line(canvas.along(self.belt_up_m - 0.14, self.belt_up_m, slit), 0.005, seam, 0.8)
        canvas.paint(0.020 - np.abs(canvas.up - self.belt_up_m), self.belt, all_round=True)
        buckle = np.minimum(0.018 - np.abs(canvas.up - self.belt_up_m), 0.022 - canvas.across)
        canvas.paint(buckle, (0.45, 0.42, 0.36), 0.9)
