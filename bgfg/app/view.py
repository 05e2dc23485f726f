"""What is shown of a picture: its mask, its depth, the person alone, or the person before another background."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from bgfg.app.networks import Networks
from bgfg.data_manifests.files.json_form import is_share, misfit
from bgfg.data_manifests.images.colour_profile import ColourProfile
from bgfg.data_manifests.images.depth_colours import colour_depth
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.edit import (
    BackgroundEdit,
    apply_edit,
    blur_background,
    paint_background,
    replace_background,
    tint_background,
)
from bgfg.train.inference.inputs import Pixels
from bgfg.train.inference.layers import Layers
from bgfg.train.inference.outputs import instance_overlay
from bgfg.train.inference.predictor import Prediction
from bgfg.train.viz.sheet import picture_of_classes

SHOWN = ("colour", "picture", "blur", "tint", "cutout", "mask", "depth")
_MOST_BLUR = 0.1
# Between which depth is coloured.
_DEPTH_RANGE_M = (0.1, 10.0)


def _is_colour(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("#[0-9a-fA-F]{6}", value) is not None


_FORM = {
    "network": str,
    "show": lambda value: value in SHOWN,
    "colour": _is_colour,
    "strength": is_share,
    "align": (None, bool),
}


@dataclass(frozen=True)
class View:
    """What is asked for.

    Attributes:
        network: Name of the network.
        show: One of SHOWN.
        colour: Red, green and blue of what is painted or tinted, 0..255 each.
        strength: Of colour, tint or blur, 0..1.
        align: Whether the empty scene is moved over the picture; None for where it surely lies beside it.
        backdrop: The picture that is put behind, (h, w, 3) uint8 RGB.
    """

    network: str
    show: str
    colour: tuple[int, int, int]
    strength: float
    align: bool | None
    backdrop: Pixels | None

    @classmethod
    def of(cls, said: Any, backdrop: Pixels | None) -> Self:
        """Read what the page asks for; raise Problem where it is nothing that can be asked."""
        if wrong := misfit(said, _FORM, "the view"):
            raise Problem(f"{wrong}: load the page again")
        red, green, blue = bytes.fromhex(said["colour"][1:])
        return cls(said["network"], said["show"], (red, green, blue), said["strength"], said["align"], backdrop)

    def predict(
        self,
        networks: Networks,
        picture: Pixels,
        behind: Pixels | None,
        profile: ColourProfile | None = None,
        is_frame: bool = False,
    ) -> Prediction:
        """Return what of a picture, or a frame, is needed: the teacher guesses depth where the network gives none."""
        predictor = networks.predictor(self.network)
        predictor = predictor.for_frames() if is_frame else predictor
        if self.show == "depth" and "depth" not in predictor.model.card.outputs:
            return Prediction(None, networks.guess_depth(picture))
        return predictor.predict(picture, behind, profile)

    def render(
        self,
        networks: Networks,
        picture: Pixels,
        behind: Pixels | None,
        found: Prediction,
        profile: ColourProfile | None = None,
    ) -> NDArray[np.uint8]:
        """Return what is shown: (H, W) of a mask, (H, W, 4) of a cut-out, (H, W, 3) uint8 otherwise."""
        if self.show == "depth":
            depth_m = networks.guess_depth(picture) if found.depth_m is None else found.depth_m
            return colour_depth(np.nan_to_num(depth_m), *_DEPTH_RANGE_M)
        card = networks.predictor(self.network).model.card
        if (overlay := instance_overlay(picture, found, card.classes)) is not None:
            return overlay
        if found.person is None and found.classes is not None:
            return picture_of_classes(found.classes)
        layers = Layers.separate(picture, behind, found, profile)
        if self.show == "mask":
            return layers.person.mask
        return layers.person.cutout if self.show == "cutout" else apply_edit(layers, self._edit(len(picture)))

    def _edit(self, height_px: int) -> BackgroundEdit:
        match self.show:
            case "colour":
                return paint_background(self.colour, self.strength)
            case "tint":
                return tint_background(self.colour, self.strength)
            case "blur":
                return blur_background(max(0.5, self.strength * _MOST_BLUR * height_px))
        if self.backdrop is None:
            raise Problem("no picture to put behind yet: choose one under Picture behind")
        return replace_background(self.backdrop)
