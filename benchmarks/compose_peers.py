"""The peers of `bgfg compose`: the usual loops, which write a file for each image and a file for each mask.

They make samples of a planned corpus: the same backgrounds, cut-outs and positions, the same number of processes, the
same disk. Composites are JPEG of quality 75 with 4:2:0 chroma, Pillow's default. The plain loop writes masks as PNG, as
the grammar of names has them and as they stay exact; the two that write them as JPEG do less, and less well.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.corpus import sample_table
from bgfg.synth.compose.blend import Composer
from bgfg.synth.compose.cutout import Cutout
from bgfg.synth.store.corpus import Corpus

QUALITY = 75

_START_TIMEOUT_S = 300.0


@dataclass(frozen=True)
class DecodedBlock:
    """The K placements of a cut-out on a background, decoded.

    Attributes:
        first: Number of the sample of the first placement.
        b: Number of the background.
        f: Number of the cut-out.
        background: (H, W, 3) uint8 RGB.
        rgba: The cut-out, (h, w, 4) uint8.
        x_px: Left edges, (K,) int32.
        y_px: Top edges, (K,) int32.
    """

    first: int
    b: int
    f: int
    background: NDArray[np.uint8]
    rgba: NDArray[np.uint8]
    x_px: NDArray[np.int32]
    y_px: NDArray[np.int32]


@dataclass(frozen=True)
class FileWritingJob:
    """Blocks of a corpus that are to be written as files.

    Attributes:
        corpus: Folder of the corpus.
        numbers: Numbers of the blocks.
        folder: Where the files go.
        writer: A key of WRITERS.
    """

    corpus: Path
    numbers: tuple[int, ...]
    folder: Path
    writer: str


def sample_blocks(corpus: Corpus, samples: int) -> tuple[int, ...]:
    """Return the numbers of random blocks that hold at least `samples` samples, or of all blocks."""
    K = corpus.geometry.placements
    blocks = len(corpus) // K
    chosen = np.random.default_rng(0).choice(blocks, min(blocks, -(-samples // K)), replace=False)
    return tuple(np.sort(chosen).tolist())


def run_writers(job: FileWritingJob, workers: int) -> float:
    """Write the blocks of a job in `workers` processes and return the seconds from the first start to all on disk.

    The clock starts once every process is up with its inputs decoded, in the peer's favour: it writes a part of the
    corpus only, and its start would weigh too much. The clock stops when what was written is on the disk, as bgfg's
    does, for files that the page cache still holds are work put off.
    """
    for kind in ("image", "mask"):
        (job.folder / kind).mkdir(parents=True)
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(workers)
    with ProcessPoolExecutor(workers, context, _share_barrier, (barrier,)) as pool:
        parts = [pool.submit(_write_part, job, job.numbers[part::workers]) for part in range(workers)]
        start = min(part.result() for part in parts)
        os.sync()
        return time.monotonic() - start


def measure_writers(job: FileWritingJob, workers: int) -> tuple[float, float]:
    """Write the blocks of a job, remove the files, and return (samples a second, bytes a sample of image and mask)."""
    samples = len(job.numbers) * Corpus(job.corpus).geometry.placements
    seconds = run_writers(job, workers)
    size_bytes = sum(path.stat().st_size for path in job.folder.glob("*/*"))
    shutil.rmtree(job.folder)
    return samples / seconds, size_bytes / samples


def picture_path(folder: Path, kind: str, sample: int, suffix: str = "jpeg") -> Path:
    """Return where the `image` or `mask` of a sample lies."""
    return folder / kind / f"{sample:07d}.{suffix}"


def write_with_pillow(blocks: Sequence[DecodedBlock], folder: Path, mask_suffix: str = "png") -> Iterator[None]:
    """Write by a plain Pillow loop: yield once when the inputs are ready, then paste and save every sample."""
    mask_options: dict[str, Any] = {"quality": QUALITY} if mask_suffix == "jpeg" else {}
    backgrounds = {block.b: Image.fromarray(block.background) for block in blocks}
    cutouts = {block.f: Image.fromarray(block.rgba) for block in blocks}
    alphas = {f: rgba.getchannel("A") for f, rgba in cutouts.items()}
    yield
    for block in blocks:
        background, cutout, alpha = backgrounds[block.b], cutouts[block.f], alphas[block.f]
        for k, position in enumerate(zip(block.x_px.tolist(), block.y_px.tolist(), strict=True)):
            image = background.copy()
            image.paste(cutout, position, cutout)
            image.save(picture_path(folder, "image", block.first + k), quality=QUALITY)
            mask = Image.new("L", background.size)
            mask.paste(alpha, position)
            mask.save(picture_path(folder, "mask", block.first + k, mask_suffix), **mask_options)


def write_with_simplejpeg(blocks: Sequence[DecodedBlock], folder: Path) -> Iterator[None]:
    """Write by bgfg's own composer and libjpeg-turbo: the fastest way to write files. Yields once, as above."""
    from simplejpeg import encode_jpeg

    cutouts = {block.f: Cutout.prepare(block.rgba) for block in blocks}
    composer, current = Composer(blocks[0].background, len(blocks[0].x_px)), blocks[0].b
    yield
    for block in blocks:
        if block.b != current:
            composer.set_background(block.background)
            current = block.b
        composer.compose(cutouts[block.f], block.x_px, block.y_px)
        for k, (pixels, mask) in enumerate(zip(composer.images, composer.masks, strict=True)):
            image = encode_jpeg(np.ascontiguousarray(pixels), QUALITY, "RGB", "420")
            picture_path(folder, "image", block.first + k).write_bytes(image)
            picture_path(folder, "mask", block.first + k).write_bytes(
                encode_jpeg(mask[..., None], QUALITY, "GRAY", "Gray")
            )


WRITERS: dict[str, Callable[[Sequence[DecodedBlock], Path], Iterator[None]]] = {
    "PIL loop": write_with_pillow,
    "PIL loop, JPEG masks": partial(write_with_pillow, mask_suffix="jpeg"),
}
if find_spec("simplejpeg"):
    WRITERS["simplejpeg loop"] = write_with_simplejpeg


def _share_barrier(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier


_barrier: Barrier


def _write_part(job: FileWritingJob, numbers: Sequence[int]) -> float:
    """Write some blocks of a job; return when it began, by the clock that all processes share."""
    writing = WRITERS[job.writer](decode_blocks(Corpus(job.corpus), numbers), job.folder)
    next(writing)
    _barrier.wait(_START_TIMEOUT_S)
    start = time.monotonic()
    for _ in writing:
        pass
    return start


def decode_blocks(corpus: Corpus, numbers: Sequence[int]) -> list[DecodedBlock]:
    """Return the blocks of these numbers; pictures and positions are read once."""
    index, K = corpus.geometry.index, corpus.geometry.placements
    backgrounds, cutouts = corpus.array("background")[:], corpus.array("cutout")[:]
    samples = corpus.path / "manifest" / sample_table.SAMPLES_FILE
    strips = {index.strip_of(n * K) for n in numbers}
    boxes = {strip.background: sample_table.read_boxes(samples, strip) for strip in strips}
    blocks = []
    for number in numbers:
        b, f, _ = index.ids(number * K)
        x, y, width, height = boxes[b][f].T
        blocks.append(DecodedBlock(number * K, b, f, backgrounds[b], cutouts[f][: height[0], : width[0]], x, y))
    return blocks
