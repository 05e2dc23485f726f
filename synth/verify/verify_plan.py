"""Checks the plan on disk: digest, placements, tables, metadata, statistics, and that nothing else lies beside them."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bgfg.data_manifests.assets.prepared_assets import Asset, original_cutouts
from bgfg.data_manifests.corpus import asset_table, parquet_table, sample_table
from bgfg.data_manifests.corpus.digest import PixelDigest
from bgfg.data_manifests.corpus.instances import INSTANCE_SCHEMA, INSTANCES_FILE, InstanceCounter
from bgfg.data_manifests.corpus.part_record import PART_FILE, PARTS_FOLDER
from bgfg.data_manifests.corpus.samples import (
    BackgroundSamples,
    draw_samples,
    name_and_split_added,
    name_and_split_assets,
)
from bgfg.data_manifests.corpus.varied_samples import DISTRACTORS_FILE, DistractorTable
from bgfg.data_manifests.files.failing_call import call_line
from bgfg.data_manifests.imports.imported_digest import imported_digest
from bgfg.data_manifests.imports.source_tables import SOURCES_FILE, all_hashes
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, first_few
from bgfg.synth.plan.differences import recipe_differences
from bgfg.synth.plan.drawing import Drawing
from bgfg.synth.plan.placer import placer_of_part
from bgfg.synth.plan.recipe_file import RECIPE_FILE, read_recipe
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.corpus_part import CorpusPart
from bgfg.synth.store.done_marks import combined_statistics
from bgfg.synth.store.layout import SHARDED_ARRAYS
from bgfg.synth.store.metadata import METADATA_FILE, metadata_faults


def find_plan_problems(corpus: Corpus, drawing: Drawing | None = None) -> Iterator[str]:
    """Yield a line for each thing that isn't as the manifest says; the content of shards is left to `verify_shard`."""
    found = list(_check_stored(corpus))
    yield from found
    try:
        yield from _check_parts(corpus, drawing or Drawing()) if not found else ()
    except Problem as problem:
        yield from problem.lines
    yield from _check_recipe(corpus)
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


def _check_parts(corpus: Corpus, drawing: Drawing) -> Iterator[str]:
    """Draw everything again, part by part, and compare."""
    if corpus.manifest.is_imported:
        yield from _check_imported_tables(corpus)
        return
    yield from _check_classes(corpus)
    instances, drawn = InstanceCounter(), True
    for part in corpus.parts:
        counted = yield from _check_tables(corpus, part, drawing)
        drawn = drawn and counted is not None
        if part.number < corpus.listed:
            instances.add_statistics(counted or {})
    if drawn and instances.statistics().get("instances") != corpus.manifest.statistics.get("instances"):
        path = corpus.path / "manifest" / "corpus.json"
        yield f"{path}: the statistics of instances aren't those of the draw: {corpus.hints.repair}"


def _check_tables(corpus: Corpus, part: CorpusPart, drawing: Drawing) -> Generator[str, None, dict[str, Any] | None]:
    """Draw everything of a part again from the assets, the seed and the rule, and compare.

    Returns:
        The statistics of its instances; None where nothing could be drawn.
    """
    folder, manifest, repair = part.path / "manifest", corpus.manifest.until(part.number + 1), corpus.hints.repair
    geometry, rectangle = manifest.geometry, part.rectangle
    try:
        counts = {"background": geometry.backgrounds, "cutout": 2 * geometry.cutouts}
        rows = (row for row in corpus.assets.to_pylist() if row["id"] < counts[row["kind"]])
        assets = tuple(Asset(**row) for row in rows)
        mine = [a for a in assets if a.id in part.pictures(a.kind)]
        known = [a for a in assets if a.id not in part.pictures(a.kind)]
        of_corpus = geometry, manifest.split, manifest.seed
        again = name_and_split_added(mine, known, *of_corpus) if known else name_and_split_assets(mine, *of_corpus)
        if tuple(mine) != again:
            path = folder / asset_table.ASSETS_FILE
            yield f"{path}: names or splits aren't those of the seed and the groups: {repair}"
        depth_mm = None
        if manifest.placement_rule == "perspective":
            backgrounds = rectangle.backgrounds
            depth_mm = corpus.read("background_depth", slice(backgrounds.start, backgrounds.stop))
        counter, digest = InstanceCounter(), _begun_digest(corpus, part, depth_mm)
        F = 2 * geometry.cutouts
        cutouts = corpus.read("cutout", slice(0, F)), corpus.cutout_sizes_px[:F]
        placer = placer_of_part(manifest, rectangle, *cutouts, depth_mm, drawing.progress)
        drawn_anew = draw_samples(
            *(geometry, rectangle, assets, placer, manifest.crowd, manifest.seed, drawing.progress, manifest.variety),
            in_order=drawing.in_order,
        )
        for drawn, b in zip(drawn_anew, rectangle.backgrounds, strict=True):
            digest.add(*drawn.pastes)
            if drawn.instances:
                counter.add(drawn.instances, drawn.fewer_than_drawn)
            yield from _check_background(corpus, part, b, drawn)
    except (TypeError, ValueError, IndexError, KeyError) as error:
        yield f"{folder}: the tables don't fit corpus.json ({error}): {repair}"
        return None
    if digest.hexdigest() != part.record.digest:
        yield f"{part.path}: its digest isn't that of its pictures and placements: {repair}"
    if part.number and counter.statistics() != part.record.statistics:
        yield f"{folder}: the statistics of instances aren't those of the draw: {repair}"
    return counter.statistics()


