"""The end of an import: tables, splits and manifest, from what was seen of all samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bgfg.data_manifests.corpus import asset_table, parquet_table, sample_table
from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.corpus.instances import INSTANCE_SCHEMA, INSTANCES_FILE, UNKNOWN, InstanceTable
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.manifest_file import save_manifest
from bgfg.data_manifests.files.atomic_write import replace_bytes
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.flush import flush_file_system, flush_folder
from bgfg.data_manifests.files.remove import remove_folder
from bgfg.data_manifests.imports.foreign_set import ForeignObjects, ForeignSample, ForeignSet
from bgfg.data_manifests.imports.source_tables import SOURCES_FILE, write_sources
from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.executor import Executor
from bgfg.synth.importing import identity_splits
from bgfg.synth.importing.begun import BegunImport, Facts
from bgfg.synth.importing.identity_splits import ImportedSplits
from bgfg.synth.importing.known_pictures import KnownPictures
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.importing.source_hashes import identified, taken_hashes
from bgfg.synth.store.group import group_metadata_bytes
from bgfg.synth.store.metadata import METADATA_FILE


def finish_import(
    begun: BegunImport,
    found: ForeignSet,
    known: KnownPictures,
    statistics: Mapping[str, Any],
    options: ImportOptions,
    executor: Executor,
) -> Manifest:
    """Write the tables and then, last, the manifest; the caller holds the writer lock.

    Args:
        begun: The import, whose shards are all there.
        found: What was found of its samples.
        known: Its backgrounds and cut-outs.
        statistics: Those of its arrays.
        options: What was asked for.
        executor: How many threads may work.

    Returns:
        The manifest.
    """
    facts = _facts_of_all(begun)
    hashes = [each for of_shard in facts for each in taken_hashes(of_shard)]
    splits = _splits(found, known, facts, options, executor.workers)
    folder = begun.folder / "manifest"
    remove_folder(folder)
    folder.mkdir()
    write_sources(folder / SOURCES_FILE, found.samples, hashes)
    of_assets = iter([*splits.backgrounds, *splits.cutouts])
    asset_table.write_assets(
        folder / asset_table.ASSETS_FILE, [vars(asset) | {"split": next(of_assets)} for asset in known.assets]
    )
    geometry = begun.manifest.geometry
    strips = list(geometry.index.strips())
    classes = begun.manifest.class_names
    schema = parquet_table.written_schema(sample_table.SAMPLE_SCHEMA, classes)
    labels = [*(str(asset.label) for asset in known.assets if asset.kind == "cutout"), *reversed(classes)]
    with parquet_table.TableWriter(folder / sample_table.SAMPLES_FILE, schema) as writer:
        for group, of_group in enumerate(facts):
            numbers = strips[group].samples
            samples = found.samples[numbers.start : numbers.stop]
            of_samples = splits.samples[numbers.start : numbers.stop]
            first = _cutouts_of_objects(numbers, of_group, found.objects)[:, 0]
            writer.add(_sample_rows(numbers, samples, of_group, of_samples, first, labels).select(schema.names))
    crowd, counted = begun.manifest.crowd, {}
    if crowd is not None:
        counts = _write_instances(folder / INSTANCES_FILE, geometry, facts, found.objects, labels)
        crowd = CutoutsPerSample(max(1, min(counts)), max(2, *counts), 100)
        told = {str(number): count for number, count in sorted(Counter(counts).items())}
        counted = {"instances": {"samples_with": told, "fewer_than_drawn": 0}}
    tables = {name: file_sha256(folder / name) for name in begun.manifest.tables}
    manifest = replace(
        identified(begun.manifest, found, hashes), tables=tables, split=splits.rule, crowd=crowd,
        statistics=dict(sorted({**statistics, **counted}.items())),
    )  # fmt: skip
    _give_digest(begun, manifest)
    _install(begun.path, folder, manifest)
    return manifest


def _facts_of_all(begun: BegunImport) -> list[Facts]:
    """Return what was seen of the samples of each shard; raise Problem where that was lost meanwhile."""
    found = []
    for shard in begun.corpus().shards:
        facts = begun.load_facts(shard)
        if facts is None:
            raise Problem(f"{begun.folder}: what was seen of shard {shard} is gone: run the same command again")
        found.append(facts)
    return found


def _give_digest(begun: BegunImport, manifest: Manifest) -> None:
    """Put the digest, which all files had to be read for, into the marks and the group.

    A run that is killed here makes shards again whose marks say it already.
    """
    corpus = begun.corpus()
    for array in begun.arrays:
        for shard in corpus.shards:
            replace(corpus.mark(array, shard), digest=manifest.digest).save(begun.path)
    if corpus.mirror is not None:
        corpus.mirror.upload(corpus.mark_path(array, shard) for array in begun.arrays for shard in corpus.shards)
    replace_bytes(begun.path / "data.zarr" / METADATA_FILE, group_metadata_bytes(manifest.parts[-1]))


def _install(path: Path, folder: Path, manifest: Manifest) -> None:
    """Put the tables in their place, and the manifest behind them: from then on there is a corpus."""
    flush_file_system(path)
    remove_folder(path / "manifest")
    folder.rename(path / "manifest")
    flush_folder(path)
    save_manifest(manifest, path / "manifest" / "corpus.json")
    there = mirrored(path)
    if there is not None:
        there.publish()  # before what was begun goes: else a run that is killed would leave neither
    remove_folder(folder.parent)


def _splits(
    found: ForeignSet, known: KnownPictures, facts: Sequence[Facts], options: ImportOptions, workers: int
) -> ImportedSplits:
    backgrounds = np.concatenate([each["background"] for each in facts])
    cutouts = np.array([UNKNOWN if s.cutout is None else s.cutout for s in found.samples], np.int32)
    groups = [[a.group for a in known.assets if a.kind == kind] for kind in ("background", "cutout")]
    told = [sample.split for sample in found.samples]
    if any(told):
        return identity_splits.given(told, backgrounds, cutouts, (len(groups[0]), len(groups[1])))
    looks = np.concatenate([each["looks"] for each in facts])
    return identity_splits.by_identity(
        options.split, options.seed, backgrounds, cutouts, (groups[0], groups[1]), looks, workers
    )


def _sample_rows(
    numbers: range,
    samples: Sequence[ForeignSample],
    facts: Facts,
    splits: Sequence[str],
    first: NDArray[np.int64],
    labels: Sequence[str],
) -> pa.Table:
    """Return rows of samples.parquet; what isn't known of a sample is null. first: cut-out of the first object."""
    backgrounds = facts["background"]
    is_seen = facts["visible_px"] > 0
    shown = zip(samples, first.tolist(), is_seen.tolist(), strict=True)
    stems = [sample.name.rpartition(".")[0] for sample in samples]
    columns = {
        "sample": np.arange(numbers.start, numbers.stop),
        "background": pa.array(backgrounds, mask=backgrounds == UNKNOWN),
        "cutout": [sample.cutout for sample in samples],
        "flipped": [sample.flipped for sample in samples],
        "placement": [None] * len(samples),
        **{
            name: pa.array(facts["box"][:, axis].copy(), mask=~is_seen)
            for axis, name in enumerate(sample_table.BOX_COLUMNS)
        },
        "visible_px": facts["visible_px"],
        "split": list(splits),
        "label": [(sample.label or labels[cutout]) if seen else None for sample, cutout, seen in shown],
        "image_name": [sample.name for sample in samples],
        "mask_name": [f"{stem}_mask.png" for stem in stems],
        "depth_name": [f"{stem}_depth.png" for stem in stems],
    }
    arrays = [pa.array(columns[field.name], field.type) for field in sample_table.SAMPLE_SCHEMA]
    return pa.Table.from_arrays(arrays, schema=sample_table.SAMPLE_SCHEMA)


