"""What is read block by block is what the corpus gives sample by sample; damage is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.export.sample_reader import SampleReader
from bgfg.synth.store.corpus import Corpus
from tests.support.resealed_tables import fill_column

SUFFIXES = {"bg": "jpeg", "image": "jpeg", "mask": "png", "depth": "png"}


def test_blocks_names_and_rows_are_those_of_the_samples(labelled: Path) -> None:
    corpus = Corpus(labelled)
    reader = SampleReader(corpus, True, SUFFIXES)
    samples = np.array([0, 3, 4, 5, 6, 7, 14, 16, 30, 47])
    seen = []
    for block in reader.blocks(samples):
        assert len({sample // 4 for sample in block.samples}) == 1
        rows = reader.sample_rows(block.samples)
        for i, sample in enumerate(block.samples):
            true = corpus[sample]
            np.testing.assert_array_equal(block.images[i], true.image)
            np.testing.assert_array_equal(block.masks[i], true.mask)
            np.testing.assert_array_equal(corpus.depth_code().decode(block.depth[i]), true.depth_m)
            assert rows[i] == {name: true.row[name] for name in reader.columns}
            assert reader.file_name("image", sample) == true.row["image_name"]
            assert reader.file_name("mask", sample) == true.row["mask_name"]
            assert reader.file_name("depth", sample) == true.row["depth_name"].replace(".jpeg", ".png")
            seen.append(sample)
    assert seen == samples.tolist()


def test_names_come_from_the_grammar_never_from_the_table(labelled: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(labelled)
    fill_column(corpus, "samples.parquet", "image_name", "../../elsewhere.jpeg")
    assert SampleReader(Corpus(corpus), False, SUFFIXES).file_name("image", 0) == "bg001_fg001_001.jpeg"


def test_a_damaged_chunk_is_named_with_its_file(labelled: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = Corpus(copy_of(labelled))
    path = corpus.chunk_path("mask", 1)
    data = bytearray(path.read_bytes())
    data[3] ^= 1
    path.write_bytes(data)
    with pytest.raises(Problem, match=r"mask/c/1/0/0: chunk 0 doesn't match its checksum: see `bgfg verify"):
        list(SampleReader(corpus, False, SUFFIXES).blocks(np.arange(16, 20)))
