"""Instances that are whole and consistent on disk, but wrong, are found without composing again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import DoneMark
from bgfg.synth.verify.verify import verify_corpus
from bgfg.synth.verify.verify_instances import find_instance_problems
from tests.support.crowd_corpus import make_crowd_corpus
from tests.support.executors import IN_PROCESS


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_crowd_corpus(tmp_path_factory.mktemp("crowded"), "random", CutoutsPerSample(2, 3))


def rewrite(path: Path, array: str, change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]) -> None:
    """Change each block of shard 1 of an array, and make its mark agree."""
    corpus = Corpus(path)
    reader, layout = corpus.open_shard(array, 1), corpus.layouts[array]
    chunks = corpus.parts[0].samples_per_shard // layout.chunk
    blocks = [change(reader.read(n, layout.stored_shape, np.dtype(np.uint8))) for n in range(chunks)]
    with corpus.write_shard(array, 1) as writer:
        for block in blocks:
            writer.append(np.ascontiguousarray(block))
    pixels = np.stack(blocks).astype(np.int64)
    old = DoneMark.load(path, array, 1)
    sums = (int(pixels.sum()),), (int((pixels**2).sum()),)
    DoneMark(array, 1, old.digest, writer.size_bytes, writer.sha256, old.count, *sums).save(path)
    marks = path / "manifest/corpus.json"
    assert json.loads(marks.read_text())["statistics"][array]


def moved(block: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.roll(block, 1, axis=2)


@pytest.mark.parametrize(
    ("array", "change", "line"),
    [
        ("instance", lambda block: np.minimum(block, 2), "haven't the visible pixels that instances.parquet says"),
        ("instance", lambda block: np.where(block == 3, 9, block).astype(np.uint8), "haven't the visible pixels"),
        ("instance", moved, "instances are seen where the mask isn't set"),
        ("mask", lambda block: block // 2, "instances are seen where the mask isn't set"),
    ],
)
def test_pixels_that_disagree_with_table_or_mask_are_found(
    crowded: Path, tmp_path: Path, array: str, change: Callable, line: str
) -> None:
    path = Path(shutil.copytree(crowded, tmp_path / "corpus"))
    rewrite(path, array, change)
    found = [text for text in verify_corpus(path, IN_PROCESS).problems if "data.zarr/instance/c/1/" in text]
    assert any(line in text and "bgfg compose" in text for text in found)
    assert not list(find_instance_problems(Corpus(path), 0))
