"""Cells of the evaluation, held to the rows of the tables and to even counts."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.train.stream.evaluation_cells import (
    REPORTED_CELLS,
    TRAIN_CELL,
    VAL_CELL,
    AssetIdentities,
    EvaluationCell,
    balanced_choice,
)
from tests.support.references import cutout, picture
from tests.support.tiny_corpus import K

CELLS = {cell.letter: cell for cell in (*REPORTED_CELLS, VAL_CELL, TRAIN_CELL)}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, options: PlanOptions) -> Corpus:
    """Seven backgrounds and six cut-outs, the last two of the same picture, planned only."""
    import cv2

    folder = tmp_path_factory.mktemp("cells")
    for name in ("bg", "fg"):
        (folder / name).mkdir()
    for b in range(7):
        cv2.imwrite(str(folder / f"bg/room{b}.png"), picture(13, 17, 3 * b))
    for c in range(6):
        rgba = cutout(7, 5 + 2 * (min(c, 4) % 2), 5 * min(c, 4))
        cv2.imwrite(str(folder / f"fg/person{c}.png"), cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    chosen = dataclasses.replace(options, bg=folder / "bg", fg=folder / "fg", bg_depth=None, split="40/30/30")
    plan_corpus(folder / "corpus", chosen, replace=False, workers=1)
    return Corpus(folder / "corpus")


def slow_samples(corpus: Corpus, cell: EvaluationCell) -> list[int]:
    """Look at every row of the table, with the splits of its background and cut-out by the table of assets."""
    assets = pq.read_table(corpus.path / "manifest/assets.parquet").to_pylist()
    splits = {(row["kind"], row["id"]): row["split"] for row in assets}
    found = []
    for row in pq.read_table(corpus.path / "manifest/samples.parquet").to_pylist():
        of_background, of_cutout = splits["background", row["background"]], splits["cutout", row["cutout"]]
        if (row["split"], of_background, of_cutout) == (cell.split, cell.background, cell.cutout):
            found.append(row["sample"])
    return found


@pytest.mark.parametrize("letter", CELLS)
def test_a_cell_is_the_samples_whose_identities_have_its_splits(corpus: Corpus, letter: str) -> None:
    choice = AssetIdentities(corpus).choose(CELLS[letter], cap=None)
    expected = slow_samples(corpus, CELLS[letter])
    assert expected
    assert choice.samples.tolist() == expected
    assert choice.total == len(expected)


def test_no_reported_cell_shares_a_sample_with_another_or_with_val(corpus: Corpus) -> None:
    identities = AssetIdentities(corpus)
    samples = np.concatenate([identities.choose(cell, None).samples for cell in CELLS.values()])
    assert len(np.unique(samples)) == len(samples)


def test_identities_are_near_duplicate_groups(corpus: Corpus) -> None:
    assets = pq.read_table(corpus.path / "manifest/assets.parquet").to_pylist()
    group = {row["id"]: row["group"] for row in assets if row["kind"] == "cutout"}
    assert group[10] == group[8]  # the same picture twice
    for cell in CELLS.values():
        choice = AssetIdentities(corpus).choose(cell, None)
        ids = [corpus.geometry.index.ids(i) for i in choice.samples.tolist()]
        assert choice.backgrounds.tolist() == [b for b, _, _ in ids]
        assert choice.cutouts.tolist() == [group[f] for _, f, _ in ids]


def test_a_cap_takes_some_of_the_same_samples_evenly_and_again_the_same(corpus: Corpus) -> None:
    identities = AssetIdentities(corpus)
    whole, some = (identities.choose(CELLS["B"], cap) for cap in (None, 17))
    assert set(some.samples) < set(whole.samples)
    assert len(some.samples) == 17
    assert some.total == whole.total == len(whole.samples)
    assert np.array_equal(identities.choose(CELLS["B"], 17).samples, some.samples)
    counts = Counter((some.samples // (12 * K)).tolist()).values()
    assert max(counts) - min(counts) <= 1


def test_a_corpus_of_few_pictures_has_empty_cells(planned: Path) -> None:
    identities = AssetIdentities(Corpus(planned))
    empty = [letter for letter, cell in CELLS.items() if not len(identities.choose(cell, None).samples)]
    for letter in empty:
        cell = CELLS[letter]
        assert not identities.count("background", cell.background) or not identities.count("cutout", cell.cutout)
    assert empty


@pytest.mark.parametrize(("rows", "columns", "each"), [(10, 80, 40), (80, 80, 2), (10, 10, 40), (3, 7, 5), (6, 4, 1)])
@pytest.mark.parametrize("cap", [1, 10, 13, 200, 333])
def test_a_spread_is_even_over_rows_columns_and_pairs(rows: int, columns: int, each: int, cap: int) -> None:
    samples = np.arange(rows * columns * each)
    row, column = samples // (columns * each), samples // each % columns
    chosen = balanced_choice(samples, row, column, cap)
    assert np.array_equal(chosen, np.unique(chosen))
    assert len(chosen) == min(cap, len(samples))
    for ids, count, slack in ((row, rows, 1), (column, columns, 1), (row * columns + column, rows * columns, 1)):
        counts = np.bincount(ids[chosen], minlength=count)
        assert counts.max() - counts.min() <= slack


def test_a_spread_takes_flips_and_placements_by_turns() -> None:
    samples = np.arange(20 * 30 * 40)
    chosen = balanced_choice(samples, samples // 1200, samples // 40 % 30, 600)
    assert np.bincount(chosen % 40 // 20).tolist() == pytest.approx([300, 300], abs=60)
    assert np.bincount(chosen % 20).min() >= 10
