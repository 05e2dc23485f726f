"""Tools for data sets agree on exports: datumaro and supervision with pycocotools, on classes, areas and pixels."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.selection import Selection
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.placement.variety import Variety
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from tests.support.class_corpus import CLASSES, class_options, class_sources
from tests.support.executors import IN_PROCESS
from tests.support.peer_python import asked_of_peer

pycocotools = pytest.importorskip("pycocotools.coco", reason="the extra [export] isn't installed")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Samples of one to three objects of three classes, of sizes that vary, each in two parts, one with a hole."""
    folder = tmp_path_factory.mktemp("tools")
    sources = class_sources(folder / "sources")
    for file in sources.glob("fg/*/*.png"):
        rgba = np.asarray(cv2.imread(str(file), cv2.IMREAD_UNCHANGED))
        rgba[:3, :, 3] = 0
        rgba[0, :2] = 255
        rgba[4:9, 1:-1, 3], rgba[5:7, 2, 3] = 255, 0
        cv2.imwrite(str(file), rgba)
    options = replace(
        class_options(sources, CutoutsPerSample(1, 3)), variety=Variety(scale=(1.0, 1.4), colour_match=(0.0, 1.0))
    )
    plan_corpus(folder / "corpus", options, replace=False, workers=1)
    compose_corpus(folder / "corpus", IN_PROCESS)
    return folder / "corpus"


