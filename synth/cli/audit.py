"""`bgfg audit`: what a corpus, an export or a folder is, what is wrong with it, and names that mend it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from bgfg.data_manifests.places.place_type import CORPUS_PLACE, WHOLE_RESULTS
from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.synth.cli.options import executor_options, make_executor, print_audit


@click.command()
@click.argument("path", type=CORPUS_PLACE)
@click.option("--full", is_flag=True, help="Read every picture too, or every stored byte of a corpus.")
@click.option("--json", "as_json", is_flag=True, help="Print every finding as JSON.")
@click.option(
    "--fix-names",
    metavar="OUT",
    type=WHOLE_RESULTS,
    help="Write the renaming that a folder needs to OUT/renames.csv.",
)
@click.option("--apply", is_flag=True, help="With --fix-names: copy the folder to OUT/renamed under the new names.")
@executor_options
def audit(
    path: Path, full: bool, as_json: bool, fix_names: Path | None, apply: bool, workers: int | None, backend: str
) -> None:
    """Say what a corpus, an export or any folder of pictures is, and what is wrong with it.

    PATH is the folder, or its URL. There are errors, warnings and notes on names and structure, with --full on contents
    too. Exit code 1 where there are errors.

    Example: bgfg audit corpus --full
    """
    from bgfg.data_manifests.objects.mirror_folders import mirrored
    from bgfg.data_manifests.terminal.findings import findings_as_dict, has_errors
    from bgfg.synth.verify.audit import audit_path

    if apply and fix_names is None:
        raise click.UsageError("--apply goes with --fix-names OUT")
    there = mirrored(path)
    if there is not None and fix_names is not None:
        raise Problem(f"--fix-names: {there.store.url} is no folder: copy it into one, and audit that", exit_code=2)
    report = audit_path(path, make_executor(workers, backend), full)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "path": str(path) if there is None else there.store.url,
                    "what": report.kind,
                    **findings_as_dict(report.findings),
                },
                indent=1,
            )
        )
    if fix_names is not None:
        _fix_names(path, report.kind, fix_names, apply)
    if not as_json:
        print_audit(report)
    elif has_errors(report.findings):
        raise SystemExit(1)


def _fix_names(path: Path, what: str, out: Path, apply: bool) -> None:
    """Write the table of proposals, and the renamed copy where it is wanted; what is said goes to stderr."""
    from bgfg.data_manifests.audit import renames
    from bgfg.data_manifests.audit.tree import read_tree
    from bgfg.synth.store.lock import results_folder
    from bgfg.synth.store.outputs import require_folder

    if what != "folder":
        raise Problem(f"--fix-names: {path} is a bgfg {what}, whose names are its own: give a folder", exit_code=2)
    renames.require_elsewhere(path, out)
    require_folder(out, "--fix-names")
    tree = read_tree(path)
    proposed = renames.propose_renames(tree)
    if not proposed:
        where = printable(str(out))
        click.echo(f"{printable(str(path))}: no name needs to be mended: nothing is written to {where}", err=True)
        return
    with results_folder(out):
        if apply:
            copied = renames.copy_renamed(tree, proposed, out)
            said = f"{copied:,} files copied" if copied else "there already, with all files"
            click.echo(f"{printable(str(out / renames.RENAMED_FOLDER))}: {said}", err=True)
        renames.write_rename_table(proposed, out)
    renamed = sum(bool(rename.new) for rename in proposed)
    click.echo(
        f"{printable(str(out / renames.RENAMES_FILE))}: {renamed:,} of {len(proposed):,} can be renamed", err=True
    )
