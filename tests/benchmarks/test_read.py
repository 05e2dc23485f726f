"""The readers of images."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.compose_peers import FileWritingJob, run_writers
from benchmarks.read import JPEG_READERS, READERS, ReadJob
from bgfg.synth.store.corpus import Corpus


def test_every_reader_gives_the_same_blocks(composed: Path, tmp_path: Path) -> None:
    corpus = Corpus(composed)
    job = ReadJob(composed, (0, 5, 11), tmp_path / "jpegs")
    run_writers(FileWritingJob(composed, job.numbers, job.jpegs, "PIL loop"), workers=2)
    K = corpus.geometry.placements
    for name, reader in READERS.items():
        read = reader(job)
        for number in job.numbers:
            block, true = read(number), corpus.array("image")[number * K : (number + 1) * K]
            assert block.shape == true.shape
            assert block.dtype == np.uint8
            assert block.flags.c_contiguous
            if name in JPEG_READERS:
                assert np.abs(block.astype(int).mean((1, 2)) - true.mean((1, 2))).max() < 12, name
            else:
                np.testing.assert_array_equal(block, true, err_msg=name)
