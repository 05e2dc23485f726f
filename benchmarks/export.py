"""`bgfg export` against plain loops with each library's own writer: the same samples, formats and number of processes.

`python -m benchmarks.export CORPUS` measures a corpus that is there, composed and labelled.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import click
import numpy as np
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.export.runner import WAYS
from bgfg.synth.store.store import Corpus

from benchmarks.export_peers import PEERS, Loop, Peer
from benchmarks.machine import describe
from benchmarks.table import Row, Section, report
from benchmarks.timing import interleaved, timed_bgfg, timed_process

_MANY_FILES = 1_000


def measured_peer(corpus: Path, work: Path, peer: str, samples: int, workers: int) -> float:
    """Write the first samples of a corpus in some processes, from their start to the disk; return samples a second."""
    edges = np.linspace(0, samples, workers + 1).astype(int).tolist()
    bits = WAYS[PEERS[peer].way].depth_bits
    loops = [Loop(corpus, start, stop, work / str(start), bits) for start, stop in pairwise(edges)]
    started = time.monotonic()
    with ThreadPoolExecutor(workers) as starters:
        list(starters.map(partial(_run_loop, peer), loops))
    os.sync()
    seconds = time.monotonic() - started
    for loop in loops:
        clear(loop.folder)
    return samples / seconds


def _run_loop(peer: str, loop: Loop) -> None:
    timed_process(sys.executable, "-m", "benchmarks.export_peers", peer, *astuple(loop))


def measured_export(corpus: Path, work: Path, way: str, samples: int, workers: int) -> tuple[float, float]:
    """Run `bgfg export`, a whole process, until all is on disk; return (samples a second, bytes a sample)."""
    out = work / "export"
    started = time.monotonic()
    timed_bgfg("export", corpus, out, "--as", way, "--samples", f"0:{samples}", "--workers", workers)
    os.sync()
    seconds = time.monotonic() - started
    size_bytes = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    clear(out)
    return samples / seconds, size_bytes / samples


def clear(folder: Path) -> None:
    """Remove what a contestant wrote; but move it out of the way, for the end of all, where that is many files.

    Ext4 takes no inode again for minutes after a file was removed, and passes over them one by one: for who comes next
    a new file would cost ten times what it should.
    """
    if sum(1 for _ in folder.rglob("*")) < _MANY_FILES:
        shutil.rmtree(folder)
    else:
        folder.rename(folder.with_name(f"done-{time.monotonic_ns()}"))


def measure(corpus: Path, work: Path, ways: tuple[str, ...], workers: int, repeats: int, samples: int) -> Section:
    """Measure some ways out of a labelled corpus beside its peers; what is made in `work` is removed again."""
    count = min(samples, len(Corpus(corpus)))
    rows: list[Row] = []
    for way in ways:
        peers = [name for name, peer in PEERS.items() if peer.way == way and _installed(peer)]
        bytes_per_sample: list[float] = []

        def export(way: str = way, sizes: list[float] = bytes_per_sample) -> float:
            speed, size = measured_export(corpus, work, way, count, workers)
            sizes.append(size)
            return speed

        loops = {name: partial(measured_peer, corpus, work, name, count, workers) for name in peers}
        speeds = interleaved({f"bgfg export --as {way}": export, **loops}, repeats)
        job = f"export {count:,} samples as {way}, {workers} workers"
        own, *others = speeds
        against = {name: speeds[name] for name in others}
        rows.append(Row(job, own, "samples/s", speeds[own], against, bytes_per_sample[0]))
        rows += [Row(job, name, "samples/s", speeds[name]) for name in others]
    return Section(tuple(rows), (_NOTE,))


def _installed(peer: Peer) -> bool:
    return peer.library is None or find_spec(peer.library) is not None


_NOTE = (
    "Everybody is timed from the start of the processes until what was written is on the disk. Exports are hashed and "
    "manifested, and hold backgrounds and cut-outs too; the loops are read by bgfg's reader, encode by Pillow (JPEG of "
    "quality 95, PNG of level 1) or OpenCV, and each process writes files of its own: all in their favour."
)


@click.command()
@click.argument("corpus", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(min=1), help="Processes.")
@click.option("--repeats", default=3, show_default=True, type=click.IntRange(min=1), help="Turns of each contestant.")
@click.option("--only", multiple=True, type=click.Choice(list(WAYS)), help="Only this way out; several are possible.")
@click.option("--samples", default=20_000, show_default=True, type=click.IntRange(min=1), help="Samples to export.")
@click.option("--work", type=click.Path(exists=True, path_type=Path), help="Folder on the disk to measure on.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also write JSON there.")
def main(
    corpus: Path,
    workers: int,
    repeats: int,
    only: tuple[str, ...],
    samples: int,
    work: Path | None,
    json_file: Path | None,
) -> None:
    """Measure every way out of CORPUS beside plain loops, and print a table in Markdown.

    Example: python -m benchmarks.export data/corpus --repeats 3
    """
    with tempfile.TemporaryDirectory(prefix="bgfg-benchmarks-", dir=work) as folder:
        machine = describe(Path(folder))
        section = measure(corpus.resolve(), Path(folder).resolve(), only or tuple(WAYS), workers, repeats, samples)
    report(machine, [section], json_file)


if __name__ == "__main__":
    try:
        main()
    except Problem as problem:
        sys.exit("\n".join(problem.lines))
