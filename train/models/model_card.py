"""Model card: what a trained network takes, what it gives, and under which licence; it travels inside ONNX files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.json_form import (
    is_choice,
    is_count,
    is_distance_m,
    is_line,
    is_share,
    misfit,
    parse_json,
)
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.version import BGFG_VERSION

CARD_FORMAT = "bgfg-model"
CARD_VERSION = 1

# Inputs that a network may have: the empty scene and the scene with the person in it, or the latter alone.
BACKGROUND = "bg"
COMPOSITE = "bg_fg"
SINGLE_IMAGE = "image"

# Outputs of a network that detects people one by one in pictures (n, 3, h, w), for each of k detections: number of the
# picture, (k,) int64; left, top, right and bottom in px, (k, 4) float32; class, (k,) int64; score, (k,) float32; and
# probability of each pixel, (k, 1, h, w) float32 in 0..1. Ordered by pictures, and in each by score.
DETECTION_OUTPUTS = ("batch_index", "boxes", "labels", "scores", "masks")

# Outputs of all other networks, maps each; a matte has four: red, green, blue and alpha.
MAP_OUTPUTS = ("mask", "depth", "matte", "classes")
MATTE_CHANNELS = 4

# Bounds of what a card may say, which decides on memory: of sides in px, and of classes, whose codes have a byte.
_LARGEST_PX = 4096
_MOST_CLASSES = 256

# How many times as large as in training pictures are looked at, which is as near as the crops of training came to
# people: measured a little better than 1 on kit and on photographs.
LOOK_SCALE = 4 / 3

# A picture that is longer, by its shorter side, is seen smaller: else one of a few pixels by thousands takes gigabytes.
_MOST_ELONGATED = 8

# What the numbers of a picture are to be; any further normalisation is part of the network.
PLAIN_NORMALISATION = "RGB, level / 255"


@dataclass(frozen=True)
class ModelCard:
    """Description of a trained network for those who use it.

    Attributes:
        name: Name in the registry.
        options: Options in the registry.
        inputs: Some of BACKGROUND, COMPOSITE and SINGLE_IMAGE, in the network's order, (n, 3, h, w) float32 each.
        outputs: "mask" is alpha in 0..1 and "depth" metres, (n, 1, h', w') float32 each; "matte" is RGBA in 0..1, (n,
            4, h', w'); "classes" is the probability of each class, (n, classes, h', w'); or they are DETECTION_OUTPUTS.
        input_px: Side of the square pictures that it was trained on.
        step_px: It takes any sides that are multiples of this; None: only its own size.
        parameters: Number of parameters.
        licence: What its weights state, whose pictures are in them among it; else licence of its code, and of the
            weights that it started from.
        threshold: Alpha from which on a pixel counts as the person's, or score from which on a detection counts.
        near_m: Near end of the range of its depth; None without depth.
        far_m: Far end of that range.
        classes: What stands for each class, in the order of their codes: its "name", the "value" that it had in the
            masks (a number, a colour such as "#800000", or "transparent"), and the "colour" that a palette gave it.
        masks: How the masks that it learnt from were read, in words; "" where it learnt from no folder of masks.
        real_pictures: How many real pictures were mixed into what it learnt from, and which, in words; "" for none.
        closer_look: Whether single pictures are looked at once more, closer, around what was found in them.
        mirrored: Whether single pictures are looked at mirrored too, for the mean of both.
        normalisation: What the numbers of a picture are to be; whatever else the network needs is part of it.
        made_by: Name and version of the program that wrote the card.
    """

    name: str
    options: Mapping[str, Any]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    input_px: int
    step_px: int | None
    parameters: int
    licence: str
    threshold: float = 0.5
    near_m: float | None = None
    far_m: float | None = None
    classes: tuple[Mapping[str, Any], ...] = ()
    masks: str = ""
    real_pictures: str = ""
    closer_look: bool = False
    mirrored: bool = False
    normalisation: str = PLAIN_NORMALISATION
    made_by: str = field(default_factory=lambda: f"bgfg {BGFG_VERSION}")

    @property
    def needs_background(self) -> bool:
        """Whether the network looks at the empty scene too."""
        return BACKGROUND in self.inputs

    @property
    def finds_instances(self) -> bool:
        """Whether the network detects people one by one."""
        return "boxes" in self.outputs

    def inference_size_px(
        self, height_px: int, width_px: int, shorter_px: int | None = None, scale: float = LOOK_SCALE
    ) -> tuple[int, int]:
        """Return the size (height, width) at which the network looks at a picture, nearly in its proportions.

        Args:
            height_px: Height of the picture.
            width_px: Width of the picture.
            shorter_px: Length of the shorter side; None for what suits the network.
            scale: How many times as large as in training it is to be, where `shorter_px` doesn't say.
        """
        if self.step_px is None:
            return self.input_px, self.input_px
        wanted_px = shorter_px or self.input_px * scale
        scale = min(wanted_px / min(height_px, width_px), _MOST_ELONGATED * wanted_px / max(height_px, width_px))
        steps = (max(1, round(side * scale / self.step_px)) for side in (height_px, width_px))
        rows, columns = (count * self.step_px for count in steps)
        return rows, columns

    def as_json(self) -> str:
        """Return the card as text, which `parse_model_card` reads."""
        return json.dumps({"format": CARD_FORMAT, "version": CARD_VERSION, **asdict(self)})


def parse_model_card(path: Path, text: str | None) -> ModelCard:
    """Read the card in a model's file.

    Args:
        path: The file, for error messages.
        text: What the file holds as the card; None where it holds none.

    Raises:
        Problem: There is no card, it is of another version, or it is incomplete or damaged.
    """
    again = "give a file that `bgfg onnx` wrote"
    try:
        content = parse_json(text or "")
        sound = content.pop("format") == CARD_FORMAT
        version = content.pop("version")
    except (ValueError, KeyError, TypeError, AttributeError):
        sound, version = False, None
    if not sound:
        raise Problem(f"{path}: a model, but not of bgfg (it doesn't say what it wants and gives): {again}")
    if version != CARD_VERSION:
        knows = f"this bgfg knows version {CARD_VERSION} only"
        raise Problem(f"{path}: model version {version!r:.20}; {knows}: export it again")
    wrong = misfit(content, _FORM, "card") or misfit_of_legend(content.get("classes", []))
    if wrong:
        raise Problem(f"{path}: what it says of itself is incomplete or damaged ({wrong}): {again}")
    # Fields of a later version of bgfg are left out, so that its files can be read.
    known = {name.name for name in fields(ModelCard)}
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in content.items() if name in known
    }
    return ModelCard(**given)


def misfit_of_legend(classes: Any) -> str:
    """Say where a legend isn't one of which pictures of classes can be made; "" where it is."""
    wrong = misfit(classes, [_LEGEND_ENTRY], "classes")
    if wrong or not classes:
        return wrong
    values = [entry.get("value", code) for code, entry in enumerate(classes)]
    if len({isinstance(value, str) for value in values}) > 1:
        return "classes have colours and numbers"
    if len(values) > _MOST_CLASSES or (any("colour" in entry for entry in classes) and not all(map(_is_index, values))):
        return f"classes are {len(values)}, with values up to {max(values)}"
    return ""


def _is_side(value: Any) -> bool:
    return is_count(value) and 1 <= value <= _LARGEST_PX


def _is_index(value: Any) -> bool:
    return is_count(value) and value < _MOST_CLASSES


def _is_colour(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("#[0-9a-fA-F]{6}", value) is not None


_LEGEND_ENTRY = {
    "name": str,
    "value?": (_is_colour, lambda value: value == "transparent", lambda value: is_count(value) and value < 2**16),
    "colour?": _is_colour,
}
_FORM = {
    "name": str,
    "options": {str: object},
    "inputs": lambda value: value in ([BACKGROUND, COMPOSITE], [SINGLE_IMAGE]),
    "outputs": lambda value: value == list(DETECTION_OUTPUTS) or is_choice(value, MAP_OUTPUTS),
    "input_px": _is_side,
    "step_px": (None, _is_side),
    "parameters": is_count,
    "licence": is_line,
    "threshold?": is_share,
    "near_m?": (None, is_distance_m),
    "far_m?": (None, is_distance_m),
    "masks?": str,
    "real_pictures?": str,
    "closer_look?": bool,
    "mirrored?": bool,
    "normalisation?": str,
    "made_by?": str,
}