def _cutouts_of_objects(samples: range, facts: Facts, objects: ForeignObjects | None) -> NDArray[np.int64]:
    """Return what is known of the objects of each sample, (n, 255) int64: a cut-out, or UNKNOWN less its class."""
    found = np.full((len(samples), 255), UNKNOWN, np.int64)
    if "classes" in facts:
        found -= facts["classes"]
    if objects is not None:
        told = objects.of(samples)
        found[told.samples - samples.start, told.numbers - 1] = told.cutouts
    return found


def _write_instances(
    path: Path,
    geometry: CorpusGeometry,
    facts: Sequence[Facts],
    objects: ForeignObjects | None,
    labels: Sequence[str],
) -> list[int]:
    """Write instances.parquet, a row group for each shard; return how many objects each sample has.

    Args:
        path: The file.
        geometry: Counts and sizes of the corpus.
        facts: What was seen of the samples of each shard.
        objects: What the set says of them.
        labels: Class of each cut-out that is known, then all classes, the last first.
    """
    counts: list[int] = []
    schema = parquet_table.written_schema(INSTANCE_SCHEMA, labels)
    with parquet_table.TableWriter(path, schema) as writer:
        for strip, of_group in zip(geometry.index.strips(), facts, strict=True):
            rows = list(_instance_rows(strip.samples, of_group, _cutouts_of_objects(strip.samples, of_group, objects)))
            counts += (of_group["objects"][..., 4] > 0).sum(axis=1).tolist()
            found = InstanceTable(np.array(rows, np.int64).reshape(-1, 8))
            writer.add(found.to_arrow(labels).select(schema.names))
    return counts


def _instance_rows(samples: range, facts: Facts, cutouts: NDArray[np.int64]) -> Iterator[tuple[int, ...]]:
    """Yield a row for each object that is seen."""
    for sample, boxes, of_objects in zip(samples, facts["objects"], cutouts.tolist(), strict=True):
        for number in np.flatnonzero(boxes[:, 4]).tolist():
            yield sample, number + 1, of_objects[number], *boxes[number].tolist()
