"""Separation of a picture into layers: the person, and the scene behind."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.colour_profile import ColourProfile
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.foreground import blend
from bgfg.train.inference.inputs import Pixels
from bgfg.train.inference.predictor import PersonMatte, Prediction
from bgfg.train.models.model_card import ModelCard
from bgfg.train.ops.array_resize import resize_bilinear

# Width of a soft margin around the person in which the picture isn't taken for the bare scene, as a share of the
# shorter side.
_MARGIN = 1 / 120

# Alpha from which on depth counts as the person's.
_SURELY = 0.5

# Filling: weight at the next smaller size that counts as fully known, and the least divisor.
_ENOUGH, _NEARLY_NOTHING = 0.25, 1e-6


@dataclass(frozen=True)
class LayerDepths:
    """Distances of the layers in metres.

    Attributes:
        background_m: Depth of the scene without the person, (H, W) float32.
        person_m: Depth of the person.
    """

    background_m: NDArray[np.float32]
    person_m: float


@dataclass(frozen=True)
class Layers:
    """Layers of a picture.

    Attributes:
        person: The person.
        background: (H, W, 3) uint8 RGB, the scene as the picture shows it; where the person hides it, it is guessed, or
            taken from the shot of the empty scene.
        depths: Distances; None where the model gives none, or nobody is there.
        profile: What the colours of person and background mean; None for sRGB.
    """

    person: PersonMatte
    background: Pixels
    depths: LayerDepths | None
    profile: ColourProfile | None = None

    def in_own_colours(self, rgb: Pixels) -> Pixels:
        """Convert sRGB pixels (h, w, 3) uint8 to the colours of the layers."""
        return rgb if self.profile is None else self.profile.from_srgb(rgb)

    @classmethod
    def separate(
        cls,
        picture: Pixels,
        background: Pixels | None,
        prediction: Prediction,
        profile: ColourProfile | None = None,
    ) -> Layers:
        """Separate the person from the scene.

        Args:
            picture: (H, W, 3) uint8 RGB.
            background: The empty scene, alike; None where there is no shot of it.
            prediction: What a model found in the picture.
            profile: What the colours of picture and background mean; None for sRGB.

        Raises:
            Problem: The model gives no mask of a person.
        """
        if prediction.person is None:
            raise _without_mask(prediction.instances is not None)
        hidden = _hidden(prediction.person.alpha)
        behind = fill_smoothly(picture.astype(np.float32), 1 - hidden) if background is None else background
        # Where nobody is near, the picture itself is the background, grain and all.
        bare = blend(behind, hidden, picture)
        depths = None if prediction.depth_m is None else _depths(prediction.depth_m, prediction.person.alpha, hidden)
        return cls(prediction.person, bare, depths, profile)


def require_person(card: ModelCard) -> None:
    """Raise Problem for a model that gives no mask of a person, before anything is read or written."""
    if not {"mask", "matte"} & set(card.outputs):
        raise _without_mask(card.finds_instances)


def require_depth(card: ModelCard) -> None:
    """Raise Problem for a model that gives no depth to blur by, before anything is read or written."""
    if "depth" not in card.outputs:
        raise Problem(
            f"--depth-of-field: needs depth, which {card.name} doesn't give: give --blur PX without it, or a network "
            "that learnt depth",
            exit_code=2,
        )


def _without_mask(finds_instances: bool) -> Problem:
    one_by_one = "people one by one, and no soft mask to put something behind"
    what = one_by_one if finds_instances else "no mask"
    return Problem(f"this model finds {what}: give one that was trained for the mask", exit_code=2)


def fill_smoothly(values: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return values with those of weight 0 filled in smoothly from around, float32.

    By a pyramid, push-pull: what is missing at one size is taken from the next smaller one (Gortler et al., "The
    lumigraph", SIGGRAPH 1996).

    Args:
        values: (H, W) or (H, W, C).
        weight: (H, W) in 0..1.
    """
    height_px, width_px = weight.shape
    if weight.min() >= 1 or max(height_px, width_px) == 1:
        return values
    share = weight if values.ndim == 2 else weight[..., None]
    half = ((height_px + 1) // 2, (width_px + 1) // 2)
    total, known = resize_bilinear(values * share, half), resize_bilinear(weight, half)
    divisor = np.maximum(known, _NEARLY_NOTHING)
    smaller = np.asarray(total / (divisor if values.ndim == 2 else divisor[..., None]), np.float32)
    # What little is known counts as known at the smaller size, or gaps would reach down to a single pixel.
    enough = np.asarray(np.minimum(known / _ENOUGH, 1), np.float32)
    coarse = resize_bilinear(fill_smoothly(smaller, enough), (height_px, width_px))
    return np.asarray(share * values + (1 - share) * coarse, np.float32)


def _hidden(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how little the picture shows the bare scene, (H, W) float32 in 0..1: alpha and a soft margin around it."""
    margin_px = max(1, round(_MARGIN * min(alpha.shape)))
    around = cv2.dilate((alpha > 0).astype(np.uint8), np.ones((2 * margin_px + 1,) * 2))
    soft = np.asarray(cv2.boxFilter(around, cv2.CV_32F, (2 * margin_px + 1,) * 2), np.float32)
    return np.maximum(soft, alpha, out=soft)


def _depths(
    depth_m: NDArray[np.float32], alpha: NDArray[np.float32], hidden: NDArray[np.float32]
) -> LayerDepths | None:
    """Return the depths of the layers; None where nothing is known of the person's."""
    on_person = depth_m[(alpha >= _SURELY) & (depth_m > 0)]
    if not len(on_person):
        return None
    known = ((hidden == 0) & (depth_m > 0)).astype(np.float32)
    return LayerDepths(fill_smoothly(depth_m, known), float(np.median(on_person)))
