"""The command that tells what a corpus is: parse, one call, print."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.terminal.cli_types import CORPUS
from bgfg.data_manifests.terminal.errors import Problem

_ROWS_FOR_PEOPLE = 50


@click.command()
@click.argument("corpus", type=CORPUS)
@click.argument("what", required=False, metavar="[SAMPLE|NAME]")
@click.option("--table", type=click.Choice(["assets", "samples", "instances"]), help="List the rows of a table.")
@click.option("--where", multiple=True, metavar="FILTER", help="Only rows with background=3, kind=cutout, id<10 ...")
@click.option("--split", multiple=True, type=click.Choice(SPLITS), help="Only this split; may be given several times.")
@click.option("--columns", metavar="A,B,...", help="These columns.  [default: those that fit; with --json all]")
@click.option("--sql", metavar="SELECT", help="Query the tables assets, samples and instances; needs bgfg[sql].")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many rows.  [default: 50; with --json all]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(corpus: Path, what: str | None, sql: str | None, limit: int | None, as_json: bool, **listing: Any) -> None:
    """Say what a corpus is and how it was made; look up a sample or a picture; list or query the tables.

    SAMPLE is a number from 0; NAME is that of an image, mask, depth map, background or cut-out, with or without its
    suffix. Filters name columns of the table, which count from 0, and may be given several times.

    Example: bgfg show corpus --table samples --split val --where "visible_px<500"
    """
    from bgfg.data_manifests.corpus.entry import look_up
    from bgfg.data_manifests.corpus.records import Listing, Records
    from bgfg.data_manifests.corpus.sql import answer
    from bgfg.data_manifests.corpus.summary import Summary

    _refuse_mixtures(what, sql, limit, **listing)
    records = Records.open(corpus)
    if sql is not None:
        with answer(corpus, sql) as answered:
            _print_rows(answered.columns, answered.rows, limit, as_json)
    elif listing["table"] is not None:
        asked = Listing.parse(**listing, every_column=as_json)
        total = None if as_json else asked.count(records)
        _print_rows(asked.columns, asked.rows(records), limit, as_json, total)
    else:
        _print(Summary.of(records) if what is None else look_up(records, what), as_json)


def _refuse_mixtures(
    what: str | None,
    sql: str | None,
    limit: int | None,
    table: str | None,
    where: Sequence[str],
    split: Sequence[str],
    columns: str | None,
) -> None:
    ways = {"a sample or name": what, "--table": table, "--sql": sql}
    given = [way for way, value in ways.items() if value is not None]
    if len(given) > 1:
        raise Problem(f"{' and '.join(given)}: give one of them", exit_code=2)
    for option, value in {"--where": where, "--split": split, "--columns": columns}.items():
        if value and table is None:
            raise Problem(f"{option}: goes with a table: add --table assets or --table samples", exit_code=2)
    if limit is not None and table is None and sql is None:
        raise Problem(f"--limit {limit}: goes with --table or --sql", exit_code=2)


def _print(told: Any, as_json: bool) -> None:
    from bgfg.data_manifests.terminal.console import json_text

    click.echo(json_text(told.content()) if as_json else told.in_words())


def _print_rows(
    columns: Sequence[str], rows: Iterator[Sequence[Any]], limit: int | None, as_json: bool, total: int | None = None
) -> None:
    """Print the first rows; for people say on stderr how many there are, as far as that is known."""
    from bgfg.data_manifests.terminal.console import json_rows, table

    if as_json:
        sys.stdout.writelines(json_rows(columns, itertools.islice(rows, limit)))
        sys.stdout.flush()
        return
    first = list(itertools.islice(rows, limit or _ROWS_FOR_PEOPLE))
    more = next(rows, None) is not None
    click.echo(table(columns, first))
    of = "" if total is None else f" of {total:,}"
    click.echo(f"rows: {len(first):,}{of}{'; --limit N shows more' if more else ''}", err=True)
