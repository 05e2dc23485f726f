"""What a trained network is, for those who use it: what it wants, what it gives, and under which licence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.version import BGFG

FORMAT = "bgfg-model"
VERSION = 1

# The inputs that a network may have: the empty scene, the scene with the person in it, or the latter alone.
BACKGROUND, PICTURE, ALONE = "bg", "bg_fg", "image"

# What a network that finds people one by one gives of pictures, (n, 3, h, w), for each of k: in which of the pictures,
# (k,) int64; left, top, right and bottom in px, (k, 4) float32; the class, (k,) int64; a score, (k,) float32; and how
# likely each pixel is, (k, 1, h, w) float32 in 0..1. Ordered by pictures, and in each by score.
DETECTION = ("batch_index", "boxes", "labels", "scores", "masks")

# By how much larger than in training pictures are looked at.
_NEARER = 4 / 3

# What the numbers of a picture are to be; whatever else a network wants done to them is part of it.
_NORMALISATION = "RGB, level / 255"


@dataclass(frozen=True)
class Card:
    """What a model is.

    name, options: of the catalogue. inputs: of BACKGROUND, PICTURE and ALONE, in their order, (n, 3, h, w) float32
    each. outputs: "mask" is alpha in 0..1 and "depth" metres, (n, 1, h', w') float32 each; "matte" is RGBA in 0..1,
    (n, 4, h', w'); "classes" is the probability of each class, (n, classes, h', w'); or they are those of DETECTION.
    input_px: the side of the square pictures that it was trained on. step_px: it takes any sides that are multiples of
    this; None: only its own size. threshold: from which alpha on a pixel counts as the person's, or from which score on
    somebody is there. near_m, far_m: the range of its depth. licence: of its code and of the weights that it started
    from.
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
    normalisation: str = _NORMALISATION
    made_by: str = field(default_factory=lambda: f"bgfg {BGFG}")

    @property
    def needs_background(self) -> bool:
        """Whether it looks at the empty scene too."""
        return BACKGROUND in self.inputs

    @property
    def finds_instances(self) -> bool:
        """Whether it finds people one by one."""
        return "boxes" in self.outputs

    def working_px(self, height_px: int, width_px: int, shorter_px: int | None = None) -> tuple[int, int]:
        """Return the size at which it looks at a picture: in its proportions, as nearly as the network allows.

        shorter_px: how long the shorter side is to be. None for 4/3 of that of its training, which is as near as the
        crops of its training came to people: measured a little better than 1 on kit and on photographs.
        """
        if self.step_px is None:
            return self.input_px, self.input_px
        scale = (shorter_px or self.input_px * _NEARER) / min(height_px, width_px)
        steps = (max(1, round(side * scale / self.step_px)) for side in (height_px, width_px))
        rows, columns = (count * self.step_px for count in steps)
        return rows, columns

    def as_json(self) -> str:
        """Return the card as text, to be read by `read_card`."""
        return json.dumps({"format": FORMAT, "version": VERSION, **asdict(self)})


def read_card(path: Path, text: str | None) -> Card:
    """Return the card that stands in a model's file; raise Problem, naming the file, where it holds none."""
    again = "give a file that `bgfg onnx` wrote"
    try:
        content = json.loads(text or "")
        sound = content.pop("format") == FORMAT
        version = content.pop("version")
    except (ValueError, KeyError, TypeError, AttributeError):
        sound, version = False, None
    if not sound:
        raise Problem(f"{path}: a model, but not of bgfg (it doesn't say what it wants and gives): {again}")
    if version != VERSION:
        raise Problem(f"{path}: model version {version}; this bgfg knows version {VERSION} only: export it again")
    known = {name.name for name in fields(Card)}
    try:
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
        }
        return Card(**{name: value for name, value in given.items() if name in known})
    except TypeError as error:
        raise Problem(f"{path}: what it says of itself is incomplete ({error}): {again}") from error
