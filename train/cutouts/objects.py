"""Objects that a model finds in a photograph, each with its own matte and its own colours, ready to be cut out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.fit_to_frame import resize_cutout
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.cutouts.regions import Region, find_regions, whole_region
from bgfg.train.inference.foreground import alpha_to_u8, estimate_foreground
from bgfg.train.inference.guided_filter import refine_alpha
from bgfg.train.inference.inputs import Pixels
from bgfg.train.inference.predictor import Prediction
from bgfg.train.models.model_card import ModelCard
from bgfg.train.ops.array_resize import resize_bilinear
from bgfg.train.ops.instances import Instance

# Size, by its longer side, at which the mask of an instance is made soft; and how much of its box is seen around it.
_INSTANCE_PX, _AROUND = 512, 0.1

# Pixels of a cut-out: fewer than the 56 million that are read in a gigabyte.
_MOST_PX = 50_000_000

# What counts as doubt at the edge of a mask. On 20 portraits, alpha then errs by 0.058 of an object's area, not 0.066,
# and a third less of the scene comes along.
_HALO = 0.2


@dataclass(frozen=True)
class FoundObject:
    """An object of a photograph.

    Attributes:
        region: Where it is, and its matte.
        colours: (h, w, 3) uint8 RGB there, its own, in the photograph's colours.
    """

    region: Region
    colours: Pixels

    @property
    def cutout(self) -> Pixels:
        """The object as (h + 2, w + 2, 4) uint8 RGBA, not premultiplied, black where nothing of it is seen.

        A transparent pixel is around it, without which a box would be a picture without transparency. One that is
        larger than `bgfg plan` takes is made smaller.
        """
        alpha_u8 = alpha_to_u8(self.region.alpha)
        height_px, width_px = alpha_u8.shape
        rgba = np.zeros((height_px + 2, width_px + 2, 4), np.uint8)
        inside = rgba[1:-1, 1:-1]
        inside[..., :3], inside[..., 3] = self.colours, alpha_u8
        inside[alpha_u8 == 0] = 0
        scale = math.sqrt(_MOST_PX / (height_px * width_px))
        return rgba if scale >= 1 else resize_cutout(rgba, round(scale * height_px), round(scale * width_px))


def require_masks(card: ModelCard) -> None:
    """Raise Problem where a model gives no mask of anything that could be cut out."""
    if not (card.finds_instances or {"mask", "matte"} & set(card.outputs)):
        gives = ", ".join(card.outputs)
        raise Problem(f"--model {card.name}: gives {gives}, and no mask to cut out by: give another", exit_code=2)


def found_objects(prediction: Prediction, picture: Pixels, card: ModelCard) -> list[FoundObject]:
    """Return the objects of a photograph, the largest first.

    A mask gives objects that don't touch one another; people one by one are each an object, whoever they touch.

    Args:
        prediction: What a model found.
        picture: The photograph, (H, W, 3) uint8 RGB.
        card: Of the model: edges of a mask are doubt, those of a matte are hair.
    """
    if prediction.person is not None:
        colours, halo = prediction.person.colours, _HALO if "mask" in card.outputs else 0
        return [FoundObject(r, colours[r.rows, r.columns]) for r in find_regions(prediction.person.alpha, halo)]
    found = _instances(prediction, picture)
    return sorted(found, key=lambda each: -each.region.area_share)


def _instances(prediction: Prediction, picture: Pixels) -> Iterator[FoundObject]:
    for instance in prediction.instances or ():
        alpha = _soft_matte(instance, picture)
        if (region := whole_region(alpha)) is not None:
            colours = estimate_foreground(picture, alpha)[region.rows, region.columns]
            yield FoundObject(region, colours.copy())


def _soft_matte(instance: Instance, picture: Pixels) -> NDArray[np.float32]:
    """Return the mask of an instance as alpha (H, W) float32 that follows the edges of a picture (H, W, 3)."""
    alpha = np.zeros(instance.mask.shape, np.float32)
    around = _around(instance)
    mask, shown = instance.mask[around].astype(np.float32), picture[around]
    if not mask.any():
        return alpha
    scale = min(1.0, _INSTANCE_PX / max(mask.shape))
    height_px, width_px = (max(1, round(side * scale)) for side in mask.shape)
    size = (height_px, width_px)
    alpha[around] = refine_alpha(resize_bilinear(mask, size), shown, resize_bilinear(shown, size))
    return alpha


def _around(instance: Instance) -> tuple[slice, slice]:
    """Return the rows and columns of an instance's mask, and a margin."""
    spans = []
    for axis, length_px in ((1, instance.mask.shape[0]), (0, instance.mask.shape[1])):
        places = np.flatnonzero(instance.mask.any(axis=axis))
        first, last = (int(places[0]), int(places[-1]) + 1) if len(places) else (0, 0)
        margin_px = round(_AROUND * (last - first)) + 2
        spans.append(slice(max(0, first - margin_px), min(length_px, last + margin_px)))
    return spans[0], spans[1]
