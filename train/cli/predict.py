"""The commands that use a trained model: parse, one call, print."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from bgfg.data_manifests.terminal.errors import Problem, command, printable
from bgfg.synth.cli.cli import F, options

if TYPE_CHECKING:  # telling the options need not wait for ONNX Runtime
    from bgfg.train.inference.edit import Colour, Edit
    from bgfg.train.inference.predictor import Predictor

ANY = click.Path(path_type=Path)


class ColourType(click.ParamType):
    """A colour, `#0a4678` or `#fff`; gives its red, green and blue, 0..255 each."""

    name = "#rrggbb"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int, int]:
        """Parse the text of the option."""
        if isinstance(value, tuple):
            return value
        digits = str(value).removeprefix("#")
        if re.fullmatch("[0-9a-fA-F]{3}", digits):
            digits = "".join(2 * digit for digit in digits)
        if not re.fullmatch("[0-9a-fA-F]{6}", digits):
            self.fail(f"{value!r}: give red, green and blue in hexadecimal, such as '#0a4678'", param, ctx)
        red, green, blue = bytes.fromhex(digits)
        return red, green, blue


use_options = options(
    click.argument("model", type=ANY),
    click.argument("image", type=ANY),
    click.option("--background", type=ANY, help="Shot of the empty scene, or a folder of them by the images' names."),
    click.option("--align", is_flag=True, help="Lay backgrounds over their images first, by what both show."),
    click.option("--size", type=click.IntRange(min=16), metavar="PX",
                 help="Shorter side at which the model looks.  [default: 4/3 of its training's]"),
    click.option("--device", type=click.Choice(["cuda", "mps", "cpu"]), help="[default: the best there is]"),
    click.option("--threads", type=click.IntRange(min=1), help="On a processor.  [default: one a core]"),
)  # fmt: skip

STRENGTH = click.FloatRange(0, 1)


def _out(default: str, what: str) -> Callable[[F], F]:
    """Return the option of where results go."""
    return options(click.option("--out", type=ANY, default=default, show_default=True, help=what))


@click.command()
@use_options
@_out("predicted", "Folder of the results.")
def predict(image: Path, background: Path | None, align: bool, out: Path, **given: Any) -> None:
    """Write mask, depth, cut-out and all of them side by side of IMAGE: a picture, a folder of them, or a video.

    MODEL is a run's folder, a checkpoint, or an .onnx file, which needs no PyTorch. The results have the picture's own
    size: mask/NAME.png (8-bit alpha), depth/NAME.png (16-bit millimetres), cutout/NAME.png (RGBA), and smaller
    side_by_side/NAME.jpg. A model that finds people one by one writes instances/NAME.png (8-bit numbers),
    detections/NAME.json (boxes, scores, masks as run lengths) and overlay/NAME.jpg. What a folder has already is kept.
    Of a video: mask/NAME.mkv, overlay/NAME.mp4, side_by_side/NAME.mp4, and the others frame by frame, such as
    cutout/NAME/000000.png and detections/NAME/000000.json; people are numbered anew in each frame.

    Example: bgfg predict runs/first photo.jpg --background empty.jpg
    """
    from bgfg.data_manifests.terminal.progress import shown
    from bgfg.train.inference.outputs import predict_files
    from bgfg.train.inference.video import is_video, predict_video

    predictor = _predictor(**given)
    if is_video(image):
        for path in predict_video(predictor, image, background, out, align, shown):
            click.echo(printable(str(path)))
        return
    count, new = predict_files(predictor, image, background, out, align, shown)
    kept = f", {count - new} of them there already" if new < count else ""
    click.echo(f"{printable(str(out))}: results of {count} {'picture' if count == 1 else 'pictures'}{kept}")


@click.command()
@use_options
@click.option("--color", type=ColourType(), help="Put a colour behind,")
@click.option("--strength", type=STRENGTH, help="as this share, over the scene.  [default: 1]")
@click.option("--image", "picture", type=ANY, help="Put another picture behind.")
@click.option("--blur", type=click.FloatRange(min=0, min_open=True), metavar="PX", help="Blur it, by this deviation.")
@click.option("--depth-of-field", is_flag=True, help="Blur it by its distance from the person; --blur: at infinity.")
@_out("replaced", "Folder of the results; for one image also a file.")
def replace(
    color: Colour | None, strength: float | None, picture: Path | None, blur: float | None, depth_of_field: bool,
    **given: Any,
) -> None:  # fmt: skip
    """Put something else behind the person, keeping soft edges: a colour, another picture, or the scene blurred.

    IMAGE is a picture, a folder of them, or a video, which loses its sound; MODEL as in predict.

    Example: bgfg replace runs/first photo.jpg --background empty.jpg --color '#0a4678' --out blue.png
    """
    from bgfg.data_manifests.images.pictures import read_rgb
    from bgfg.train.inference.edit import blurred, other, out_of_focus, plain

    chosen = [color is not None, picture is not None, blur is not None or depth_of_field]
    if sum(chosen) != 1:
        raise Problem("--color, --image, --blur, --depth-of-field: give one of them", exit_code=2)
    if strength is not None and color is None:
        raise Problem("--strength: is the share of a colour: give --color too", exit_code=2)
    edit: Edit
    if color is not None:
        edit = plain(color, 1.0 if strength is None else strength)
    elif picture is not None:
        edit = other(read_rgb(picture))
    else:
        edit = (out_of_focus if depth_of_field else blurred)(blur)
    options_of_edit = {"color": color, "strength": strength, "image": picture and str(picture), "blur": blur,
                       "depth_of_field": depth_of_field}  # fmt: skip
    _edit(edit, options_of_edit, **given)


@click.command()
@use_options
@click.option("--color", type=ColourType(), required=True, help="Hue and saturation of the background.")
@click.option("--strength", type=STRENGTH, default=1.0, show_default=True, help="How much of it.")
@_out("recoloured", "Folder of the results; for one image also a file.")
def recolour(color: Colour, strength: float, **given: Any) -> None:
    """Tint the background in a colour and keep its lightness; the person stays as it is.

    IMAGE is a picture, a folder of them, or a video, which loses its sound; MODEL as in predict.

    Example: bgfg recolour runs/first photo.jpg --background empty.jpg --color '#0a4678' --strength 0.5
    """
    from bgfg.train.inference.edit import tinted

    _edit(tinted(color, strength), {"tint": color, "strength": strength}, **given)


@click.command()
@click.argument("model", type=ANY)
@click.argument("out", type=ANY)
def onnx(model: Path, out: Path) -> None:
    """Write the network of a run, or of a checkpoint, as one .onnx file, and hold it to PyTorch's results.

    Any number of pictures, and any size where the network allows. The file says itself what it wants and gives.

    Example: bgfg onnx runs/first model.onnx
    """
    from bgfg.train.export.onnx import export_onnx

    export = export_onnx(model, out)
    found = ", ".join(f"{name} {difference:.1g}" for name, difference in export.differences.items())
    click.echo(f"{printable(str(out))}: {export.card.name}, {export.bytes / 1e6:.1f} MB")
    click.echo(f"largest difference from PyTorch: {found}")
    click.echo(f"Next: {command('predict', out, 'IMAGE', *(['--background', 'EMPTY'] * export.card.needs_background))}")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def models(as_json: bool) -> None:
    """List the networks that can be trained: parameters (for the mask alone), inputs, outputs, sizes and licence.

    Example: bgfg models --json
    """
    from bgfg.data_manifests.terminal.console import json_text, table
    from bgfg.train.models.listing import list_models

    rows = [asdict(model) for model in list_models()]
    click.echo(json_text(rows) if as_json else table(list(rows[0]), [list(row.values()) for row in rows]))


def _predictor(model: Path, size: int | None, device: str | None, threads: int | None) -> Predictor:
    from bgfg.train.inference.predictor import Predictor
    from bgfg.train.inference.runtime import open_model

    return Predictor(open_model(model, device, threads), size)


def _edit(
    edit: Edit, described: dict[str, Any], image: Path, background: Path | None, align: bool, out: Path, **given: Any
) -> None:
    from bgfg.data_manifests.terminal.progress import shown
    from bgfg.train.inference.edit_files import edit_files

    paths = edit_files(_predictor(**given), image, background, out, align, edit, described, shown)
    click.echo(printable(str(paths[0] if len(paths) == 1 else f"{out}: {len(paths)} pictures")))
