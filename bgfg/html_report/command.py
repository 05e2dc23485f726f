"""`bgfg report`: a corpus, or runs side by side, as one HTML file to be mailed, archived, or put beside a paper."""

from __future__ import annotations

from pathlib import Path

import click

from bgfg.data_manifests.places.place_type import CORPUS_OR_RUN, RESULT_FILE
from bgfg.data_manifests.terminal.cli_types import REPORT_SAMPLES, PrintableText
from bgfg.data_manifests.terminal.errors import printable
from bgfg.synth.cli.options import executor_options, make_executor


@click.command()
@click.argument("sources", metavar="CORPUS|RUN...", nargs=-1, required=True, type=CORPUS_OR_RUN)
@click.argument("out", metavar="OUT.html", type=RESULT_FILE)
@click.option(
    "--samples",
    default=8,
    show_default=True,
    type=REPORT_SAMPLES,
    help="How many samples of a corpus are shown with all that belongs to them.",
)
@click.option("--full", is_flag=True, help="Let the audit of a corpus read every stored byte.")
@click.option(
    "--licence",
    type=PrintableText(),
    metavar="NAME",
    help="Licence of the pictures of a corpus.  [default: the one that its card has, else nothing is said]",
)
@executor_options
def report(
    sources: tuple[Path, ...],
    out: Path,
    samples: int,
    full: bool,
    licence: str | None,
    workers: int | None,
    backend: str,
) -> None:
    """Write what there is to see and to say of a corpus, or of runs side by side, as one HTML file.

    Of a corpus: its facts, samples, statistics, the findings of its audit with their pictures, and how it is made
    again. Of runs: their curves, sheets, evaluations and options. The file has everything inside, needs no server and
    no script, and has 8 MB at most. A report that is there is made again; anything else is kept.

    Example: bgfg report corpus corpus.html
    """
    from bgfg.html_report.report import write_report

    size_bytes = write_report(sources, out, make_executor(workers, backend), samples, full, licence)
    click.echo(f"{printable(str(out))}: {size_bytes:,} bytes")
