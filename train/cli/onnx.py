"""`bgfg onnx`: a trained network as an .onnx file."""

from __future__ import annotations

from pathlib import Path

import click

from bgfg.data_manifests.places.place_type import NETWORK_PLACE, RESULT_FILE
from bgfg.data_manifests.terminal.errors import bgfg_command, printable


@click.command()
@click.argument("model", type=NETWORK_PLACE)
@click.argument("out", type=RESULT_FILE)
def onnx(model: Path, out: Path) -> None:
    """Write a trained network as one .onnx file, and hold it to PyTorch's results.

    MODEL is a run's folder, a checkpoint, or a network that comes with bgfg, by name; OUT is the file, whose name ends
    in .onnx: a new one, or one to be made again. It takes any number of pictures, of any size where the network allows,
    and says itself what it wants and gives.

    Example: bgfg onnx runs/first model.onnx
    """
    from bgfg.train.export.onnx import export_onnx

    export = export_onnx(model, out)
    found = ", ".join(f"{name} {difference:.1g}" for name, difference in export.differences.items())
    click.echo(f"{printable(str(out))}: {export.card.name}, {export.bytes / 1e6:.1f} MB")
    click.echo(f"largest difference from PyTorch: {found}")
    click.echo(
        f"Next: {bgfg_command('predict', out, 'IMAGE', *(['--background', 'EMPTY'] * export.card.needs_background))}"
    )
