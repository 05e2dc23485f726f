"""`bgfg compose`: images and masks of every shard that isn't done."""

from __future__ import annotations

from pathlib import Path

import click

from bgfg.data_manifests.terminal.cli_types import CORPUS_PATH
from bgfg.data_manifests.terminal.errors import printable
from bgfg.data_manifests.terminal.notes import show_note
from bgfg.synth.cli.options import cluster_options, make_executor, path_for_workers


@click.command()
@click.argument("corpus", type=CORPUS_PATH)
@cluster_options
def compose(corpus: Path, workers: int | None, backend: str, address: str | None) -> None:
    """Make the images and masks of a planned corpus.

    CORPUS is a folder that bgfg plan has made. What is finished is kept: an interrupted run goes on where it was.

    Example: bgfg compose corpus --workers 8
    """
    from bgfg.synth.compose.shards import compose_corpus

    corpus = path_for_workers(corpus, backend)
    for note in compose_corpus(corpus, make_executor(workers, backend, address)):
        show_note(note)
    click.echo(f"{printable(str(corpus))}: all images and masks are made")
