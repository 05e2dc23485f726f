"""A corpus of several parts is read as one, by every reader."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from bgfg.data_manifests.corpus.lookup import look_up
from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.corpus.summary import CorpusSummary
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.export.forms.registry import EXPORT_FORMATS, export_request
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.preview import contact_sheet, spread_samples
from bgfg.synth.store.changes import open_with_digest, unchanged_meanwhile
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.audit import audit_path
from tests.support.executors import IN_PROCESS
from tests.support.extended_corpus import MORE_B, MORE_C, extend, finish
from tests.support.tiny_corpus import CUTOUT_HEIGHT, B, C, H, K, W

N = B * 2 * C * K
MORE_N = (B + MORE_B) * 2 * (C + MORE_C) * K


def test_pictures_are_numbered_through_the_parts(extended: Path) -> None:
    corpus = Corpus(extended)
    assert [part.record.added is None for part in corpus.parts] == [True, False, False]
    for name, count in (("background", B + MORE_B), ("cutout", 2 * (C + MORE_C))):
        every = corpus.read(name, slice(None))
        assert len(every) == count
        assert np.array_equal(every, corpus.read_prepared(name))
        for i in range(count):
            single = corpus.read(name, i)
            box = tuple(slice(0, n) for n in single.shape)
            assert np.array_equal(every[i][box], single)
            assert every[i].sum() == single.sum()
    assert corpus.geometry.largest_box_px == (CUTOUT_HEIGHT, 13)
    assert corpus.cutout_sizes_px.tolist()[-2:] == [[CUTOUT_HEIGHT, 13]] * 2
    with pytest.raises(Problem, match=r"has 3 parts, each with an array 'image'.*part=0.*read\('image'"):
        corpus.array("image")
    assert corpus.array("image", part=1).shape == (MORE_B * 2 * C * K, H, W, 3)


def test_shards_and_blocks_are_numbered_through_the_parts(extended: Path) -> None:
    corpus = Corpus(extended)
    assert [i for shard in corpus.shards for i in corpus.samples_of(shard)] == list(range(MORE_N))
    for i in range(MORE_N):
        shard = corpus.shard_of(i)
        assert i in corpus.samples_of(shard)
        assert corpus.place_of_block(i // K) == (shard, (i - corpus.samples_of(shard).start) // K)
    samples = np.array([0, N - 1, N, MORE_N - 1])
    assert corpus.shards_of(samples) == sorted({corpus.shard_of(i) for i in samples.tolist()})
    assert corpus.done_shards("depth") == set(corpus.shards)


def test_tables_are_queried_as_one(extended: Path) -> None:
    records = CorpusRecords.open(extended)
    assert sum(len(rows) for rows in records.iter_strips(("split",))) == MORE_N
    summary = CorpusSummary.from_records(records)
    assert sum(split.samples for split in summary.splits.values()) == MORE_N
    told = summary.to_text()
    assert f"then {MORE_B} backgrounds (samples from {N}), {MORE_C} cut-out (samples from" in told
    assert summary.being_added == ""
    last = look_up(records, str(MORE_N - 1))
    assert last.sample is not None
    assert last.sample["sample"] == MORE_N - 1
    assert look_up(records, last.name).sample == last.sample
    for name in ("bg005", "fg003_01"):
        assert look_up(records, name).name.startswith(name)
    with pytest.raises(Problem, match=f"whose last sample is {last.name}"):
        look_up(records, "bg006_fg001_001")


def test_sql_sees_the_rows_of_all_parts(extended: Path) -> None:
    pytest.importorskip("duckdb", reason="the extra [sql] isn't installed")
    from bgfg.data_manifests.corpus.sql import run_query

    with run_query(extended, "SELECT count(*), max(sample), count(DISTINCT background) FROM samples") as found:
        assert list(found.rows) == [(MORE_N, MORE_N - 1, B + MORE_B)]


def test_an_audit_has_nothing_to_say_and_finds_what_was_damaged(
    copy_of: Callable[[Path], Path], extended: Path
) -> None:
    path = copy_of(extended)
    assert {finding.severity for finding in audit_path(path, IN_PROCESS, full=True).findings} == {"note"}
    shard = path / "parts/1/data.zarr/mask/c/1/0/0"
    content = bytearray(shard.read_bytes())
    content[20] ^= 1
    shard.write_bytes(bytes(content))
    (path / "parts/2/data.zarr/image/c/9/0/0/0").parent.mkdir(parents=True)
    (path / "parts/2/data.zarr/image/c/9/0/0/0").write_bytes(b"")
    (path / "parts/7").mkdir()
    found = [
        f"{f.path}: {f.message}" for f in audit_path(path, IN_PROCESS, full=True).findings if f.severity == "error"
    ]
    for line in ("mask/c/1/0/0: its SHA-256", "image/c/9/0/0/0: not a file", "parts/7: not a file"):
        assert any(line in each for each in found)


def test_a_sheet_has_samples_of_all_parts(extended: Path) -> None:
    corpus = Corpus(extended)
    chosen = spread_samples(corpus, len(corpus.shards))
    assert {corpus.geometry.index.strip_of(i).part for i in chosen} == {0, 1, 2}
    assert contact_sheet(corpus, chosen[:3]).ndim == 3


@pytest.mark.parametrize("form", sorted(EXPORT_FORMATS))
def test_exports_have_the_samples_of_all_parts(tmp_path: Path, extended: Path, form: str) -> None:
    request = export_request(form, image="png")
    result = export_corpus(extended, tmp_path / "out", request, IN_PROCESS)
    assert result.samples == MORE_N
    assert not [f for f in audit_path(tmp_path / "out", IN_PROCESS).findings if f.severity == "error"]
    if form == "folder":
        for sample in Corpus(extended):
            stored = cv2.imread(
                str(next((tmp_path / "out").rglob(str(sample.row["image_name"]).replace("jpeg", "png"))))
            )
            assert np.array_equal(np.asarray(stored)[..., ::-1], sample.image)
    if form == "hdf5":
        h5py = pytest.importorskip("h5py")
        with h5py.File(next((tmp_path / "out").glob("*.h5"))) as file:
            assert file["samples/sample"][:].tolist() == list(range(MORE_N))
            corpus = Corpus(extended)
            for i in (0, N, MORE_N - 1):
                cutout = file["cutout"][file["samples/cutout"][i]]
                assert cutout.sum() == corpus.read("cutout", int(file["samples/cutout"][i])).sum()
                assert np.array_equal(file["background"][file["samples/background"][i]], corpus[i].background)


def test_work_on_what_there_was_goes_on_while_parts_are_added(
    copy_of: Callable[[Path], Path], labelled: Path, more: Path
) -> None:
    path = copy_of(labelled)
    old = Corpus(path)
    with unchanged_meanwhile(old, depth=True):
        extend(path, more)
        assert open_with_digest(path, old.manifest.digest).manifest.parts == old.manifest.parts
        finish(path)
    opened = open_with_digest(path, old.manifest.digest)
    assert (len(opened), opened.manifest.digest) == (N, old.manifest.digest)
    assert len(open_with_digest(path, Corpus(path).manifest.digest)) == MORE_N
    with pytest.raises(Problem, match="planned anew while work was going on"):
        open_with_digest(path, "0" * 64)


def test_a_part_of_another_corpus_is_refused(copy_of: Callable[[Path], Path], extended: Path) -> None:
    path = copy_of(extended)
    group = path / "parts/1/data.zarr/zarr.json"
    content = json.loads(group.read_text())
    assert content["attributes"] == {
        "format": "bgfg-corpus", "version": 2, "digest": Corpus(path).parts[1].record.digest
    }  # fmt: skip
    content["attributes"]["digest"] = "0" * 64
    group.write_text(json.dumps(content))
    with pytest.raises(Problem, match=r"parts/1/data.zarr: not of the plan in the manifest"):
        Corpus(path)


def test_one_sample_in_a_part_that_lost_its_table_is_told_by_name(
    copy_of: Callable[[Path], Path], extended: Path
) -> None:
    path = copy_of(extended)
    shutil.copy(path / "manifest/samples.parquet", path / "parts/2/manifest/samples.parquet")
    corpus = Corpus(path)
    assert corpus[0].row["sample"] == 0
    with pytest.raises(Problem, match=r"parts/2/manifest/samples.parquet: changed since it was planned"):
        corpus[MORE_N - 1]
    assert dataclasses.replace(corpus.manifest) == corpus.manifest
