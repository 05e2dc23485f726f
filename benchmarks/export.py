"""Measure `bgfg export` against plain loops with the libraries' own writers: same samples, formats and processes.

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

from benchmarks.export_peers import PEERS, ExportPeer, PeerJob
from benchmarks.machine import describe_machine
from benchmarks.table import ResultRow, ResultSection, print_report
from benchmarks.timing import measure_in_turns, timed_bgfg, timed_process
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.export.forms.registry import EXPORT_FORMATS
from bgfg.synth.store.corpus import Corpus

_MANY_FILES = 1_000


def measure_peer(corpus: Path, work: Path, peer: str, samples: int, workers: int) -> float:
    """Write the first samples of a corpus by a peer in some processes; return samples a second, from start to disk."""
    edges = np.linspace(0, samples, workers + 1).astype(int).tolist()
    bits = EXPORT_FORMATS[PEERS[peer].export_format].default_depth_bits
    jobs = [PeerJob(corpus, start, stop, work / str(start), bits) for start, stop in pairwise(edges)]
    started = time.monotonic()
    with ThreadPoolExecutor(workers) as starters:
        list(starters.map(partial(_run_job, peer), jobs))
    os.sync()
    seconds = time.monotonic() - started
    for job in jobs:
        remove_output(job.folder)
    return samples / seconds


def _run_job(peer: str, job: PeerJob) -> None:
    timed_process(sys.executable, "-m", "benchmarks.export_peers", peer, *astuple(job))


def measure_export(corpus: Path, work: Path, export_format: str, samples: int, workers: int) -> tuple[float, float]:
    """Run `bgfg export`, a whole process, until all is on disk; return (samples a second, bytes a sample)."""
    out = work / "export"
    started = time.monotonic()
    form = ["--segmentation", "rle"] if export_format == "coco" else []  # as its peer writes masks
    timed_bgfg("export", corpus, out, "--as", export_format, "--samples", f"0:{samples}", "--workers", workers, *form)
    os.sync()
    seconds = time.monotonic() - started
    size_bytes = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    remove_output(out)
    return samples / seconds, size_bytes / samples


def remove_output(folder: Path) -> None:
    """Remove what a contestant wrote; many files are only moved away, and removed at the end of all.

    Ext4 takes no inode again for minutes after a file was removed, and passes over them one by one: a new file of the
    next contestant would cost ten times what it should.
    """
    if sum(1 for _ in folder.rglob("*")) < _MANY_FILES:
        shutil.rmtree(folder)
    else:
        folder.rename(folder.with_name(f"done-{time.monotonic_ns()}"))


def measure(
    corpus: Path, work: Path, export_formats: tuple[str, ...], workers: int, repeats: int, samples: int
) -> ResultSection:
    """Measure exporting a labelled corpus in some formats beside the peers; what is made in `work` is removed again."""
    count = min(samples, len(Corpus(corpus)))
    rows: list[ResultRow] = []
    for export_format in export_formats:
        peers = [name for name, peer in PEERS.items() if peer.export_format == export_format and _installed(peer)]
        bytes_per_sample: list[float] = []

        def export(export_format: str = export_format, sizes: list[float] = bytes_per_sample) -> float:
            speed, size = measure_export(corpus, work, export_format, count, workers)
            sizes.append(size)
            return speed

        loops = {name: partial(measure_peer, corpus, work, name, count, workers) for name in peers}
        speeds = measure_in_turns({f"bgfg export --as {export_format}": export, **loops}, repeats)
        job = f"export {count:,} samples as {export_format}, {workers} workers"
        own, *others = speeds
        against = {name: speeds[name] for name in others}
        rows.append(ResultRow(job, own, "samples/s", speeds[own], against, bytes_per_sample[0]))
        rows += [ResultRow(job, name, "samples/s", speeds[name]) for name in others]
    return ResultSection(tuple(rows), (_NOTE,))


def _installed(peer: ExportPeer) -> bool:
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
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(list(EXPORT_FORMATS)),
    help="Only this format; may be given several times.",
)
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
        machine = describe_machine(Path(folder))
        section = measure(
            corpus.resolve(), Path(folder).resolve(), only or tuple(EXPORT_FORMATS), workers, repeats, samples
        )
    print_report(machine, [section], json_file)


if __name__ == "__main__":
    try:
        main()
    except Problem as problem:
        sys.exit("\n".join(problem.lines))
