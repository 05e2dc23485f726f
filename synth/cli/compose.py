"""`bgfg compose`: images and masks of every shard that isn't done."""

from __future__ import annotations

from pathlib import Path

import click

from bgfg.data_manifests.places.place_type import CORPUS_PLACE
from bgfg.data_manifests.terminal.errors import bgfg_command, printable
from bgfg.data_manifests.terminal.notes import show_note
from bgfg.synth.cli.options import cluster_options, make_executor, slice_option
from bgfg.synth.store.shard_slice import ShardSlice


@click.command()
@click.argument("corpus", type=CORPUS_PLACE)
@slice_option("the others may be made at the same time. `bgfg compose` without this comes last.")
@cluster_options
def compose(corpus: Path, which: ShardSlice | None, workers: int | None, backend: str, address: str | None) -> None:
    """Make the images and masks of a planned corpus.

    CORPUS is a folder that bgfg plan has made. What is finished is kept: an interrupted run goes on where it was.

    Example: bgfg compose corpus --workers 8
    """
    from bgfg.synth.compose.shards import compose_corpus

    executor = make_executor(workers, backend, address)
    corpus = executor.path_for_workers(corpus)
    for note in compose_corpus(corpus, executor, which):
        show_note(note)
    if which is not None:
        next_step = f"once all are: {bgfg_command('compose', corpus)}"
        click.echo(f"{printable(str(corpus))}: slice {which} of its images and masks is made; {next_step}")
        return
    click.echo(f"{printable(str(corpus))}: all images and masks are made")
