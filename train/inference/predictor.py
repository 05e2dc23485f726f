"""Predictor: a picture in; the person, the depth or the instances out, all at the picture's own size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.colour_profile import ColourProfile
from bgfg.train.inference.foreground import alpha_to_u8, blend, estimate_foreground
from bgfg.train.inference.guided_filter import refine_alpha
from bgfg.train.inference.holes import fill_holes
from bgfg.train.inference.inputs import Pixels
from bgfg.train.inference.runtime import InferenceModel
from bgfg.train.models.model_card import LOOK_SCALE
from bgfg.train.ops.array_resize import resize_bilinear
from bgfg.train.ops.instances import Instance, instances_at
from bgfg.train.ops.mask_box import box_around

# People are small where those that are found, alpha from the first number on, take less than the second of height and
# of width. Chosen on photographs and composites that were kept out of the training of `person`.
_THERE, _SMALL = 0.5, 0.6


@dataclass(frozen=True)
class PersonMatte:
    """The person of a picture of (H, W).

    Attributes:
        alpha: (H, W) float32 in 0..1, how much of each pixel is the person's.
        colours: (H, W, 3) uint8 RGB, the person's own, 0 where nothing of the person is.
    """

    alpha: NDArray[np.float32]
    colours: Pixels

    @cached_property
    def mask(self) -> Pixels:
        """Alpha as (H, W) uint8."""
        return alpha_to_u8(self.alpha)

    @property
    def cutout(self) -> Pixels:
        """The person as (H, W, 4) uint8 RGBA, not premultiplied."""
        rgba = np.empty((*self.alpha.shape, 4), np.uint8)
        cv2.mixChannels([self.colours, self.mask], [rgba], [0, 0, 1, 1, 2, 2, 3, 3])
        return rgba

    def over(self, background: Pixels) -> Pixels:
        """Return the person over another background (H, W, 3) uint8, with soft edges."""
        return blend(self.colours, self.alpha, background)


@dataclass(frozen=True)
class Prediction:
    """What a model predicts for a picture of (H, W); each None where the model doesn't predict it.

    Attributes:
        person: Alpha and colours of the person.
        depth_m: Depth in metres, (H, W) float32.
        classes: Class of each pixel, (H, W) uint8.
        instances: People one by one, the likeliest first.
    """

    person: PersonMatte | None
    depth_m: NDArray[np.float32] | None
    classes: Pixels | None = None
    instances: Sequence[Instance] | None = None


class Predictor:
    """Applies a trained model to pictures of any size and returns results at the pictures' own size.

    Each picture is resized, in its proportions, to a size that the network works at. Networks may want single pictures
    mirrored too, for the mean of both, and a second, closer look where people are small. Where two shots are compared,
    doubtful holes in people are filled. Alpha is brought back by a guided filter, which follows the picture's edges,
    and the person's colours are freed of the background; depth and classes are resized.

    Args:
        model: The model, of `bgfg.load_model`.
        shorter_px: Shorter side of pictures as the model sees them; None for what suits the model.
        of_frames: Whether pictures are frames of a video or a camera, of which there are many: each is looked at once.
        threads: How many threads may work on pictures; with 1, who predicts many reads, predicts and writes in turn.
            None for one a core. The model's own are those that it was loaded with.

    Examples:
        >>> model = bgfg.load_model("two_stream")
        >>> predictor = bgfg.Predictor(model)
        >>> prediction = predictor.predict(picture, background)
        >>> prediction.person.cutout.shape
        (1080, 1920, 4)
    """

    def __init__(
        self,
        model: InferenceModel,
        shorter_px: int | None = None,
        of_frames: bool = False,
        threads: int | None = None,
    ) -> None:
        self.model = model
        self.shorter_px = shorter_px
        self.of_frames = of_frames
        self.threads = threads

    def for_frames(self) -> Predictor:
        """Return a predictor of the same model for frames of a video or a camera."""
        return Predictor(self.model, self.shorter_px, of_frames=True, threads=self.threads)

    def predict(
        self, picture: Pixels, background: Pixels | None = None, profile: ColourProfile | None = None
    ) -> Prediction:
        """Return what the model finds in a picture.

        Args:
            picture: (H, W, 3) uint8 RGB.
            background: The empty scene, of the same shape, for a model that compares two shots; None for one that looks
                at the picture alone.
            profile: What the colours of both mean; None for sRGB, which is what the model sees in any case. The
                person's colours stay in it.
        """
        card, (height_px, width_px, _) = self.model.card, picture.shape
        shots = [picture] if background is None else [background, picture]
        seen, maps = self._look(shots, profile, LOOK_SCALE)
        second_scale = self._second_scale(height_px, width_px)
        if second_scale is not None and _is_small(maps):
            seen, maps = self._look(shots, profile, second_scale)
        if card.finds_instances:
            return Prediction(None, None, instances=instances_at(maps, (height_px, width_px), card.threshold))
        person = depth_m = classes = None
        found = maps.get("mask", maps.get("matte"))  # alpha is the last channel of either
        if found is not None:
            # A network of two shots finds whoever came into the scene, and people are whole; others may find rings.
            coarse = fill_holes(found[0, -1]) if card.needs_background else found[0, -1]
            alpha = refine_alpha(coarse, picture, seen[-1])
            person = PersonMatte(alpha, estimate_foreground(picture, alpha, background))
        if "depth" in maps:
            depth_m = resize_bilinear(maps["depth"][0, 0], (height_px, width_px))
        if "classes" in maps:
            # Probabilities are resized, not codes: the mean of two codes is the code of another class.
            shares = [resize_bilinear(share, (height_px, width_px)) for share in maps["classes"][0]]
            classes = np.argmax(shares, axis=0).astype(np.uint8)
        return Prediction(person, depth_m, classes)

    def _second_scale(self, height_px: int, width_px: int) -> float | None:
        """Return the scale of a second look at a picture of this size; None where there is none that is any closer."""
        card = self.model.card
        if card.second_scale is None or self.of_frames or self.shorter_px:
            return None
        first, second = (card.inference_size_px(height_px, width_px, None, s) for s in (LOOK_SCALE, card.second_scale))
        return None if first == second else card.second_scale

    def _look(
        self, shots: Sequence[Pixels], profile: ColourProfile | None, scale: float
    ) -> tuple[list[NDArray[np.float32]], dict[str, NDArray[np.float32]]]:
        """Return the shots as the model sees them, (h, w, 3) in levels, and the maps that it gives."""
        height_px, width_px, _ = shots[0].shape
        looked_at = self.model.card.inference_size_px(height_px, width_px, self.shorter_px, scale)
        seen = [resize_bilinear(shot, looked_at) for shot in shots]
        given = [_as_input(_in_srgb(levels, profile)) for levels in seen]
        if self.of_frames or not self.model.card.mirrored or self.model.card.finds_instances:
            return seen, self.model.run(given)
        # One after the other: as one batch they would take twice the memory.
        plain, mirrored = (self.model.run(each) for each in (given, [shot[..., ::-1].copy() for shot in given]))
        return seen, {name: (maps + mirrored[name][..., ::-1]) / np.float32(2) for name, maps in plain.items()}


def _is_small(maps: Mapping[str, NDArray[np.float32]]) -> bool:
    """Say whether all that a mask shows, if anything, takes little of the frame's height and of its width."""
    if "mask" not in maps:
        return False
    there = maps["mask"][0, 0] >= _THERE
    box = box_around(there)
    return box is None or all(
        span.stop - span.start < _SMALL * side_px for span, side_px in zip(box, there.shape, strict=True)
    )


def _in_srgb(levels: NDArray[np.float32], profile: ColourProfile | None) -> NDArray[np.float32]:
    """Return a shot (h, w, 3) in levels with its colours converted to sRGB."""
    return levels if profile is None else profile.to_srgb(np.round(levels).astype(np.uint8)).astype(np.float32)


def _as_input(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a shot (h, w, 3) in levels as a network takes it, (1, 3, h, w) float32 in 0..1."""
    return np.ascontiguousarray(levels.transpose(2, 0, 1)[None] / np.float32(255))
