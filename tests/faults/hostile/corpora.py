"""Readers of corpora: manifest, tables, marks, metadata, shards and pictures; and of exports and kits."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bgfg.data_manifests.corpus import asset_table, sample_table
from bgfg.data_manifests.corpus.digest import SEAL_KEY, content_sha256
from bgfg.data_manifests.corpus.instances import InstanceTable
from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.corpus.selection import split_codes
from bgfg.data_manifests.corpus.summary import CorpusSummary
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.export.atomic_writer import WrittenFile
from bgfg.synth.export.forms.registry import export_request
from bgfg.synth.export.forms.zips import MEMBERS
from bgfg.synth.export.manifest import ExportManifest
from bgfg.synth.export.part import ExportPart, read_left
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.kit.build import build_kit
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import DoneMark, combined_statistics
from bgfg.synth.store.shard import DamagedShard
from bgfg.synth.store.unflushed import unmark_torn_shards
from bgfg.synth.verify.audit import audit_path
from tests.faults.hostile.layers import checked_chunk, checked_index, parquet_footer, sealed_json
from tests.faults.hostile.readers import Reader, Stock, Target, in_file
from tests.support.crowd_corpus import CUTOUT_HEIGHT, H, K, W, make_crowd_corpus
from tests.support.executors import IN_PROCESS
from tests.support.extended_corpus import extend, more_sources

_KIT_SIDE_PX = 32


def _make(folder: Path) -> None:
    crowded = make_crowd_corpus(folder / "crowded", "random", CutoutsPerSample(1, 3))
    export_corpus(crowded, folder / "folder", export_request("folder", samples="0:2"), IN_PROCESS)
    pending = shutil.copytree(crowded, folder / "pending")
    extend(pending, more_sources(folder / "more", H, W, CUTOUT_HEIGHT))
    whole = shutil.copytree(pending, folder / "extended")
    compose_corpus(whole, IN_PROCESS)
    label_corpus(whole, "layered", IN_PROCESS)


CORPORA = Stock("corpora", _make)


def _manifest(folder: Path) -> list[Target]:
    def open_corpus() -> None:
        found = Corpus(corpus)
        if "depth" in found.layouts:
            found.depth_code()

    def summarise() -> None:
        summary = CorpusSummary.from_records(CorpusRecords.open(corpus))
        summary.to_text(), json.dumps(summary.to_dict())

    corpus = folder / "crowded/corpus"
    path, layers = corpus / "manifest/corpus.json", {"sealed": sealed_json(SEAL_KEY, content_sha256)}
    return [in_file(path, partial(load_manifest, path), open_corpus, summarise, layers=layers)]


def _parts(folder: Path) -> list[Target]:
    pending, extended = folder / "pending", folder / "extended"
    layers = {"sealed": sealed_json(SEAL_KEY, content_sha256)}

    def read_last() -> None:
        corpus = Corpus(extended)
        corpus[len(corpus) - 1], corpus.assets

    return [
        in_file(pending / "parts/1/manifest/part.json", lambda: Corpus(pending, pending=True), layers=layers),
        in_file(extended / "manifest/corpus.json", read_last, layers=layers),
        in_file(extended / "parts/2/manifest/samples.parquet", read_last),
    ]


def _table(name: str, read: Callable[[Path, Any], object]) -> Callable[[Path], list[Target]]:
    def targets(folder: Path) -> list[Target]:
        manifest = folder / "crowded/corpus/manifest"
        geometry = load_manifest(manifest / "corpus.json").geometry
        return [in_file(manifest / name, lambda: read(manifest / name, geometry), layers={"footer": parquet_footer()})]

    return targets


def _read_samples(path: Path, geometry: Any) -> None:
    sample_table.read_sample(path, 0, geometry)
    sample_table.read_boxes(path, geometry.index.rectangles[0].strip(1))
    for rows in sample_table.iter_strips(lambda _: path, geometry, ["split"]):
        split_codes(path, rows)


def _read_assets(path: Path, geometry: Any) -> None:
    asset_table.read_assets(path)
    asset_table.cutout_sizes(asset_table.read_asset_table(lambda _: path, geometry), geometry)


def _read_instances(path: Path, geometry: Any) -> None:
    strip = geometry.index.rectangles[0].strip(0)
    found = InstanceTable.read(path, strip)
    found.by_sample(strip.samples), found.counts(), found.first_pastes(), found.pastes()


def _marks(folder: Path) -> list[Target]:
    corpus = folder / "crowded/corpus"

    def load(array: str) -> None:
        combined_statistics([DoneMark.load(corpus, array, 0)])

    return [
        in_file(
            corpus / f"done/{array}/0.json",
            partial(load, array),
            partial(Corpus(corpus).is_done, array, 0),
        )
        for array in ("image", "depth")
    ]


def _unflushed(folder: Path) -> list[Target]:
    corpus = Corpus(folder / "crowded/corpus")
    mark, shard = corpus.path / "done/mask/0.json", corpus.chunk_path("mask", 0)
    (corpus.path / "done/mask/.unflushed").touch()
    whole = mark.read_bytes()

    def read() -> None:
        try:
            unmark_torn_shards(corpus, ["mask"])
        finally:
            mark.write_bytes(whole)

    return [in_file(mark, read), in_file(shard, read)]


def _metadata(folder: Path) -> list[Target]:
    corpus = folder / "crowded/corpus"

    def read(array: str) -> None:
        Corpus(corpus).read(array, 0)

    return [
        in_file(corpus / "data.zarr/zarr.json", lambda: read("mask")),
        *(
            in_file(corpus / f"data.zarr/{name}/zarr.json", partial(read, name))
            for name in ("image", "mask", "depth", "background", "cutout")
        ),
    ]


def _shards(folder: Path) -> list[Target]:
    corpus = Corpus(folder / "crowded/corpus")
    chunks = corpus.parts[0].samples_per_shard // corpus.geometry.placements

    def read(array: str) -> None:
        layout = corpus.layouts[array]
        with contextlib.suppress(DamagedShard):  # which every caller turns into a Problem that names the shard
            reader = corpus.open_shard(array, 0)
            for chunk in range(chunks):
                reader.read(chunk, layout.stored_shape, np.dtype(layout.dtype))

    layers = {"frame": checked_chunk(chunks), "index": checked_index(chunks)}
    return [
        in_file(corpus.chunk_path(array, 0), partial(read, array), layers=layers)
        for array in ("image", "mask", "instance", "depth")
    ]


def _zarr_shards(folder: Path) -> list[Target]:
    corpus = Corpus(folder / "crowded/corpus")
    chunks = corpus.parts[0].samples_per_shard // corpus.geometry.placements
    layers = {"frame": checked_chunk(chunks), "index": checked_index(chunks)}
    return [
        in_file(corpus.chunk_path(array, 0), partial(corpus.read, array, slice(0, K)), layers=layers)
        for array in ("image", "depth")
    ]


def _pictures(folder: Path) -> list[Target]:
    corpus = Corpus(folder / "crowded/corpus")
    return [
        in_file(corpus.chunk_path(name, 0), partial(corpus.read, name, 0), layers={"frame": checked_chunk(0)})
        for name in ("background", "cutout", "background_depth")
    ]


def _export(folder: Path) -> list[Target]:
    out = folder / "folder"
    reads = (ExportManifest(out).complete, lambda: audit_path(out, IN_PROCESS))
    return [in_file(out / "export.json", *reads), in_file(out / "SHA256SUMS", *reads)]


def _export_left(folder: Path) -> list[Target]:
    """What an export that was cut off has left: marks, parts, and what a worker listed."""
    export, part = ExportManifest(folder / "left"), ExportPart(0, "train", 0, 1, (0, 2, 5))
    for below in (export.parts, export.segments, export.partial / "done"):
        below.mkdir(parents=True, exist_ok=True)
    part.save(export.parts)
    listed = export.segments / "0.json"
    listed.write_text(json.dumps([["image/bg001_fg001_001.jpeg", 12345, 678]]))
    export.mark_done("0", [WrittenFile("mask", "a.png", 2, "0" * 64)])
    (export.out / "a.png").write_bytes(b"aa")
    return [
        in_file(export.parts / "0.json", partial(ExportPart.load, export.parts, 0)),
        in_file(listed, partial(read_left, listed, MEMBERS)),
        in_file(export.partial / "done/0.json", export.done_names),
    ]


def _build_kit(out: Path) -> None:
    build_kit(out, backgrounds=1, cutouts=1, size_px=_KIT_SIDE_PX, executor=IN_PROCESS)


KIT = Stock("kit", lambda folder: _build_kit(folder / "kit"))


def _kit(folder: Path) -> list[Target]:
    return [in_file(folder / "kit/kit.json", partial(_build_kit, folder / "kit"))]


READERS = [
    Reader("corpus.json", CORPORA, _manifest),
    Reader("parts", CORPORA, _parts),
    Reader("samples.parquet", CORPORA, _table("samples.parquet", _read_samples)),
    Reader("assets.parquet", CORPORA, _table("assets.parquet", _read_assets)),
    Reader("instances.parquet", CORPORA, _table("instances.parquet", _read_instances)),
    Reader("done-marks", CORPORA, _marks),
    Reader("unflushed", CORPORA, _unflushed),
    Reader("zarr.json", CORPORA, _metadata),
    Reader("shards", CORPORA, _shards),
    Reader("shards-by-zarr", CORPORA, _zarr_shards, is_loud=True),
    Reader("prepared-pictures", CORPORA, _pictures),
    Reader("export.json", CORPORA, _export),
    Reader("export-left", CORPORA, _export_left),
    Reader("kit.json", KIT, _kit),
]
