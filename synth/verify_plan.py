"""The plan on disk held to itself: digest, placements, tables, metadata, statistics, and nothing beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from data_manifests import tables
from data_manifests.assets import Asset
from data_manifests.manifest import Digest
from data_manifests.problem import Problem, command, few
from data_manifests.samples import Place, draw, named_and_split, places_by_rule
from data_manifests.staging import Staging
from synth.layout import expected_metadata
from synth.marks import Mark, marked, statistics
from synth.store import Corpus


def check_plan(corpus: Corpus) -> Iterator[str]:
    """Yield a line for each thing that isn't as the manifest says; what a shard holds is for `verify`."""
    try:
        corpus.check_plan()
        yield from _check_tables(corpus)
    except Problem as problem:
        yield from problem.lines
    yield from _check_metadata(corpus)
    yield from _check_marks(corpus)
    yield from _check_strays(corpus)


def _check_tables(corpus: Corpus) -> Iterator[str]:
    """Draw everything again from the assets, the seed and the rule, and compare."""
    folder, geometry, manifest = corpus.path / "manifest", corpus.geometry, corpus.manifest
    try:
        assets = tuple(Asset(**row) for row in tables.read_assets(folder / tables.ASSETS))
        again = named_and_split(assets, geometry, manifest.split, manifest.seed)
        background, cutout = corpus.read("background", slice(None)), corpus.read("cutout", slice(None))
        if assets != again or len(assets) != geometry.backgrounds + len(cutout):
            yield f"{folder / tables.ASSETS}: names or splits aren't those of the seed and the groups: {corpus.mend}"
        sizes = corpus.cutout_sizes
        if manifest.placement_rule == "perspective":
            depth_mm = corpus.read("background_depth", slice(None))
            staging = Staging.of(manifest.seed, geometry.placements, manifest.fov_deg, cutout, sizes, depth_mm)
            place: Place = staging.place
            digest = Digest(geometry, background, cutout, depth_mm)
        else:
            place = places_by_rule(manifest.placement_rule, manifest.seed, geometry, sizes, cutout[..., 3])
            digest = Digest(geometry, background, cutout)
        for b, (boxes, rows) in enumerate(draw(geometry, again, place)):
            digest.add(boxes)
            stored = tables.read_background(folder / tables.SAMPLES, b)
            different = [n for n in rows.column_names if n not in stored.column_names or rows[n] != stored[n]]
            if different:
                names = ", ".join(different)
                yield f"{folder / tables.SAMPLES}: {names} of background {b} aren't what was drawn: {corpus.mend}"
    except (TypeError, ValueError, IndexError, KeyError) as error:
        yield f"{folder}: the tables don't fit corpus.json ({error}): {corpus.mend}"
        return
    if digest.hexdigest() != manifest.digest:
        yield f"{corpus.path}: its digest isn't that of its pictures and placements: {corpus.mend}"


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
    for array in ("image", "mask", "depth"):
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
    expected |= {manifest / name for name in ("corpus.json", tables.ASSETS, tables.SAMPLES)}
    for folder in (root, manifest):
        for path in sorted(folder.rglob("*")):
            if not path.is_dir() and path not in expected:
                yield f"{path}: not a file of this corpus: remove it"
