"""`bgfg show`: describes a corpus, looks up samples and pictures, lists and queries the tables."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.places.place_type import CORPUS_PLACE
from bgfg.data_manifests.terminal.cli_types import NamedText
from bgfg.data_manifests.terminal.errors import Problem

_DEFAULT_ROWS = 50


@click.command()
@click.argument("corpus", type=CORPUS_PLACE)
@click.argument("what", required=False, metavar="[SAMPLE|NAME]")
@click.option(
    "--table", type=click.Choice(["assets", "samples", "instances", "distractors"]), help="List the rows of this table."
)
@click.option(
    "--where",
    multiple=True,
    metavar="FILTER",
    help="Only rows that meet it, such as background=3, kind=cutout or id<10.",
)
@click.option(
    "--split", multiple=True, type=click.Choice(SPLITS), help="Only rows of this split; may be given several times."
)
@click.option(
    "--columns",
    type=NamedText(),
    metavar="A,B,...",
    help="Columns to print.  [default: those that fit; with --json all]",
)
@click.option(
    "--sql",
    type=NamedText(),
    metavar="SELECT",
    help="Query the tables assets, samples, instances and distractors; needs bgfg[sql].",
)
@click.option("--limit", type=click.IntRange(1, 2**31), help="Most rows to print.  [default: 50; with --json all]")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def show(corpus: Path, what: str | None, sql: str | None, limit: int | None, as_json: bool, **listing: Any) -> None:
    """Say what a corpus is and how it was made; look up a sample or a picture; list or query the tables.

    SAMPLE is a number from 0; NAME is that of an image, mask, depth map, background or cut-out, with or without its
    suffix. Filters name columns of the table, which count from 0, and may be given several times.

    Example: bgfg show corpus --table samples --split val --where "visible_px<500"
    """
    from bgfg.data_manifests.corpus.lookup import look_up
    from bgfg.data_manifests.corpus.records import CorpusRecords, TableQuery
    from bgfg.data_manifests.corpus.sql import run_query
    from bgfg.data_manifests.corpus.summary import CorpusSummary

    _require_one_query(what, sql, limit, **listing)
    records = CorpusRecords.open(corpus)
    if sql is not None:
        with run_query(corpus, sql) as answered:
            _print_rows(answered.columns, answered.rows, limit, as_json)
    elif listing["table"] is not None:
        asked = TableQuery.parse(**listing, every_column=as_json, variety=records.manifest.variety)
        total = None if as_json else asked.count(records)
        _print_rows(asked.columns, asked.rows(records), limit, as_json, total)
    else:
        _print(CorpusSummary.from_records(records) if what is None else look_up(records, what), as_json)


def _require_one_query(
    what: str | None,
    sql: str | None,
    limit: int | None,
    table: str | None,
    where: Sequence[str],
    split: Sequence[str],
    columns: str | None,
) -> None:
    queries = {"a sample or name": what, "--table": table, "--sql": sql}
    given = [name for name, value in queries.items() if value is not None]
    if len(given) > 1:
        raise Problem(f"{' and '.join(given)}: give one of them", exit_code=2)
    for option, value in {"--where": where, "--split": split, "--columns": columns}.items():
        if value and table is None:
            raise Problem(f"{option}: goes with a table: add --table assets or --table samples", exit_code=2)
    if limit is not None and table is None and sql is None:
        raise Problem(f"--limit {limit}: goes with --table or --sql", exit_code=2)


def _print(answer: Any, as_json: bool) -> None:
    from bgfg.data_manifests.terminal.console import json_text

    click.echo(json_text(answer.to_dict()) if as_json else answer.to_text())


def _print_rows(
    columns: Sequence[str], rows: Iterator[Sequence[Any]], limit: int | None, as_json: bool, total: int | None = None
) -> None:
    """Print the first rows as JSON or as a table; after a table, say on stderr how many rows there are, if known."""
    from bgfg.data_manifests.terminal.console import format_table, json_rows

    if as_json:
        sys.stdout.writelines(json_rows(columns, itertools.islice(rows, limit)))
        sys.stdout.flush()
        return
    first = list(itertools.islice(rows, limit or _DEFAULT_ROWS))
    more = next(rows, None) is not None
    click.echo(format_table(columns, first))
    of = "" if total is None else f" of {total:,}"
    click.echo(f"rows: {len(first):,}{of}{'; --limit N shows more' if more else ''}", err=True)
