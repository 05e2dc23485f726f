"""Measure all that people wait for, beside an earlier build: `python -m benchmarks.builds --before CHECKOUT`.

CHECKOUT is a clone or worktree of another commit. The commands of both take turns, job by job; after each turn it is
kept, and the same command goes on where it was. Leave both checkouts as they are meanwhile: it is their files that run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import click

from benchmarks.builds.build import Build
from benchmarks.builds.jobs import Job, Place, all_jobs
from benchmarks.builds.litdata import LitData
from benchmarks.builds.markdown import NOTE, job_rows, table
from benchmarks.builds.process_cost import ProcessCost
from benchmarks.builds.sources import SCALES, Sources
from benchmarks.builds.turns import Turn, Turns
from benchmarks.machine import describe_machine
from benchmarks.run_command import run_command
from bgfg.data_manifests.terminal.errors import Problem

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path, resolve_path=True)
PYTHON = click.Path(exists=True, dir_okay=False, path_type=Path)
Contestant = Callable[[], tuple[ProcessCost, float]]


@click.command()
@click.option("--bg", required=True, type=FOLDER, help="Backgrounds, 100 for the full table.")
@click.option("--fg", required=True, type=FOLDER, help="Cut-outs, as many.")
@click.option("--before", type=FOLDER, help="Another checkout.")
@click.option("--before-python", type=PYTHON, help="Its interpreter, where it needs an environment of its own.")
@click.option("--peers-python", type=PYTHON, help="An interpreter that has LitData, to stream beside it.")
@click.option("--scale", type=click.Choice(list(SCALES)), default="full", show_default=True, help="How much is done.")
@click.option("--only", multiple=True, metavar="JOB", help="A job, or the beginning of some; may be given repeatedly.")
@click.option("--repeats", default=5, show_default=True, type=click.IntRange(min=1), help="Turns of each build.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(min=1), help="Processes of a command.")
@click.option(
    "--work", default=Path("data/builds"), show_default=True, type=click.Path(file_okay=False, path_type=Path),
    help="Folder, on the disk to measure on, of the turns and of all that is made.",
)  # fmt: skip
def builds(
    bg: Path, fg: Path, before: Path | None, before_python: Path | None, peers_python: Path | None, scale: str,
    only: tuple[str, ...], repeats: int, workers: int, work: Path,
) -> None:  # fmt: skip
    """Measure this build, and an earlier one in turns with it, and print a table in Markdown.

    Example: python -m benchmarks.builds --bg photos --fg people --before ../earlier --scale quick
    """
    work = work.resolve()
    sources = Sources(work / "sources", bg, fg, SCALES[scale])
    places = [Place(build, sources, workers) for build in Build.link_both(before, work, before_python)]
    measured = {"scale": scale, "workers": workers, "--bg": str(bg), "--fg": str(fg)}
    turns = Turns(work / "turns.json", measured | {place.build.name: place.build.version for place in places})
    jobs = chosen_jobs(all_jobs(sources, workers), only)
    machine = describe_machine(work)
    rows = []
    for number, (name, job) in enumerate(jobs.items(), start=1):
        contestants = contestants_of(name, job, places, peers_python)
        measure(name, contestants, turns, repeats, f"job {number} of {len(jobs)}")
        rows.append(job_rows(job.title, job.unit, {who: turns.of(name, who)[:repeats] for who in contestants}))
    versions = ", ".join(f"{place.build.name}: {place.build.version}" for place in places)
    click.echo(f"{machine.sentence()}\n\n{table(rows)}\n- {versions}.\n- {NOTE}")


def chosen_jobs(jobs: Mapping[str, Job], only: tuple[str, ...]) -> dict[str, Job]:
    """Return the jobs whose names begin with one of `only`; all where there is none."""
    for begin in only:
        if not any(name.startswith(begin) for name in jobs):
            raise Problem(f"--only {begin}: give some of {', '.join(jobs)}, or how they begin", exit_code=2)
    return {name: job for name, job in jobs.items() if not only or name.startswith(only)}


def contestants_of(name: str, job: Job, places: list[Place], peers_python: Path | None) -> dict[str, Contestant]:
    """Return who does a job: the builds, and beside the stream LitData, alone and with workers."""
    found: dict[str, Contestant] = {place.build.name: partial(job.measure, place) for place in places}
    if name == "stream" and peers_python is not None:
        for workers in (0, places[0].workers):
            found[f"LitData, {workers} workers"] = partial(LitData(peers_python, workers).measure, places[0])
    return found


def measure(job: str, contestants: Mapping[str, Contestant], turns: Turns, repeats: int, where: str) -> None:
    """Measure the turns of a job that are missing; who can't do it is asked once."""
    for repeat in range(1, repeats + 1):
        for name, contestant in contestants.items():
            done = turns.of(job, name)
            if len(done) < repeat and not any(turn.cannot for turn in done):
                turn = _turn(contestant)
                turns.add(job, name, turn)
                said = turn.cannot or f"{turn.processor_s:.2f} s of processor, {turn.wall_s:.2f} s"
                click.echo(f"{where}, {job}, turn {repeat} of {repeats}, {name}: {said}", err=True)


def _turn(contestant: Contestant) -> Turn:
    try:
        cost, rate = contestant()
    except Problem as problem:
        return Turn(0, 0, 0, 0, cannot=" ".join(problem.lines))
    return Turn(cost.processor_s, cost.wall_s, cost.memory_mb, rate)


if __name__ == "__main__":
    run_command(builds, "stopped: the turns that were measured are kept, and the same command goes on")