@pytest.fixture(scope="module", params=["polygons", "rle"])
def coco(request: pytest.FixtureRequest, corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("coco") / str(request.param)
    export_corpus(corpus, out, ExportRequest("coco", Selection(), image="png", segmentation=request.param), IN_PROCESS)
    return out


def read_by_datumaro(folder: Path, form: str) -> Any:
    return asked_of_peer("datumaro", "it asks for pandas before 3", "datumaro_reader.py", folder, form)


def annotations_of(out: Path) -> dict[tuple[str, int], tuple[Any, dict[str, Any], str, str]]:
    """What pycocotools reads: (split, id) -> what reads the split, the annotation, the class, the image's name."""
    found = {}
    for path in sorted((out / "annotations").iterdir()):
        split, api = path.stem.removeprefix("instances_"), pycocotools.COCO(str(path))
        names = {each["id"]: each["name"] for each in api.loadCats(api.getCatIds())}
        for each in api.loadAnns(api.getAnnIds()):
            file = api.loadImgs(each["image_id"])[0]["file_name"]
            found[split, each["id"]] = api, each, names[each["category_id"]], file
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_datumaro_agrees_with_pycocotools_on_classes_areas_boxes_and_crowds(coco: Path) -> None:
    told, true = read_by_datumaro(coco, "coco_instances"), annotations_of(coco)
    assert told["names"] == list(CLASSES)
    assert told["items"] == len(list(coco.glob("images/*/*")))
    areas: dict[tuple[str, int], float] = defaultdict(float)
    for each in told["found"]:
        key = each["subset"], each["object"]
        _, annotation, label, file = true[key]
        assert (each["label"], each["item"], each["crowd"]) == (label, Path(file).stem, bool(annotation["iscrowd"]))
        if each["kind"] == "Bbox":
            assert each["box"] == annotation["bbox"]
        else:
            areas[key] += each["area"]  # a polygon for each part of an object
    assert areas.keys() == true.keys()
    for key, (api, annotation, *_) in true.items():
        assert areas[key] == pytest.approx(annotation["area"]) == api.annToMask(annotation).sum()


def test_images_and_annotations_say_what_was_drawn_for_them(coco: Path, corpus: Path) -> None:
    opened, seen = Corpus(corpus), 0
    for _, annotation, _, file in annotations_of(coco).values():
        sample = opened[Path(file).stem + ".jpeg"]
        number = annotation["id"] - 3 * annotation["image_id"] + 3  # at most three a sample
        assert annotation["scale"] == sample.pastes[number - 1]["scale"]
        assert "colour_match" not in annotation
        seen += annotation["scale"] != 1
    assert seen > 9
    for path in (coco / "annotations").iterdir():
        for image in json.loads(path.read_text())["images"]:
            row = opened[image["id"] - 1].row
            assert (image["scale"], image["colour_match"]) == (row["scale"], row["colour_match"])
            assert "rotation_deg" not in image
    assert "`scale`, `colour_match` of an image are the columns" in (coco / "README.md").read_text()


@pytest.mark.filterwarnings("ignore")
def test_supervision_reads_the_same_pixels_of_coco(coco: Path) -> None:
    supervision = pytest.importorskip("supervision", reason="supervision isn't installed")
    true, seen = annotations_of(coco), 0
    for path in sorted((coco / "annotations").iterdir()):
        split = path.stem.removeprefix("instances_")
        dataset = supervision.DetectionDataset.from_coco(str(coco / "images" / split), str(path), force_masks=True)
        assert dataset.classes == list(CLASSES)
        for image, _, found in dataset:
            expected = [each for (of, _), each in true.items() if of == split and each[3] == Path(image).name]
            assert len(found) == len(expected)
            for number, (api, annotation, label, _) in enumerate(expected):
                assert dataset.classes[found.class_id[number]] == label
                x, y, width, height = annotation["bbox"]
                np.testing.assert_array_equal(found.xyxy[number], [x, y, x + width, y + height])
                mask = api.annToMask(annotation).astype(bool)
                if coco.name == "rle":
                    np.testing.assert_array_equal(found.mask[number], mask)
                else:
                    assert within_a_pixel(found.mask[number], mask)
                seen += 1
    assert seen == len(true)
    masks = [api.annToMask(annotation).astype(bool) for api, annotation, *_ in true.values()]
    assert sum(map(has_hole, masks)) > 9
    assert sum(parts_of(mask) > 1 for mask in masks) > 9


def test_datumaro_reads_the_boxes_of_yolo(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "yolo"
    export_corpus(corpus, out, ExportRequest("yolo", Selection(), image="png", boxes=True), IN_PROCESS)
    told = read_by_datumaro(out, "yolo")
    assert told["names"] == list(CLASSES)
    lines = {path.stem: path.read_text().split("\n")[:-1] for path in out.glob("labels/*/*.txt")}
    found = defaultdict(list)
    for each in told["found"]:
        found[each["item"]].append(each)
    for name, rows in lines.items():
        assert [each["label"] for each in found[name]] == [CLASSES[int(row.split()[0])] for row in rows]


@pytest.mark.filterwarnings("ignore")
def test_supervision_reads_yolo_with_holes_and_parts(corpus: Path, tmp_path: Path) -> None:
    supervision = pytest.importorskip("supervision", reason="supervision isn't installed")
    out, opened = tmp_path / "yolo", Corpus(corpus)
    export_corpus(corpus, out, ExportRequest("yolo", Selection(), image="png"), IN_PROCESS)
    counted = {"holes": 0, "parts": 0}
    for images in (out / "images").iterdir():
        labels = out / "labels" / images.name
        dataset = supervision.DetectionDataset.from_yolo(str(images), str(labels), str(out / "data.yaml"))
        for image, _, found in dataset:
            ids = opened[f"{Path(image).stem}.jpeg"].instance
            assert ids is not None
            masks = [mask for n in range(1, 4) if (mask := ids == n).any()]
            assert len(found) == len(masks)
            for number, mask in enumerate(masks):
                ys, xs = np.nonzero(mask)
                box = [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
                np.testing.assert_allclose(found.xyxy[number], box, atol=0.03)
                assert found.mask[number][mask].all()
                if parts_of(mask) > 1:
                    assert parts_of(found.mask[number]) == 1  # they are joined by lines
                else:
                    assert within_a_pixel(found.mask[number], mask)
                counted["parts"] += parts_of(mask) > 1
                counted["holes"] += has_hole(mask)
    assert min(counted.values()) > 9


def parts_of(mask: NDArray[np.bool_]) -> int:
    return cv2.connectedComponents(mask.view(np.uint8), connectivity=8)[0] - 1


def has_hole(mask: NDArray[np.bool_]) -> bool:
    around = np.pad(~mask, 1, constant_values=True).view(np.uint8)
    return cv2.connectedComponents(around, connectivity=4)[0] > 2


def within_a_pixel(found: NDArray[np.bool_], mask: NDArray[np.bool_]) -> bool:
    """Say whether a mask was painted as supervision paints polygons: corners and edges too, at the right and below."""
    more = cv2.dilate(mask.view(np.uint8), np.ones((2, 2), np.uint8), anchor=(1, 1)).astype(bool)
    return bool(found[mask].all() and not (found & ~more).any())
