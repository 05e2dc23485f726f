"""A picture taken apart: the person, and the scene as it is behind."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.predictor import Person, Pixels, Prediction
from bgfg.train.ops.resample import resized
from numpy.typing import NDArray

# Around the person the picture isn't trusted to show the bare scene: this share of the shorter side, and softly.
_MARGIN = 1 / 120

# From which alpha on depth is the person's.
_SURELY = 0.5

# In filling: the weight that counts as known at the next smaller size, and what a weight is at least divided by.
_ENOUGH, _NEARLY_NOTHING = 0.25, 1e-6


@dataclass(frozen=True)
class Depths:
    """How far things are: the scene without the person, (H, W) float32 metres, and the person."""

    bare_m: NDArray[np.float32]
    person_m: float


@dataclass(frozen=True)
class Scene:
    """Who was found in a picture, and what is behind: (H, W, 3) uint8 RGB as it is there, guessed or taken from the
    shot of the empty scene where the person hides it. depths: None where the model gives none, or nobody is there.
    """

    person: Person
    bare: Pixels
    depths: Depths | None

    @classmethod
    def of(cls, picture: Pixels, background: Pixels | None, found: Prediction) -> Scene:
        """Take a picture (H, W, 3) uint8 RGB apart; background: the empty scene where there is a shot of it.

        Raises Problem where the model looks for nobody.
        """
        if found.person is None:
            one_by_one = "people one by one, and no soft mask to put something behind"
            what = "no mask" if found.instances is None else one_by_one
            raise Problem(f"this model finds {what}: give one that was trained for the mask", exit_code=2)
        hidden = _hidden(found.person.alpha)[..., None]
        behind = filled(picture.astype(np.float32), 1 - hidden[..., 0]) if background is None else background
        bare = np.round(picture * (1 - hidden) + behind * hidden)
        depths = None if found.depth_m is None else _depths(found.depth_m, found.person.alpha, hidden[..., 0])
        return cls(found.person, np.clip(bare, 0, 255).astype(np.uint8), depths)


def filled(values: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return values (H, W) or (H, W, C) with those of weight 0 filled in smoothly from around, float32.

    weight: (H, W) in 0..1. By a pyramid: what is missing at one size is taken from the next smaller one (Gortler et
    al., "The lumigraph", SIGGRAPH 1996).
    """
    height_px, width_px = weight.shape
    if weight.min() >= 1 or max(height_px, width_px) == 1:
        return values
    share = weight if values.ndim == 2 else weight[..., None]
    half = ((height_px + 1) // 2, (width_px + 1) // 2)
    total, known = resized(values * share, half), resized(weight, half)
    divisor = np.maximum(known, _NEARLY_NOTHING)
    smaller = np.asarray(total / (divisor if values.ndim == 2 else divisor[..., None]), np.float32)
    enough = np.asarray(np.minimum(known / _ENOUGH, 1), np.float32)
    coarse = resized(filled(smaller, enough), (height_px, width_px))
    return np.asarray(share * values + (1 - share) * coarse, np.float32)


def _hidden(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how little the picture is to be trusted to show the bare scene, (H, W) float32: softly, beyond alpha."""
    margin_px = max(1, round(_MARGIN * min(alpha.shape)))
    around = cv2.dilate((alpha > 0).astype(np.float32), np.ones((2 * margin_px + 1,) * 2))
    soft = cv2.blur(around, (2 * margin_px + 1,) * 2)
    return np.maximum(np.asarray(soft, np.float32), alpha)


def _depths(depth_m: NDArray[np.float32], alpha: NDArray[np.float32], hidden: NDArray[np.float32]) -> Depths | None:
    on_person = depth_m[(alpha >= _SURELY) & (depth_m > 0)]
    if not len(on_person):
        return None
    known = ((hidden == 0) & (depth_m > 0)).astype(np.float32)
    return Depths(filled(depth_m, known), float(np.median(on_person)))