def _check_background(corpus: Corpus, part: CorpusPart, b: int, drawn: BackgroundSamples) -> Iterator[str]:
    """Compare what was drawn for a background with its rows of the tables."""
    folder, strip, repair = part.path / "manifest", part.rectangle.strip(b), corpus.hints.repair
    stored = sample_table.read_strip_rows(folder / sample_table.SAMPLES_FILE, strip)
    stored = parquet_table.labelled(stored, sample_table.SAMPLE_SCHEMA, [*stored.column_names, "label"])
    yield from _compared(folder / sample_table.SAMPLES_FILE, b, drawn.samples, stored, repair)
    if drawn.instances:
        stored = sample_table.read_strip_rows(folder / INSTANCES_FILE, strip)
        stored = parquet_table.labelled(stored, INSTANCE_SCHEMA, [*stored.column_names, "label"])
        pastes = drawn.instances.to_arrow(corpus.cutout_labels)
        yield from _compared(folder / INSTANCES_FILE, b, pastes, stored, repair)
    if drawn.distractors:
        stored = DistractorTable.read(folder / DISTRACTORS_FILE, strip).to_arrow()
        yield from _compared(folder / DISTRACTORS_FILE, b, drawn.distractors.to_arrow(), stored, repair)


def _check_classes(corpus: Corpus) -> Iterator[str]:
    """Hold the labels of cut-outs to one another and to corpus.json."""
    path = corpus.path / "manifest" / asset_table.ASSETS_FILE
    assets = [Asset(**row) for row in corpus.assets.to_pylist()]
    labels = {cutout.id: cutout.label for cutout in original_cutouts(assets)}
    if any(labels.get(a.flip_of) != a.label for a in assets if a.flip_of is not None):
        yield f"{path}: the label of a flip isn't that of its original: {corpus.hints.repair}"
    if {*labels.values()} != {*corpus.classes}:
        yield f"{path}: its labels aren't the classes of corpus.json: {corpus.hints.repair}"


def _check_imported_tables(corpus: Corpus) -> Iterator[str]:
    """Hold the digest of an imported corpus to the files that it says it was made of, and read all its rows."""
    manifest = corpus.manifest
    rows = sum(len(rows) for rows in sample_table.iter_strips(corpus.samples_path, corpus.geometry))
    hashes = all_hashes(corpus.table_path(SOURCES_FILE))
    digest = imported_digest(corpus.geometry, manifest.prepared, hashes, manifest.crowd is not None)
    if digest != manifest.digest or rows != len(corpus) or len(corpus.assets) < corpus.geometry.backgrounds:
        yield f"{corpus.path}: its digest isn't that of its pictures and sources: {corpus.hints.repair}"


