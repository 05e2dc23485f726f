"""`bgfg models`: the networks that can be trained, and those that come trained."""

from __future__ import annotations

from dataclasses import asdict

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def models(as_json: bool) -> None:
    """List the networks: parameters, inputs, outputs, sizes and licence.

    Most of them are there to be trained: their parameters are those for the mask alone, with the options that they have
    by themselves. Those that are `trained` come with bgfg, and are used at once, by name.

    Example: bgfg models --json
    """
    from bgfg.data_manifests.terminal.console import format_table, json_text
    from bgfg.train.models.listing import list_models

    rows = [asdict(model) for model in list_models()]
    click.echo(json_text(rows) if as_json else format_table(list(rows[0]), [list(row.values()) for row in rows]))
