"""Three classes through every export, each read back by the library that it is for."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from bgfg.data_manifests.corpus.selection import Filter, Selection
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.audit import audit_path
from tests.support.class_corpus import CLASSES, make_class_corpus
from tests.support.executors import IN_PROCESS


@pytest.fixture(scope="module", params=[None, CutoutsPerSample(1, 3)], ids=["single", "crowded"])
def corpus(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(make_class_corpus(tmp_path_factory.mktemp("classes"), request.param))


def exported(corpus: Corpus, out: Path, form: str, **options: Any) -> Path:
    export_corpus(corpus.path, out, ExportRequest(form, Selection(), **options), IN_PROCESS)
    return out


def visible(corpus: Corpus, i: int) -> Iterator[tuple[str, np.ndarray]]:
    """The class of each cut-out of a sample of which something is seen, and its pixels, by the store alone."""
    sample = corpus[i]
    if sample.instance is None:
        shown = [(sample.label, sample.mask >= 128)]
    else:
        shown = [(str(paste["label"]), sample.instance == paste["instance"]) for paste in sample.pastes]
    yield from ((label, pixels) for label, pixels in shown if pixels.any())


def test_lines_of_yolo_begin_with_the_number_of_the_class(corpus: Corpus, tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML isn't installed")
    out = exported(corpus, tmp_path / "out", "yolo", boxes=True)
    names = yaml.safe_load((out / "data.yaml").read_text())["names"]
    labels = list((out / "labels").rglob("*.txt"))
    for path in labels:
        found = [names[int(line.split()[0])] for line in path.read_text().splitlines()]
        assert found == [label for label, _ in visible(corpus, corpus.sample_of(f"{path.stem}.jpeg"))]
    assert len(labels) == len(corpus)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of numpy, at pycocotools' decoding
@pytest.mark.parametrize("segmentation", ["polygons", "rle"])
def test_pycocotools_gets_a_category_for_each_class(corpus: Corpus, tmp_path: Path, segmentation: str) -> None:
    coco = pytest.importorskip("pycocotools.coco", reason="run-length encoding needs pycocotools")
    out = exported(corpus, tmp_path / "out", "coco", segmentation=segmentation)
    seen = 0
    for path in (out / "annotations").iterdir():
        found = coco.COCO(str(path))
        assert [c["name"] for c in found.loadCats(found.getCatIds())] == list(CLASSES)
        assert found.getCatIds() == [1, 2, 3]
        for image in found.loadImgs(found.getImgIds()):
            shown = list(visible(corpus, image["id"] - 1))
            annotations = found.loadAnns(found.getAnnIds(imgIds=image["id"], iscrowd=False))
            assert [CLASSES[a["category_id"] - 1] for a in annotations] == [label for label, _ in shown]
            for annotation, (_, pixels) in zip(annotations, shown, strict=True):
                assert np.array_equal(found.annToMask(annotation) > 0, pixels)
                assert annotation["area"] == pixels.sum()
                seen += 1
        assert {a["category_id"] for a in found.loadAnns(found.getAnnIds(catIds=[2]))} <= {2}
    assert seen >= len(corpus)


def test_hdf5_has_labels_and_the_list_of_classes(corpus: Corpus, tmp_path: Path) -> None:
    with h5py.File(exported(corpus, tmp_path / "out", "hdf5") / "samples.h5") as file:
        assert [name.decode() for name in file["classes"][:]] == list(CLASSES)
        labels = [label.decode() for label in file["samples/label"][:]]
        assert labels == [corpus[i].label for i in file["samples/sample"][:]]
        if corpus.manifest.crowd:
            pastes = [paste["label"] for i in range(len(corpus)) for paste in corpus[i].pastes]
            assert [label.decode() for label in file["instances/label"][:]] == pastes


def test_datasets_gets_class_labels(corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets", reason="Hugging Face datasets isn't installed")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True)
    out = exported(corpus, tmp_path / "out", "parquet")

    def loaded(name: str) -> Any:
        return datasets.load_dataset(str(out), name, cache_dir=str(tmp_path / "cache"))

    for rows in loaded("default").values():
        assert rows.features["label"].names == list(CLASSES)
        for row in rows.remove_columns(["image", "mask"]):
            assert rows.features["label"].int2str(row["label"]) == corpus[row["sample"]].label
    [cutouts] = loaded("cutouts").values()
    shown = {row["cutout"]: cutouts.features["label"].int2str(row["label"]) for row in cutouts}
    assert shown == dict(enumerate(corpus.cutout_labels))
    if corpus.manifest.crowd:
        [instances] = loaded("instances").values()
        names = instances.features["label"].names
        assert [names[row["label"]] for row in instances] == [p["label"] for s in corpus for p in s.pastes]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # webdataset leaves its files open
def test_webdataset_has_the_label_in_its_rows(corpus: Corpus, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset", reason="webdataset isn't installed")
    out = exported(corpus, tmp_path / "out", "webdataset")
    shards = sorted(map(str, out.glob("*.tar")))
    samples = list(webdataset.WebDataset(shards, shardshuffle=False, empty_check=False).decode("rgb8"))
    assert len(samples) == len(corpus)
    for sample in samples:
        row = sample["json"]
        true = corpus[row["sample"]]
        assert row["label"] == true.label
        assert [paste["label"] for paste in row.get("instances", [])] == [paste["label"] for paste in true.pastes]


@pytest.mark.parametrize("form", ["folder", "zips"])
def test_files_come_with_a_list_of_the_classes_of_cutouts(corpus: Corpus, tmp_path: Path, form: str) -> None:
    out = exported(corpus, tmp_path / "out", form)
    with (out / "labels.csv").open(encoding="utf-8") as file:
        listed = list(csv.DictReader(file))
    names = [corpus.geometry.names.write(name) for name in _cutout_names(corpus)]
    assert [(row["cutout"], row["label"]) for row in listed] == list(zip(names, corpus.cutout_labels, strict=True))
    assert all(CLASSES[int(row["class"]) - 1] == row["label"] for row in listed)
    if corpus.manifest.crowd:
        with (out / "instances.csv").open(encoding="utf-8") as file:
            assert [row["label"] for row in csv.DictReader(file)] == [p["label"] for s in corpus for p in s.pastes]
    assert not [finding for finding in audit_path(out, IN_PROCESS, full=True).findings if finding.severity == "error"]


def _cutout_names(corpus: Corpus) -> Iterator[Any]:
    from bgfg.data_manifests.corpus.naming import Name

    for number in range(2 * corpus.geometry.cutouts):
        yield Name("fg", cutout=number // 2, flipped=number % 2 == 1)


def test_the_manifest_and_the_card_list_the_classes(corpus: Corpus, tmp_path: Path) -> None:
    out = exported(corpus, tmp_path / "out", "folder")
    assert json.loads((out / "export.json").read_text())["corpus"]["classes"] == list(CLASSES)
    assert "The classes are `ant, red`, `cat`, `düg`." in (out / "README.md").read_text(encoding="utf-8")


def test_a_filter_takes_one_class(corpus: Corpus, tmp_path: Path) -> None:
    request = ExportRequest("webdataset", Selection(filters=(Filter.parse("label=cat"),)))
    assert export_corpus(corpus.path, tmp_path / "out", request, IN_PROCESS).samples == len(corpus) // 3
    asked = ExportRequest("webdataset", Selection(filters=(Filter.parse("label=dgo"),)))
    with pytest.raises(Problem, match="no class 'dgo'"):
        export_corpus(corpus.path, tmp_path / "none", asked, IN_PROCESS)


def test_one_name_for_several_classes_is_one_line(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"--label pet: .* has 3 classes \(ant, red, cat, düg\), whose names go into"):
        exported(corpus, tmp_path / "out", "coco", label="pet")
