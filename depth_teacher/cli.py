"""The commands that label: parse, one call, print."""

from __future__ import annotations

from pathlib import Path

import click

from synth.cli import CORPUS, crew, crew_options


@click.command()
@click.argument("corpus", type=CORPUS)
@click.option("--teacher", type=click.Choice(["layered"]), default="layered", show_default=True, help="What labels.")
@crew_options
def label(corpus: Path, teacher: str, workers: int | None, backend: str) -> None:
    """Make every unfinished shard of depth.

    The teacher `layered` takes the depth of the backgrounds (planned with --bg-depth), and stands each cut-out on it.

    Example: bgfg label corpus --teacher layered
    """
    from depth_teacher.label import label_corpus

    label_corpus(corpus, teacher, crew(workers, backend))
