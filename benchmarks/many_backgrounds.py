"""Measure commands on a corpus of many backgrounds and few samples of each, beside an earlier build.

`python -m benchmarks.many_backgrounds --before CHECKOUT`, where CHECKOUT is a clone or worktree of another commit.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import cv2
import numpy as np

from benchmarks.machine import describe_machine
from benchmarks.table import ResultRow, ResultSection, print_report
from benchmarks.timing import ROOT, measure_in_turns, timed_process
from bgfg.data_manifests.terminal.errors import Problem

# The four folders of a checkout, which are one package with its folder `bgfg`.
_FOLDERS = ("data_manifests", "synth", "depth_teacher", "train")

# Name -> the words after `bgfg`, with C for the corpus and E for the folder of an export.
COMMANDS = {
    "compose": ("compose", "C"),
    "verify": ("verify", "C"),
    "verify --recompose": ("verify", "C", "--recompose"),
    "audit": ("audit", "C"),
    "export --as webdataset": ("export", "C", "E", "--as", "webdataset"),
    "export --as folder": ("export", "C", "E", "--as", "folder"),
    "export --as coco": ("export", "C", "E", "--as", "coco"),
    "export --as parquet": ("export", "C", "E", "--as", "parquet"),
    "export --as hdf5": ("export", "C", "E", "--as", "hdf5"),
    "export --as zips": ("export", "C", "E", "--as", "zips"),
}


@dataclass(frozen=True)
class Build:
    """A checkout whose commands are timed.

    Attributes:
        name: What it is called in the table.
        package: A folder with a package `bgfg` of links to the checkout: its own code runs, whatever is installed.
        work: Folder for its corpus and exports.
    """

    name: str
    package: Path
    work: Path

    @classmethod
    def link(cls, name: str, checkout: Path, work: Path) -> Build:
        """Lay links to a checkout into a folder of `work`."""
        package = work / name / "build"
        (package / "bgfg").mkdir(parents=True)
        for path in (*(checkout / "bgfg").iterdir(), *(checkout / folder for folder in _FOLDERS)):
            if path.name != "__pycache__" and path.name not in {link.name for link in (package / "bgfg").iterdir()}:
                (package / "bgfg" / path.name).symlink_to(path.resolve())
        return cls(name, package, work / name)

    @classmethod
    def link_both(cls, before: Path | None, work: Path) -> list[Build]:
        """Link this checkout as "now", and another one, where there is one, as "before"."""
        checkouts = {"now": ROOT} | ({"before": before.resolve()} if before else {})
        return [cls.link(name, checkout, work) for name, checkout in checkouts.items()]

    def run(self, *arguments: object) -> float:
        """Run a command of this build as a whole process; return its wall time in s."""
        return timed_process(sys.executable, "-m", "bgfg", *arguments, folder=self.package)

    def speed(self, command: str, samples: int, workers: int) -> float:
        """Run one of COMMANDS on a corpus that it has, from a clean start; return samples a second."""
        corpus, export = self.work / "corpus", self.work / "export"
        if command == "compose":
            shutil.rmtree(corpus, ignore_errors=True)
            shutil.copytree(self.work.parent / "plan", corpus)
        words = [{"C": corpus, "E": export}.get(word, word) for word in COMMANDS[command]]
        seconds = self.run(*words, "--workers", workers)
        shutil.rmtree(export, ignore_errors=True)
        return samples / seconds


def draw_sources(folder: Path, backgrounds: int) -> None:
    """Draw backgrounds, unlike each other and small to store, and two cut-outs."""
    rng = np.random.default_rng(0)
    for name in ("bg", "fg"):
        (folder / name).mkdir(parents=True)
    for b in range(backgrounds):
        coarse = rng.integers(0, 256, (7, 9, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"bg/b{b:05d}.png"), cv2.resize(coarse, (96, 72), interpolation=cv2.INTER_CUBIC))
    for c in range(2):
        rgba = np.zeros((160, 90, 4), np.uint8)
        cv2.ellipse(rgba, (45, 80), (30 + 5 * c, 70), 0, 0, 360, (40 + 90 * c, 120, 200, 255), -1)
        cv2.imwrite(str(folder / f"fg/c{c}.png"), rgba)


def measure(work: Path, builds: list[Build], backgrounds: int, workers: int, repeats: int) -> ResultSection:
    """Measure every command, the builds in turns; the first of them is held against the second where there is one."""
    draw_sources(work / "sources", backgrounds)
    sources = ("--bg", work / "sources/bg", "--fg", work / "sources/fg", "--placements", 1)
    builds[0].run("plan", work / "plan", *sources)
    samples, rows = 4 * backgrounds, []
    for command in COMMANDS:
        turns = {build.name: partial(build.speed, command, samples, workers) for build in builds}
        speeds = measure_in_turns(turns, repeats)
        own, *others = speeds
        job = f"{command}, {samples:,} samples of {backgrounds:,} backgrounds"
        rows.append(ResultRow(job, own, "samples/s", speeds[own], {other: speeds[other] for other in others}))
        rows += [ResultRow(job, other, "samples/s", speeds[other]) for other in others]
    return ResultSection(tuple(rows), (f"Whole processes, {workers} workers, pictures of 224x224, four samples each.",))


@click.command()
@click.option("--before", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Another checkout.")
@click.option("--backgrounds", default=2_000, show_default=True, type=click.IntRange(min=1), help="How many.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(min=1), help="Processes.")
@click.option("--repeats", default=1, show_default=True, type=click.IntRange(min=1), help="Turns of each build.")
@click.option("--work", type=click.Path(exists=True, path_type=Path), help="Folder on the disk to measure on.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also write JSON there.")
def main(
    before: Path | None, backgrounds: int, workers: int, repeats: int, work: Path | None, json_file: Path | None
) -> None:
    """Measure a corpus of many backgrounds, and print a table in Markdown.

    Example: python -m benchmarks.many_backgrounds --before ../earlier
    """
    with tempfile.TemporaryDirectory(prefix="bgfg-benchmarks-", dir=work) as name:
        folder = Path(name).resolve()
        builds = Build.link_both(before, folder)
        section = measure(folder, builds, backgrounds, workers, repeats)
        print_report(describe_machine(folder), [section], json_file)


if __name__ == "__main__":
    try:
        main()
    except Problem as problem:
        sys.exit("\n".join(problem.lines))
