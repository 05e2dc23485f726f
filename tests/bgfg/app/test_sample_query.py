"""The fields of the form of samples: each selects what it says, and what has no meaning is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the extra [app] isn't installed")
from bgfg.app.corpus_pages import CorpusPages
from bgfg.app.sample_query import SampleQuery
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus


@pytest.mark.parametrize(
    "fields",
    [
        {"background": "1"}, {"cutout": "0,3"}, {"flip": "yes"}, {"flip": "no", "split": "train"}, {"placement": "2"},
        {"height_from": "1.5"}, {"height_to": "90.5"}, {"name": "BG001_"}, {"name": "room2.png"},
        {"label": "foreground"}, {"samples": "3:7"}, {"background": "0", "cutout": "1", "placement": "1"},
    ],
)  # fmt: skip
def test_each_field_selects_the_rows_that_it_says(labelled: Path, fields: dict[str, str]) -> None:
    corpus = Corpus(labelled)
    rows = [corpus[i].row for i in range(len(corpus))]
    files = {(row["kind"], row["id"]): row["file"] for row in corpus.assets.to_pylist()}

    def meets(row: dict[str, object]) -> bool:
        numbers = {
            n: {int(each) for each in fields[n].split(",")}
            for n in fields
            if n in ("background", "cutout", "placement")
        }
        start, _, stop = fields.get("samples", "0:9999").partition(":")
        named = (str(row["image_name"]), *(str(files[kind, row[kind]]) for kind in ("background", "cutout")))
        return (
            all(row[name] in wanted for name, wanted in numbers.items())
            and row["flipped"] in {"yes": (True,), "no": (False,)}.get(fields.get("flip", ""), (True, False))
            and fields.get("split", row["split"]) == row["split"]
            and float(fields.get("height_from", 0)) <= int(str(row["height_px"])) <= float(fields.get("height_to", 999))
            and any(fields.get("name", "").lower() in each.lower() for each in named)
            and int(start) <= int(str(row["sample"])) < int(stop)
        )

    values = CorpusPages(str(labelled)).values("/corpus", fields)[1]
    wanted = [row["sample"] for row in rows if meets(row)]
    assert values["count"] == len(wanted) > 0
    assert [each["sample"] for each in values["thumbnails"]] == wanted[:60]


def test_depth_selects_once_it_is_measured(labelled: Path) -> None:
    corpus, pages = Corpus(labelled), CorpusPages(str(labelled))
    samples = [corpus[i] for i in range(len(corpus))]
    person_m = [float(s.depth_m[s.mask >= 128].mean()) if s.depth_m is not None else 0.0 for s in samples]
    middle_m = float(np.median(person_m))
    values = pages.values("/corpus", {"depth_from": f"{middle_m:.3f}"})[1]
    for _ in range(200):
        if "percent" not in values:
            break
        values = pages.values("/corpus", {"depth_from": f"{middle_m:.3f}"})[1]
    assert 0 < values["count"] < len(samples)
    assert all(person_m[each["sample"]] > middle_m - 0.1 for each in values["thumbnails"])


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"background": "x"}, "background 'x'"), ({"cutout": "1;2"}, "cutout"), ({"height_from": "nan"}, "height from"),
        ({"height_from": "1,2"}, "height from"), ({"flip": "maybe"}, "flip"), ({"split": "all"}, "split"),
        ({"label": "<b>"}, "class"), ({"shown": "zarr.json"}, "shown"), ({"page": "-1"}, "page"),
        ({"page": "9" * 30}, "page"), ({"samples": "7:3"}, "7:3"), ({"depth_to": "1e9"}, "depth to"),
        ({"placement": "٣"}, "placement"),
    ],
)  # fmt: skip
def test_a_field_without_a_meaning_is_named(fields: dict[str, str], told: str) -> None:
    with pytest.raises(Problem, match=told.replace("(", r"\(")):
        SampleQuery.of(fields, ("foreground",))


def test_a_page_beyond_the_last_is_the_last(labelled: Path) -> None:
    values = CorpusPages(str(labelled)).values("/corpus", {"page": "999"})[1]
    assert values["number"] == values["pages"]
    assert values["thumbnails"]
