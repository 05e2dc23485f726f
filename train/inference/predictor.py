"""A picture in; the person and the depth out, both at the picture's own size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from bgfg.train.inference.foreground import alpha_levels, blend, foreground_colours
from bgfg.train.inference.guided_filter import refined
from bgfg.train.inference.runtime import Maps, Runtime
from bgfg.train.ops.instances import Instance, instances_at
from bgfg.train.ops.resample import resized
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Person:
    """Who was found in a picture of (H, W).

    alpha: (H, W) float32 in 0..1, how much of each pixel is the person's. colours: (H, W, 3) uint8 RGB, the person's
    own, 0 where nothing of the person is.
    """

    alpha: NDArray[np.float32]
    colours: Pixels

    @property
    def mask(self) -> Pixels:
        """Alpha as (H, W) uint8."""
        return alpha_levels(self.alpha)

    @property
    def cutout(self) -> Pixels:
        """The person as (H, W, 4) uint8 RGBA, not premultiplied."""
        return np.dstack([self.colours, self.mask])

    def over(self, background: Pixels) -> Pixels:
        """Return the person over another background (H, W, 3) uint8, with soft edges."""
        return blend(self.colours, self.alpha, background)


@dataclass(frozen=True)
class Prediction:
    """What a model found in a picture of (H, W): the person, the depth in metres, (H, W) float32, the class of each
    pixel, (H, W) uint8, and people one by one, the likeliest first; None each where the model doesn't look for it.
    """

    person: Person | None
    depth_m: NDArray[np.float32] | None
    classes: Pixels | None = None
    instances: Sequence[Instance] | None = None


class Predictor:
    """Uses a model on pictures of any size. shorter_px: of their shorter side when the model looks at them."""

    def __init__(self, model: Runtime, shorter_px: int | None = None) -> None:
        self.model = model
        self.shorter_px = shorter_px

    def predict(self, picture: Pixels, background: Pixels | None = None) -> Prediction:
        """Return what the model finds in a picture (H, W, 3) uint8 RGB.

        background: the empty scene, of the same shape; for a model that needs none, None.
        """
        card, (height_px, width_px, _) = self.model.card, picture.shape
        looked_at = card.working_px(height_px, width_px, self.shorter_px)
        shots = [picture] if background is None else [background, picture]
        seen = [resized(shot, looked_at) for shot in shots]
        maps = self.model.run([_as_input(levels) for levels in seen])
        if card.finds_instances:
            return Prediction(None, None, instances=instances_at(maps, (height_px, width_px), card.threshold))
        person = depth_m = classes = None
        found = maps.get("mask", maps.get("matte"))
        if found is not None:
            alpha = refined(found[0, -1], picture, seen[-1])
            person = Person(alpha, foreground_colours(picture, alpha, background))
        if "depth" in maps:
            depth_m = resized(maps["depth"][0, 0], (height_px, width_px))
        if "classes" in maps:
            shares = [resized(share, (height_px, width_px)) for share in maps["classes"][0]]
            classes = np.argmax(shares, axis=0).astype(np.uint8)
        return Prediction(person, depth_m, classes)


def _as_input(levels: NDArray[np.float32]) -> Maps:
    """Return a shot (h, w, 3) in levels as a network takes it, (1, 3, h, w) float32 in 0..1."""
    return np.ascontiguousarray(levels.transpose(2, 0, 1)[None] / np.float32(255))
