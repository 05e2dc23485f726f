"""The peers of `bgfg compose` make the samples of the corpus."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import compose_peers
from benchmarks.compose_peers import WRITERS, decode_blocks, picture_path, sample_blocks
from bgfg.synth.store.corpus import Corpus


def test_the_peers_blocks_are_distinct_and_never_too_many(composed: Path) -> None:
    corpus = Corpus(composed)
    assert len(set(sample_blocks(corpus, 17))) == 5
    assert sample_blocks(corpus, 10**6) == tuple(range(len(corpus) // corpus.geometry.placements))


@pytest.mark.parametrize("writer", WRITERS)
def test_the_peers_make_the_very_samples_of_the_corpus(
    composed: Path, tmp_path: Path, writer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose_peers, "QUALITY", 100)
    corpus, numbers = Corpus(composed), (1, 2, 7)
    for kind in ("image", "mask"):
        (tmp_path / kind).mkdir()
    for _ in WRITERS[writer](decode_blocks(corpus, numbers), tmp_path):
        pass
    K = corpus.geometry.placements
    for sample in (number * K + k for number in numbers for k in range(K)):
        image = cv2.imread(str(picture_path(tmp_path, "image", sample)), cv2.IMREAD_GRAYSCALE)
        suffix = "png" if writer == "PIL loop" else "jpeg"
        mask = cv2.imread(str(picture_path(tmp_path, "mask", sample, suffix)), cv2.IMREAD_UNCHANGED)
        true = corpus[sample]
        assert image is not None
        assert mask is not None
        assert np.abs(mask.astype(int) - true.mask).max() <= 3
        luma = cv2.cvtColor(true.image, cv2.COLOR_RGB2GRAY)  # chroma is subsampled
        assert np.abs(image.astype(int) - luma).mean() < 4
