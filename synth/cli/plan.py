"""`bgfg plan`: decides from two folders of pictures what a corpus is to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.terminal.cli_types import CORPUS_PATH, WORKERS
from bgfg.data_manifests.terminal.errors import bgfg_command
from bgfg.synth.cli.options import plan_and_print, plan_options


@click.command()
@click.argument("corpus", type=CORPUS_PATH)
@plan_options
@click.option("--workers", type=WORKERS, help="Threads that read pictures.  [default: one a core]")
def plan(corpus: Path, **given: Any) -> None:
    """Scan two folders of pictures, draw the placements, and write what the corpus is to be.

    CORPUS is the folder of the corpus, which is made where it isn't there. Its images are made by bgfg compose, its
    depth by bgfg label; bgfg dataset does all in a row.

    Example: bgfg plan corpus --bg photos --fg people
    """
    plan_and_print(corpus, **given)
    click.echo(f"Next: {bgfg_command('compose', corpus)}")
