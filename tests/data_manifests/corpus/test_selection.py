"""What is selected is what a slow filter over all rows selects; whatever can't be meant is one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.asset_table import ASSET_SCHEMA
from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.corpus.selection import Filter, Selection, parse_range, select_samples, split_codes
from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.terminal.errors import Problem
from tests.support.resealed_tables import fill_column

Row = dict[str, Any]


def rows_of(corpus: Path) -> list[Row]:
    rows: list[Row] = pq.read_table(corpus / "manifest/samples.parquet").to_pylist()
    return rows


def selected(corpus: Path, selection: Selection) -> dict[str, NDArray[np.int64]]:
    geometry = load_manifest(corpus / "manifest/corpus.json").geometry
    return select_samples(corpus, lambda _: corpus / "manifest/samples.parquet", geometry, selection)


@pytest.mark.parametrize(
    ("text", "meets"),
    [
        ("background=1", lambda row: row["background"] == 1),
        ("background = 0,2", lambda row: row["background"] in (0, 2)),
        ("cutout!=1", lambda row: row["cutout"] != 1),
        ("cutout!=1,2", lambda row: row["cutout"] not in (1, 2)),
        ("flipped=true", lambda row: row["flipped"]),
        ("flipped!=TRUE", lambda row: not row["flipped"]),
        ("split=mixed", lambda row: row["split"] == "mixed"),
        ("placement<2", lambda row: row["placement"] < 2),
        ("placement<=2", lambda row: row["placement"] <= 2),
        ("x_px>3", lambda row: row["x_px"] > 3),
        ("visible_px>=20", lambda row: row["visible_px"] >= 20),
        ("y_px>-1", lambda _: True),
    ],
)
def test_a_filter_keeps_the_rows_that_meet_it(composed: Path, text: str, meets: Callable[[Row], bool]) -> None:
    chosen = selected(composed, Selection(filters=(Filter.parse(text),)))
    expected = [row["sample"] for row in rows_of(composed) if meets(row)]
    assert sorted(np.concatenate(list(chosen.values())).tolist()) == expected
    assert Filter.parse(str(Filter.parse(text))) == Filter.parse(text)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('label="black, white"', ("black, white",)),
        ('label="a,b ""c""", dog', ('a,b "c"', "dog")),
        ('label=5" pipe', ('5" pipe',)),
        ('label="""x"""', ('"x"',)),
        ("label=", ("",)),
    ],
)
def test_a_name_with_a_comma_is_quoted(text: str, values: tuple[str, ...]) -> None:
    assert Filter.parse(text).values == values
    assert Filter.parse(str(Filter.parse(text))) == Filter.parse(text)


@pytest.mark.parametrize("text", ['label="black, white', 'label="a"b', "label=a\nb"])
def test_quotes_that_are_none_are_named(text: str) -> None:
    with pytest.raises(Problem, match="put a name with a comma in double quotes"):
        Filter.parse(text)


def test_splits_range_and_filters_hold_together(composed: Path) -> None:
    selection = Selection(("train", "mixed"), (5, 40), (Filter.parse("placement!=0"), Filter.parse("cutout<3")))
    chosen = selected(composed, selection)
    for split in ("train", "mixed"):
        expected = [
            row["sample"]
            for row in rows_of(composed)
            if row["split"] == split and 5 <= row["sample"] < 40 and row["placement"] and row["cutout"] < 3
        ]
        assert chosen.get(split, np.array([])).tolist() == expected


