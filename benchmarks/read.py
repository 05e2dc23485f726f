"""Measure reading images back from the store, by three readers, against decoding the same images stored as JPEG.

Every reader gives blocks of K images as one C-contiguous (K, H, W, 3) uint8 array, in the order of the store.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.compose_peers import FileWritingJob, picture_path, run_writers
from benchmarks.table import ResultRow, ResultSection
from benchmarks.timing import measure_in_turns, timed_bgfg
from bgfg.synth.store.corpus import Corpus

BlockReader = Callable[[int], NDArray[np.uint8]]


@dataclass(frozen=True)
class ReadJob:
    """Blocks of a corpus that are to be read.

    Attributes:
        corpus: Folder of the corpus.
        numbers: Numbers of the blocks.
        jpegs: Folder in which the same images lie as JPEG.
    """

    corpus: Path
    numbers: tuple[int, ...]
    jpegs: Path

    def buffer(self) -> NDArray[np.uint8]:
        """Return the memory for a block, which is used again for every one, as in a training loop."""
        g = Corpus(self.corpus).geometry
        return np.empty((g.placements, g.height_px, g.width_px, 3), np.uint8)


def open_shards(job: ReadJob) -> BlockReader:
    """Read by bgfg's own ShardReader: no Zarr library."""
    corpus, block = Corpus(job.corpus), job.buffer()
    layout, per_shard = corpus.layouts["image"], corpus.parts[0].samples_per_shard // corpus.geometry.placements
    shards = {s: corpus.open_shard("image", s) for s in sorted({number // per_shard for number in job.numbers})}

    def read(number: int) -> NDArray[np.uint8]:
        shard, chunk = divmod(number, per_shard)
        block[:] = shards[shard].read(chunk, layout.stored_shape, np.dtype(layout.dtype)).transpose(1, 0, 2, 3)
        return block

    return read


def open_tensorstore(job: ReadJob) -> BlockReader:
    """Read by tensorstore, straight into the memory of the block."""
    import tensorstore

    path, block = job.corpus / "data.zarr" / "image", job.buffer()
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(path)}}
    # Room for the shards' indices and no more: no chunk is kept.
    context = tensorstore.Context({"cache_pool": {"total_bytes_limit": 1_000_000}})
    store = tensorstore.open(spec, open=True, read=True, context=context, recheck_cached_data=False).result()
    target, K = tensorstore.array(block), len(block)

    def read(number: int) -> NDArray[np.uint8]:
        target.write(store[number * K : (number + 1) * K]).result()
        return block

    return read


def open_zarr_python(job: ReadJob) -> BlockReader:
    """Read by zarr-python."""
    array, K = Corpus(job.corpus).array("image"), Corpus(job.corpus).geometry.placements

    def read(number: int) -> NDArray[np.uint8]:
        block: NDArray[np.uint8] = array[number * K : (number + 1) * K]
        return block

    return read


def open_pillow(job: ReadJob) -> BlockReader:
    """Decode JPEG files by Pillow."""
    from PIL import Image

    block = job.buffer()

    def read(number: int) -> NDArray[np.uint8]:
        for k in range(len(block)):
            with Image.open(picture_path(job.jpegs, "image", number * len(block) + k)) as image:
                block[k] = np.asarray(image)
        return block

    return read


def open_simplejpeg(job: ReadJob) -> BlockReader:
    """Decode JPEG files by simplejpeg, straight into the memory of the block."""
    from simplejpeg import decode_jpeg

    block = job.buffer()

    def read(number: int) -> NDArray[np.uint8]:
        for k in range(len(block)):
            data = picture_path(job.jpegs, "image", number * len(block) + k).read_bytes()
            decode_jpeg(data, "RGB", buffer=block[k])
        return block

    return read


READERS: dict[str, Callable[[ReadJob], BlockReader]] = {
    "ShardReader": open_shards,
    "tensorstore": open_tensorstore,
    "zarr-python": open_zarr_python,
    "Pillow": open_pillow,
}
if find_spec("simplejpeg"):
    READERS["simplejpeg"] = open_simplejpeg

JPEG_READERS = tuple(name for name in ("Pillow", "simplejpeg") if name in READERS)


def measure(plan: Path, workers: int, repeats: int, shards: int) -> ResultSection:
    """Compose the corpus planned at `plan`, and read the images of `shards` of its shards; what is made is removed."""
    corpus_path, jpegs = plan.with_name("to-read"), plan.with_name("jpegs")
    shutil.copytree(plan, corpus_path)
    timed_bgfg("compose", corpus_path, "--workers", workers)
    job = ReadJob(corpus_path, _blocks_of(Corpus(corpus_path), shards), jpegs)
    run_writers(FileWritingJob(corpus_path, job.numbers, jpegs, "PIL loop"), workers)
    samples = len(job.numbers) * Corpus(corpus_path).geometry.placements
    stored = _bytes_per_sample(Corpus(corpus_path), job)
    speeds = measure_in_turns({name: partial(_speed, name, job, samples) for name in READERS}, repeats)
    shutil.rmtree(corpus_path)
    shutil.rmtree(jpegs)
    rows = tuple(
        ResultRow(
            f"read {samples:,} images, {'JPEG files' if name in JPEG_READERS else 'the store'}, 1 core",
            name,
            "samples/s",
            values,
            {} if name in JPEG_READERS else {peer: speeds[peer] for peer in JPEG_READERS},
            stored["jpeg" if name in JPEG_READERS else "store"],
        )
        for name, values in speeds.items()
    )
    return ResultSection(rows, _NOTES)


_NOTES = (
    "read: block by block in the order of the store, each reader in a process of its own"
    + (" held to one core" if hasattr(os, "sched_setaffinity") else " (this system can't hold it to one core)")
    + ", all giving blocks of (K, H, W, 3) uint8. The store is lossless; the JPEG files are the same images at quality "
    "75, written by Pillow. Warm page cache: all files were written, and read once, just before.",
)


def _blocks_of(corpus: Corpus, shards: int) -> tuple[int, ...]:
    """Return the numbers of all blocks of `shards` shards, spread over the corpus."""
    chosen = np.unique(np.linspace(0, len(corpus.shards) - 1, min(shards, len(corpus.shards))).astype(int)).tolist()
    per_shard = corpus.parts[0].samples_per_shard // corpus.geometry.placements
    return tuple(number for s in chosen for number in range(s * per_shard, (s + 1) * per_shard))


def _bytes_per_sample(corpus: Corpus, job: ReadJob) -> dict[str, float]:
    """Return the bytes an image takes in the shards that are read, and as JPEG; reads them all, to warm the cache."""
    per_shard = corpus.parts[0].samples_per_shard // corpus.geometry.placements
    shards = [corpus.chunk_path("image", s) for s in sorted({number // per_shard for number in job.numbers})]
    samples = len(job.numbers) * corpus.geometry.placements
    stored = sum(len(path.read_bytes()) for path in shards)
    return {
        "store": stored / samples,
        "jpeg": sum(len(path.read_bytes()) for path in (job.jpegs / "image").iterdir()) / samples,
    }


def _speed(reader: str, job: ReadJob, samples: int) -> float:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _keep_to_one_core) as pool:
        return samples / pool.submit(read_all, reader, job).result()


def _keep_to_one_core() -> None:
    """Hold this process to one core, before any library has started threads of its own."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def read_all(reader: str, job: ReadJob) -> float:
    """Read all blocks of a job and return the seconds it took, imports, opening and the first block not counted."""
    read = READERS[reader](job)
    read(job.numbers[0])
    start = time.perf_counter()
    for number in job.numbers:
        read(number)
    return time.perf_counter() - start