def _begun_digest(corpus: Corpus, part: CorpusPart, depth_mm: NDArray[np.uint16] | None) -> PixelDigest:
    """Begin the digest of a part. depth_mm: that of its backgrounds, where placements depend on it."""
    pictures = {name: part.read(name, slice(None)) for name in ("background", "cutout") if part.pictures(name)}
    if part.record.added is None:
        crowd, variety = corpus.manifest.crowd is not None, corpus.manifest.variety
        return PixelDigest(
            *(corpus.geometry.until(1), pictures["background"], pictures["cutout"], depth_mm, crowd),
            variety.to_dict() if variety else None,
        )
    new_mm = depth_mm if "background" in pictures else None
    both = pictures.get("background"), pictures.get("cutout")
    return PixelDigest.of_added(part.record.extends, part.record.added, *both, new_mm)


def _compared(path: Path, b: int, drawn: pa.Table, stored: pa.Table, repair: str) -> Iterator[str]:
    """Compare what a table says of background `b` with what was drawn."""
    different = [n for n in drawn.column_names if n not in stored.column_names or drawn[n] != stored[n]]
    if different:
        yield f"{path}: {', '.join(different)} of background {b} aren't what was drawn: {repair}"


def _check_recipe(corpus: Corpus) -> Iterator[str]:
    """Hold the recipe, where there is one, to what the manifest says of the options."""
    path = corpus.path / "manifest" / RECIPE_FILE
    if not path.exists():
        return  # an earlier bgfg wrote none
    try:
        different = recipe_differences(corpus.manifest, read_recipe(path))
    except Problem as problem:
        yield from problem.lines
        return
    if different:
        yield f"{path}: {', '.join(different)} aren't those of corpus.json: {corpus.hints.plan(0)}"


def _check_metadata(corpus: Corpus) -> Iterator[str]:
    """Hold the zarr.json of the groups, and that of each array, to what bgfg writes."""
    for fault in (fault for part in corpus.parts for fault in metadata_faults(part, strict=True)):
        hint = corpus.hints.metadata(fault.array) if fault.error is None else "mend that"
        yield f"{fault.path}: {fault.reason}: {hint}"


def _check_marks(corpus: Corpus) -> Iterator[str]:
    """Statistics in corpus.json mean that all shards are marked, and come from the marks."""
    path = corpus.path / "manifest" / "corpus.json"
    listed = corpus.pending[0].first_shard if corpus.pending else len(corpus.shards)
    for array in SHARDED_ARRAYS:
        for part in corpus.parts:
            strangers = sorted(part.marked_shards(array) - (set(part.shards) if array in part.layouts else set()))
            if strangers:
                said = f"marks of shards that this corpus doesn't have ({first_few(strangers)})"
                yield f"{part.path / 'done' / array}: {said}: delete them"
        missing = sorted(set(range(listed)) - corpus.marked_shards(array))
        run = bgfg_command("label" if array == "depth" else "compose", corpus.path)
        if array not in corpus.manifest.statistics:
            if not missing and array in corpus.layouts:
                yield f"{path}: no statistics of {array}, though all its shards are marked: run {run}"
            continue
        if missing:
            folder = corpus.path / "done" / array
            yield f"{folder}: no marks of shards {first_few(missing)}, which were done once: run {run}"
            continue
        try:
            gathered = combined_statistics(corpus.mark(array, shard) for shard in range(listed))
        except Problem:
            continue  # the shard's own check names the mark
        if gathered != corpus.manifest.statistics[array]:
            yield f"{path}: the statistics of {array} aren't those of its marks: {corpus.hints.repair}"


def _check_unknown_files(corpus: Corpus) -> Iterator[str]:
    expected, found = {corpus.path / "manifest" / name for name in ("corpus.json", RECIPE_FILE)}, set()
    for part in corpus.parts:
        root, manifest = part.path / "data.zarr", part.path / "manifest"
        expected |= {root / METADATA_FILE} | {root / name / METADATA_FILE for name in part.layouts}
        for name, layout in part.layouts.items():
            chunks = -(-layout.shape[0] // (layout.shard or layout.chunk))
            expected |= {part.chunk_path(name, chunk) for chunk in range(chunks)}
        expected |= {manifest / name for name in (*part.record.tables, *([PART_FILE] if part.number else []))}
        found |= {Path(folder, name) for top in (root, manifest) for folder, _, names in os.walk(top) for name in names}
    parts = {str(part.number) for part in corpus.parts[1:]}
    if (corpus.path / PARTS_FOLDER).is_dir():
        found |= {entry for entry in (corpus.path / PARTS_FOLDER).iterdir() if entry.name not in parts}
    for path in sorted(found - expected):
        yield f"{path}: not a file of this corpus: remove it"
