"""Blocks of a shard: of the same pixels and sums whether their matches are known or searched for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.synth.compose import known_matches
from bgfg.synth.compose.encoded_blocks import BlockEncoder
from bgfg.synth.compose.recipe import ShardRecipe
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.store import zstd_sequences
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import DoneMark
from bgfg.synth.store.shard import decode_frame, verified_frame
from bgfg.synth.verify.verify import verify_corpus
from tests.support.executors import IN_PROCESS


def pixels_of(chunk: bytes, corpus: Corpus, array: str) -> bytes:
    pixels = np.empty(corpus.layouts[array].stored_shape, np.uint8)
    decode_frame(array, verified_frame(array, chunk), pixels)
    return pixels.tobytes()


@pytest.fixture
def searching(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_matches, "library", lambda: None)


def test_known_and_searched_blocks_have_the_same_pixels_and_sums(
    planned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = Corpus(planned)
    recipe = ShardRecipe(corpus, 1)
    known = BlockEncoder(recipe, corpus.composed_arrays)
    monkeypatch.setattr(known_matches, "library", lambda: None)
    searched = BlockEncoder(recipe, corpus.composed_arrays)
    different = False
    for block in recipe.blocks():
        one, other = known.encode(block), searched.encode(block)
        assert list(one) == list(other) == list(corpus.composed_arrays)
        for array in one:
            assert pixels_of(bytes(one[array].chunk), corpus, array) == pixels_of(
                bytes(other[array].chunk), corpus, array
            )
            assert one[array].sums.tolist() == other[array].sums.tolist()
            different |= one[array].chunk != other[array].chunk
    assert different, "blocks of this corpus have known matches"


@pytest.mark.usefixtures("searching")
def test_a_corpus_goes_on_in_the_other_way_and_every_mark_stays_true(
    composed: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus = copy_of(composed)
    before = {a: DoneMark.load(corpus, a, 1) for a in ("image", "mask")}
    for array in before:
        (corpus / f"done/{array}/1.json").unlink()
    compose_corpus(corpus, IN_PROCESS)
    for array, mark in before.items():
        again = DoneMark.load(corpus, array, 1)
        assert (again.sums, again.squares, again.count) == (mark.sums, mark.squares, mark.count)
    assert DoneMark.load(corpus, "image", 1).sha256 != before["image"].sha256
    assert load_manifest(corpus / "manifest/corpus.json") == load_manifest(composed / "manifest/corpus.json")
    assert verify_corpus(corpus, IN_PROCESS, recompose=True).problems == []


def test_a_block_that_gets_no_smaller_by_known_matches_is_searched(
    planned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = Corpus(planned)
    recipe = ShardRecipe(corpus, 0)
    known = BlockEncoder(recipe, corpus.composed_arrays)
    monkeypatch.setattr(zstd_sequences.SequenceEncoder, "encode", lambda *_: None)
    searched = {array: each.chunk for array, each in known.encode(next(recipe.blocks())).items()}
    monkeypatch.setattr(known_matches, "library", lambda: None)
    others = BlockEncoder(recipe, corpus.composed_arrays).encode(next(recipe.blocks()))
    assert searched == {array: each.chunk for array, each in others.items()}
