"""The command `bgfg export`: parse, one call, print."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.terminal.cli_types import CORPUS
from bgfg.data_manifests.terminal.errors import printable
from bgfg.synth.cli.cli import crew, crew_options


@click.command()
@click.argument("corpus", type=CORPUS)
@click.argument("out", type=CORPUS)
@click.option(
    "--as",
    "way",
    required=True,
    type=click.Choice(["folder", "zips", "webdataset", "coco", "hdf5", "parquet"]),
    help="Form: files; packs of 50,000; tar shards; images, RLE masks and JSON; one file; Hugging Face datasets.",
)
@click.option("--split", multiple=True, type=click.Choice(SPLITS), help="Only this split; may be given several times.")
@click.option("--samples", metavar="FIRST:END", help="Only the samples of this range, END not included.")
@click.option(
    "--where", multiple=True, metavar="FILTER", help="Only what meets background=3, cutout=0,1, visible_px>=500 ..."
)
@click.option(
    "--image", type=click.Choice(["jpeg", "png"]), default="jpeg", show_default=True, help="Kind of pictures."
)
@click.option("--quality", type=click.IntRange(1, 100), default=95, show_default=True, help="Quality of JPEG.")
@click.option("--grey", is_flag=True, help="Pictures with a single channel.")
@click.option(
    "--depth",
    type=click.Choice(["8", "16", "none"]),
    help="Bits of depth maps: 8 over the whole range (JPEG), 16 in mm (PNG).  [default: 8 in folder and zips, else 16]",
)
@crew_options
def export(corpus: Path, out: Path, workers: int | None, backend: str, **given: Any) -> None:
    """Hand a corpus on in a form that other tools read; an interrupted export goes on where it was.

    Filters name columns of samples.parquet, which count from 0. OUT/export.json says what was written, and
    OUT/SHA256SUMS lists every file.

    Example: bgfg export corpus out --as webdataset --split train --where "visible_px>=500"
    """
    from bgfg.synth.export.runner import export_corpus

    done = export_corpus(corpus, out, export_request(**given), crew(workers, backend))
    for note in done.notes:
        click.echo(f"Note: {printable(note)}", err=True)
    click.echo(
        f"{out}: {'already there: ' if done.unchanged else ''}{done.samples:,} samples in {done.files:,} files, "
        f"{done.bytes / 1e6:,.1f} MB"
    )


def export_request(
    way: str, split: Sequence[str], samples: str | None, where: Sequence[str], depth: str | None, **given: Any
) -> Any:
    """Return the request that the options of `export` make."""
    from bgfg.data_manifests.corpus.selection import Filter, Selection, parse_range
    from bgfg.synth.export.request import Request
    from bgfg.synth.export.runner import WAYS

    chosen = Selection(
        tuple(name for name in SPLITS if name in split),
        None if samples is None else parse_range(samples),
        tuple(Filter.parse(text) for text in where),
    )
    bits = {None: WAYS[way].depth_bits, "8": 8, "16": 16, "none": None}[depth]
    return Request(way, chosen, depth_bits=bits, **given)
