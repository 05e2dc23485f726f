"""Every stored byte held to checksums, marks and manifest; on demand to a new composition."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from data_manifests import tables
from data_manifests.manifest import Digest, array_sha256, file_sha256
from data_manifests.problem import Problem
from synth.compose import Composer
from synth.layout import SHARDED, expected_metadata
from synth.marks import Mark, marked, statistics
from synth.plan import draw
from synth.produce import Crew, produce
from synth.recipe import Recipe, opened
from synth.shard import DamagedShard
from synth.store import Corpus


def verify_corpus(path: Path, recompose: bool, crew: Crew) -> list[str]:
    """Check a corpus and return a line for each thing found, none if all is well.

    Checked are: the seal of corpus.json, the tables' hashes, the digest against prepared arrays and placements, the
    placements against seed and rule, every zarr.json against its layout, and of every marked shard its size, SHA-256,
    index, chunk checksums and sums. recompose: compare each image and mask with a new composition, byte by byte.
    """
    try:
        corpus = Corpus(path)
        corpus.check_tables()
    except Problem as problem:
        return list(problem.lines)
    found = [*_check_prepared(corpus), *_check_metadata(corpus), *_check_statistics(corpus)]
    done = {array: marked(path, array) for array in SHARDED}
    for array, shards in done.items():
        if array not in corpus.layouts and shards:
            found.append(f"{path / 'done' / array}: marks of an array that the manifest doesn't know")
        strangers = sorted(shards - set(corpus.shards))
        found += [f"{path / 'done' / array}: shard {s} is marked but isn't of this corpus" for s in strangers]
    begun = [s for s in corpus.shards if any(s in done[array] for array in corpus.layouts if array in done)]
    work = partial(verify_shard, path, corpus.manifest.digest, recompose)
    n = corpus.samples_per_shard
    with crew.progress("verify", len(begun) * n, 0) as advance:

        def gather(findings: list[str]) -> None:
            found.extend(findings)
            advance(n)

        failures = produce(path, work, begun, crew, lambda outcome: gather(outcome.result))
    return found + [f"{path}: shard {failure.shard}: {failure.reason}" for failure in failures]


def verify_shard(path: Path, digest: str, recompose: bool, shard: int) -> list[str]:
    """Check what is marked of one shard in all arrays; return a line for each thing found."""
    corpus = opened(path, digest)
    found = []
    for array in SHARDED:
        if array in corpus.layouts and shard in marked(path, array):
            try:
                for line in _check_shard(corpus, array, shard):
                    found.append(f"{corpus.shard_path(array, shard)}: {line}")
                if recompose and array != "depth":
                    found += _recompose(corpus, array, shard)
            except FileNotFoundError:
                found.append(f"{corpus.shard_path(array, shard)}: missing, though marked done")
            except (DamagedShard, Problem) as error:
                found.append(f"{corpus.shard_path(array, shard)}: {error}")
    return found


def _check_shard(corpus: Corpus, array: str, shard: int) -> Iterator[str]:
    mark, shard_path, layout = (
        Mark.load(corpus.path, array, shard),
        corpus.shard_path(array, shard),
        corpus.layouts[array],
    )
    if mark.digest != corpus.manifest.digest:
        yield f"its mark has the digest {mark.digest[:12]}, the corpus {corpus.manifest.digest[:12]}"
    if mark.bytes != shard_path.stat().st_size:
        yield f"{shard_path.stat().st_size} bytes, where its mark says {mark.bytes}"
    if mark.sha256 != file_sha256(shard_path):
        yield "its SHA-256 isn't the one in its mark"
    reader = corpus.open_shard(array, shard)
    histogram = np.zeros((layout.shape[-1] if array == "image" else 1, 256), np.int64)
    for chunk in range(corpus.samples_per_shard // corpus.geometry.placements):
        histogram += level_histograms(reader.read(chunk, layout.stored_shape, np.dtype(layout.dtype)), len(histogram))
    values = np.arange(256.0)
    if array == "depth":
        values, histogram = corpus.depth_code().values_m()[1:], histogram[:, 1:]
    totals = int(histogram[0].sum()), tuple((histogram @ values).tolist()), tuple((histogram @ values**2).tolist())
    if (mark.count, mark.sums, mark.squares) != totals:
        yield "its sums aren't those in its mark"


def level_histograms(block: NDArray[np.uint8], channels: int) -> NDArray[np.int64]:
    """Count each level of each channel of a block in stored order: (channels, 256) int64."""
    rows = block.reshape(len(block), -1, channels)
    found = np.zeros((channels, 256), np.int64)
    for start in range(0, len(rows), max(1, 2**24 // rows[0].size)):  # float32 counts exactly up to 2^24
        part = rows[start : start + max(1, 2**24 // rows[0].size)]
        for channel in range(channels):
            found[channel] += cv2.calcHist([part], [channel], None, [256], [0, 256]).ravel().astype(np.int64)
    return found


def _recompose(corpus: Corpus, array: str, shard: int) -> Iterator[str]:
    recipe, reader, layout = Recipe(corpus, shard), corpus.open_shard(array, shard), corpus.layouts[array]
    composer = Composer(recipe.background, corpus.geometry.placements)
    for block in recipe.blocks():
        composer.compose(block.cutout, block.x_px, block.y_px)
        stored = reader.read(block.chunk, layout.stored_shape, np.dtype(layout.dtype))
        if not np.array_equal(stored, composer.stored if array == "image" else composer.masks):
            first = shard * corpus.samples_per_shard + block.chunk * corpus.geometry.placements
            last = first + corpus.geometry.placements - 1
            yield f"{corpus.shard_path(array, shard)}: samples {first} to {last} aren't what the manifest says"


def _check_prepared(corpus: Corpus) -> Iterator[str]:
    arrays: dict[str, NDArray[Any]] = {}
    for name, sha256 in corpus.manifest.prepared.items():
        folder = corpus.path / "data.zarr" / name
        try:
            arrays[name] = corpus.array(name)[:]
        except (ValueError, RuntimeError, OSError, Problem) as error:
            yield f"{folder}: can't be read: {error}"
            continue
        if array_sha256(arrays[name]) != sha256:
            yield f"{folder}: its pixels aren't those that were prepared"
    if not {"background", "cutout"} <= arrays.keys():
        return
    geometry, manifest = corpus.geometry, corpus.manifest
    digest = Digest(geometry, arrays["background"], arrays["cutout"])
    samples = corpus.path / "manifest" / tables.SAMPLES
    sizes = tables.read_boxes(samples, 0, geometry)[:, 0, :1:-1]
    drawn = draw(geometry, sizes, manifest.placement_rule, manifest.seed)
    for b, again in enumerate(drawn):
        boxes = tables.read_boxes(samples, b, geometry)
        digest.add(boxes)
        if not np.array_equal(boxes, again):
            yield f"{samples}: the placements on background {b} aren't those of the seed and rule in corpus.json"
    if digest.hexdigest() != manifest.digest:
        yield f"{corpus.path}: its digest isn't that of its prepared pictures and placements"


def _check_metadata(corpus: Corpus) -> Iterator[str]:
    for name, layout in corpus.layouts.items():
        path = corpus.path / "data.zarr" / name / "zarr.json"
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            yield f"{path}: can't be read: {error}"
            continue
        expected = expected_metadata(layout)
        different = sorted(key for key in stored.keys() | expected.keys() if stored.get(key) != expected.get(key))
        if different:
            yield f"{path}: changed by hand: {', '.join(different)} should be as bgfg writes them"
    for path in sorted((corpus.path / "data.zarr").iterdir()):
        if path.name not in corpus.layouts and path.name != "zarr.json":
            yield f"{path}: not an array that the manifest knows"


def _check_statistics(corpus: Corpus) -> Iterator[str]:
    for array, recorded in corpus.manifest.statistics.items():
        if marked(corpus.path, array) >= set(corpus.shards):
            try:
                gathered = statistics(Mark.load(corpus.path, array, shard) for shard in corpus.shards)
            except Problem:
                continue  # the shard's own check names the mark
            if gathered != recorded:
                yield f"{corpus.path}: the statistics of {array} in corpus.json aren't those of its marks"
