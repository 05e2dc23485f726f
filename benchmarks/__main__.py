"""`python -m benchmarks`: run the benchmarks, print the table."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
from bgfg.data_manifests.terminal.errors import Problem

from benchmarks import commands, compose, read
from benchmarks.inputs import Inputs, kit, own, plan
from benchmarks.machine import describe
from benchmarks.table import Section, report

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path, resolve_path=True)
PARTS = ("compose", "read", "commands", "dataset")


@dataclass(frozen=True)
class Scale:
    """How much is measured: repeats, samples of the file-writing peers, shards to read."""

    repeats: int
    help_repeats: int
    peer_samples: int
    read_shards: int


FULL = Scale(repeats=3, help_repeats=10, peer_samples=40_000, read_shards=10)
QUICK = Scale(repeats=3, help_repeats=3, peer_samples=200, read_shards=1)


def chosen_parts(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, ...]:
    """Parse the option --only."""
    names = tuple(value.split(","))
    for name in names:
        if name not in PARTS:
            raise click.BadParameter(f"{name!r}: give some of {','.join(PARTS)}")
    return names


_TURNS_NOTE = "Contestants of a job take turns, A B C A B C; a ratio is that of the same turn."
_QUICK_NOTE = "--quick: far too little work for these speeds to mean anything; it shows that everything runs."


@click.command()
@click.option("--bg", type=FOLDER, help="Folder of backgrounds.  [default: the kit in data/kit, drawn if missing]")
@click.option("--fg", type=FOLDER, help="Folder of cut-outs.")
@click.option("--bg-depth", type=FOLDER, help="Folder of depth maps of the backgrounds; made up where there is none.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(min=1), help="Processes that compose.")
@click.option("--repeats", type=click.IntRange(min=1), help="Turns of each contestant.  [default: 3]")
@click.option("--peer-samples", type=click.IntRange(min=1), help="Samples of the peers' loops.  [default: 40000]")
@click.option("--read-shards", type=click.IntRange(min=1), help="Shards that are read.  [default: 10]")
@click.option("--quick", is_flag=True, help="Measure next to nothing, to see that everything runs.")
@click.option("--only", default=",".join(PARTS), show_default=True, callback=chosen_parts, help="What to measure.")
@click.option("--work", type=FOLDER, help="Folder on the disk to measure on.  [default: the system's temporary folder]")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also write JSON there.")
def benchmarks(
    bg: Path | None,
    fg: Path | None,
    bg_depth: Path | None,
    workers: int,
    quick: bool,
    only: tuple[str, ...],
    work: Path | None,
    json_file: Path | None,
    **given: int | None,
) -> None:
    """Measure bgfg and its peers in one run on this machine, and print a table in Markdown.

    Example: python -m benchmarks --bg photos --fg people --json results.json
    """
    if (bg is None) != (fg is None) or (bg_depth is not None and bg is None):
        raise click.UsageError("--bg and --fg go together, and --bg-depth with them")
    scale = Scale(**{**vars(QUICK if quick else FULL), **{name: n for name, n in given.items() if n is not None}})
    with tempfile.TemporaryDirectory(prefix="bgfg-benchmarks-", dir=work) as folder:
        machine = describe(Path(folder))
        sections = measure(Path(folder).resolve(), (bg, fg, bg_depth), workers, quick, only, scale)
    report(machine, sections, json_file)


def measure(
    work: Path,
    folders: tuple[Path | None, Path | None, Path | None],
    workers: int,
    quick: bool,
    only: tuple[str, ...],
    scale: Scale,
) -> list[Section]:
    """Measure the parts in `only`, with all that is made for it in the folder `work`.

    folders: of backgrounds, cut-outs and depth; None for the kit's.
    """
    sections = [Section((), (_QUICK_NOTE if quick else _TURNS_NOTE,))]
    if set(only) != {"dataset"}:
        bg, fg, bg_depth = folders
        inputs = own(bg, fg, bg_depth, work, quick) if bg and fg else kit(work, workers, quick)
        plan(inputs, work / "plan")
        sections.append(Section((), (f"Input: {inputs.description}.",)))
        parts = _parts(inputs, work, workers, scale)
        sections += [part() for name, part in parts.items() if name in only]
    if "dataset" in only:
        sections.append(commands.measure_dataset(work, workers, quick))
    return sections


def _parts(inputs: Inputs, work: Path, workers: int, scale: Scale) -> dict[str, Callable[[], Section]]:
    planned = work / "plan"
    return {
        "compose": lambda: compose.measure(planned, workers, scale.repeats, scale.peer_samples),
        "read": lambda: read.measure(planned, workers, scale.repeats, scale.read_shards),
        "commands": lambda: commands.measure(inputs, work, scale.repeats, scale.help_repeats),
    }


def main() -> None:
    """Run the command; expected failures become lines on stderr, and who is told to stop cleans up first."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        benchmarks()
    except Problem as problem:
        for line in problem.lines:
            print(f"Error: {line}", file=sys.stderr)
        sys.exit(problem.exit_code)


if __name__ == "__main__":
    main()
