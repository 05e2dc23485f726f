"""The peers of `bgfg compose`: loops that write a file an image and a file a mask, as the exercise was always done.

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
from bgfg.data_manifests.corpus import tables
from bgfg.synth.compose.blend import Composer, Cutout
from bgfg.synth.store.store import Corpus
from numpy.typing import NDArray
from PIL import Image

QUALITY = 75

_START_TIMEOUT_S = 300.0


@dataclass(frozen=True)
class Block:
    """The K placements of a cut-out on a background, decoded: `first` is the sample of the first placement.

    background: (H, W, 3) uint8 RGB; rgba: (h, w, 4) uint8; x_px, y_px: (K,) int32 top-left corners.
    """

    first: int
    b: int
    f: int
    background: NDArray[np.uint8]
    rgba: NDArray[np.uint8]
    x_px: NDArray[np.int32]
    y_px: NDArray[np.int32]


@dataclass(frozen=True)
class FileJob:
    """Which blocks of a corpus to write as files, in which folder, by which of WRITERS."""

    corpus: Path
    numbers: tuple[int, ...]
    folder: Path
    writer: str


def spread_blocks(corpus: Corpus, samples: int) -> tuple[int, ...]:
    """Return the numbers of blocks with `samples` samples in all, or with all there are, from all over the corpus."""
    K = corpus.geometry.placements
    blocks = len(corpus) // K
    chosen = np.random.default_rng(0).choice(blocks, min(blocks, -(-samples // K)), replace=False)
    return tuple(np.sort(chosen).tolist())


def write_files(job: FileJob, workers: int) -> float:
    """Write the blocks of a job in `workers` processes and return the seconds from the first start to all on disk.

    The clock starts once every process is up with its inputs decoded: what is favourable to the peer, who would
    otherwise be charged for its start by a part of the corpus. It stops when what was written is on the disk, as
    bgfg's does: files that the page cache still holds are work that is put off, not done.
    """
    for kind in ("image", "mask"):
        (job.folder / kind).mkdir(parents=True)
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(workers)
    with ProcessPoolExecutor(workers, context, _settle_in, (barrier,)) as pool:
        parts = [pool.submit(_write_part, job, job.numbers[part::workers]) for part in range(workers)]
        start = min(part.result() for part in parts)
        os.sync()
        return time.monotonic() - start


def measured_files(job: FileJob, workers: int) -> tuple[float, float]:
    """Write the blocks of a job, remove the files, and return (samples a second, bytes a sample of image and mask)."""
    samples = len(job.numbers) * Corpus(job.corpus).geometry.placements
    seconds = write_files(job, workers)
    size_bytes = sum(path.stat().st_size for path in job.folder.glob("*/*"))
    shutil.rmtree(job.folder)
    return samples / seconds, size_bytes / samples


def picture_path(folder: Path, kind: str, sample: int, suffix: str = "jpeg") -> Path:
    """Return where the `image` or `mask` of a sample lies."""
    return folder / kind / f"{sample:07d}.{suffix}"


def write_by_pillow(blocks: Sequence[Block], folder: Path, mask_suffix: str = "png") -> Iterator[None]:
    """The plain Pillow loop: stop once when the inputs are ready, then paste and save every sample."""
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


def write_by_simplejpeg(blocks: Sequence[Block], folder: Path) -> Iterator[None]:
    """The best of that kind: bgfg's own composer, and libjpeg-turbo without anything in between."""
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


WRITERS: dict[str, Callable[[Sequence[Block], Path], Iterator[None]]] = {
    "PIL loop": write_by_pillow,
    "PIL loop, JPEG masks": partial(write_by_pillow, mask_suffix="jpeg"),
}
if find_spec("simplejpeg"):
    WRITERS["simplejpeg loop"] = write_by_simplejpeg


def _settle_in(barrier: Barrier) -> None:
    global _all_ready
    _all_ready = barrier


_all_ready: Barrier


def _write_part(job: FileJob, numbers: Sequence[int]) -> float:
    """Write some blocks of a job; return when it began, by the clock that all processes share."""
    writing = WRITERS[job.writer](decoded_blocks(Corpus(job.corpus), numbers), job.folder)
    next(writing)
    _all_ready.wait(_START_TIMEOUT_S)
    start = time.monotonic()
    for _ in writing:
        pass
    return start


def decoded_blocks(corpus: Corpus, numbers: Sequence[int]) -> list[Block]:
    """Return the blocks of these numbers; pictures and positions are read once."""
    index, K = corpus.geometry.index, corpus.geometry.placements
    backgrounds, cutouts = corpus.array("background")[:], corpus.array("cutout")[:]
    samples = corpus.path / "manifest" / tables.SAMPLES
    boxes = {b: tables.read_boxes(samples, b, corpus.geometry) for b in {index.ids(n * K)[0] for n in numbers}}
    blocks = []
    for number in numbers:
        b, f, _ = index.ids(number * K)
        x, y, width, height = boxes[b][f].T
        blocks.append(Block(number * K, b, f, backgrounds[b], cutouts[f][: height[0], : width[0]], x, y))
    return blocks
