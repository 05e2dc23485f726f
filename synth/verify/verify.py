"""Verifies a corpus: stored bytes against checksums and manifest, on demand against new composites and labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.regular_file import UnfitFile
from bgfg.data_manifests.terminal.errors import Problem, told
from bgfg.synth.compose.executor import Executor, TaskResult
from bgfg.synth.compose.recipe import ShardRecipe
from bgfg.synth.plan.drawing import Drawing
from bgfg.synth.store.changes import open_with_digest, unchanged_meanwhile
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.depth_code import DepthCode
from bgfg.synth.store.layout import SHARDED_ARRAYS
from bgfg.synth.store.metadata import require_same_plan
from bgfg.synth.store.shard import DamagedShard, ShardReader
from bgfg.synth.store.shard_slice import ShardSlice
from bgfg.synth.verify.stored_levels import code_counts, level_sums
from bgfg.synth.verify.strangers import find_strangers
from bgfg.synth.verify.verify_instances import find_instance_problems
from bgfg.synth.verify.verify_plan import find_plan_problems

# Sums of metres, added up in another order, differ by their rounding.
_SUMS_TOLERANCE = 1e-12

# Makes the depth codes of each block of a shard again. A parameter, since labelling is in a package above this one.
Relabel = Callable[[Corpus, ShardRecipe], Iterator[NDArray[np.uint8]]]


@dataclass(frozen=True)
class VerifyResult:
    """What verifying gave.

    Attributes:
        problems: A line for each thing that is wrong.
        unfinished: Array -> how many of its shards aren't made yet.
        strangers: What lies in the folder without being of the corpus.
    """

    problems: list[str]
    unfinished: dict[str, int]
    strangers: tuple[str, ...] = ()


def verify_corpus(
    path: Path,
    executor: Executor,
    recompose: bool = False,
    relabel: Relabel | None = None,
    which: ShardSlice | None = None,
) -> VerifyResult:
    """Check a corpus.

    Checked are: the seal of corpus.json, the tables and prepared arrays against their hashes, the digest, names, splits
    and placements against a new draw, every zarr.json against its layout, strange files, and of every marked shard its
    size, SHA-256, index, chunk checksums and sums.

    Args:
        path: The folder of the corpus.
        executor: What runs the shards.
        recompose: Whether each image, mask and instance is compared with a new composition, byte by byte.
        relabel: Makes the depth codes of a shard again; with `recompose` they are compared too, where it makes any.
        which: A slice of the shards, beside all that isn't of a shard; None for all of them.

    Returns:
        What is wrong, and what isn't made yet.

    Raises:
        Problem: There is no corpus, or it was planned or labelled anew meanwhile.
    """
    try:
        # Each zarr.json is checked, and doesn't keep from the rest.
        corpus = Corpus(path, hold_metadata=False, pending=True)
        for part in corpus.parts:
            require_same_plan(part)
    except Problem as problem:
        if problem.exit_code == 2:  # there is no corpus: nothing to find fault with
            raise
        return VerifyResult(list(problem.lines), {})
    if recompose and corpus.manifest.is_imported:
        line = f"{path}: was imported, not composed, so that nothing can be composed again: leave --recompose out"
        raise Problem(line, exit_code=2)
    with unchanged_meanwhile(corpus, depth=corpus.manifest.teacher is not None):
        return _verify_opened(corpus, executor, recompose, relabel, which)


def _verify_opened(
    corpus: Corpus, executor: Executor, recompose: bool, relabel: Relabel | None, which: ShardSlice | None
) -> VerifyResult:
    drawing = Drawing(executor.processes_here, executor.progress)
    path, found = corpus.path, list(find_plan_problems(corpus, drawing))
    shards = set(corpus.shards if which is None else which.of(corpus.shards))
    marks = {array: corpus.marked_shards(array) & shards for array in SHARDED_ARRAYS if array in corpus.layouts}
    begun = sorted(set().union(*marks.values()))
    work = partial(verify_shard, path, corpus.manifest.digest, recompose, relabel)
    samples = {shard: len(corpus.samples_of(shard)) for shard in begun}
    with executor.progress("verify", sum(samples.values()), 0) as advance:

        def gather(result: TaskResult) -> None:
            found.extend(result.value)
            advance(samples[result.task])

        failures = executor.run(path, work, begun, gather)
    found += [f"{path}: shard {failure.task}: {line}" for failure in failures for line in failure.error.split("\n")]
    unfinished = {array: len(shards) - len(done) for array, done in marks.items()}
    return VerifyResult([told(line) for line in found], unfinished, find_strangers(path))


def verify_shard(path: Path, digest: str, recompose: bool, relabel: Relabel | None, shard: int) -> list[str]:
    """Check what is marked of one shard in all arrays.

    Args:
        path: The folder of the corpus.
        digest: Digest that the corpus has to have.
        recompose: Whether its arrays are made again and compared.
        relabel: Makes its depth codes again.
        shard: Number of the shard.

    Returns:
        A line for each thing that is wrong.
    """
    corpus = open_with_digest(path, digest, hold_metadata=False)
    found = []
    for array in (a for a in SHARDED_ARRAYS if a in corpus.layouts and corpus.mark_path(a, shard).exists()):
        mend = _mend(corpus, array, shard)
        try:
            for line in _check_shard(corpus, array, shard):
                found.append(f"{corpus.chunk_path(array, shard)}: {line}: {mend}")
            for line in find_instance_problems(corpus, shard) if array == "instance" else ():
                found.append(f"{corpus.chunk_path(array, shard)}: {line}: {mend}")
            if recompose and (array != "depth" or relabel):
                for line in _remake(corpus, array, shard, relabel):
                    found.append(f"{corpus.chunk_path(array, shard)}: {line}: {mend}")
        except FileNotFoundError:
            found.append(f"{corpus.chunk_path(array, shard)}: missing, though marked done: {mend}")
        except (DamagedShard, UnfitFile) as error:
            found.append(f"{corpus.chunk_path(array, shard)}: {error}: {mend}")
        except Problem as problem:
            found += problem.lines
    return found


def _mend(corpus: Corpus, array: str, shard: int) -> str:
    """Return the next step for a shard that is wrong: what isn't of the size in its mark is made anew in any case."""
    if not corpus.is_done(array, shard):
        return corpus.hints.remaking_step(array)
    return corpus.hints.unmarking_step(array, corpus.mark_path(array, shard))


