"""pycocotools reads images and instances back: polygons and RLE equal mask >= 128, boxes and areas are theirs."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.corpus.digest import sealed
from bgfg.data_manifests.corpus.selection import Filter, Selection
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.export.forms import registry
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.store.corpus import Corpus
from tests.support.crowd_corpus import make_crowd_corpus
from tests.support.executors import IN_PROCESS
from tests.support.tiny_corpus import H, W

_NEEDED = "run-length encoding needs pycocotools"


@pytest.fixture(scope="module")
def crowded_export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Samples of one to three people, as COCO."""
    pytest.importorskip("pycocotools.mask", reason=_NEEDED)
    corpus = make_crowd_corpus(tmp_path_factory.mktemp("crowded"), "random", CutoutsPerSample(1, 3))
    out = tmp_path_factory.mktemp("export") / "out"
    export_corpus(corpus, out, ExportRequest("coco", Selection()), IN_PROCESS)
    return out


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of numpy, at pycocotools' decoding
@pytest.mark.parametrize(("segmentation", "form"), [(None, list), ("polygons", list), ("rle", dict)])
def test_pycocotools_reads_what_the_store_has(
    labelled: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    segmentation: str | None,
    form: type,
) -> None:
    coco = pytest.importorskip("pycocotools.coco", reason=_NEEDED)
    monkeypatch.setitem(registry.EXPORT_FORMATS, "coco", replace(registry.EXPORT_FORMATS["coco"], samples_per_part=5))
    request = ExportRequest("coco", Selection(), depth_bits=16, segmentation=segmentation)
    export_corpus(labelled, tmp_path / "out", request, IN_PROCESS)
    corpus, seen = Corpus(labelled), set()
    for path in (tmp_path / "out/annotations").iterdir():
        split = path.stem.removeprefix("instances_")
        found = coco.COCO(str(path))
        assert found.loadCats(found.getCatIds()) == [{"id": 1, "name": "foreground", "supercategory": "foreground"}]
        for image in found.loadImgs(found.getImgIds()):
            true = corpus[image["file_name"]]
            assert true.row["split"] == split
            assert (image["width"], image["height"]) == (W, H)
            assert (tmp_path / "out/images" / split / image["file_name"]).is_file()
            assert (tmp_path / "out/depth" / split / image["depth_file"]).is_file()
            assert (tmp_path / "out/bg" / image["background"]).is_file()
            [annotation] = found.loadAnns(found.getAnnIds(imgIds=image["id"]))
            assert isinstance(annotation["segmentation"], form)
            binary = true.mask >= 128
            np.testing.assert_array_equal(found.annToMask(annotation), binary)
            ys, xs = np.nonzero(binary)
            box = [xs.min(), ys.min(), xs.max() - xs.min() + 1, ys.max() - ys.min() + 1]
            assert annotation["bbox"] == box
            assert annotation["area"] == true.row["visible_px"] == binary.sum()
            assert annotation["id"] > 0
            seen.add(true.row["sample"])
    assert seen == set(range(48))
    capsys.readouterr()  # pycocotools talks


def test_a_sample_that_shows_nothing_has_no_annotation() -> None:
    pytest.importorskip("pycocotools.mask", reason=_NEEDED)
    from bgfg.synth.export.forms.coco import encode_instances

    empty, full = np.full((H, W), 127, np.uint8), np.full((H, W), 128, np.uint8)
    for polygons in (False, True):
        found = encode_instances([empty, full], polygons)
        assert [instance["area"] for instance in found] == [0, H * W]


@pytest.mark.parametrize(("segmentation", "loss"), [("polygons", "a hole is joined to"), ("rle", "compressed counts")])
def test_the_card_says_what_the_form_of_the_masks_loses(
    labelled: Path, tmp_path: Path, segmentation: str, loss: str
) -> None:
    pytest.importorskip("pycocotools.mask", reason=_NEEDED)
    out = tmp_path / "out"
    export_corpus(labelled, out, ExportRequest("coco", Selection(), segmentation=segmentation), IN_PROCESS)
    infos = [json.loads(path.read_text())["info"]["segmentation"] for path in (out / "annotations").iterdir()]
    for text in ((out / "README.md").read_text(), *infos):
        assert loss in text
        assert "The soft edge of the mask is lost." in text


