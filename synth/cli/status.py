"""`bgfg status`: what of a corpus is done, what is left, and its bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bgfg.data_manifests.places.place_type import LISTED_CORPUS

if TYPE_CHECKING:
    from bgfg.synth.verify.status import ArrayStatus


@click.command()
@click.argument("corpus", type=LISTED_CORPUS)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def status(corpus: Path, as_json: bool) -> None:
    """Say what of a corpus is done, what is left, and how many bytes it takes; and so of what is being added to it.

    Example: bgfg status corpus
    """
    from bgfg.synth.store.corpus import Corpus
    from bgfg.synth.verify.status import corpus_status as status_of

    opened = Corpus(corpus, hold_metadata=False, pending=True)
    arrays = status_of(opened)
    if as_json:
        click.echo(json.dumps([asdict(array) for array in arrays], indent=1))
        return
    for being_added in (False, True):
        of_parts = [array for array in arrays if array.being_added == being_added]
        if of_parts and being_added:
            click.echo(f"\nbeing added, and not read before all of it is made: {opened.describe_pending()}")
        if of_parts:
            _print(of_parts)


def _print(arrays: Sequence[ArrayStatus]) -> None:
    click.echo(f"{'array':8} {'samples done':>14} {'left':>12} {'shards done':>12} {'left':>6} {'bytes':>16}")
    for a in arrays:
        click.echo(
            f"{a.array:8} {a.samples_done:14,} {a.samples_left:12,} {a.shards_done:12,} {a.shards_left:6,} "
            f"{a.bytes:16,}"
        )