def _check_shard(corpus: Corpus, array: str, shard: int) -> Iterator[str]:
    mark, layout, part = corpus.mark(array, shard), corpus.layouts[array], corpus.place_of(shard)[0]
    if mark.digest != part.record.digest:
        yield f"its mark has the digest {mark.digest[:12]}, the corpus {part.record.digest[:12]}"
    number = corpus.place_of(shard)[1]
    with part.shard_file(array, number) as path:
        size_bytes = path.stat().st_size
        if mark.bytes != size_bytes:
            yield f"{size_bytes} bytes, where its mark says {mark.bytes}"
        if mark.bytes != size_bytes or mark.sha256 != file_sha256(path):  # one of another size need not be read for it
            yield "its SHA-256 isn't the one in its mark"
        reader = ShardReader(path, part.blocks_per_shard)
    # Each chunk is decoded into the same memory: new pages would take as long as decoding does.
    block = np.empty(layout.stored_shape, layout.dtype)
    blocks = (reader.read_into(chunk, block) for chunk in part.chunks_of(number))
    totals = _depth_totals(blocks, corpus.depth_code()) if array == "depth" else _level_totals(blocks, len(mark.sums))
    if not np.allclose(totals, [mark.count, *mark.sums, *mark.squares], rtol=_SUMS_TOLERANCE, atol=0):
        yield "its sums aren't those in its mark"


def _level_totals(blocks: Iterable[NDArray[np.uint8]], channels: int) -> list[float]:
    """Return what a mark says of levels: how many of a channel there are, their sums, and the sums of their squares."""
    count, sums = 0, np.zeros((2, channels), np.int64)
    for block in blocks:
        count += block.size // channels
        sums += level_sums(block, channels)
    return [count, *sums.ravel().tolist()]


def _depth_totals(blocks: Iterable[NDArray], code: DepthCode) -> list[float]:
    """Return what a mark says of depth: how many values are known, the sum of their metres, that of their squares."""
    counts = np.zeros(2**code.bits, np.int64)
    for block in blocks:
        counts += code_counts(block)
    metres, known = code.values_m()[1:], counts[1:]
    return [int(known.sum()), float(known @ metres), float(known @ metres**2)]


def _remake(corpus: Corpus, array: str, shard: int, relabel: Relabel | None) -> Iterator[str]:
    recipe, reader, layout = ShardRecipe(corpus, shard), corpus.open_shard(array, shard), corpus.layouts[array]
    made = relabel(corpus, recipe) if array == "depth" and relabel else _composed(recipe, array)
    K = corpus.geometry.placements
    for chunk, block in enumerate(made):
        if not np.array_equal(reader.read(chunk, layout.stored_shape, np.dtype(layout.dtype)), block):
            first = recipe.samples.start + chunk * K
            yield f"samples {first} to {first + K - 1} aren't what the manifest says"


def _composed(recipe: ShardRecipe, array: str) -> Iterator[NDArray[np.uint8]]:
    composer = recipe.composer()
    for block in recipe.blocks():
        block.paste(composer)
        yield composer.block(array)
