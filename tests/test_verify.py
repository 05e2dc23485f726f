"""Whatever is changed by hand is found."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import zarr

from synth.layout import layouts
from synth.store import Corpus
from synth.verify import level_histograms, verify_corpus
from tests.conftest import IN_PROCESS, H, K, W


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
    "a mark too many": (lambda c: shutil.copy(c / "done/mask/2.json", c / "done/mask/9.json"), r"shard 9 is"),
    "the seed in corpus.json": (
        lambda c: edit_json(c / "manifest/corpus.json", lambda m: m.update(seed=9)),
        r"corpus.json: changed by hand",
    ),
    "corpus.json cut short": (lambda c: (c / "manifest/corpus.json").write_text("{"), r"corpus.json: not readable"),
    "samples resorted": (resort_the_samples, r"samples.parquet: changed since it was planned"),
    "a table gone": (lambda c: (c / "manifest/assets.parquet").unlink(), r"assets.parquet: missing"),
    "a background repainted": (repaint_a_background, r"background: its pixels aren't those that were prepared"),
    "a byte of a cut-out": (lambda c: flip_a_byte(c / "data.zarr/cutout/c/1/0/0/0"), r"cutout: can't be read"),
    "the digest of the group": (
        lambda c: edit_json(c / "data.zarr/zarr.json", lambda m: m["attributes"].update(digest="f" * 64)),
        r"data.zarr has the digest ffffffffffff",
    ),
    "the encoding of depth": (
        lambda c: edit_json(c / "data.zarr/depth/zarr.json", lambda m: m["attributes"]["encoding"].update(far_m=20.0)),
        r"depth/zarr.json: changed by hand: attributes",
    ),
    "a dimension's name": (
        lambda c: edit_json(c / "data.zarr/mask/zarr.json", lambda m: m.update(dimension_names=["a", "b", "c"])),
        r"mask/zarr.json: changed by hand: dimension_names",
    ),
    "an array's metadata cut short": (
        lambda c: (c / "data.zarr/mask/zarr.json").write_text('{"zarr_format": 3,'),
        r"mask/zarr.json: can't be read",
    ),
    "an array too many": (
        lambda c: shutil.copytree(c / "data.zarr/mask", c / "data.zarr/stray"),
        r"stray: not an array that the manifest knows",
    ),
    "statistics that aren't the marks'": (
        lambda c: write_other_pixels(c),
        r"the statistics of mask in corpus.json aren't those of its marks",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_and_named(labelled: Path, copy_of: Callable[[Path], Path], name: str) -> None:
    damage, line = DAMAGE[name]
    corpus = copy_of(labelled)
    damage(corpus)
    found = verify_corpus(corpus, recompose=False, crew=IN_PROCESS)
    assert found
    assert any(re.search(line, each) for each in found), found
    assert all(str(corpus) in each for each in found)


@pytest.mark.parametrize("recompose", [False, True])
def test_a_sound_corpus_has_no_findings(labelled: Path, recompose: bool) -> None:
    assert verify_corpus(labelled, recompose, IN_PROCESS) == []


def test_a_half_made_corpus_has_no_findings(planned: Path) -> None:
    assert verify_corpus(planned, recompose=True, crew=IN_PROCESS) == []


def test_recomposing_finds_pixels_that_agree_with_their_mark(labelled: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(labelled)
    write_other_pixels(corpus)
    found = verify_corpus(corpus, recompose=True, crew=IN_PROCESS)
    assert any("mask/c/1/0/0: samples 16 to 19 aren't what the manifest says" in line for line in found)


def test_histograms_are_counts() -> None:
    block = np.random.default_rng(0).integers(0, 256, (13, 4, 17, 3), dtype=np.uint8)
    expected = [[int((block[..., c] == level).sum()) for level in range(256)] for c in range(3)]
    assert level_histograms(block, 3).tolist() == expected


def test_every_array_of_a_corpus_has_a_layout(labelled: Path) -> None:
    corpus = Corpus(labelled)
    assert set(layouts(corpus.geometry, True, corpus.manifest.teacher)) == set(corpus.group)
