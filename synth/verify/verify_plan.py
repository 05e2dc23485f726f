"""The plan on disk held to itself: digest, placements, tables, metadata, statistics, and nothing beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import pyarrow as pa
from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.assets import Asset
from bgfg.data_manifests.corpus.instances import INSTANCES, Census
from bgfg.data_manifests.corpus.manifest import Digest
from bgfg.data_manifests.corpus.perspective_plan import Staging
from bgfg.data_manifests.corpus.samples import Ground, draw, named_and_split
from bgfg.data_manifests.placement.random_grid import Scatter
from bgfg.data_manifests.terminal.errors import Problem, command, few
from bgfg.data_manifests.terminal.progress import Progress, silent
from bgfg.synth.store.layout import SHARDED, expected_metadata
from bgfg.synth.store.marks import Mark, marked, statistics
from bgfg.synth.store.store import Corpus


def check_plan(corpus: Corpus, progress: Progress = silent) -> Iterator[str]:
    """Yield a line for each thing that isn't as the manifest says; what a shard holds is for `verify`."""
    try:
        corpus.check_plan()
        yield from _check_tables(corpus, progress)
    except Problem as problem:
        yield from problem.lines
    yield from _check_metadata(corpus)
    yield from _check_marks(corpus)
    yield from _check_strays(corpus)


def _check_tables(corpus: Corpus, progress: Progress) -> Iterator[str]:
    """Draw everything again from the assets, the seed and the rule, and compare."""
    folder, geometry, manifest = corpus.path / "manifest", corpus.geometry, corpus.manifest
    try:
        assets = tuple(Asset(**row) for row in tables.read_assets(folder / tables.ASSETS))
        again = named_and_split(assets, geometry, manifest.split, manifest.seed)
        background, cutout = corpus.read("background", slice(None)), corpus.read("cutout", slice(None))
        if assets != again or len(assets) != geometry.backgrounds + len(cutout):
            yield f"{folder / tables.ASSETS}: names or splits aren't those of the seed and the groups: {corpus.mend}"
        ground: Ground = partial(
            Scatter, manifest.placement_rule, manifest.seed, geometry, corpus.cutout_sizes, cutout[..., 3]
        )
        depth_mm = None
        if manifest.placement_rule == "perspective":
            depth_mm = corpus.read("background_depth", slice(None))
            ground = Staging.of(
                manifest.seed, geometry.placements, manifest.fov_deg, cutout, corpus.cutout_sizes, depth_mm, progress
            ).on
        digest = Digest(geometry, background, cutout, depth_mm, manifest.crowd is not None)
        census = Census()
        for b, drawn in enumerate(draw(geometry, again, ground, manifest.crowd, manifest.seed, progress)):
            digest.add(drawn.pastes)
            yield from _compared(corpus, tables.SAMPLES, b, drawn.samples)
            if drawn.instances:
                census.add(drawn.instances, drawn.fewer)
                yield from _compared(corpus, INSTANCES, b, drawn.instances.table())
    except (TypeError, ValueError, IndexError, KeyError) as error:
        yield f"{folder}: the tables don't fit corpus.json ({error}): {corpus.mend}"
        return
    if digest.hexdigest() != manifest.digest:
        yield f"{corpus.path}: its digest isn't that of its pictures and placements: {corpus.mend}"
    if census.statistics().get("instances") != manifest.statistics.get("instances"):
        yield f"{folder / 'corpus.json'}: the statistics of instances aren't those of the draw: {corpus.mend}"


def _compared(corpus: Corpus, name: str, b: int, drawn: pa.Table) -> Iterator[str]:
    """Compare what a table says of background `b` with what was drawn."""
    path = corpus.path / "manifest" / name
    stored = tables.read_background(path, b)
    different = [n for n in drawn.column_names if n not in stored.column_names or drawn[n] != stored[n]]
    if different:
        yield f"{path}: {', '.join(different)} of background {b} aren't what was drawn: {corpus.mend}"


def _check_metadata(corpus: Corpus) -> Iterator[str]:
    for name, layout in corpus.layouts.items():
        path = corpus.path / "data.zarr" / name / "zarr.json"
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            yield f"{path}: can't be read ({error}): {corpus.mend}"
            continue
        expected = expected_metadata(layout)
        different = sorted(key for key in stored.keys() | expected.keys() if stored.get(key) != expected.get(key))
        if different:
            yield f"{path}: changed by hand, {', '.join(different)} aren't as bgfg writes them: {corpus.mend}"


def _check_marks(corpus: Corpus) -> Iterator[str]:
    """Statistics in corpus.json mean that all shards are marked, and come from the marks."""
    for array in SHARDED:
        folder, marks = corpus.path / "done" / array, marked(corpus.path, array)
        strangers = sorted(marks - (set(corpus.shards) if array in corpus.layouts else set()))
        if strangers:
            yield f"{folder}: marks of shards that this corpus doesn't have ({few(strangers)}): delete them"
        missing = sorted(set(corpus.shards) - marks)
        if array not in corpus.manifest.statistics:
            if not missing and array in corpus.layouts:
                path = corpus.path / "manifest" / "corpus.json"
                yield f"{path}: no statistics of {array}, though all its shards are marked: {corpus.mend}"
            continue
        if missing:
            run = command("label" if array == "depth" else "compose", corpus.path)
            yield f"{folder}: no marks of shards {few(missing)}, which were done once: run {run}"
            continue
        try:
            gathered = statistics(Mark.load(corpus.path, array, shard) for shard in corpus.shards)
        except Problem:
            continue  # the shard's own check names the mark
        if gathered != corpus.manifest.statistics[array]:
            path = corpus.path / "manifest" / "corpus.json"
            yield f"{path}: the statistics of {array} aren't those of its marks: {corpus.mend}"


def _check_strays(corpus: Corpus) -> Iterator[str]:
    root = corpus.path / "data.zarr"
    expected = {root / "zarr.json"} | {root / name / "zarr.json" for name in corpus.layouts}
    for name, layout in corpus.layouts.items():
        chunks = layout.shape[0] // (layout.shard or layout.chunk)
        expected |= {corpus.chunk_path(name, chunk) for chunk in range(chunks)}
    manifest = corpus.path / "manifest"
    expected |= {manifest / name for name in ("corpus.json", *corpus.manifest.tables)}
    for folder in (root, manifest):
        for path in sorted(folder.rglob("*")):
            if not path.is_dir() and path not in expected:
                yield f"{path}: not a file of this corpus: remove it"
