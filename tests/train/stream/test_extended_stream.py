"""Streams of a corpus of several parts: every sample of the split once, with its own pixels, on any number of ranks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.corpus.records import CorpusRecords  # noqa: E402
from bgfg.data_manifests.corpus.splits import SPLITS  # noqa: E402
from bgfg.data_manifests.terminal.errors import Problem  # noqa: E402
from bgfg.synth.open_corpus import open_corpus  # noqa: E402
from bgfg.synth.store.corpus import Corpus  # noqa: E402
from bgfg.train.stream.evaluation_cells import REPORTED_CELLS, AssetIdentities  # noqa: E402
from bgfg.train.stream.split_index import split_samples  # noqa: E402
from bgfg.train.stream.stream import Stream  # noqa: E402
from tests.support.extended_corpus import extend, finish  # noqa: E402
from tests.support.stored_corpus import remove, upload  # noqa: E402


def of_splits(path: Path) -> dict[str, list[int]]:
    """The samples of each split, from the tables."""
    found: dict[str, list[int]] = {split: [] for split in SPLITS}
    for rows in CorpusRecords.open(path).iter_strips(("sample", "split")):
        for sample, split in zip(*(column.to_pylist() for column in rows.columns), strict=True):
            found[split].append(sample)
    return found


def test_splits_and_cells_are_those_of_the_tables(extended: Path) -> None:
    corpus, told = Corpus(extended), of_splits(extended)
    for split in SPLITS:
        if told[split]:
            assert split_samples(corpus, split).tolist() == told[split]
    identities = AssetIdentities(corpus)
    assets = corpus.assets.to_pylist()
    splits = {kind: [row["split"] for row in assets if row["kind"] == kind] for kind in ("background", "cutout")}
    for cell in REPORTED_CELLS:
        expected = [
            i for i in told[cell.split]
            for b, f, _ in [corpus.geometry.index.ids(i)]
            if (splits["background"][b], splits["cutout"][f]) == (cell.background, cell.cutout)
        ]  # fmt: skip
        assert identities.choose(cell, None).samples.tolist() == expected


@pytest.mark.parametrize("world_size", [1, 2, 4])
def test_every_sample_comes_with_its_own_pixels_on_any_number_of_ranks(extended: Path, world_size: int) -> None:
    corpus = Corpus(extended)
    every = np.arange(len(corpus))
    images, depth = corpus.read("image", slice(None)), corpus.read("depth", slice(None))
    seen: list[int] = []
    for rank in range(world_size):
        stream = Stream(corpus, batch=8 // world_size, seed=3, rank=rank, world_size=world_size,
                        samples=every, arrays=("image", "depth"), threads=1)  # fmt: skip
        for batch in stream:
            samples = batch["sample"].numpy()
            seen += samples.tolist()
            assert np.array_equal(batch["image"].permute(0, 2, 3, 1).numpy(), images[samples])
            assert np.array_equal(batch["depth"][:, 0].numpy(), depth[samples])
            assert batch["background"].tolist() == [corpus.geometry.index.ids(i)[0] for i in samples.tolist()]
    one = Stream(corpus, batch=8, seed=3, samples=every, threads=1)
    assert len(seen) == len(set(seen)) == len(one) * 8
    assert sorted(seen) == sorted(i for batch in one for i in batch["sample"].tolist())


def test_a_stream_goes_on_while_the_corpus_is_extended_and_a_later_one_isnt_it(
    copy_of: Callable[[Path], Path], labelled: Path, more: Path
) -> None:
    path = copy_of(labelled)
    stream, reference = (Stream(path, samples=range(40), batch=8, seed=1, threads=1) for _ in range(2))
    expected = [batch["image"].clone() for _ in range(2) for batch in reference]
    batches = iter(stream)
    found = [next(batches)["image"].clone()]
    extend(path, more)
    found.append(next(batches)["image"].clone())
    finish(path)
    found += [batch["image"].clone() for batch in batches]
    found += [batch["image"].clone() for batch in stream]
    assert len(found) == len(expected)
    assert all(torch.equal(mine, other) for mine, other in zip(found, expected, strict=True))
    with pytest.raises(Problem, match="digest"):
        Stream(path, samples=range(40), batch=8, seed=1, threads=1).load_state_dict(stream.state_dict())


def test_an_extended_corpus_in_an_object_store_is_that_of_the_folder(extended: Path) -> None:
    url = upload(extended, "memory://bucket/extended")
    try:
        here, there = Corpus(extended), open_corpus(url)
        for i in (0, len(here) // 2, len(here) - 1):
            assert here[i].row == there[i].row
            assert np.array_equal(here[i].image, there[i].image)
            assert np.array_equal(here[i].cutout, there[i].cutout)
        streams = [Stream(corpus, batch=8, samples=range(len(here)), threads=1) for corpus in (here, there)]
        for mine, theirs in zip(*streams, strict=True):
            assert torch.equal(mine["image"], theirs["image"])
    finally:
        remove(url)
