"""Saliency and matting networks of others in ONNX files, as models of one photograph: U²-Net, BiRefNet and so on.

Their maps are taken as they are. Other programs stretch each so that its least number is 0 and its largest is 1: where
nobody is, that makes a figure of noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bgfg.data_manifests.machine.cpu_count import usable_cpu_count
from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.depth_teacher.ops.onnx_session import FAILURES, first_line, open_session, provider_for
from bgfg.train.cutouts.matting_recipes import MattingRecipe, find_recipe
from bgfg.train.inference.onnx_model import CARD_KEY
from bgfg.train.models.model_card import LOOK_SCALE, SINGLE_IMAGE, ModelCard

_AGAIN = "export it again, or give another file"
_FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16}

# More than rounding, in half precision too, moves alpha out of 0..1.
_ROUNDING = 0.01


@dataclass(frozen=True)
class MattingCard(ModelCard):
    """The card of a network of others: it looks at pictures at its own size, which need not be a square.

    Attributes:
        fixed_px: Height and width of its input; None for any of the multiples of `step_px`.
    """

    fixed_px: tuple[int, int] | None = None

    def inference_size_px(
        self, height_px: int, width_px: int, shorter_px: int | None = None, scale: float = LOOK_SCALE
    ) -> tuple[int, int]:
        """Return the size (height, width) at which the network looks at a picture."""
        return self.fixed_px or super().inference_size_px(height_px, width_px, shorter_px or self.input_px, scale)


class MattingOnnx:
    """A matting network in ONNX Runtime.

    Args:
        file: The file, with its weights in it.
        session: What it was opened as.
        given: What is said of it: its model and settings, as `find_recipe` takes them.
        side_px: Side of its input, of a network that takes any; None for what suits the model.
        say: Told the model that it is read as, and the licence.

    Raises:
        Problem: It takes no pictures, isn't known, or takes another size alone.
    """

    def __init__(
        self,
        file: Path,
        session: onnxruntime.InferenceSession,
        given: Mapping[str, Any],
        side_px: int | None,
        say: Callable[[str], None],
    ) -> None:
        self.file, self._session = file, session
        takes = session.get_inputs()
        if len(takes) != 1 or not _is_of_pictures(takes[0]):
            shapes = ", ".join(f"{each.name} {each.type} {each.shape}" for each in takes)
            raise Problem(f"{file}: takes {shapes}, and not one picture (n, 3, h, w): {_AGAIN}", exit_code=2)
        self._input, self._float = takes[0].name, _FLOATS[takes[0].type]
        height_px, width_px = (side if isinstance(side, int) else None for side in takes[0].shape[2:])
        fixed_px = (height_px, width_px) if height_px and width_px else None
        if fixed_px and side_px and fixed_px != (side_px, side_px):
            raise Problem(f"--size {side_px}: {file} takes {width_px}x{height_px} alone: leave it out", exit_code=2)
        name, self._recipe = find_recipe(
            file, self._input, [each.name for each in session.get_outputs()], fixed_px, given
        )
        self.card: ModelCard = _card(name, self._recipe, fixed_px, side_px, _licence(session))
        self.described = {"model": name, **{key: value for key, value in given.items() if key != "model"}}
        self.where = f"{session.get_providers()[0].removesuffix('ExecutionProvider')}, ONNX Runtime"
        say(f"{file}: read as {name}; licence {printable(self.card.licence)}")

    def run(self, pictures: Sequence[NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """Return the matte (1, 1, h', w') of a picture (1, 3, h, w) in 0..1."""
        mean, std = (np.asarray(each, np.float32)[:, None, None] for each in (self._recipe.mean, self._recipe.std))
        numbers = ((pictures[0] - mean) / std).astype(self._float)
        first = self._session.get_outputs()[0].name
        try:
            (found,) = self._session.run([first], {self._input: numbers})
        except FAILURES as error:
            size = f"{numbers.shape[3]}x{numbers.shape[2]}"
            raise Problem(f"{self.file}: fails on pictures of {size} ({first_line(error)}): give --size") from error
        map_ = np.asarray(found, np.float32)
        if map_.ndim < 2 or not map_.size or map_.size != map_.shape[-1] * map_.shape[-2]:
            raise Problem(f"{self.file}: gives {first} {map_.shape}, no map of one picture: {_AGAIN}")
        return {"matte": self._alpha(map_.reshape(1, 1, *map_.shape[-2:]))}

    def _alpha(self, map_: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a map as alpha in 0..1; raise Problem where its numbers aren't what the recipe says."""
        if not np.isfinite(map_).all():
            raise Problem(f"{self.file}: gives numbers that are no numbers (NaN or infinite): {_AGAIN}")
        if self._recipe.values == "logits":
            return np.asarray(1 / (1 + np.exp(-np.clip(map_, -50, 50))), np.float32)
        least, most = float(map_.min()), float(map_.max())
        if least < -_ROUNDING or most > 1 + _ROUNDING:
            what = f"gives {least:.3g} to {most:.3g}, which is no alpha in 0..1"
            raise Problem(f"{self.file}: {what}: give --onnx values=logits, or the model that it is", exit_code=2)
        return np.clip(map_, 0, 1)


def open_matting_onnx(
    file: Path,
    given: Mapping[str, Any],
    side_px: int | None,
    device: str | None,
    threads: int | None,
    say: Callable[[str], None],
) -> MattingOnnx | None:
    """Open an ONNX file as a matting network; None for one of bgfg that has a card, to be opened by `load_model`."""
    session = open_session(file, threads or usable_cpu_count(), provider_for(device), _AGAIN)
    if CARD_KEY in session.get_modelmeta().custom_metadata_map:
        return None
    return MattingOnnx(file, session, given, side_px, say)


def _is_of_pictures(taken: onnxruntime.NodeArg) -> bool:
    """Say whether an input is of pictures (n, 3, h, w); exports of transformers don't say how many channels."""
    shape = taken.shape
    return taken.type in _FLOATS and len(shape) == 4 and (shape[1] == 3 or not isinstance(shape[1], int))


def _card(
    name: str, recipe: MattingRecipe, fixed_px: tuple[int, int] | None, side_px: int | None, licence: str | None
) -> MattingCard:
    side_px = side_px or recipe.side_px
    return MattingCard(
        name=name,
        options={},
        inputs=(SINGLE_IMAGE,),
        outputs=("matte",),
        input_px=side_px,
        step_px=recipe.multiple_px,
        parameters=0,
        licence=licence or f"not stated in the file; of the published weights: {recipe.licence}",
        fixed_px=fixed_px or (None if recipe.multiple_px else (side_px, side_px)),
    )


def _licence(session: onnxruntime.InferenceSession) -> str | None:
    """Return what a file says of its licence, if anything."""
    said: Mapping[str, str] = session.get_modelmeta().custom_metadata_map
    return said.get("licence") or said.get("license")
