"""Measure the stream against other libraries' loaders: the same samples, cores, batches and consumer in one run.

`python -m benchmarks.stream CORPUS --peers-python PYTHON` measures a corpus that is there, composed and labelled. The
peers want libraries (and an older numpy) that bgfg doesn't, so they run under an interpreter of their own: an
environment with webdataset, mosaicml-streaming, litdata, simplejpeg, opencv-python-headless and torch.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import click
import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from benchmarks.builds.process_cost import ProcessCost
from benchmarks.machine import describe_machine
from benchmarks.stream_peers import ARRAYS, BATCH, PEERS, limit_cores, samples_per_s
from benchmarks.table import ResultRow, ResultSection, print_report
from benchmarks.timing import ROOT, measure_in_turns
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from bgfg.train.stream.split_index import require_done, split_samples
from bgfg.train.stream.stream import Stream

OWN_NAME = "bgfg's Stream"

_NOTE = (
    "stream: shuffled batches of 64 of image, mask and depth, handed to a consumer that reads every byte of them, and "
    "a byte of every cache line of their backgrounds, looked up in memory by all. An epoch to warm up, then whole "
    "epochs, page cache warm. All contestants are held to the same cores. The peers' raw forms are uncompressed, the "
    "folder has JPEG of quality 90 and PNG; bgfg's store is lossless."
)


def chosen_samples(corpus: Corpus, count: int) -> NDArray[np.int64]:
    """Return about `count` samples of the split train: random whole blocks."""
    samples, K = split_samples(corpus, "train"), corpus.geometry.placements
    blocks = np.unique(samples // K)
    each = len(samples) // len(blocks)
    some = np.random.default_rng(0).choice(blocks, min(len(blocks), -(-count // each)), replace=False)
    chosen: NDArray[np.int64] = samples[np.isin(samples // K, some)]
    return chosen


def dump_samples(corpus: Corpus, samples: NDArray[np.int64], folder: Path) -> None:
    """Write samples in the form that `stream_peers` reads."""
    require_done(corpus, ARRAYS, samples)
    folder.mkdir()
    stream = Stream(corpus, samples=samples, shuffle=False, arrays=ARRAYS)
    layouts = {name: corpus.layouts[name] for name in ARRAYS}
    files = {
        name: open_memmap(folder / f"{name}.npy", "w+", np.dtype(layout.dtype), (len(samples), *layout.shape[1:]))
        for name, layout in layouts.items()
    }
    at = 0
    for batch in stream:
        stop = at + len(batch["sample"])
        files["image"][at:stop] = batch["image"].permute(0, 2, 3, 1).numpy()
        for name in ARRAYS[1:]:
            files[name][at:stop] = batch[name][:, 0].numpy()
        at = stop
    per_background = 2 * corpus.geometry.cutouts * corpus.geometry.placements
    np.save(folder / "background.npy", samples // per_background)
    np.save(folder / "backgrounds.npy", stream.backgrounds.permute(0, 2, 3, 1).contiguous().numpy())


def stream_speed(corpus: Path, samples: NDArray[np.int64], cores: int, seconds: float) -> float:
    """Return samples a second of the stream, in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_own_speed, corpus, samples, cores, seconds).result()


def _own_speed(corpus: Path, samples: NDArray[np.int64], cores: int, seconds: float) -> float:
    limit_cores(cores)
    stream = Stream(corpus, samples=samples, batch=BATCH, arrays=ARRAYS, threads=cores)
    return samples_per_s(stream, stream.backgrounds, seconds)


def run_peer(python: Path, *arguments: object) -> ProcessCost:
    """Run `stream_peers` under the peers' interpreter; raise Problem where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        _link_package(Path(folder) / "bgfg")
        environment = os.environ | {"PYTHONPATH": folder}
        command = (python, ROOT / "benchmarks/stream_peers.py", *arguments)
        return ProcessCost.of(command, Path.cwd(), environment, name=str(arguments[1]))


def _link_package(package: Path) -> None:
    """Lay out bgfg as one package by links, for an interpreter in which it isn't installed."""
    package.mkdir()
    (package / "__init__.py").symlink_to(ROOT / "bgfg" / "__init__.py")
    for folder in ("data_manifests", "synth", "depth_teacher", "train"):
        (package / folder).symlink_to(ROOT / folder)


