"""Whatever is changed by hand is found."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zarr

from bgfg.data_manifests.corpus.manifest_file import save_manifest
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.by_layers import relabel_layered
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import level_histograms
from bgfg.synth.store.layout import array_layouts
from bgfg.synth.verify import verify
from bgfg.synth.verify.verify import VerifyResult, verify_corpus
from tests.support.executors import IN_PROCESS
from tests.support.refused_opens import refused_opens
from tests.support.tiny_corpus import B, H, K, W


def edit_json(path: Path, change: Callable[[dict], None]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def flip_a_byte(path: Path, position: int = 40) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)


def write_other_pixels(corpus: Path) -> None:
    """Put a whole, consistent shard of other pixels, its mark made to agree, in the place of a right one."""
    opened = Corpus(corpus)
    with opened.write_shard("mask", 1) as writer:
        for _ in range(4):
            writer.append(np.zeros((K, H, W), np.uint8))
    edit_json(
        corpus / "done/mask/1.json",
        lambda mark: mark.update(bytes=writer.size_bytes, sha256=writer.sha256, sums=[0], squares=[0]),
    )


def reseal(corpus: Path, **changes: object) -> None:
    """Change corpus.json as somebody does who knows how its seal is made."""
    path = corpus / "manifest/corpus.json"
    content = json.loads(path.read_text()) | changes
    del content["sha256"]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    path.write_text(json.dumps(content | {"sha256": hashlib.sha256(canonical).hexdigest()}))


def rewrite_the_splits(corpus: Path) -> None:
    path = corpus / "manifest/samples.parquet"
    table = pq.read_table(path)
    column = table.column_names.index("split")
    changed = table.set_column(column, "split", pa.array(["train"] * len(table)))
    pq.write_table(changed, path, row_group_size=len(table) // B)
    tables = json.loads((corpus / "manifest/corpus.json").read_text())["tables"]
    reseal(corpus, tables=tables | {"samples.parquet": hashlib.sha256(path.read_bytes()).hexdigest()})


def swap_depth_chunks(corpus: Path) -> None:
    """Write a shard of depth whose blocks are swapped, with a mark that agrees."""
    opened = Corpus(corpus)
    reader = opened.open_shard("depth", 1)
    blocks = [reader.read(chunk, (K, H, W), np.dtype("u1")) for chunk in (1, 0, 2, 3)]
    with opened.write_shard("depth", 1) as writer:
        for block in blocks:
            writer.append(block)
    edit_json(corpus / "done/depth/1.json", lambda m: m.update(bytes=writer.size_bytes, sha256=writer.sha256))


def resort_the_samples(corpus: Path) -> None:
    path = corpus / "manifest/samples.parquet"
    pq.write_table(pq.read_table(path).sort_by("x_px"), path)


def repaint_a_background(corpus: Path) -> None:
    array = zarr.open_array(corpus / "data.zarr/background", mode="r+")
    array[1] = 7


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a byte of an image shard": (lambda c: flip_a_byte(c / "data.zarr/image/c/1/0/0/0"), r"image/c/1/0/0/0: .*SHA-256"),
    "a byte of a chunk": (lambda c: flip_a_byte(c / "data.zarr/mask/c/0/0/0"), r"mask/c/0/0/0: chunk 0 doesn't match"),
    "a byte of an index": (lambda c: flip_a_byte(c / "data.zarr/depth/c/0/0/0", -9), r"depth/c/0/0/0: the index"),
    "a truncated shard": (lambda c: (c / "data.zarr/image/c/2/0/0/0").write_bytes(b"abc"), r"image/c/2/0/0/0: 3 bytes"),
    "a missing shard": (lambda c: (c / "data.zarr/image/c/2/0/0/0").unlink(), r"image/c/2/0/0/0: missing, though"),
    "two shards swapped": (
        lambda c: shutil.copy(c / "data.zarr/image/c/0/0/0/0", c / "data.zarr/image/c/1/0/0/0"),
        r"image/c/1/0/0/0: its SHA-256",
    ),
    "bytes in a mark": (lambda c: edit_json(c / "done/image/0.json", lambda m: m.update(bytes=5)), r"its mark says 5"),
    "sums in a mark": (
        lambda c: edit_json(c / "done/depth/0.json", lambda m: m.update(sums=[1.5])),
        r"depth/c/0/0/0: its sums aren't",
    ),
    "a digest in a mark": (
        lambda c: edit_json(c / "done/mask/2.json", lambda m: m.update(digest="0" * 64)),
        r"its mark has the digest 000000000000",
    ),
    "a mark that is none": (lambda c: (c / "done/mask/2.json").write_text("{}"), r"mask/2.json: not a done mark"),
    "a mark too many": (
        lambda c: shutil.copy(c / "done/mask/2.json", c / "done/mask/9.json"),
        r"marks of shards that this .* \(9\)",
    ),
    "the seed in corpus.json": (
        lambda c: edit_json(c / "manifest/corpus.json", lambda m: m.update(seed=9)),
        r"corpus.json: changed by hand",
    ),
    "the split in a resealed corpus.json": (
        lambda c: reseal(c, split="34/0/66"),
        r"assets.parquet: names or splits aren't those of the seed",
    ),
    "the seed in a resealed corpus.json": (
        lambda c: reseal(c, seed=9),
        r"samples.parquet: .*x_px.* of background 0 aren't what was drawn",
    ),
    "statistics taken out of a resealed corpus.json": (
        lambda c: reseal(c, statistics={}),
        r"corpus.json: no statistics of image, though all its shards are marked",
    ),
    "splits in a resealed table": (rewrite_the_splits, r"samples.parquet: split of background 1 aren't what was drawn"),
    "a mark deleted": (lambda c: (c / "done/image/1.json").unlink(), r"done/image: no marks of shards 1, which were"),
    "all marks deleted": (lambda c: shutil.rmtree(c / "done"), r"done/depth: no marks of shards 0, 1, 2"),
    "a stray file among the shards": (
        lambda c: (c / "data.zarr/image/c/1/0/0/0~").write_bytes(b"x"),
        r"0~: not a file of this corpus",
    ),
    "a stray file beside the manifest": (
        lambda c: (c / "manifest/notes.txt").write_text("x"),
        r"manifest/notes.txt: not a file of this corpus",
    ),
    "an array that is another": (
        lambda c: shutil.copy(c / "data.zarr/cutout/zarr.json", c / "data.zarr/background/zarr.json"),
        r"background/zarr.json: not the array that the manifest says",
    ),
    "letters for sums in a mark": (
        lambda c: edit_json(c / "done/mask/0.json", lambda m: m.update(sums=["a"])),
        r"mask/0.json: not a done mark",
    ),
    "nothing for bytes in a mark": (
        lambda c: edit_json(c / "done/mask/0.json", lambda m: m.update(bytes=None)),
        r"mask/0.json: not a done mark",
    ),
    "corpus.json cut short": (lambda c: (c / "manifest/corpus.json").write_text("{"), r"corpus.json: not readable"),
    "samples resorted": (resort_the_samples, r"samples.parquet: changed since it was planned"),
    "a table gone": (lambda c: (c / "manifest/assets.parquet").unlink(), r"assets.parquet: missing"),
    "a background repainted": (repaint_a_background, r"background: its pixels aren't those that were prepared"),
    "a byte of a cut-out": (lambda c: flip_a_byte(c / "data.zarr/cutout/c/1/0/0/0"), r"cutout: can't be read"),
    "the digest of the group": (
        lambda c: edit_json(c / "data.zarr/zarr.json", lambda m: m["attributes"].update(digest="f" * 64)),
        r"data.zarr: not of the plan in the manifest \(digest 'ffff",
    ),
    "the format of the group": (
        lambda c: edit_json(c / "data.zarr/zarr.json", lambda m: m.update(zarr_format=2)),
        r"data.zarr/zarr.json: changed by hand, zarr_format",
    ),
    "the encoding of depth": (
        lambda c: edit_json(c / "data.zarr/depth/zarr.json", lambda m: m["attributes"]["encoding"].update(far_m=20.0)),
        r"depth/zarr.json: changed by hand, attributes",
    ),
    "a dimension's name": (
        lambda c: edit_json(c / "data.zarr/mask/zarr.json", lambda m: m.update(dimension_names=["a", "b", "c"])),
        r"mask/zarr.json: changed by hand, dimension_names",
    ),
    "an array's metadata cut short": (
        lambda c: (c / "data.zarr/mask/zarr.json").write_text('{"zarr_format": 3,'),
        r"mask/zarr.json: can't be read",
    ),
    "an array too many": (
        lambda c: shutil.copytree(c / "data.zarr/mask", c / "data.zarr/stray"),
        r"stray/zarr.json: not a file of this corpus",
    ),
    "statistics that aren't the marks'": (
        lambda c: write_other_pixels(c),
        r"corpus.json: the statistics of mask aren't those of its marks",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_and_named(labelled: Path, copy_of: Callable[[Path], Path], name: str) -> None:
    damage, line = DAMAGE[name]
    corpus = copy_of(labelled)
    damage(corpus)
    found = verify_corpus(corpus, IN_PROCESS).problems
    assert found
    assert any(re.search(line, each) for each in found), found
    assert all(str(corpus) in each for each in found)


@pytest.mark.parametrize("name", ["a truncated shard", "a missing shard", "a digest in a mark"])
def test_what_is_not_taken_for_done_is_made_anew_by_the_command_alone(
    labelled: Path, copy_of: Callable[[Path], Path], name: str
) -> None:
    corpus = copy_of(labelled)
    DAMAGE[name][0](corpus)
    found = verify_corpus(corpus, IN_PROCESS).problems
    assert found
    assert all(line.endswith(f": run `bgfg compose {corpus}`, which makes it anew") for line in found), found
    compose_corpus(corpus, IN_PROCESS)
    assert not verify_corpus(corpus, IN_PROCESS).problems


def test_what_is_taken_for_done_has_its_mark_deleted_first(labelled: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(labelled)
    flip_a_byte(corpus / "data.zarr/image/c/1/0/0/0")
    (line, *_) = verify_corpus(corpus, IN_PROCESS).problems
    mark = corpus / "done/image/1.json"
    assert line.endswith(f": delete {mark} and run `bgfg compose {corpus}`")
    mark.unlink()
    compose_corpus(corpus, IN_PROCESS)
    assert not verify_corpus(corpus, IN_PROCESS).problems


@pytest.mark.parametrize("recompose", [False, True])
def test_a_sound_corpus_has_no_findings(labelled: Path, recompose: bool) -> None:
    verdict = verify_corpus(labelled, IN_PROCESS, recompose, relabel_layered)
    assert verdict == VerifyResult([], {"image": 0, "mask": 0, "depth": 0})


def test_a_half_made_corpus_has_no_findings_and_says_what_is_left(planned: Path) -> None:
    assert verify_corpus(planned, IN_PROCESS, True, relabel_layered) == VerifyResult([], {"image": 3, "mask": 3})


def test_recomposing_finds_pixels_that_agree_with_their_mark(labelled: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(labelled)
    write_other_pixels(corpus)
    found = verify_corpus(corpus, IN_PROCESS, recompose=True).problems
    assert any("mask/c/1/0/0: samples 16 to 19 aren't what the manifest says" in line for line in found)


def test_relabelling_finds_depth_that_agrees_with_its_mark(labelled: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(labelled)
    swap_depth_chunks(corpus)
    assert verify_corpus(corpus, IN_PROCESS).problems == []
    found = verify_corpus(corpus, IN_PROCESS, True, relabel_layered).problems
    assert any("depth/c/1/0/0: samples 16 to 19 aren't what the manifest says" in line for line in found)


def test_histograms_are_counts() -> None:
    block = np.random.default_rng(0).integers(0, 256, (13, 4, 17, 3), dtype=np.uint8)
    expected = [[int((block[..., c] == level).sum()) for level in range(256)] for c in range(3)]
    assert level_histograms(block, 3).tolist() == expected


def test_every_array_of_a_corpus_has_a_layout(labelled: Path) -> None:
    corpus = Corpus(labelled)
    assert set(array_layouts(corpus.geometry, True, corpus.manifest.teacher)) == set(corpus.group)


def test_a_corpus_that_is_planned_anew_meanwhile_is_one_line(
    composed: Path, copy_of: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = copy_of(composed)

    def check(opened: Corpus, array: str, shard: int) -> Iterator[str]:
        manifest = replace(opened.manifest, digest="0" * 64)
        save_manifest(manifest, corpus / "manifest/corpus.json")
        shutil.rmtree(corpus / "data.zarr", ignore_errors=True)
        yield from ()

    monkeypatch.setattr(verify, "_check_shard", check)
    with pytest.raises(
        Problem, match="planned or labelled anew while it was read: run the same command again"
    ) as caught:
        verify_corpus(corpus, IN_PROCESS)
    assert len(caught.value.lines) == 1


@pytest.mark.parametrize("name", ["zarr.json", "background/zarr.json", "mask/zarr.json", "depth/zarr.json"])
def test_what_is_wrong_with_a_zarr_json_keeps_from_nothing_else(
    labelled: Path, copy_of: Callable[[Path], Path], name: str
) -> None:
    corpus = copy_of(labelled)
    (corpus / "data.zarr" / name).write_text("{")
    (corpus / "data.zarr/cutout/zarr.json").unlink()
    flip_a_byte(corpus / "data.zarr/image/c/1/0/0/0")
    flip_a_byte(corpus / "manifest/assets.parquet")
    flip_a_byte(corpus / "data.zarr/background/c/0/0/0/0")
    found = verify_corpus(corpus, IN_PROCESS, recompose=True, relabel=relabel_layered).problems
    wrong = (f"data.zarr/{name}", "cutout/zarr.json", "image/c/1/0/0/0", "assets.parquet", "data.zarr/background")
    for file in wrong:
        assert any(line.startswith(f"{corpus}/") and file in line.split(": ")[0] for line in found), (file, found)


def test_a_zarr_json_that_cannot_be_read_is_one_line_of_several(
    labelled: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus = copy_of(labelled)
    flip_a_byte(corpus / "data.zarr/mask/c/1/0/0")
    files = [corpus / "data.zarr/zarr.json", corpus / "data.zarr/image/zarr.json", corpus / "manifest/samples.parquet"]
    with refused_opens(*files):
        found = verify_corpus(corpus, IN_PROCESS).problems
    for file in (*files, corpus / "data.zarr/mask/c/1/0/0"):
        assert any(line.startswith(f"{file}: ") for line in found), (file, found)
    assert not any("writes it again" in line for line in found)


def test_with_sound_chunks_a_lost_zarr_json_is_all_that_is_wrong(
    labelled: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus = copy_of(labelled)
    for path in corpus.glob("data.zarr/**/zarr.json"):
        path.unlink()
    found = verify_corpus(corpus, IN_PROCESS, recompose=True, relabel=relabel_layered).problems
    assert len(found) == 7
    assert all("zarr.json: missing: `bgfg " in line for line in found), found
