"""Measure the stream of a corpus that is far away, beside that of its folder: `python -m benchmarks.far_stream CORPUS`.

A server of this machine answers each request after 50 ms, so that 32 requests at a time are 640 answers a second at
most. Each contestant is `bgfg bench-stream` as a whole process: the folder, the URL, and the URL with a cache, the
latter beside the folder by as many threads. Processor time is that of the stream and its consumer, the server's not.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import click

from benchmarks.far_server import DELAY_S, files_below, serving
from benchmarks.machine import describe_machine
from benchmarks.run_command import run_command
from benchmarks.table import ResultRow, ResultSection, print_report
from benchmarks.timing import measure_in_turns, timed_bgfg
from bgfg import ChunkCache, Stream

JOB = "stream"


class FarStreams:
    """Streams of a corpus, each measured as a process of its own.

    Attributes:
        processor_us: Microseconds of processor time that a sample took, by contestant, a value for each repeat.
    """

    def __init__(self, work: Path, arrays: str, seconds: float) -> None:
        self.processor_us: dict[str, list[float]] = {}
        self._report = work / "report.json"
        self._options = ("--arrays", arrays, "--seconds", seconds, "--json", self._report)

    def speed(self, name: str, corpus: str | Path, *options: object) -> float:
        """Return the samples a second of a stream, and note its processor time under a name."""
        timed_bgfg("bench-stream", corpus, *self._options, *options)
        said = json.loads(self._report.read_text())["speed"]
        self.processor_us.setdefault(name, []).append(said["processor_us"])
        return float(said["samples_per_s"])


@click.command()
@click.argument("corpus", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--arrays", default="image,mask", show_default=True, help="Arrays to stream.")
@click.option("--seconds", default=5.0, show_default=True, help="How long each measures in a turn.")
@click.option("--repeats", default=3, show_default=True, type=click.IntRange(1), help="Turns of each.")
@click.option("--threads", default=32, show_default=True, type=click.IntRange(1), help="Threads of the far stream.")
def main(corpus: Path, arrays: str, seconds: float, repeats: int, threads: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, serving(files_below(corpus.resolve())) as url:
        work, few = Path(folder), 2
        cached = ("--cache", work / "cache", "--cache-gb", 1000)
        click.echo("filling the cache", err=True)
        cache = ChunkCache(work / "cache", 10**12)
        for _ in Stream(url, arrays=tuple(arrays.split(",")), threads=threads, cache=cache):
            pass
        streams = FarStreams(work, arrays, seconds)
        # A name, what is streamed, its options, and the name of the one that it is held against.
        plan: list[tuple[str, str | Path, tuple[object, ...], str | None]] = []
        for count in (few, threads):
            here = f"its folder, {count} threads"
            plan.append((here, corpus.resolve(), ("--threads", count), None))
            plan.append((f"with a cache, {count} threads", url, (*cached, "--threads", count), here))
        far = f"{1000 * DELAY_S:.0f} ms away, {threads} threads"
        plan.append((far, url, ("--threads", threads), f"its folder, {threads} threads"))
        contestants = {name: partial(streams.speed, name, where, *options) for name, where, options, _ in plan}
        speeds, machine = measure_in_turns(contestants, repeats), describe_machine(work)
    peers = {name: peer for name, _, _, peer in plan}
    rows = [*_rows("samples/s", speeds, peers), *_rows("µs of processor time", streams.processor_us, peers)]
    print_report(
        machine, [ResultSection(tuple(rows), (f"{arrays} of {corpus.name}, the server on the same machine",))], None
    )


def _rows(unit: str, values: Mapping[str, Sequence[float]], peers: Mapping[str, str | None]) -> list[ResultRow]:
    """Return the rows of what was measured by contestant, each against its peer."""
    return [
        ResultRow(JOB, name, unit, tuple(found), {} if (peer := peers[name]) is None else {peer: tuple(values[peer])})
        for name, found in values.items()
    ]


if __name__ == "__main__":
    run_command(main, "stopped: nothing is kept, begin anew")
