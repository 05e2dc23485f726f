"""The saliency and matting networks that people have as ONNX files: what each takes and gives, and how it is told.

Sources: the authors' own code for reading pictures (xuebinqin/U-2-Net and DIS, ZHKKKe/MODNet, ZhengPeng7/BiRefNet,
PramaLLC/BEN2, briaai/RMBG-1.4 and 2.0, schirrmacher/ormbg), their export scripts, and the names that files have in use
(releases of danielgatis/rembg, onnx-community with the names of transformers).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.encoder_origin import IMAGENET_MEAN, IMAGENET_STD
from bgfg.depth_teacher.ops.onnx_settings import (
    NORMALISATION,
    Setting,
    checked_settings,
    read_config,
    require_settings,
)

# What the numbers of a map are: alpha in 0..1, or logits, of which a sigmoid makes alpha.
VALUES = ("alpha", "logits")

OTHER = "other"

_HALF, _NONE, _ONE = (0.5, 0.5, 0.5), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class MattingRecipe:
    """What a matting network takes and gives.

    Attributes:
        signatures: Of its files: name of the input, names of the outputs in their order as a regular expression, joined
            by spaces, and the side that its input has fixed; None for none.
        side_px: Side of its input where that isn't fixed: of the square into which pictures are stretched, or, with
            `multiple_px`, the shorter one of pictures in their proportions.
        mean: What is subtracted of red, green and blue in 0..1.
        std: What they are divided by then.
        values: What it gives, of VALUES. The map is the first output.
        multiple_px: Sides of its input are multiples of this; None where pictures are stretched to a square.
        licence: Licence of the published weights, in words.
    """

    signatures: tuple[tuple[str, str, int | None], ...]
    side_px: int
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    values: str = "alpha"
    multiple_px: int | None = None
    licence: str = "not stated"


# The names that torch.onnx gives where none are given; the networks of two nested Us have side outputs.
_NUMBERED = ("input.1", r"[0-9]+( [0-9]+)*")

RECIPES: Mapping[str, MattingRecipe] = {
    "u2net": MattingRecipe(
        ((*_NUMBERED, 320), ("input", "output", 320)), 320, licence="Apache-2.0"
    ),
    "isnet": MattingRecipe(
        ((*_NUMBERED, 1024), ("input", "output", 1024)), 1024, _HALF, _ONE,
        licence="Apache-2.0; of RMBG-1.4, which is one, for non-commercial use",
    ),
    "ormbg": MattingRecipe(
        (("input", "output", 1024),), 1024, _NONE, _ONE, licence="Apache-2.0"
    ),
    "modnet": MattingRecipe(
        (("input", "output", None), ("input", "output", 512)), 512, _HALF, _HALF, multiple_px=32, licence="Apache-2.0"
    ),
    "birefnet": MattingRecipe(
        tuple(("input_image", "output_image", side) for side in (None, 512, 1024, 2048)), 1024, values="logits",
        licence="MIT",
    ),
    "rmbg-2.0": MattingRecipe(
        tuple(("pixel_values", "alphas", side) for side in (None, 1024)), 1024,
        licence="for non-commercial use; of BEN2, which is read alike, MIT",
    ),
}  # fmt: skip

# What may be said of a file beside its model's name, and in what form; all of it has to be said of another model.
_SETTINGS: Mapping[str, Setting] = {
    "values": Setting(lambda value: value in VALUES, f"give {' or '.join(VALUES)}"),
    **NORMALISATION,
}
_OTHER_SIDE_PX = 512


def find_recipe(
    file: Path, takes: str, gives: Sequence[str], fixed_px: tuple[int, int] | None, given: Mapping[str, Any]
) -> tuple[str, MattingRecipe]:
    """Find what a network takes and gives, by its signature, and by what is said of it.

    Args:
        file: The file, for messages, and for the preprocessor_config.json beside it or above it.
        takes: Name of its input.
        gives: Names of its outputs.
        fixed_px: Height and width of its input, where they are fixed.
        given: Its `model`, a name of RECIPES or "other", and settings beside it.

    Returns:
        The model's name and its recipe; "other" for one that isn't in the table.

    Raises:
        Problem: The signature fits several models, or none, and it isn't said which; or a setting makes no sense.
    """
    settings = checked_settings(given, _SETTINGS)
    name = given.get("model") or _told_by_signature(file, takes, gives, fixed_px)
    if name in RECIPES:
        return str(name), replace(RECIPES[name], **settings)
    if name != OTHER:
        raise Problem(f"--onnx model={name!s:.60}: no such model: give {', '.join(RECIPES)}, or other", exit_code=2)
    require_settings(given, _SETTINGS)
    return OTHER, MattingRecipe((), _OTHER_SIDE_PX, **settings)


def _told_by_signature(file: Path, takes: str, gives: Sequence[str], fixed_px: tuple[int, int] | None) -> str:
    """Return the only model of such a signature; raise Problem where there are several or none."""
    outputs = " ".join(gives)
    fitting = [
        name
        for name, recipe in RECIPES.items()
        for its_input, its_outputs, its_side_px in recipe.signatures
        if its_input == takes and _square(its_side_px) == fixed_px and re.fullmatch(its_outputs, outputs)
    ]
    if len(fitting) == 1:
        return fitting[0]
    described = _told_by_config(file, fitting)
    if len(described) == 1:
        return described[0]
    size = f" of {fixed_px[1]}x{fixed_px[0]}" if fixed_px else ""
    what = f"{file}: takes {takes}{size} and gives {', '.join(gives)}"
    if fitting:
        line = f"{what}, as files of {', '.join(fitting)} do: say which it is, --onnx model=NAME"
    else:
        line = f"{what}, as no matting network that bgfg knows: give --onnx model=NAME if it is one of "
        line += f"{', '.join(RECIPES)}, or --onnx model=other and its settings"
    raise Problem(line, exit_code=2)


def _square(side_px: int | None) -> tuple[int, int] | None:
    return None if side_px is None else (side_px, side_px)


def _told_by_config(file: Path, names: Sequence[str]) -> list[str]:
    """Return those of some models that normalise as the preprocessor_config.json of transformers says, if there is one.

    It lies beside the file or in the folder above.
    """
    config = read_config(file, "preprocessor_config.json")
    if not isinstance(config, dict):
        return []
    is_plain = config.get("do_normalize") is False
    wanted = [[0.0] * 3, [1.0] * 3] if is_plain else [config.get("image_mean"), config.get("image_std")]
    return [name for name in names if [list(RECIPES[name].mean), list(RECIPES[name].std)] == wanted]