def peer_speed(python: Path, peer: str, given: Path, folder: Path, workers: int, cores: int, seconds: float) -> float:
    """Return samples a second of a peer with a number of workers."""
    said = json.loads(run_peer(python, "read", peer, given, folder, workers, cores, seconds).said)
    return float(said["samples_per_s"])


def measure(
    corpus: Path, work: Path, python: Path, cores: int, repeats: int, count: int, seconds: float
) -> ResultSection:
    """Measure the stream of some samples of a labelled corpus beside its peers, each alone and with workers."""
    opened, given = Corpus(corpus), work / "samples"
    samples = chosen_samples(opened, count)
    dump_samples(opened, samples, given)
    contestants: dict[str, Callable[[], float]] = {OWN_NAME: partial(stream_speed, corpus, samples, cores, seconds)}
    forms: dict[str, tuple[str, float]] = {}
    for number, peer in enumerate(PEERS):
        folder = work / f"peer-{number}"
        run_peer(python, "write", peer, given, folder)
        size_bytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        for workers in (0, cores):
            name = f"{peer}, {workers} workers"
            contestants[name] = partial(peer_speed, python, peer, given, folder, workers, cores, seconds)
            forms[name] = peer, size_bytes / len(samples)
    speeds = measure_in_turns(contestants, repeats)
    shutil.rmtree(work / "samples")
    against = {}
    for peer in PEERS:
        names = [name for name, (of, _) in forms.items() if of == peer]
        fastest = max(names, key=lambda name: statistics.median(speeds[name]))
        against[fastest] = speeds[fastest]
    job = f"stream {len(samples):,} samples in batches of {BATCH}, {cores} cores"
    rows = [ResultRow(job, OWN_NAME, "samples/s", speeds[OWN_NAME], against, stored_size_bytes(opened) / len(opened))]
    rows += [ResultRow(job, name, "samples/s", speeds[name], {}, size) for name, (_, size) in forms.items()]
    return ResultSection(tuple(rows), (_NOTE,))


def stored_size_bytes(corpus: Corpus) -> int:
    """Return what all shards of the arrays that are streamed take on disk."""
    return sum(corpus.shard_size_bytes(array, shard) or 0 for array in ARRAYS for shard in corpus.shards)


@click.command()
@click.argument("corpus", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--peers-python",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="Python interpreter of the peers.",
)
@click.option("--cores", default=2, show_default=True, type=click.IntRange(min=1), help="Cores, threads, workers.")
@click.option("--repeats", default=3, show_default=True, type=click.IntRange(min=1), help="Turns of each contestant.")
@click.option("--samples", default=8_000, show_default=True, type=click.IntRange(min=1), help="Samples to stream.")
@click.option("--seconds", default=5.0, show_default=True, help="Least time to measure each turn.")
@click.option("--work", type=click.Path(exists=True, path_type=Path), help="Folder on the disk to measure on.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also write JSON there.")
def main(
    corpus: Path,
    peers_python: Path,
    cores: int,
    repeats: int,
    samples: int,
    seconds: float,
    work: Path | None,
    json_file: Path | None,
) -> None:
    """Measure the stream of CORPUS beside other libraries' loaders, and print a table in Markdown.

    Example: python -m benchmarks.stream data/corpus --peers-python peers/bin/python
    """
    with tempfile.TemporaryDirectory(prefix="bgfg-benchmarks-", dir=work) as folder:
        machine = describe_machine(Path(folder))
        python = peers_python.absolute()
        section = measure(corpus.resolve(), Path(folder).resolve(), python, cores, repeats, samples, seconds)
    print_report(machine, [section], json_file)


if __name__ == "__main__":
    try:
        main()
    except Problem as problem:
        sys.exit("\n".join(problem.lines))
