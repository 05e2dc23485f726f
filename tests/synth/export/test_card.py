"""Cards and croissant.json of every export: valid to those who read them, and records that mlcroissant really reads."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bgfg.data_manifests.corpus.selection import Selection
from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.synth.export.forms.registry import EXPORT_FORMATS
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.store.corpus import Corpus
from tests.support.crowd_corpus import make_crowd_corpus
from tests.support.executors import IN_PROCESS

SAMPLES = 30

# Which records are the samples', of each form that mlcroissant has a reader for.
RECORDS = {
    "folder": ["records/bg_fg"],
    "zips": ["records/bg_fg"],
    "webdataset": ["records/image"],
    "coco": ["records/coco-images"],
    "yolo": [f"records/labels/{split}" for split in SPLITS],
    "parquet": ["records/samples"],
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(make_crowd_corpus(tmp_path_factory.mktemp("crowded"), "random", CutoutsPerSample(1, 3)))


@pytest.fixture(scope="module", params=EXPORT_FORMATS)
def exported(request: pytest.FixtureRequest, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "coco":
        pytest.importorskip("pycocotools", reason="the extra [export] isn't installed")
    out = tmp_path_factory.mktemp("card") / str(request.param)
    bits = EXPORT_FORMATS[request.param].default_depth_bits
    selection = Selection(samples=(0, SAMPLES))
    asked = ExportRequest(request.param, selection, depth_bits=bits, image="png", licence="CC-BY-4.0")
    export_corpus(corpus.path, out, asked, IN_PROCESS)
    return out


def head_of(card: Path) -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="PyYAML isn't installed")
    empty, head, _ = card.read_text().split("---\n", 2)
    assert empty == ""
    loaded: dict[str, Any] = yaml.safe_load(head)
    return loaded


def test_the_head_of_a_card_is_what_the_hub_asks_for(exported: Path) -> None:
    head = head_of(exported / "README.md")
    assert head["license"] == "cc-by-4.0"
    assert head["size_categories"] == ["n<1K"]
    assert {"image-segmentation", "depth-estimation"} <= set(head["task_categories"])
    assert "Licence: CC-BY-4.0." in (exported / "README.md").read_text()


@pytest.mark.filterwarnings("default")
def test_datasets_knows_the_columns_by_the_card(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if exported.name not in ("parquet", "webdataset"):
        pytest.skip("datasets loads other forms in ways of its own")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="reading Hugging Face datasets back needs datasets")
    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(str(exported), cache_dir=str(tmp_path))
    assert sum(len(rows) for rows in loaded.values()) == SAMPLES
    if exported.name == "parquet":
        [described] = head_of(exported / "README.md")["dataset_info"]
        assert [field["name"] for field in described["features"]] == next(iter(loaded.values())).column_names


def test_every_file_is_described_with_its_checksum(exported: Path) -> None:
    content = json.loads((exported / "croissant.json").read_text())
    described: set[Path] = set()
    for node in content["distribution"]:
        if node["@type"] == "cr:FileObject":
            path = exported / node["contentUrl"]
            assert hashlib.sha256(path.read_bytes()).hexdigest() == node["sha256"]
            assert node["contentSize"] == f"{path.stat().st_size} B"
            described.add(path)
        elif "containedIn" not in node:
            described.update(exported.glob(node["includes"]))
    own = {exported / name for name in ("README.md", "croissant.json", "export.json", "SHA256SUMS")}
    assert described == {path for path in exported.rglob("*") if path.is_file()} - own
    assert "croissant.json" in (exported / "SHA256SUMS").read_text()


@pytest.mark.filterwarnings("ignore")
def test_mlcroissant_finds_no_fault_and_reads_the_records(
    exported: Path, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    croissant = pytest.importorskip("mlcroissant", reason="mlcroissant isn't installed")
    # What it unpacks it keeps by the name of the pack alone, whichever data set that is of.
    from mlcroissant._src.operation_graph.operations import extract

    monkeypatch.setattr(extract, "EXTRACT_PATH", type(extract.EXTRACT_PATH)(tmp_path))
    dataset = croissant.Dataset(str(exported / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    if exported.name in RECORDS:
        there = {each.id for each in dataset.metadata.record_sets}
        found = [record for name in RECORDS[exported.name] if name in there for record in dataset.records(name)]
        assert len(found) == SAMPLES
    if exported.name == "parquet":
        for record in found:
            true = corpus[record["records/samples/sample"]]
            np.testing.assert_array_equal(np.array(record["records/samples/image"]), true.image)
            np.testing.assert_array_equal(np.array(record["records/samples/instance"]), true.instance)
    if exported.name == "coco":
        boxes = [record["records/coco-annotations/bbox"] for record in dataset.records("records/coco-annotations")]
        assert len(boxes) == sum(paste["visible_px"] > 0 for i in range(SAMPLES) for paste in corpus[i].pastes)
    if exported.name in ("folder", "zips"):
        rows = list(dataset.records("records/instances.csv"))
        assert len(rows) == sum(len(corpus[i].pastes) for i in range(SAMPLES))


def test_without_a_licence_nothing_is_said_of_one(labelled: Path, tmp_path: Path) -> None:
    export_corpus(labelled, tmp_path / "out", ExportRequest("hdf5", Selection()), IN_PROCESS)
    for name in ("README.md", "croissant.json"):
        assert "licen" not in (tmp_path / "out" / name).read_text().lower()
