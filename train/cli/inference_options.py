"""Options and steps that the commands of a trained model, `predict`, `replace` and `recolour`, share."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bgfg.data_manifests.places.place_type import NETWORK_PLACE, SHOTS_PLACE, ResultsPlace
from bgfg.data_manifests.terminal.cli_types import LOOK_SIDE, WORKERS, F, FiniteRange, combine_options
from bgfg.data_manifests.terminal.errors import counted, printable

if TYPE_CHECKING:  # the help of a command need not wait for ONNX Runtime
    from bgfg.train.inference.edit import BackgroundEdit
    from bgfg.train.inference.predictor import Predictor

STRENGTH = FiniteRange(0, 1)

# Suffixes by which --out of an edit is a file under a URL.
EDIT_SUFFIXES = (".png", ".jpg", ".jpeg", ".mp4", ".mkv")


class HexColour(click.ParamType):
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


shot_options = combine_options(
    click.option("--background", type=SHOTS_PLACE,
                 help="Shot of the empty scene, or a folder of them by the images' names."),
    click.option("--align/--no-align", default=None,
                 help="Move each background over its image first, by what both show, as for a camera that moved; or "
                      "leave it where it is.  [default: move those that surely lie beside]"),
)  # fmt: skip
network_options = combine_options(
    click.option("--size", type=LOOK_SIDE, metavar="PX",
                 help="Shorter side of the whole picture as the model looks at it, once.  [default: 4/3 of its "
                      "training's; two_stream and person look at single pictures at their training's, then closer "
                      "around what they found]"),
    click.option("--device", type=click.Choice(["cuda", "mps", "cpu"]),
                 help="Device to run on.  [default: the best there is]"),
    click.option("--threads", type=WORKERS,
                 help="Threads on a processor; with 1 all is done by one core, one picture or frame after the other.  "
                      "[default: one a core]"),
)  # fmt: skip
inference_options = combine_options(
    click.argument("model", type=NETWORK_PLACE),
    click.argument("image", type=SHOTS_PLACE),
    shot_options,
    network_options,
)


def out_option(default: str, help_text: str, *file_suffixes: str) -> Callable[[F], F]:
    """Return the option --out, where results go: a folder or a URL, or a file by one of the suffixes."""
    place = ResultsPlace(*file_suffixes)
    return combine_options(click.option("--out", type=place, default=default, show_default=True, help=help_text))


def open_predictor(model: Path, size: int | None, device: str | None, threads: int | None) -> Predictor:
    """Return the predictor of a model, as the options ask for it."""
    from bgfg.train.inference.predictor import Predictor
    from bgfg.train.inference.runtime import load_model

    return Predictor(load_model(model, device, threads), size, threads=threads)


def edit_and_print(
    edit: BackgroundEdit,
    described: dict[str, Any],
    image: Path,
    background: Path | None,
    align: bool | None,
    out: Path,
    needs_depth: bool = False,
    **given: Any,
) -> None:
    """Edit the backgrounds of pictures or a video, and print what was written.

    Args:
        edit: What is done to a background.
        described: The options of the edit, which are written beside the results.
        image: A picture, a folder of them, or a video.
        background: Shot of the empty scene, or a folder of them; None for a model of one picture.
        align: Whether backgrounds are moved over their images; None for those that surely lie beside them.
        out: Where results go.
        needs_depth: Whether the edit goes by depth.
        **given: The options of the model, for `open_predictor`.
    """
    from bgfg.data_manifests.terminal.notes import show_note
    from bgfg.data_manifests.terminal.progress import show_progress
    from bgfg.train.inference.destinations import require_edit
    from bgfg.train.inference.edit_files import edit_files
    from bgfg.train.inference.inputs import check_align_given
    from bgfg.train.inference.layers import require_depth

    require_edit(image, background, out)
    predictor = open_predictor(**given)
    check_align_given(align, predictor.model.card)
    if needs_depth:
        require_depth(predictor.model.card)
    paths = edit_files(predictor, image, background, out, align, edit, described, show_progress, show_note)
    click.echo(printable(str(paths[0] if len(paths) == 1 else f"{out}: {counted(len(paths), 'picture')}")))
