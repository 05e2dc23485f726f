"""The summary counts what a slow loop over all rows counts, and says how a corpus was made and how far it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from bgfg.data_manifests.corpus.manifest_file import load_manifest, save_manifest
from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.corpus.summary import CorpusSummary
from bgfg.data_manifests.placement.variety import Variety
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from tests.support.tiny_corpus import B, C, H, K, W


def summary_of(corpus: Path) -> CorpusSummary:
    return CorpusSummary.from_records(CorpusRecords.open(corpus))


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory, sources: Path) -> Path:
    """A corpus with two backgrounds and three cut-outs that are the same picture, and two files left out."""
    folder = tmp_path_factory.mktemp("alike")
    for kind, original, copies in (("bg", "room1.png", 2), ("fg", "person1.png", 3)):
        (folder / kind).mkdir()
        for path in (sources / kind).iterdir():
            (folder / kind / path.name).write_bytes(path.read_bytes())
        for copy in range(1, copies):
            (folder / kind / f"{original} {copy}.png").write_bytes((sources / kind / original).read_bytes())
    for name in ("broken.png", "empty.png"):
        (folder / "bg" / name).write_bytes(b"no picture" * (name == "broken.png"))
    options = PlanOptions(
        folder / "bg", folder / "fg", height_px=H, width_px=W, cutout_height_px=7, placements=2, skip_bad=True
    )
    plan_corpus(folder / "corpus", options, replace=False, workers=1)
    return folder / "corpus"


@pytest.mark.parametrize("name", ["planned", "alike"])
def test_each_split_counts_what_its_rows_hold(name: str, request: pytest.FixtureRequest) -> None:
    corpus = request.getfixturevalue(name)
    rows = pq.read_table(corpus / "manifest/samples.parquet").to_pylist()
    found = summary_of(corpus).splits
    assert tuple(found) == SPLITS
    for split, part in found.items():
        inside = [row for row in rows if row["split"] == split]
        assert part.samples == len(inside)
        assert part.backgrounds == len({row["background"] for row in inside})
        assert part.cutouts == len({row["cutout"] // 2 for row in inside})


def test_near_duplicates_are_listed_by_group_without_flips(alike: Path) -> None:
    found = {group.kind: group for group in summary_of(alike).near_duplicates}
    assert found["background"].files == ("room1.png", "room1.png 1.png")
    assert found["background"].names == ("bg001.jpeg", "bg002.jpeg")
    assert found["cutout"].files == ("person1.png", "person1.png 1.png", "person1.png 2.png")
    assert found["cutout"].names == ("fg001.png", "fg002.png", "fg003.png")
    assets = {row["name"]: row["split"] for row in pq.read_table(alike / "manifest/assets.parquet").to_pylist()}
    for group in found.values():
        assert {assets[name] for name in group.names} == {group.split}


def test_the_words_name_what_was_left_out_and_what_is_alike(alike: Path) -> None:
    words = summary_of(alike).to_text()
    for file in ("broken.png", "empty.png", "room1.png 1.png", "person1.png 2.png"):
        assert file in words
    assert "not labelled; the backgrounds came without depth" in words


def test_the_words_name_the_cutouts_that_were_fixed(planned: Path) -> None:
    manifest = load_manifest(planned / "manifest/corpus.json")
    summary = replace(
        summary_of(planned), manifest=replace(manifest, cutout_fixes={"a.png": ("trimmed", "haze cleared")})
    )
    assert summary.to_text().splitlines()[-2:] == ["cut-out  fixed by --fix-cutouts", "a.png    trimmed, haze cleared"]
    assert "--fix-cutouts" not in summary_of(planned).to_text()


def test_one_of_a_kind_is_told_as_one(planned: Path) -> None:
    geometry = replace(load_manifest(planned / "manifest/corpus.json").geometry, backgrounds=1, cutouts=1, placements=1)
    assert geometry.describe() == f"1 background x 1 cut-out x 2 (flips) x 1 placement = 2 samples of {W}x{H}"


def test_the_words_say_how_it_was_made(planned: Path) -> None:
    words, manifest = summary_of(planned).to_text(), load_manifest(planned / "manifest/corpus.json")
    lines = words.splitlines()
    assert lines[0] == (
        f"{planned}: {B} backgrounds x {C} cut-outs x 2 (flips) x {K} placements = {2 * B * C * K} samples of {W}x{H}"
    )
    for said in ("random, seed 0", "34/33/33", manifest.digest, f"bgfg {manifest.versions['bgfg']}", "7 px high"):
        assert said in words
    assert not any(line != line.rstrip() for line in lines)


def test_the_words_say_what_varies(planned: Path, tmp_path: Path, sources: Path) -> None:
    assert "variety" not in summary_of(planned).to_text()
    variety = Variety(scale=(0.5, 1.5), blend=("alpha", "poisson"))
    options = PlanOptions(
        sources / "bg", sources / "fg", height_px=H, width_px=W, cutout_height_px=7, placements=2, variety=variety
    )
    plan_corpus(tmp_path / "varied", options, replace=False, workers=1)
    lines = summary_of(tmp_path / "varied").to_text().splitlines()
    assert any(line.split() == ["variety", "--scale", "0.5..1.5", "--blend", "alpha,poisson"] for line in lines)


def test_the_words_say_how_far_it_is(planned: Path, composed: Path, labelled: Path) -> None:
    said = [summary_of(corpus).to_text() for corpus in (planned, composed, labelled)]
    composing = [f"not all composed yet: run `bgfg compose {planned}`", "all composed", "all composed"]
    labelling = [
        f"not labelled yet: run `bgfg label {planned}`",
        f"not labelled yet: run `bgfg label {composed}`",
        "by layered, version 1; code: kind log, near_m 0.1, far_m 10",
    ]
    for words, composition, labels in zip(said, composing, labelling, strict=True):
        assert composition in words
        assert labels in words
    assert [("values counted" in words) for words in said] == [False, True, True]


def test_labels_that_were_begun_are_not_called_done(labelled: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(labelled)
    manifest = load_manifest(corpus / "manifest/corpus.json")
    images = {array: found for array, found in manifest.statistics.items() if array != "depth"}
    save_manifest(replace(manifest, statistics=images), corpus / "manifest/corpus.json")
    summary = summary_of(corpus)
    assert summary.finished == {"image": True, "mask": True, "depth": False}
    assert f"not all labelled yet: run `bgfg label {corpus}`" in summary.to_text()


def test_the_statistics_are_those_of_the_manifest(labelled: Path) -> None:
    words = summary_of(labelled).to_text()
    for array, found in load_manifest(labelled / "manifest/corpus.json").statistics.items():
        *_, line = (line for line in words.splitlines() if line.startswith(f"{array} "))
        numbers = [f"{value:.6g}" for name in ("mean", "std") for value in found[name]]
        assert str(found["count"]) in line
        assert all(number in line for number in numbers)


def test_the_content_is_plain_json_with_all_of_the_manifest(labelled: Path) -> None:
    content: dict[str, Any] = json.loads(json.dumps(summary_of(labelled).to_dict()))
    stored = json.loads((labelled / "manifest/corpus.json").read_text())
    del stored["sha256"]
    assert content["manifest"] == stored
    assert sum(part["samples"] for part in content["splits"].values()) == stored["N"]
    assert content["finished"] == {"image": True, "mask": True, "depth": True}


def test_long_lists_are_cut_for_people_alone(planned: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(planned)
    manifest = load_manifest(corpus / "manifest/corpus.json")
    left_out = tuple((f"bad\n{number}.png", "zero bytes") for number in range(23))
    save_manifest(replace(manifest, left_out=left_out), corpus / "manifest/corpus.json")
    summary = summary_of(corpus)
    assert summary.to_text().splitlines()[-2:] == [r"bad\n19.png  zero bytes", "and 3 more: --json has them all"]
    assert len(summary.to_dict()["manifest"]["left_out"]) == 23
