"""The depth networks that people have as ONNX files: what each takes and gives, and how its file is told from others.

Sources: the export scripts of the authors (YvanYin/Metric3D, microsoft/MoGe, isl-org/MiDaS), and of those whose files
are in use (fabio-sim/Depth-Anything-ONNX, wrappers of Depth Anything 3, onnx-community with the names of transformers).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.json_form import misfit
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.encoder_origin import IMAGENET_MEAN, IMAGENET_STD
from bgfg.depth_teacher.ops.onnx_settings import (
    NORMALISATION,
    Setting,
    checked_settings,
    read_config,
    require_settings,
)

# How a picture is brought to the size of the network: so that the shorter side has `side_px`, or the longer; whichever
# changes it less; all of it, with a border; to the very size; or not at all.
FITS = ("shorter", "longer", "nearest", "pad", "stretch", "own")

# What a network gives: metres; metres times the focal length over `canonical_px`; inverse depth or depth without a
# unit; or points, from which metres are found.
OUTPUTS = ("metres", "metres_by_focal", "inverse", "depth", "points")

_NONE, _ONE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
_HALF = (0.5, 0.5, 0.5)


@dataclass(frozen=True)
class OnnxRecipe:
    """What a depth network takes and gives.

    Attributes:
        signatures: Names of inputs and of outputs of its files, each sorted.
        output: What it gives, of OUTPUTS.
        side_px: Height and width of its input before they are fitted.
        fit: How pictures are brought to that, of FITS.
        multiple_px: Sides are multiples of this.
        levels: Largest value of a picture's numbers before they are normalised, 1 or 255.
        mean: What is subtracted of red, green and blue.
        std: What they are divided by then.
        canonical_px: Focal length in px, at the network's own input, at which its numbers are metres.
        far_m: Farthest metres that count.
        static_px: Height and width that its files have fixed, where that tells them apart; None for any.
        licence: Licence of the published weights, in words.
    """

    signatures: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    output: str
    side_px: tuple[int, int]
    fit: str
    multiple_px: int = 1
    levels: float = 1.0
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    canonical_px: float = 1000.0
    far_m: float = 100.0
    static_px: tuple[int, int] | None = None
    licence: str = "not stated"


_OF_TRANSFORMERS = (("pixel_values",), ("predicted_depth",))
_PLAIN = ((("image",), ("depth",)), (("input",), ("output",)), (("input",), ("depth",)))
_DEPTH_ANYTHING = (_OF_TRANSFORMERS, *_PLAIN)
_OF_METRIC3D = (("normal_confidence", "predicted_depth", "predicted_normal"), ("pred_depth",))
_OF_MOGE = (("mask", "metric_scale", "normal", "points"), ("mask", "metric_scale", "points"))

RECIPES: Mapping[str, OnnxRecipe] = {
    "depth-anything-v2": OnnxRecipe(
        _DEPTH_ANYTHING, "inverse", (518, 518), "shorter", 14, licence="Apache-2.0 (small), else CC-BY-NC-4.0"
    ),
    "depth-anything-v2-metric": OnnxRecipe(
        _DEPTH_ANYTHING, "metres", (518, 518), "shorter", 14
    ),
    "depth-anything-3": OnnxRecipe(
        (*_PLAIN, (("image",), ("depth", "sky"))), "depth", (504, 504), "longer", 14,
        licence="Apache-2.0, of the largest CC-BY-NC-4.0",
    ),
    "depth-anything-3-metric": OnnxRecipe(
        (*_PLAIN, (("image",), ("depth", "sky"))), "metres_by_focal", (504, 504), "longer", 14, canonical_px=300.0,
        licence="Apache-2.0",
    ),
    "metric3d-v2": OnnxRecipe(
        tuple(((name,), outputs) for name in ("image", "pixel_values") for outputs in _OF_METRIC3D), "metres_by_focal",
        (616, 1064), "pad", 14, 255.0, _NONE, _ONE, licence="BSD-2-Clause of its code",
    ),
    "moge-2": OnnxRecipe(
        tuple((inputs, outputs) for inputs in (("image",), ("image", "num_tokens")) for outputs in _OF_MOGE), "points",
        (518, 518), "own", mean=_NONE, std=_ONE, licence="MIT",
    ),
    "zoedepth": OnnxRecipe(
        (_OF_TRANSFORMERS, (("pixel_values",), ("domain_logits", "predicted_depth")), *_PLAIN), "metres", (384, 512),
        "nearest", 32, mean=_HALF, std=_HALF, licence="MIT",
    ),
    "dpt": OnnxRecipe(
        (_OF_TRANSFORMERS,), "inverse", (384, 384), "stretch", 32, mean=_HALF, std=_HALF, licence="Apache-2.0 or MIT"
    ),
    # The authors' own file, which normalises pictures itself.
    "midas-v2.1": OnnxRecipe(
        ((("0",), ("797",)),), "inverse", (384, 384), "stretch", 32, mean=_NONE, std=_ONE, static_px=(384, 384),
        licence="MIT",
    ),
}  # fmt: skip

# What may be said of a file beside its model's name, and in what form.
_SETTINGS: Mapping[str, Setting] = {
    "output": Setting(lambda value: value in OUTPUTS, f"give {', '.join(OUTPUTS)}"),
    "fit": Setting(lambda value: value in FITS, f"give {', '.join(FITS)}"),
    "multiple_px": Setting(
        lambda value: _is_in(value, 1, 256) and value == int(value), "give a whole number from 1 to 256"
    ),
    "levels": Setting(lambda value: value in (1, 255), "give 1 or 255"),
    "canonical_px": Setting(lambda value: _is_in(value, 1, 1e6), "give a number within reason"),
    "far_m": Setting(lambda value: _is_in(value, 0.2, 1e4), "give a number within reason"),
    **NORMALISATION,
}
# What all of has to be said of a model that isn't in the table.
_REQUIRED = ("output", "fit", "levels", "mean", "std")


def find_recipe(
    file: Path,
    inputs: Sequence[str],
    outputs: Sequence[str],
    static_px: tuple[int, int] | None,
    given: Mapping[str, Any],
) -> tuple[str, OnnxRecipe]:
    """Find what a network takes and gives, by its signature, and by what is said of it.

    Args:
        file: The file, for messages, and for the config.json beside it or above it.
        inputs: Names of its inputs.
        outputs: Names of its outputs.
        static_px: Height and width of its input, where they are fixed.
        given: Its `model`, a name of RECIPES, and settings beside it.

    Returns:
        The model's name and its recipe; "other" for one that isn't in the table.

    Raises:
        Problem: The signature fits several models, or none, and it isn't said which; or a setting makes no sense.
    """
    settings = checked_settings(given, _SETTINGS)
    name = given.get("model") or _told_by_signature(file, tuple(sorted(inputs)), tuple(sorted(outputs)), static_px)
    if name != "other" and name not in RECIPES:
        raise Problem(f"--onnx model={name!s:.60}: no such model: give {', '.join(RECIPES)}, or other", exit_code=2)
    if name != "other":
        return str(name), replace(RECIPES[name], **settings)
    require_settings(given, _REQUIRED)
    return "other", OnnxRecipe((), side_px=static_px or (518, 518), **settings)


def _told_by_signature(
    file: Path,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    static_px: tuple[int, int] | None,
) -> str:
    """Return the only model of such a signature; raise Problem where there are several or none."""
    fitting = [
        name
        for name, recipe in RECIPES.items()
        if (inputs, outputs) in recipe.signatures and recipe.static_px in (None, static_px)
    ]
    if len(fitting) == 1:
        return fitting[0]
    described = _told_by_config(file)
    if described in fitting:
        return described
    takes = f"takes {', '.join(inputs)} and gives {', '.join(outputs)}"
    if fitting:
        line = f"{file}: {takes}, as files of {', '.join(fitting)} do: say which it is, --onnx model=NAME"
    else:
        line = f"{file}: {takes}, as no model that bgfg knows: give --onnx model=NAME if it is one of "
        line += f"{', '.join(RECIPES)}, or --onnx model=other and its settings"
    raise Problem(line, exit_code=2)


def _told_by_config(file: Path) -> str:
    """Return the model by transformers' config.json, beside the file or in the folder above; "" where it tells none."""
    config = read_config(file, "config.json")
    kind = config.get("model_type") if isinstance(config, dict) else None
    if kind == "depth_anything":
        metric = config.get("depth_estimation_type", "relative") == "metric"
        return "depth-anything-v2-metric" if metric else "depth-anything-v2"
    return {"zoedepth": "zoedepth", "dpt": "dpt", "metric3d": "metric3d-v2"}.get(str(kind), "")


def _is_in(value: Any, least: float, most: float) -> bool:
    return misfit(value, float) == "" and least <= value <= most
