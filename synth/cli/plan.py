"""`bgfg plan`: decides from two folders of pictures what a corpus is to be, or by which it is extended."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from bgfg.data_manifests.corpus.splits import parse_shares
from bgfg.data_manifests.places.place_type import CORPUS_PLACE
from bgfg.data_manifests.terminal.cli_types import WORKERS
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, counted, printable
from bgfg.data_manifests.terminal.progress import show_progress
from bgfg.synth.cli.options import print_fixes, print_remarks, print_splits
from bgfg.synth.cli.plan_options import GIVEN_RECIPE, given_values, plan_and_print, plan_options

# What an extension is told; the rest of a plan is that of the corpus.
_OF_EXTENSIONS = ("bg", "fg", "bg_depth", "depth_scale", "skip_bad", "fix_cutouts", "label", "subfolders")


@click.command()
@click.argument("corpus", type=CORPUS_PLACE)
@plan_options
@click.option(
    "--extend",
    is_flag=True,
    help="Add the pictures of --bg or --fg, or of both, to the corpus: with all others, under the same options.",
)
@click.option(
    "--undo", is_flag=True, help="With --extend: give up what is being added and isn't whole yet; all else stays."
)
@click.option(
    "--workers",
    type=WORKERS,
    help="Threads that read pictures, and processes that draw what varies.  [default: one a core]",
)
def plan(corpus: Path, extend: bool, undo: bool, **given: Any) -> None:
    """Scan two folders of pictures, draw the placements, and write what the corpus is to be.

    CORPUS is the folder of the corpus, which is made where it isn't there. Its images are made by bgfg compose, its
    depth by bgfg label; bgfg dataset does all in a row. With --extend further backgrounds or cut-outs join it, and what
    there is stays as it is; until all that is new is made, --extend --undo gives it up.

    Example: bgfg plan corpus --bg photos --fg people
    """
    if undo:
        _undo_and_print(corpus, extend)
    elif extend:
        _extend_and_print(corpus, **given)
    else:
        plan_and_print(corpus, **given)
        click.echo(f"Next: {bgfg_command('compose', corpus)}")


def _undo_and_print(corpus: Path, extend: bool) -> None:
    from bgfg.synth.plan.unlisted_parts import undo_extension

    if not extend:
        raise Problem("--undo: is of an extension that isn't whole yet: give --extend --undo", exit_code=2)
    context = click.get_current_context()
    for name in context.params:
        if (
            name not in ("corpus", "extend", "undo")
            and context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        ):
            line = f"--{name.replace('_', '-')}: --extend --undo adds nothing, and gives up what is being added"
            raise Problem(f"{line}: leave it out", exit_code=2)
    added, where = undo_extension(corpus), printable(str(corpus))
    if added:
        click.echo(f"{where}: no longer extended by {added}; what there was stays as it is")
    else:
        click.echo(f"{where}: nothing is being added to it")


def _require_as_planned(corpus: Path, given: Mapping[str, Any], told: Set[str]) -> None:
    """Raise Problem where options of a plan, by the names in `told`, are given and aren't those of the corpus."""
    from bgfg.data_manifests.corpus.manifest_file import load_manifest
    from bgfg.synth.plan.differences import option_values

    if not told:
        return
    manifest = load_manifest(corpus / "manifest" / "corpus.json")
    if manifest.is_imported:
        return  # which is refused for itself
    planned, values = option_values(manifest), given_values(given)
    different = [
        f"{option} {values[option]} (is {planned[option]})"
        for option in values
        if option[2:].replace("-", "_") in told and values[option] != planned[option]
    ]
    if "split" in told and parse_shares(given["split"]) != parse_shares(manifest.split):
        different.append(f"--split {given['split']} (is {manifest.split})")
    if different:
        it = "it" if len(different) == 1 else "them"
        line = f"{', '.join(different)}: an extension has what the corpus was planned with: leave {it} out"
        raise Problem(line, exit_code=2)


def _extend_and_print(corpus: Path, replace: bool, workers: int | None, depth_scale: float, **given: Any) -> None:
    from bgfg.data_manifests.machine.cpu_count import usable_cpu_count
    from bgfg.synth.plan.extend import extend_corpus
    from bgfg.synth.plan.options import ExtendOptions

    context = click.get_current_context()
    if GIVEN_RECIPE in context.meta:
        raise Problem("--recipe: an extension has what the corpus was planned with: leave it out", exit_code=2)
    named = {name for name in given if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    _require_as_planned(corpus, given, named - set(_OF_EXTENSIONS))
    of_extension = {name: value for name, value in given.items() if name in _OF_EXTENSIONS}
    options = ExtendOptions(depth_scale_m=depth_scale, **of_extension)
    found = extend_corpus(corpus, options, replace, workers or usable_cpu_count(), show_progress)
    print_remarks(found.notes, found.warnings, found.left_out)
    parts, before, where = len(found.before.parts), len(found.before.geometry.index), printable(str(corpus))
    told = found.manifest.geometry.describe_added(parts)
    if not told:
        click.echo(f"{where}: nothing to add: it has these pictures already")
        return
    for part in found.manifest.parts[parts:]:
        print_fixes(part.cutout_fixes or {})
    more = counted(len(found.manifest.geometry.index) - before, "sample")
    there = "already planned: " if found.unchanged else ""
    click.echo(f"{where}: {there}extended by {told}: {more} more, from {before:,} on")
    click.echo(f"Then {found.manifest.geometry.describe()}")
    print_splits(found.assets)
    steps = ["compose", *(["label"] if found.manifest.teacher else [])]
    next_steps = ", then ".join(bgfg_command(step, corpus) for step in steps)
    click.echo(f"Next: {next_steps}; until all of it is made, the corpus is read as it was")
