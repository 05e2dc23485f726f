"""`bgfg halve`: a trained network in half the bytes."""

from __future__ import annotations

from pathlib import Path

import click

from bgfg.data_manifests.places.place_type import NETWORK_PLACE, RESULT_FILE
from bgfg.data_manifests.terminal.cli_types import PrintableText
from bgfg.data_manifests.terminal.errors import bgfg_command, printable


@click.command()
@click.argument("model", type=NETWORK_PLACE)
@click.argument("out", type=RESULT_FILE)
@click.option(
    "--licence",
    type=PrintableText(),
    help="Licence of the weights, and whose pictures are in them: the file says it, and so does what halve, onnx and "
    "web make of it, and what trainings that start from it give.  [default: what MODEL says]",
)
@click.option(
    "--closer-look/--no-closer-look",
    default=None,
    help="Whether predict and its like look at single pictures once more, closer, around what a first look found: for "
    "networks of masks that have seen people of all sizes in their frame; try it before.  [default: what MODEL says]",
)
def halve(model: Path, out: Path, licence: str | None, closer_look: bool | None) -> None:
    """Write a trained network as a checkpoint whose weights are in half precision: half the bytes, for use.

    MODEL is a run's folder, a checkpoint, or a network that comes with bgfg, by name; OUT is the file, whose name ends
    in .safetensors: a new one, or one to be made again. It is used as any other checkpoint, in single precision; an
    ONNX file that is made of it has half the bytes too.

    Example: bgfg halve runs/first first.safetensors
    """
    from bgfg.train.export.half_precision import halve_checkpoint

    halve_checkpoint(model, out, licence, closer_look)
    click.echo(f"{printable(str(out))}: {out.stat().st_size / 1e6:.1f} MB")
    click.echo(f"Next: {bgfg_command('onnx', out, 'OUT.onnx')}")
