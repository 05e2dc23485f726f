"""`bgfg recolour`: tints the background of pictures or a video."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bgfg.train.cli.inference_options import (
    EDIT_SUFFIXES,
    STRENGTH,
    HexColour,
    edit_and_print,
    inference_options,
    out_option,
)

if TYPE_CHECKING:  # the help of a command need not wait for ONNX Runtime
    from bgfg.train.inference.edit import RgbColour


@click.command()
@inference_options
@click.option("--color", type=HexColour(), required=True, help="Colour whose hue and saturation the background takes.")
@click.option("--strength", type=STRENGTH, default=1.0, show_default=True, help="Share of --color in the background.")
@out_option("recoloured", "Folder of the results; for one image also a file.", *EDIT_SUFFIXES)
def recolour(color: RgbColour, strength: float, **given: Any) -> None:
    """Tint the background in a colour and keep its lightness; the person stays as it is.

    IMAGE is a picture, a folder of them, or a video, which keeps its times and its sound. MODEL is a run's folder, a
    checkpoint, an .onnx file, or a network that comes with bgfg, by name (bgfg models); these two need no PyTorch. All
    of them, and the results, may be under URLs, such as s3://bucket/photos.

    Example: bgfg recolour runs/first photo.jpg --background empty.jpg --color '#0a4678' --strength 0.5
    """
    from bgfg.train.inference.edit import tint_background

    edit_and_print(tint_background(color, strength), {"tint": color, "strength": strength}, **given)
