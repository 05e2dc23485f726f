"""Measure the stream of a corpus that is far away, beside that of its folder: `python -m benchmarks.far_stream CORPUS`.

A server of this machine answers each request after 50 ms, so that 32 requests at a time are 640 answers a second at
most. Each contestant is `bgfg bench-stream` as a whole process: the folder, the URL, and the URL with a cache.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from benchmarks.far_server import DELAY_S, files_below, serving
from benchmarks.machine import describe_machine
from benchmarks.run_command import run_command
from benchmarks.table import ResultRow, ResultSection, print_report
from benchmarks.timing import measure_in_turns, timed_bgfg

FOLDER = "its folder"


def streamed(corpus: str | Path, work: Path, seconds: float, *options: object) -> float:
    """Return the samples a second of a stream."""
    report = work / "report.json"
    timed_bgfg("bench-stream", corpus, "--seconds", seconds, "--json", report, *options)
    speed: float = json.loads(report.read_text())["speed"]["samples_per_s"]
    return speed


@click.command()
@click.argument("corpus", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--arrays", default="image,mask", show_default=True, help="Arrays to stream.")
@click.option("--seconds", default=5.0, show_default=True, help="How long each measures in a turn.")
@click.option("--repeats", default=3, show_default=True, type=click.IntRange(1), help="Turns of each.")
@click.option("--threads", default=32, show_default=True, type=click.IntRange(1), help="Threads of the far stream.")
def main(corpus: Path, arrays: str, seconds: float, repeats: int, threads: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, serving(files_below(corpus.resolve())) as url:
        work = Path(folder)
        of_arrays, far = ("--arrays", arrays), ("--threads", threads)
        cached = (*of_arrays, "--cache", work / "cache", "--cache-gb", 1000)
        click.echo("filling the cache", err=True)
        streamed(url, work, 4 * seconds, *cached, *far)
        contestants: dict[str, Callable[[], float]] = {
            FOLDER: partial(streamed, corpus.resolve(), work, seconds, *of_arrays),
            f"{1000 * DELAY_S:.0f} ms away, {threads} threads": partial(streamed, url, work, seconds, *of_arrays, *far),
            "the same with a cache": partial(streamed, url, work, seconds, *cached, *far),
            "with a cache, 2 threads": partial(streamed, url, work, seconds, *cached, "--threads", 2),
        }
        speeds, machine = measure_in_turns(contestants, repeats), describe_machine(work)
    rows = tuple(
        ResultRow("stream", name, "samples/s", values, {FOLDER: speeds[FOLDER]} if name != FOLDER else {})
        for name, values in speeds.items()
    )
    print_report(machine, [ResultSection(rows, (f"{arrays} of {corpus.name}, the server on the same machine",))], None)


if __name__ == "__main__":
    run_command(main, "stopped: nothing is kept, begin anew")
