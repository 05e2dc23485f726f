"""`bgfg replace`: puts a colour, a picture or a blur behind the person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bgfg.data_manifests.places.place_type import FILE_PLACE
from bgfg.data_manifests.terminal.cli_types import FiniteRange
from bgfg.data_manifests.terminal.errors import Problem, told
from bgfg.train.cli.inference_options import (
    EDIT_SUFFIXES,
    STRENGTH,
    HexColour,
    edit_and_print,
    inference_options,
    out_option,
)

if TYPE_CHECKING:  # the help of a command need not wait for ONNX Runtime
    from bgfg.train.inference.edit import BackgroundEdit, RgbColour

# Beyond this a photograph is one colour, and the blur of a large one takes minutes.
_WIDEST_BLUR_PX = 1_000


@click.command()
@inference_options
@click.option("--color", type=HexColour(), help="Put a colour behind.")
@click.option("--strength", type=STRENGTH, help="Share of --color that covers the scene.  [default: 1]")
@click.option("--image", "picture", type=FILE_PLACE, help="Put another picture behind.")
@click.option(
    "--blur",
    type=FiniteRange(0, _WIDEST_BLUR_PX, min_open=True),
    metavar="PX",
    help="Blur the scene, by this standard deviation.",
)
@click.option(
    "--depth-of-field",
    is_flag=True,
    help="Blur the scene by its distance from the person; --blur is then the blur at infinity.",
)
@out_option("replaced", "Folder of the results; for one image also a file.", *EDIT_SUFFIXES)
def replace(
    color: RgbColour | None, strength: float | None, picture: Path | None, blur: float | None, depth_of_field: bool,
    **given: Any,
) -> None:  # fmt: skip
    """Put something else behind the person, keeping soft edges: a colour, another picture, or the scene blurred.

    IMAGE is a picture, a folder of them, or a video, which keeps its times and its sound. MODEL is a run's folder, a
    checkpoint, an .onnx file, or a network that comes with bgfg, by name (bgfg models); these two need no PyTorch. All
    of them, and the results, may be under URLs, such as s3://bucket/photos.

    Example: bgfg replace runs/first photo.jpg --background empty.jpg --color '#0a4678' --out blue.png
    """
    from bgfg.data_manifests.terminal.notes import show_note
    from bgfg.train.inference.edit import blur_background, defocus_background, paint_background, replace_background
    from bgfg.train.inference.inputs import read_single_picture

    chosen = [color is not None, picture is not None, blur is not None or depth_of_field]
    if sum(chosen) != 1:
        raise Problem("--color, --image, --blur, --depth-of-field: give one of them", exit_code=2)
    if strength is not None and color is None:
        raise Problem("--strength: is the share of a colour: give --color too", exit_code=2)
    edit: BackgroundEdit
    if color is not None:
        edit = paint_background(color, 1.0 if strength is None else strength)
    elif picture is not None:
        edit = replace_background(read_single_picture(picture, show_note))
    else:
        edit = (defocus_background if depth_of_field else blur_background)(blur)
    options_of_edit = {"color": color, "strength": strength, "image": picture and told(str(picture)), "blur": blur,
                       "depth_of_field": depth_of_field}  # fmt: skip
    edit_and_print(edit, options_of_edit, needs_depth=depth_of_field, **given)
