"""The command `bgfg audit`: parse, one call, print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from bgfg.data_manifests.terminal.cli_types import CORPUS
from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.synth.cli.cli import crew, crew_options

if TYPE_CHECKING:
    from bgfg.synth.verify.audit import Report

_LINES_PER_CHECK = 20


@click.command()
@click.argument("path", type=CORPUS)
@click.option("--full", is_flag=True, help="Read every picture too, or every stored byte of a corpus.")
@click.option("--json", "as_json", is_flag=True, help="Print every finding as JSON.")
@click.option(
    "--fix-names",
    metavar="OUT",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the renaming that a folder needs to OUT/renames.csv.",
)
@click.option("--apply", is_flag=True, help="With --fix-names: copy the folder to OUT/renamed under the new names.")
@crew_options
def audit(
    path: Path, full: bool, as_json: bool, fix_names: Path | None, apply: bool, workers: int | None, backend: str
) -> None:
    """Say what a corpus, an export or a folder of this exercise is, and what is wrong with it.

    Errors, warnings and notes on names and structure; with --full on contents. Exit code 1 where there are errors.

    Example: bgfg audit corpus --full
    """
    from bgfg.data_manifests.terminal.findings import as_records, has_errors
    from bgfg.synth.verify.audit import audit as audit_path

    if apply and fix_names is None:
        raise click.UsageError("--apply goes with --fix-names OUT")
    report = audit_path(path, crew(workers, backend), full)
    if as_json:
        click.echo(json.dumps({"path": str(path), "what": report.what, **as_records(report.findings)}, indent=1))
    if fix_names is not None:
        _fix_names(path, report.what, fix_names, apply)
    if not as_json:
        print_report(report)
    elif has_errors(report.findings):
        raise SystemExit(1)


def print_report(report: Report) -> None:
    """Print an audit as a table for people; end with exit code 1 where there are errors."""
    from bgfg.data_manifests.terminal.findings import as_lines, has_errors

    for line in as_lines(report.findings, _LINES_PER_CHECK):
        click.echo(line)
    if has_errors(report.findings):
        raise SystemExit(1)


def _fix_names(path: Path, what: str, out: Path, apply: bool) -> None:
    """Write the table of proposals, and the renamed copy where it is wanted; what is said goes to stderr."""
    from bgfg.data_manifests.audit import renames
    from bgfg.data_manifests.audit.tree import read_tree

    if what != "folder":
        raise Problem(f"--fix-names: {path} is a bgfg {what}, whose names are its own: give a folder", exit_code=2)
    tree = read_tree(path)
    proposed = renames.propose(tree)
    if apply:
        copied = renames.apply(tree, proposed, out)
        click.echo(f"{printable(str(out / renames.COPY))}: {copied:,} files copied", err=True)
    renames.write_table(proposed, out)
    renamed = sum(bool(rename.new) for rename in proposed)
    click.echo(f"{printable(str(out / renames.TABLE))}: {renamed:,} of {len(proposed):,} can be renamed", err=True)
