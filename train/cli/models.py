"""`bgfg models`: the networks that can be trained, and those that come trained."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from bgfg.train.models.registry import MODELS

if TYPE_CHECKING:
    from bgfg.train.models.listing import ModelInfo

_COLUMNS = ("model", "parameters", "shots", "outputs", "px in > out", "trained", "licence")


@click.command()
@click.argument("name", type=click.Choice(list(MODELS)), metavar="[NAME]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def models(name: str | None, as_json: bool) -> None:
    """List the networks: parameters, shots of a scene, outputs, sizes and licence; of NAME all that is known.

    Most of them are there to be trained: their parameters are those for the mask alone, with the options that they have
    by themselves. Those that are `trained` come with bgfg, and are used at once, by name. Licences that end in ... are
    longer: NAME and --json have them whole.

    Example: bgfg models person
    """
    from bgfg.data_manifests.terminal.console import format_cell, format_table, json_text
    from bgfg.train.models.listing import list_models

    listed = [model for model in list_models() if name in (None, model.model)]
    if as_json:
        click.echo(json_text([asdict(model) for model in listed]))
    elif name is None:
        click.echo(format_table(_COLUMNS, [_row(model) for model in listed]))
    else:
        facts = ([f"{key}: {format_cell(value)}" for key, value in asdict(model).items()] for model in listed)
        click.echo("\n\n".join(map("\n".join, facts)))


def _row(model: ModelInfo) -> list[str | int | bool]:
    """Return what the table says of a network; its licence up to what it says of weights and pictures."""
    licence, more, _ = model.licence.partition("; ")
    return [
        model.model, model.parameters, model.shots, model.outputs, f"{model.input_px} > {model.output_px}",
        model.trained, f"{licence} ..." if more else licence,
    ]  # fmt: skip
