"""`python -m benchmarks`: run the benchmarks, print the table."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks import commands, compose, read
from benchmarks.inputs import InputFolders, kit_inputs, run_plan, user_inputs
from benchmarks.machine import describe_machine
from benchmarks.table import ResultSection, print_report
from bgfg.data_manifests.terminal.errors import Problem

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path, resolve_path=True)
SECTION_NAMES = ("compose", "read", "commands", "dataset")


@dataclass(frozen=True)
class Workload:
    """How much is measured.

    Attributes:
        repeats: Turns of each contestant.
        help_repeats: Turns of `bgfg --help`, which is short.
        peer_samples: Samples of the peers that write files.
        read_shards: Shards that are read.
    """

    repeats: int
    help_repeats: int
    peer_samples: int
    read_shards: int


FULL_WORKLOAD = Workload(repeats=3, help_repeats=10, peer_samples=40_000, read_shards=10)
QUICK_WORKLOAD = Workload(repeats=3, help_repeats=1, peer_samples=200, read_shards=1)


def parse_sections(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, ...]:
    """Parse the option --only."""
    names = tuple(value.split(","))
    for name in names:
        if name not in SECTION_NAMES:
            raise click.BadParameter(f"{name!r}: give some of {','.join(SECTION_NAMES)}")
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
@click.option(
    "--only", default=",".join(SECTION_NAMES), show_default=True, callback=parse_sections, help="What to measure."
)
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
    workload = Workload(
        **{
            **vars(QUICK_WORKLOAD if quick else FULL_WORKLOAD),
            **{name: n for name, n in given.items() if n is not None},
        }
    )
    with tempfile.TemporaryDirectory(prefix="bgfg-benchmarks-", dir=work) as folder:
        machine = describe_machine(Path(folder))
        sections = measure(Path(folder).resolve(), (bg, fg, bg_depth), workers, quick, only, workload)
    print_report(machine, sections, json_file)


def measure(
    work: Path,
    folders: tuple[Path | None, Path | None, Path | None],
    workers: int,
    quick: bool,
    only: tuple[str, ...],
    workload: Workload,
) -> list[ResultSection]:
    """Measure some sections.

    Args:
        work: Folder for all that is made.
        folders: Of backgrounds, cut-outs and depth; None for the kit's.
        workers: Processes that compose.
        quick: Whether next to nothing is measured.
        only: Names of the sections.
        workload: How much is measured.
    """
    sections = [ResultSection((), (_QUICK_NOTE if quick else _TURNS_NOTE,))]
    if set(only) != {"dataset"}:
        bg, fg, bg_depth = folders
        inputs = user_inputs(bg, fg, bg_depth, work, quick) if bg and fg else kit_inputs(work, workers, quick)
        run_plan(inputs, work / "plan")
        sections.append(ResultSection((), (f"Input: {inputs.description}.",)))
        makers = _make_sections(inputs, work, workers, workload)
        sections += [make_section() for name, make_section in makers.items() if name in only]
    if "dataset" in only:
        sections.append(commands.measure_dataset(work, workers, quick))
    return sections


def _make_sections(
    inputs: InputFolders, work: Path, workers: int, workload: Workload
) -> dict[str, Callable[[], ResultSection]]:
    planned = work / "plan"
    return {
        "compose": lambda: compose.measure(planned, workers, workload.repeats, workload.peer_samples),
        "read": lambda: read.measure(planned, workers, workload.repeats, workload.read_shards),
        "commands": lambda: commands.measure(inputs, work, workload.repeats, workload.help_repeats),
    }


def main() -> None:
    """Run the command; expected failures become lines on stderr, and SIGTERM lets it clean up first."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        benchmarks()
    except Problem as problem:
        for line in problem.lines:
            print(f"Error: {line}", file=sys.stderr)
        sys.exit(problem.exit_code)


if __name__ == "__main__":
    main()
