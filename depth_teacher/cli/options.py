"""Options and steps that several commands of teachers share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from bgfg.data_manifests.places.place_type import WEIGHTS_NAME
from bgfg.data_manifests.terminal.cli_types import BATCH, ImageSize, NamedText, NameValue, combine_options, once_each
from bgfg.data_manifests.terminal.errors import printable
from bgfg.depth_teacher.labelling.teacher_options import PICTURE_TEACHERS, TeacherOptions

# The parameters that `teacher_options` adds to a command.
TEACHER_PARAMETERS = ("weights", "input_size", "batch", "device", "resize", "trained_on", "onnx", "focal_px", "licence")

_WEIGHTS = (
    "File of weights (.h5, .safetensors, .pt, .onnx); for --teacher hub a name or a folder.  [default: compact's own]"
)
_DEPTH_BITS = {"log8": 8, "mm16": 16}

picture_teacher_option = click.option(
    "--teacher",
    type=click.Choice(PICTURE_TEACHERS),
    default="compact",
    show_default=True,
    help="Network that sees depth in pictures.",
)

depth_option = click.option(
    "--depth",
    type=click.Choice(list(_DEPTH_BITS)),
    default="log8",
    show_default=True,
    help="How a network's depth is stored: 8 bits in log steps, or 16 bits of millimetres.",
)

teacher_options = combine_options(
    click.option("--weights", type=WEIGHTS_NAME, metavar="FILE", help=_WEIGHTS),
    click.option(
        "--input-size",
        type=ImageSize(),
        help="Size of the network's input in pixels, N or WxH.  [default: the teacher's]",
    ),
    click.option(
        "--batch",
        type=BATCH,
        help="Pictures that the network takes at a time.  [default: the teacher's]",
    ),
    click.option(
        "--device",
        default="auto",
        show_default=True,
        metavar="[auto|cuda|mps|cpu]",
        help="Device that the network runs on.",
    ),
    click.option(
        "--resize",
        type=click.Choice(["align_corners", "half_pixel"]),
        help="How --teacher densedepth doubles its maps.  [default: half_pixel of Keras 3, else as the released "
        "weights]",
    ),
    click.option(
        "--trained-on",
        type=click.Choice(["nyu", "kitti"]),
        help="Range of --teacher densedepth: 0.1 to 10 m or 1 to 80 m.  [default: by the file's name]",
    ),
    click.option(
        "--onnx",
        multiple=True,
        type=NameValue(),
        callback=once_each,
        help="What the file of --teacher onnx is: model=NAME (depth-anything-v2, metric3d-v2, moge-2 ... or other), or "
        "a setting, such as far_m=20; may be given several times.  [default: by its inputs and outputs]",
    ),
    click.option(
        "--focal",
        "focal_px",
        type=float,
        help="Focal length of the camera in pixels of the pictures, for --teacher onnx.",
    ),
    click.option(
        "--licence",
        type=NamedText(),
        help="Licence of the weights of --teacher onnx, which is recorded.  [default: the file's]",
    ),
)


def make_teacher_options(
    teacher: str, input_size: tuple[int, int] | None, depth: str = "log8", **given: Any
) -> TeacherOptions:
    """Return what the options of a command say of the teacher; the names of parameters are those of click."""
    return TeacherOptions(teacher, input_px=input_size, bits=_DEPTH_BITS[depth], **given)


def given_teacher_options(given: Mapping[str, Any]) -> list[str]:
    """Return which of the options of `teacher_options` were given, as they are on the command line."""
    names = [name for name in TEACHER_PARAMETERS if given[name] not in (None, "auto", ())]
    return [f"--{name.removesuffix('_px').replace('_', '-')}" for name in names]


def echo_note(line: str) -> None:
    """Print a line on stderr that a person may want to read meanwhile."""
    click.echo(printable(line), err=True)