def test_without_a_word_everything_is_selected_split_by_split(composed: Path) -> None:
    chosen = selected(composed, Selection())
    assert sorted(np.concatenate(list(chosen.values())).tolist()) == list(range(48))
    assert all(len(samples) for samples in chosen.values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("background", "give COLUMN=VALUE"),
        ("colour=red", "no column 'colour'; there are sample, background,"),
        ("image_name=x", "no column 'image_name'"),
        ("background=one", "background is a whole number, 'one' isn't one"),
        ("background=1,", "background is a whole number, '' isn't one"),
        ("background=99999999999999999999", "isn't one"),
        ("background>1,2", "> takes one number"),
        ("flipped=1", "flipped is true or false"),
        ("flipped>true", "> takes one number; flipped takes = and !="),
        ("split=best", "no split 'best'; there are train, seen, val, test, mixed"),
    ],
)
def test_a_filter_that_cannot_be_meant_is_one_line(text: str, said: str) -> None:
    with pytest.raises(Problem, match=r"^--where ") as caught:
        Filter.parse(text)
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("text", ["5", "5:5", "0:" + "9" * 5_000, "9:2", "-3:4", "a:b", "1:2:3", ""])
def test_a_range_that_is_none_is_one_line(text: str) -> None:
    with pytest.raises(Problem, match="give the first and the one after the last"):
        parse_range(text)


def test_a_selection_of_nothing_and_one_beyond_the_corpus_are_refused(composed: Path) -> None:
    with pytest.raises(Problem, match="no sample is selected"):
        selected(composed, Selection(filters=(Filter.parse("background=77"),)))
    with pytest.raises(Problem, match="has 48 samples"):
        selected(composed, Selection(samples=parse_range("0:49")))


def test_a_split_that_is_no_split_never_becomes_a_file_name(composed: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(composed)
    fill_column(corpus, "samples.parquet", "split", "../../elsewhere")
    with pytest.raises(Problem, match=r"'\.\./\.\./elsewhere' is no split"):
        selected(corpus, Selection())


def test_the_index_of_each_split_is_found_and_another_split_is_named() -> None:
    table = pa.table({"split": [*SPLITS[::-1], "train"]})
    assert split_codes(Path("samples.parquet"), table).tolist() == [4, 3, 2, 1, 0, 0]
    for stranger in ("best", None):
        with pytest.raises(Problem, match=rf"samples.parquet: {stranger!r} is no split; there are train, seen"):
            split_codes(Path("samples.parquet"), pa.table({"split": pa.array(["train", stranger], pa.string())}))


ASSETS = [
    {"kind": "background", "id": 0, "file": "a room.png", "flip_of": None, "split": "train"},
    {"kind": "cutout", "id": 0, "file": "person.png", "flip_of": None, "split": "val"},
    {"kind": "cutout", "id": 1, "file": "person.png", "flip_of": 0, "split": "val"},
]


@pytest.mark.parametrize(
    ("text", "meets"),
    [
        ("kind=cutout", lambda row: row["kind"] == "cutout"),
        ("kind!=cutout", lambda row: row["kind"] != "cutout"),
        ("file=a room.png", lambda row: row["file"] == "a room.png"),
        ("file=person.png,other.png", lambda row: row["file"] in ("person.png", "other.png")),
        ("flip_of=0", lambda row: row["flip_of"] == 0),
        ("flip_of!=0", lambda row: row["flip_of"] != 0),
        ("flip_of>=0", lambda row: row["flip_of"] is not None),
    ],
)
def test_the_same_grammar_filters_the_assets(text: str, meets: Callable[[Row], bool]) -> None:
    chosen = Selection(filters=(Filter.parse(text, ASSET_SCHEMA),))
    found = chosen.filter_table(pa.Table.from_pylist(ASSETS, schema=ASSET_SCHEMA)).to_pylist()
    assert [(row["kind"], row["id"]) for row in found] == [(row["kind"], row["id"]) for row in ASSETS if meets(row)]


def test_filters_of_assets_know_their_own_columns_and_words() -> None:
    with pytest.raises(Problem, match="no column 'visible_px'; there are kind, id, name, file, flip_of"):
        Filter.parse("visible_px>3", ASSET_SCHEMA)
    with pytest.raises(Problem, match="no kind 'person'; there are background, cutout"):
        Filter.parse("kind=person", ASSET_SCHEMA)


def test_a_selection_says_which_columns_decide() -> None:
    assert Selection().columns == ()
    filters = (Filter.parse("placement>1"), Filter.parse("split!=val"), Filter.parse("placement<9"))
    assert Selection(("val",), (0, 5), filters).columns == ("placement", "split", "sample")
