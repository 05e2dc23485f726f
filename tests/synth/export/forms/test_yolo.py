"""Labels of YOLO are the masks: Ultralytics' way of painting gives them back, and so does each of its readers."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.selection import Selection
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.export.forms.yolo import label_lines
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.store.corpus import Corpus
from tests.support.crowd_corpus import H, W, make_crowd_corpus
from tests.support.executors import IN_PROCESS

Mask = NDArray[np.bool_]


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(make_crowd_corpus(tmp_path_factory.mktemp("crowded"), "random", CutoutsPerSample(1, 3)))


@pytest.fixture(scope="module")
def exported(crowded: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Samples of one to three people."""
    out = tmp_path_factory.mktemp("yolo") / "out"
    export_corpus(crowded.path, out, ExportRequest("yolo", Selection(), image="png", depth_bits=16), IN_PROCESS)
    return out


def painted(line: str, size_px: tuple[int, int]) -> Mask:
    """Paint a line as Ultralytics does: fractions are cut off in float32, and `fillPoly` paints corners too."""
    corners = np.array(line.split()[1:], np.float32).reshape(-1, 2) * np.array(size_px[::-1], np.float32)
    canvas = np.zeros(size_px, np.uint8)
    cv2.fillPoly(canvas, [corners.astype(np.int32)], (1,))
    return np.asarray(canvas == 1)


def objects_of(corpus: Corpus, i: int) -> list[Mask]:
    """The visible pixels of each object of a sample."""
    sample = corpus[i]
    if sample.instance is None:
        return [sample.mask >= 128] if (sample.mask >= 128).any() else []
    return [sample.instance == n for n in range(1, int(sample.instance.max()) + 1) if (sample.instance == n).any()]


def is_one_part(mask: Mask) -> bool:
    return cv2.connectedComponents(mask.view(np.uint8))[0] == 2


def grown(mask: Mask) -> Mask:
    """A mask and the pixels at its right and below."""
    return cv2.dilate(mask.view(np.uint8), np.ones((2, 2), np.uint8), anchor=(1, 1)).astype(np.bool_)


def label_of(out: Path, image: Path) -> Path:
    return out / "labels" / image.parent.name / f"{image.stem}.txt"


@pytest.mark.parametrize("seed", range(20))
def test_an_object_in_one_part_comes_back_to_the_pixel_holes_included(seed: int) -> None:
    rng = np.random.default_rng(seed)
    noise = cv2.resize(rng.random((9, 11), np.float32), (224, 151), interpolation=cv2.INTER_CUBIC)
    _, numbers = cv2.connectedComponents((noise > np.quantile(noise, rng.uniform(0.1, 0.9))).astype(np.uint8))
    mask = numbers == np.bincount(numbers[numbers > 0]).argmax()
    [line] = label_lines(iter([(3, mask)]), boxes=False).splitlines()
    assert line.split()[0] == "3"
    np.testing.assert_array_equal(painted(line, mask.shape), mask)


