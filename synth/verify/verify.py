"""Every stored byte held to checksums, marks and manifest; on demand to a new composition and new labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from bgfg.data_manifests.corpus.manifest import file_sha256
from bgfg.data_manifests.terminal.errors import Problem, command
from bgfg.synth.compose.executor import Crew, produce
from bgfg.synth.compose.recipe import Recipe, opened
from bgfg.synth.store.layout import SHARDED
from bgfg.synth.store.marks import Mark, level_histograms, mark_path, marked
from bgfg.synth.store.shard import DamagedShard
from bgfg.synth.store.store import Corpus
from bgfg.synth.verify.verify_instances import check_instances
from bgfg.synth.verify.verify_plan import check_plan
from numpy.typing import NDArray

# Makes the depth codes of each block of a shard again; who labels hands it over.
Relabel = Callable[[Corpus, Recipe], Iterator[NDArray[np.uint8]]]


@dataclass(frozen=True)
class Verdict:
    """What verifying gave: a line for each thing found, and how many shards of each array aren't made yet."""

    found: list[str]
    unfinished: dict[str, int]


def verify_corpus(path: Path, crew: Crew, recompose: bool = False, relabel: Relabel | None = None) -> Verdict:
    """Check a corpus.

    Checked are: the seal of corpus.json, the tables and prepared arrays against their hashes, the digest, names,
    splits and placements against a new draw, every zarr.json against its layout, strange files, and of every marked
    shard its size, SHA-256, index, chunk checksums and sums. recompose: compare each image, mask and instance with a
    new composition, and with `relabel` each depth with new labels, byte by byte, where `relabel` makes any.
    """
    try:
        corpus = Corpus(path)
    except Problem as problem:
        return Verdict(list(problem.lines), {})
    found = list(check_plan(corpus, crew.progress))
    marks = {array: marked(path, array) & set(corpus.shards) for array in SHARDED if array in corpus.layouts}
    begun = sorted(set().union(*marks.values()))
    work = partial(verify_shard, path, corpus.manifest.digest, recompose, relabel)
    n = corpus.samples_per_shard
    with crew.progress("verify", len(begun) * n, 0) as advance:

        def gather(findings: list[str]) -> None:
            found.extend(findings)
            advance(n)

        failures = produce(path, work, begun, crew, lambda outcome: gather(outcome.result))
    found += [f"{path}: shard {failure.shard}: {failure.reason}" for failure in failures]
    return Verdict(found, {array: len(corpus.shards) - len(done) for array, done in marks.items()})


def verify_shard(path: Path, digest: str, recompose: bool, relabel: Relabel | None, shard: int) -> list[str]:
    """Check what is marked of one shard in all arrays; return a line for each thing found."""
    corpus = opened(path, digest)
    found = []
    for array in (array for array in SHARDED if array in corpus.layouts and shard in marked(path, array)):
        run = command("label" if array == "depth" else "compose", path)
        mend = f"delete {mark_path(path, array, shard)} and run {run}"
        try:
            for line in _check_shard(corpus, array, shard):
                found.append(f"{corpus.chunk_path(array, shard)}: {line}: {mend}")
            for line in check_instances(corpus, shard) if array == "instance" else ():
                found.append(f"{corpus.chunk_path(array, shard)}: {line}: {mend}")
            if recompose and (array != "depth" or relabel):
                for line in _remake(corpus, array, shard, relabel):
                    found.append(f"{corpus.chunk_path(array, shard)}: {line}: {mend}")
        except FileNotFoundError:
            found.append(f"{corpus.chunk_path(array, shard)}: missing, though marked done: {mend}")
        except DamagedShard as error:
            found.append(f"{corpus.chunk_path(array, shard)}: {error}: {mend}")
        except Problem as problem:
            found += problem.lines
    return found


def _check_shard(corpus: Corpus, array: str, shard: int) -> Iterator[str]:
    mark, layout = Mark.load(corpus.path, array, shard), corpus.layouts[array]
    path = corpus.chunk_path(array, shard)
    if mark.digest != corpus.manifest.digest:
        yield f"its mark has the digest {mark.digest[:12]}, the corpus {corpus.manifest.digest[:12]}"
    if mark.bytes != path.stat().st_size:
        yield f"{path.stat().st_size} bytes, where its mark says {mark.bytes}"
    if mark.sha256 != file_sha256(path):
        yield "its SHA-256 isn't the one in its mark"
    reader = corpus.open_shard(array, shard)
    levels = 2 ** (8 * np.dtype(layout.dtype).itemsize)
    histogram = np.zeros((layout.shape[-1] if array == "image" else 1, levels), np.int64)
    for chunk in range(corpus.samples_per_shard // corpus.geometry.placements):
        histogram += level_histograms(reader.read(chunk, layout.stored_shape, np.dtype(layout.dtype)), len(histogram))
    values = np.arange(float(levels))
    if array == "depth":
        values, histogram = corpus.depth_code().values_m()[1:], histogram[:, 1:]
    totals = int(histogram[0].sum()), tuple((histogram @ values).tolist()), tuple((histogram @ values**2).tolist())
    if (mark.count, mark.sums, mark.squares) != totals:
        yield "its sums aren't those in its mark"


def _remake(corpus: Corpus, array: str, shard: int, relabel: Relabel | None) -> Iterator[str]:
    recipe, reader, layout = Recipe(corpus, shard), corpus.open_shard(array, shard), corpus.layouts[array]
    made = relabel(corpus, recipe) if array == "depth" and relabel else _composed(recipe, array)
    K = corpus.geometry.placements
    for chunk, block in enumerate(made):
        if not np.array_equal(reader.read(chunk, layout.stored_shape, np.dtype(layout.dtype)), block):
            first = shard * corpus.samples_per_shard + chunk * K
            yield f"samples {first} to {first + K - 1} aren't what the manifest says"


def _composed(recipe: Recipe, array: str) -> Iterator[NDArray[np.uint8]]:
    composer = recipe.composer()
    for block in recipe.blocks():
        block.paste(composer)
        yield composer.block(array)