def test_another_form_is_another_export_and_an_earlier_one_without_a_word_is_rle(
    labelled: Path, tmp_path: Path
) -> None:
    pytest.importorskip("pycocotools.mask", reason=_NEEDED)
    out, rle = tmp_path / "out", ExportRequest("coco", Selection(), segmentation="rle")
    export_corpus(labelled, out, rle, IN_PROCESS)
    content = json.loads((out / "export.json").read_text())
    del content["asked"]["segmentation"]
    (out / "export.json").write_text(json.dumps(sealed(content)))
    assert export_corpus(labelled, out, rle, IN_PROCESS).unchanged
    with pytest.raises(Problem, match=r"--segmentation polygons \(was rle\)"):
        export_corpus(labelled, out, ExportRequest("coco", Selection()), IN_PROCESS)


def test_other_formats_have_no_segmentation() -> None:
    with pytest.raises(Problem, match="--segmentation rle: only --as coco has it: leave it out"):
        ExportRequest("parquet", Selection(), segmentation="rle")


def test_a_part_without_anything_to_see_leaves_valid_json(
    labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pycocotools.mask", reason=_NEEDED)
    from bgfg.synth.export.forms import coco

    def nothing(masks: list[np.ndarray], _polygons: bool) -> list[dict]:
        return [{"segmentation": {}, "area": 0, "bbox": []} for _ in masks]

    monkeypatch.setattr(coco, "encode_instances", nothing)
    request = ExportRequest("coco", Selection(filters=(Filter.parse("background=0"),)))
    export_corpus(labelled, tmp_path / "out", request, IN_PROCESS)
    for path in (tmp_path / "out/annotations").iterdir():
        content = json.loads(path.read_text())
        assert content["annotations"] == []
        assert content["images"]


def test_without_pycocotools_the_extra_is_named(
    labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pycocotools.mask", None)
    monkeypatch.setitem(sys.modules, "pycocotools", None)
    with pytest.raises(Problem, match=r"--as coco needs pycocotools: pip install 'bgfg\[export\]'"):
        export_corpus(labelled, tmp_path / "out", ExportRequest("coco", Selection()), IN_PROCESS)


@pytest.mark.filterwarnings("ignore")  # of transformers, on what it would do with other models
def test_detr_gets_boxes_and_the_same_pixels_from_polygons(crowded_export: Path) -> None:
    transformers = pytest.importorskip("transformers", reason="the extra [hub] isn't installed")
    coco = pytest.importorskip("pycocotools.coco", reason=_NEEDED)
    processor = transformers.DetrImageProcessor(do_resize=False, do_pad=False)
    seen = 0
    for path in (crowded_export / "annotations").iterdir():
        found = coco.COCO(str(path))
        for image in found.loadImgs(found.getImgIds()):
            objects = found.loadAnns(found.getAnnIds(imgIds=image["id"]))
            picture = np.zeros((image["height"], image["width"], 3), np.uint8)
            given = {"image_id": image["id"], "annotations": objects}
            read = processor(picture, given, return_segmentation_masks=True, return_tensors="np")["labels"][0]
            assert len(read["boxes"]) == len(read["masks"]) == len(objects)
            for mask, each in zip(read["masks"], objects, strict=True):
                np.testing.assert_array_equal(mask, found.annToMask(each))
                seen += 1
    assert seen > 48  # several in a sample


@pytest.mark.filterwarnings("ignore")
def test_label_studio_gets_boxes_and_a_region_for_each_part(crowded_export: Path, tmp_path: Path) -> None:
    reader = pytest.importorskip("label_studio_sdk.converter.imports.coco", reason="Label Studio's SDK isn't installed")
    for path in (crowded_export / "annotations").iterdir():
        reader.convert_coco_to_ls(str(path), str(tmp_path / "tasks.json"))
        results = [task["annotations"][0]["result"] for task in json.loads((tmp_path / "tasks.json").read_text())]
        kinds = [region["type"] for result in results for region in result]
        annotations = json.loads(path.read_text())["annotations"]
        assert kinds.count("rectanglelabels") == len(annotations)
        assert kinds.count("polygonlabels") == sum(len(each["segmentation"]) for each in annotations)