@pytest.mark.parametrize("seed", range(20))
def test_parts_are_joined_by_lines_and_nothing_is_lost(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((31, 23)) < rng.uniform(0.05, 0.95)
    found = painted(label_lines(iter([(0, mask)]), boxes=False), mask.shape)
    assert found[mask].all()
    parts = cv2.connectedComponents(mask.view(np.uint8))[0] - 1
    assert (found & ~mask).sum() <= 12 * (parts + 8)
    if parts > 1:
        assert is_one_part(found)


@pytest.mark.parametrize("size_px", [(1, 1), (224, 224), (8_192, 3), (5, 10_000)])
def test_corners_stay_within_their_pixel_at_every_size(size_px: tuple[int, int]) -> None:
    mask = np.zeros(size_px, np.bool_)
    mask[size_px[0] // 2 :, size_px[1] // 3 :] = True
    np.testing.assert_array_equal(painted(label_lines(iter([(0, mask)]), boxes=False), size_px), mask)


def test_boxes_go_from_edge_to_edge_and_what_is_unseen_has_no_line() -> None:
    mask = np.zeros((10, 20), np.bool_)
    mask[2:5, 10:12] = True
    text = label_lines(iter([(0, mask), (1, mask & False), (2, ~mask)]), boxes=True)
    assert text == "0 0.550000 0.350000 0.100000 0.300000\n2 0.500000 0.500000 1.000000 1.000000\n"


def test_each_image_has_a_label_and_a_depth_map_under_its_name(exported: Path, crowded: Corpus) -> None:
    seen = set()
    for image in exported.glob("images/*/*.png"):
        i = crowded.sample_of(f"{image.stem}.jpeg")
        assert image.parent.name == crowded[i].row["split"]
        lines = label_of(exported, image).read_text().splitlines()
        expected = objects_of(crowded, i)
        assert len(lines) == len(expected)
        for line, mask in zip(lines, expected, strict=True):
            assert line.startswith("0 ")
            found = painted(line, (H, W))
            assert found[mask].all()
            assert not is_one_part(mask) or not (found & ~mask).any()
        depth_mm = cv2.imread(str(exported / "depth" / image.parent.name / image.name), cv2.IMREAD_UNCHANGED)
        true_m = crowded[i].depth_m
        assert true_m is not None
        np.testing.assert_array_equal(depth_mm, np.round(true_m.astype(float) * 1000))
        seen.add(i)
    assert seen == set(range(len(crowded)))
    assert len(list(exported.glob("labels/*/*"))) == len(crowded)


def test_data_yaml_names_the_splits_that_are_there(labelled: Path, tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML isn't installed")
    request = ExportRequest("yolo", Selection(splits=("test", "mixed")), label="person: \"é\" # 'x'", depth_bits=16)
    export_corpus(labelled, tmp_path / "out", request, IN_PROCESS)
    text = (tmp_path / "out/data.yaml").read_text()
    assert yaml.safe_load(text) == {
        "train": None, "val": None, "test": "images/test", "names": {0: "person: \"é\" # 'x'"}, "depth_scale": 1000
    }  # fmt: skip
    assert "# mixed: images/mixed" in text


def test_the_card_says_what_the_labels_lose(labelled: Path, tmp_path: Path) -> None:
    for boxes, loss in ((False, "the soft edge of the mask is lost"), (True, "Its shape isn't there")):
        out = tmp_path / str(boxes)
        export_corpus(labelled, out, ExportRequest("yolo", Selection(), boxes=boxes), IN_PROCESS)
        assert loss in (out / "README.md").read_text()
        assert json.loads((out / "export.json").read_text())["asked"]["boxes"] is boxes


def test_options_of_others_are_refused() -> None:
    with pytest.raises(Problem, match="--boxes: only --as yolo has it: leave it out"):
        ExportRequest("coco", Selection(), boxes=True)
    with pytest.raises(Problem, match="--depth 8: --as yolo has depth maps of 16 bits, or none"):
        ExportRequest("yolo", Selection(), depth_bits=8)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("boxes", [False, True])
def test_supervision_reads_every_object(crowded: Corpus, tmp_path: Path, boxes: bool) -> None:
    supervision = pytest.importorskip("supervision", reason="supervision isn't installed")
    out, seen = tmp_path / "out", 0
    export_corpus(crowded.path, out, ExportRequest("yolo", Selection(), image="png", boxes=boxes), IN_PROCESS)
    for images in (out / "images").iterdir():
        labels = out / "labels" / images.name
        dataset = supervision.DetectionDataset.from_yolo(str(images), str(labels), str(out / "data.yaml"))
        assert dataset.classes == ["foreground"]
        for path, _, found in dataset:
            masks = objects_of(crowded, crowded.sample_of(f"{Path(path).stem}.jpeg"))
            assert len(found) == len(masks)
            for number, mask in enumerate(masks):
                ys, xs = np.nonzero(mask)
                box = [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
                np.testing.assert_allclose(found.xyxy[number], box, atol=0.03)
                if not boxes:
                    assert found.mask[number][mask].all()
                    assert not is_one_part(mask) or not (found.mask[number] & ~grown(mask)).any()
                seen += 1
    assert seen == sum(len(objects_of(crowded, i)) for i in range(len(crowded)))


@pytest.mark.filterwarnings("ignore")
def test_ultralytics_trains_on_these_pixels(exported: Path, crowded: Corpus, tmp_path: Path) -> None:
    pytest.importorskip("ultralytics", reason="ultralytics isn't installed: it asks for an OpenCV of its own")
    from ultralytics.cfg import get_cfg
    from ultralytics.data.build import build_yolo_dataset
    from ultralytics.data.utils import check_det_dataset

    data = check_det_dataset(str(exported / "data.yaml"))
    assert data["names"] == {0: "foreground"}
    settings = get_cfg(overrides={"task": "segment", "imgsz": 32, "mask_ratio": 1, "overlap_mask": False})
    for split in (images.name for images in exported.glob("images/*") if images.name in ("train", "val", "test")):
        dataset = build_yolo_dataset(settings, data[split], 1, data, mode="val", rect=False)
        assert len(dataset) == len(list(exported.glob(f"images/{split}/*")))
        for i, label in enumerate(dataset.labels):
            masks = objects_of(crowded, crowded.sample_of(f"{Path(label['im_file']).stem}.jpeg"))
            assert len(dataset[i]["masks"]) == len(label["segments"]) == len(masks)
            for segment in label["segments"]:
                fits = [painted_segment(segment, mask) for mask in masks]
                assert any(fits)


def painted_segment(segment: NDArray[np.float32], mask: Mask) -> bool:
    """Say whether Ultralytics paints a mask, with lines between its parts, from the segment that it read."""
    from ultralytics.data.utils import polygon2mask

    found = polygon2mask((H, W), [(segment * np.array([W, H], np.float32)).reshape(-1)]) == 1
    return bool(found[mask].all()) and (not is_one_part(mask) or not (found & ~mask).any())
