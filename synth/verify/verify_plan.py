"""Checks the plan on disk: digest, placements, tables, metadata, statistics, and that nothing else lies beside them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.digest import PixelDigest
from bgfg.data_manifests.corpus.instances import INSTANCES_FILE, InstanceCounter
from bgfg.data_manifests.corpus.perspective_plan import PerspectivePlan
from bgfg.data_manifests.corpus.prepared_assets import Asset
from bgfg.data_manifests.corpus.samples import draw_samples, name_and_split_assets
from bgfg.data_manifests.files.failing_call import call_line
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, first_few
from bgfg.data_manifests.terminal.progress import Progress, no_progress
from bgfg.synth.plan.placer import make_placer
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import DoneMark, combined_statistics, marked_shards
from bgfg.synth.store.layout import SHARDED_ARRAYS
from bgfg.synth.store.metadata import metadata_faults


def find_plan_problems(corpus: Corpus, progress: Progress = no_progress) -> Iterator[str]:
    """Yield a line for each thing that isn't as the manifest says; the content of shards is left to `verify_shard`."""
    found = list(_check_stored(corpus))
    yield from found
    try:
        yield from _check_tables(corpus, progress) if not found else ()
    except Problem as problem:
        yield from problem.lines
    yield from _check_metadata(corpus)
    yield from _check_marks(corpus)
    yield from _check_unknown_files(corpus)


def _check_stored(corpus: Corpus) -> Iterator[str]:
    """Hold each table and each prepared array to its hash."""
    for check in corpus.plan_checks():
        try:
            check()
        except Problem as problem:
            yield from problem.lines
        except OSError as error:
            yield call_line(error)


def _check_tables(corpus: Corpus, progress: Progress) -> Iterator[str]:
    """Draw everything again from the assets, the seed and the rule, and compare."""
    folder, geometry, manifest = corpus.path / "manifest", corpus.geometry, corpus.manifest
    try:
        assets = tuple(Asset(**row) for row in tables.read_assets(folder / tables.ASSETS_FILE))
        again = name_and_split_assets(assets, geometry, manifest.split, manifest.seed)
        background, cutout = corpus.read("background", slice(None)), corpus.read("cutout", slice(None))
        if assets != again or len(assets) != geometry.backgrounds + len(cutout):
            path = folder / tables.ASSETS_FILE
            yield f"{path}: names or splits aren't those of the seed and the groups: {corpus.repair_hint}"
        depth_mm = perspective = None
        if manifest.placement_rule == "perspective":
            depth_mm = corpus.read("background_depth", slice(None))
            perspective = PerspectivePlan.from_arrays(
                manifest.seed, geometry.placements, manifest.fov_deg, cutout, corpus.cutout_sizes_px, depth_mm, progress
            )
        placer = make_placer(
            manifest.placement_rule, manifest.seed, geometry, cutout, corpus.cutout_sizes_px, perspective
        )
        digest = PixelDigest(geometry, background, cutout, depth_mm, manifest.crowd is not None)
        counter = InstanceCounter()
        stored = tables.iter_backgrounds(folder / tables.SAMPLES_FILE, geometry)
        drawn_anew = draw_samples(geometry, again, placer, manifest.crowd, manifest.seed, progress)
        for b, (drawn, rows) in enumerate(zip(drawn_anew, stored, strict=True)):
            digest.add(drawn.pastes)
            yield from _compared(corpus, tables.SAMPLES_FILE, b, drawn.samples, rows)
            if drawn.instances:
                counter.add(drawn.instances, drawn.fewer_than_drawn)
                rows = tables.read_background_rows(folder / INSTANCES_FILE, b)
                yield from _compared(corpus, INSTANCES_FILE, b, drawn.instances.to_arrow(), rows)
    except (TypeError, ValueError, IndexError, KeyError) as error:
        yield f"{folder}: the tables don't fit corpus.json ({error}): {corpus.repair_hint}"
        return
    if digest.hexdigest() != manifest.digest:
        yield f"{corpus.path}: its digest isn't that of its pictures and placements: {corpus.repair_hint}"
    if counter.statistics().get("instances") != manifest.statistics.get("instances"):
        yield f"{folder / 'corpus.json'}: the statistics of instances aren't those of the draw: {corpus.repair_hint}"


def _compared(corpus: Corpus, name: str, b: int, drawn: pa.Table, stored: pa.Table) -> Iterator[str]:
    """Compare what a table says of background `b` with what was drawn."""
    path = corpus.path / "manifest" / name
    different = [n for n in drawn.column_names if n not in stored.column_names or drawn[n] != stored[n]]
    if different:
        yield f"{path}: {', '.join(different)} of background {b} aren't what was drawn: {corpus.repair_hint}"


def _check_metadata(corpus: Corpus) -> Iterator[str]:
    """Hold the zarr.json of the group, and that of each array, to what bgfg writes."""
    for fault in metadata_faults(corpus.path, corpus.manifest, corpus.layouts, strict=True):
        hint = corpus.metadata_hint(fault.array) if fault.error is None else "mend that"
        yield f"{fault.path}: {fault.reason}: {hint}"


def _check_marks(corpus: Corpus) -> Iterator[str]:
    """Statistics in corpus.json mean that all shards are marked, and come from the marks."""
    for array in SHARDED_ARRAYS:
        folder, marks = corpus.path / "done" / array, marked_shards(corpus.path, array)
        strangers = sorted(marks - (set(corpus.shards) if array in corpus.layouts else set()))
        if strangers:
            yield f"{folder}: marks of shards that this corpus doesn't have ({first_few(strangers)}): delete them"
        missing = sorted(set(corpus.shards) - marks)
        run = bgfg_command("label" if array == "depth" else "compose", corpus.path)
        if array not in corpus.manifest.statistics:
            if not missing and array in corpus.layouts:
                path = corpus.path / "manifest" / "corpus.json"
                yield f"{path}: no statistics of {array}, though all its shards are marked: run {run}"
            continue
        if missing:
            yield f"{folder}: no marks of shards {first_few(missing)}, which were done once: run {run}"
            continue
        try:
            gathered = combined_statistics(DoneMark.load(corpus.path, array, shard) for shard in corpus.shards)
        except Problem:
            continue  # the shard's own check names the mark
        if gathered != corpus.manifest.statistics[array]:
            path = corpus.path / "manifest" / "corpus.json"
            yield f"{path}: the statistics of {array} aren't those of its marks: {corpus.repair_hint}"


def _check_unknown_files(corpus: Corpus) -> Iterator[str]:
    root = corpus.path / "data.zarr"
    expected = {root / "zarr.json"} | {root / name / "zarr.json" for name in corpus.layouts}
    for name, layout in corpus.layouts.items():
        chunks = layout.shape[0] // (layout.shard or layout.chunk)
        expected |= {corpus.chunk_path(name, chunk) for chunk in range(chunks)}
    manifest = corpus.path / "manifest"
    expected |= {manifest / name for name in ("corpus.json", *corpus.manifest.tables)}
    found = {Path(folder, name) for top in (root, manifest) for folder, _, names in os.walk(top) for name in names}
    for path in sorted(found - expected):
        yield f"{path}: not a file of this corpus: remove it"
