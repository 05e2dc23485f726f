"""Predictor: a picture in; the person, the depth or the instances out, all at the picture's own size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.colour_profile import ColourProfile
from bgfg.data_manifests.terminal.arguments import Workers, checked_arguments
from bgfg.train.inference.array_checks import require_rgb, require_shots
from bgfg.train.inference.closer_look import THERE, are_small, closer_step_px, confirms, is_cut, part_around
from bgfg.train.inference.foreground import alpha_to_u8, blend, estimate_foreground
from bgfg.train.inference.guided_filter import refine_alpha
from bgfg.train.inference.holes import fill_holes
from bgfg.train.inference.inputs import Pixels
from bgfg.train.inference.runtime import InferenceModel
from bgfg.train.models.model_card import LOOK_SCALE
from bgfg.train.ops.array_resize import resize_bilinear
from bgfg.train.ops.instances import Instance, instances_at
from bgfg.train.ops.mask_box import Box

_ALL: Box = (slice(None), slice(None))

# Where nobody is found, or people are small and no part of their own shows them, a picture is seen at so many times the
# size of the training.
_FOR_SMALL = 2.0


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
        """Return the person over another background (H, W, 3) uint8 RGB, with soft edges; Problem if it isn't one."""
        require_rgb("background", background, *self.alpha.shape)
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
    mirrored too, for the mean of both, and a closer look at the part around the people that a first look found. Where
    two shots are compared, doubtful holes in people are filled. Alpha is brought back by a guided filter, which follows
    the picture's edges, and the person's colours are freed of the background; depth and classes are resized.

    Two shots are compared as they are given: a background is moved over its picture, and one that lies beside it is
    named, by the commands alone. A pair of a camera that moved shows in a mask along the edges of the scene.

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

    @checked_arguments
    def __init__(
        self,
        model: Annotated[InferenceModel, "what `bgfg.load_model` returns"],
        shorter_px: int | None = None,
        of_frames: bool = False,
        threads: Workers | None = None,
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

        Raises:
            Problem: A picture isn't such an array, the background is missing or isn't used, or their sizes differ.
        """
        require_shots(self.model.card, picture, background)
        card, (height_px, width_px, _) = self.model.card, picture.shape
        look = self._look([picture] if background is None else [background, picture], profile)
        maps = look.maps
        if card.finds_instances:
            return Prediction(None, None, instances=instances_at(maps, (height_px, width_px), card.threshold))
        person = depth_m = classes = None
        found = maps.get("mask", maps.get("matte"))  # alpha is the last channel of either
        if found is not None:
            # A network of two shots finds whoever came into the scene, and people are whole; others may find rings.
            coarse = fill_holes(found[0, -1]) if card.needs_background else found[0, -1]
            alpha = _placed(refine_alpha(coarse, picture[look.box], look.seen), look.box, (height_px, width_px))
            person = PersonMatte(alpha, estimate_foreground(picture, alpha, background))
        if "depth" in maps:
            depth_m = resize_bilinear(maps["depth"][0, 0], (height_px, width_px))
        if "classes" in maps:
            # Probabilities are resized, not codes: the mean of two codes is the code of another class.
            shares = [resize_bilinear(share, (height_px, width_px)) for share in maps["classes"][0]]
            classes = np.argmax(shares, axis=0).astype(np.uint8)
        return Prediction(person, depth_m, classes)

    def _look(self, shots: Sequence[Pixels], profile: ColourProfile | None) -> _Look:
        """Return the look at shots, or at a part of them, whose maps count."""
        card, (height_px, width_px, _) = self.model.card, shots[0].shape
        picture_px = height_px, width_px
        step_px = closer_step_px(card.outputs, card.step_px) if card.closer_look else None
        if self.of_frames or self.shorter_px or step_px is None:
            return self._look_at(shots, profile, card.inference_size_px(*picture_px, self.shorter_px))
        first = self._look_at(shots, profile, card.inference_size_px(*picture_px, scale=1))
        is_empty = not (first.mask >= THERE).any()
        if is_empty:
            first = self._look_at(shots, profile, card.inference_size_px(*picture_px, scale=_FOR_SMALL))
        part = part_around(first.mask, picture_px, card.input_px * LOOK_SCALE, step_px)
        if part is not None:
            closer = self._look_at(shots, profile, part.look_px, part.box)
            if confirms(first.mask, closer.mask, part, picture_px) and not is_cut(closer.mask, part, picture_px):
                return closer
        if is_empty:
            return first  # the largest look at the whole already
        scale = _FOR_SMALL if are_small(first.mask) else LOOK_SCALE
        return self._look_at(shots, profile, card.inference_size_px(*picture_px, scale=scale))

    def _look_at(
        self, shots: Sequence[Pixels], profile: ColourProfile | None, look_px: tuple[int, int], box: Box = _ALL
    ) -> _Look:
        """Return what the model makes of a part of the shots, brought to a size (height, width)."""
        seen = [resize_bilinear(shot[box], look_px) for shot in shots]
        given = [_as_input(_in_srgb(levels, profile)) for levels in seen]
        if self.of_frames or not self.model.card.mirrored or self.model.card.finds_instances:
            return _Look(box, seen[-1], self.model.run(given))
        # One after the other: as one batch they would take twice the memory.
        plain, mirrored = (self.model.run(each) for each in (given, [shot[..., ::-1].copy() for shot in given]))
        mean = {name: (maps + mirrored[name][..., ::-1]) / np.float32(2) for name, maps in plain.items()}
        return _Look(box, seen[-1], mean)


@dataclass(frozen=True)
class _Look:
    """A look of a model at a picture, or at a part of it.

    Attributes:
        box: Rows and columns of the picture that were seen.
        seen: These as the model saw them, (h, w, 3) in levels.
        maps: What it gave.
    """

    box: Box
    seen: NDArray[np.float32]
    maps: Mapping[str, NDArray[np.float32]]

    @property
    def mask(self) -> NDArray[np.float32]:
        """Its mask, (h', w') in 0..1."""
        mask: NDArray[np.float32] = self.maps["mask"][0, 0]
        return mask


def _placed(alpha: NDArray[np.float32], box: Box, picture_px: tuple[int, int]) -> NDArray[np.float32]:
    """Return alpha of a part of a picture as that of the whole, (H, W), 0 elsewhere."""
    if alpha.shape == picture_px:
        return alpha
    whole = np.zeros(picture_px, np.float32)
    whole[box] = alpha
    return whole


def _in_srgb(levels: NDArray[np.float32], profile: ColourProfile | None) -> NDArray[np.float32]:
    """Return a shot (h, w, 3) in levels with its colours converted to sRGB."""
    return levels if profile is None else profile.to_srgb(np.round(levels).astype(np.uint8)).astype(np.float32)


def _as_input(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a shot (h, w, 3) in levels as a network takes it, (1, 3, h, w) float32 in 0..1."""
    return np.ascontiguousarray(levels.transpose(2, 0, 1)[None] / np.float32(255))
