"""COCO files become masks, objects and classes as pycocotools reads them."""

from __future__ import annotations

import json
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.corpus.summary import CorpusSummary
from bgfg.data_manifests.images.decode import PictureError
from bgfg.data_manifests.imports import coco_file
from bgfg.data_manifests.imports.coco_samples import coco_files
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Advance
from bgfg.synth.export.forms.registry import export_request
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.importing import import_shard
from bgfg.synth.importing.coco_masks import read_objects
from bgfg.synth.importing.import_corpus import import_corpus
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.audit import audit_path
from bgfg.synth.verify.verify import verify_corpus
from tests.support.executors import IN_PROCESS

pytest.importorskip("ijson", reason="the extra [import] isn't installed")
coco_mask = pytest.importorskip("pycocotools.mask", reason="the extra [import] isn't installed")

H, W = 24, 31
CATEGORIES = [{"id": 7, "name": "cat"}, {"id": 3, "name": "dog"}, {"id": 11, "name": "hat"}]


def blob(seed: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    return (cv2.GaussianBlur(rng.random((H, W)).astype(np.float32), (0, 0), 3) > 0.5).astype(np.uint8)


def annotation(number: int, image: int, category: int, segmentation: Any, iscrowd: int = 0) -> dict[str, Any]:
    return {"id": number, "image_id": image, "category_id": category, "segmentation": segmentation, "iscrowd": iscrowd}


def compressed(mask: NDArray[np.uint8]) -> dict[str, Any]:
    rle = coco_mask.encode(np.asfortranarray(mask))
    return {"size": list(rle["size"]), "counts": rle["counts"].decode()}


def plain(mask: NDArray[np.uint8]) -> dict[str, Any]:
    flat = np.concatenate([[0], mask.T.ravel(), [2]])
    edges = np.flatnonzero(np.diff(flat))
    return {"size": [H, W], "counts": np.diff(edges, prepend=0).tolist()}


def write_set(
    root: Path, annotations: list[dict[str, Any]], name: str = "instances_train.json", count: int = 4
) -> Path:
    (root / "images").mkdir(parents=True)
    images = []
    for number in range(count):
        pixels = np.random.default_rng(number).integers(0, 256, (H, W, 3), np.uint8)
        cv2.imwrite(str(root / f"images/{number}.png"), pixels)
        images.append({"id": 100 + number, "file_name": f"{number}.png", "height": H, "width": W})
    (root / "annotations").mkdir()
    content = {"images": images, "annotations": annotations, "categories": CATEGORIES}
    (root / "annotations/instances_train.json").write_text(json.dumps(content))
    return root


def test_objects_are_those_of_pycocotools_and_crowds_are_left_out(tmp_path: Path) -> None:
    polygon = [[2.5, 3.0, 20.0, 4.5, 18.0, 20.0, 4.0, 19.0]]
    rows = [
        annotation(1, 100, 3, polygon),
        annotation(2, 101, 7, compressed(blob(1))),
        annotation(3, 101, 11, polygon),
        annotation(4, 102, 3, plain(blob(2)), iscrowd=1),
        annotation(5, 103, 11, plain(blob(3))),
    ]
    root = write_set(tmp_path / "set", rows)
    done = import_corpus(root, tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    assert "1 crowd region of COCO files left out: masks show nobody there" in done.notes
    assert "masks are painted by COCO files, pixel by pixel: 0 or 255, without soft edges" in done.notes
    corpus = Corpus(tmp_path / "corpus")
    with warnings.catch_warnings():  # pycocotools' decoder has a word of its own for arrays of NumPy 2
        warnings.simplefilter("ignore", DeprecationWarning)
        painted = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(polygon, H, W)))
    assert np.array_equal(corpus[0].mask, 255 * painted)
    both = corpus[1]
    smaller_on_top = (
        np.where(painted, 2, blob(1)) if painted.sum() < blob(1).sum() else np.where(blob(1), 1, 2 * painted)
    )
    assert both.instance is not None
    assert np.array_equal(both.instance, smaller_on_top)
    assert [paste["label"] for paste in both.pastes] == ["cat", "hat"]
    assert [paste["cutout"] for paste in both.pastes] == [None, None]
    nobody = corpus[2]
    assert (nobody.mask.max(), nobody.pastes, nobody.row["x_px"]) == (0, (), None)
    assert np.array_equal(corpus[3].mask, 255 * blob(3))
    assert (corpus.classes, corpus[3].row["label"]) == (("cat", "dog", "hat"), "hat")
    words = CorpusSummary.from_records(CorpusRecords.open(corpus.path)).to_text()
    assert "0..2 objects a sample: 1 with 0, 2 with 1, 1 with 2" in words
    assert "not labelled; it came without depth" in words
    assert verify_corpus(corpus.path, IN_PROCESS).problems == []


@pytest.mark.parametrize("form", ["coco", "folder", "webdataset", "hdf5", "parquet"])
def test_classes_come_out_as_they_came_in(tmp_path: Path, form: str) -> None:
    rows = [annotation(n, 100 + n % 4, (3, 7, 11)[n % 3], plain(blob(n))) for n in range(6)]
    root = write_set(tmp_path / "set", rows)
    import_corpus(root, tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    export_corpus(tmp_path / "corpus", tmp_path / "out", export_request(form), IN_PROCESS)
    if form == "coco":
        found = [
            (ids[a["category_id"]], int(image["file_name"][0]))
            for path in coco_files(tmp_path / "out")
            for told in [json.loads(path.read_text())]
            for ids in [{c["id"]: c["name"] for c in told["categories"]}]
            for a in told["annotations"]
            for image in told["images"]
            if image["id"] == a["image_id"]
        ]
        names = {c["id"]: c["name"] for c in CATEGORIES}
        assert sorted(found) == sorted((names[row["category_id"]], row["image_id"] - 100) for row in rows)


def test_the_summary_and_the_audit_say_the_classes(tmp_path: Path) -> None:
    rows = [annotation(n, 100 + n % 4, (3, 7, 11)[n % 3], plain(blob(n))) for n in range(6)]
    import_corpus(write_set(tmp_path / "set", rows), tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    summary = CorpusSummary.from_records(CorpusRecords.open(tmp_path / "corpus"))
    table = pq.read_table(tmp_path / "corpus/manifest/samples.parquet")
    shown = {each.label: each.samples for each in summary.classes}
    assert shown == {name: table["label"].to_pylist().count(name) for name in sorted(shown)}
    assert set(shown) == {category["name"] for category in CATEGORIES}
    assert sum(shown.values()) == 4
    assert "100 %" not in summary.to_text()
    assert "objects a sample: " in summary.to_text()
    (note,) = (f.message for f in audit_path(tmp_path / "corpus", IN_PROCESS).findings if f.check == "classes")
    assert note == ", ".join(shown)


def test_an_export_to_coco_comes_back(labelled: Path, tmp_path: Path) -> None:
    export_corpus(labelled, tmp_path / "out", export_request("coco", image="png"), IN_PROCESS)
    done = import_corpus(tmp_path / "out", tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    assert "depth maps of 16 bits: distances in units of 0.001 m" in done.notes  # as export.json says
    before, after = Corpus(labelled), Corpus(tmp_path / "corpus")
    assert len(after) == len(before)
    for sample in before:
        again = after[str(sample.row["image_name"])]
        assert np.array_equal(again.image, sample.image)
        assert np.array_equal(again.mask >= 128, sample.mask >= 128)
        assert np.array_equal(again.background, sample.background)
        given = {"seen": "mixed"}.get(sample.row["split"], sample.row["split"])
        assert again.row["split"] in (given, "mixed")


@pytest.mark.parametrize(
    ("segmentation", "line"),
    [
        ([], "no segmentation"),
        ([[0, 0, 1, 1]], "a polygon of 4 numbers"),
        ([[0, 0, 1e9, 1, 3, 4]], "corners far outside"),
        ({"size": [H, W], "counts": [5, 3]}, "don't fill the picture"),
        ({"size": [H, W], "counts": "~~~"}, "aren't COCO's"),
        ({"size": [2, 2], "counts": [4]}, "of a picture of"),
    ],
)
def test_a_mask_that_is_none_is_named(segmentation: Any, line: str) -> None:
    content = json.dumps([[3, 0, segmentation]]).encode()
    with pytest.raises(Problem, match=line):
        read_objects("a.png", content, (H, W))


def test_pictures_whose_objects_cannot_be_kept_are_named_or_left_out(tmp_path: Path) -> None:
    square, small = [[2, 2, 9, 2, 9, 9, 2, 9]], [[1, 1, 4, 1, 4, 4]]
    rows = [annotation(n, 100, 7, small) for n in range(256)]
    rows += [annotation(300, 101, 3, square), annotation(301, 101, 11, small), annotation(302, 102, 7, [])]
    rows += [annotation(303, 103, 11, square), annotation(304, 103, 7, small, iscrowd=1)]
    root, out = write_set(tmp_path / "set", rows), tmp_path / "out"
    with pytest.raises(Problem, match=r"images/0.png: more than 255 objects, .*: mend it, or pass --skip-bad"):
        import_corpus(root, out, ImportOptions(), IN_PROCESS)
    done = import_corpus(root, out, ImportOptions(skip_bad=True), IN_PROCESS)
    painted = "an annotation that can't be painted (it has no segmentation)"
    crowded = "more than 255 objects, the most that are kept"
    assert done.manifest.left_out == (("images/0.png", crowded), ("images/2.png", painted))
    assert any(note.startswith("1 crowd region") for note in done.notes)
    corpus = Corpus(out)
    assert [str(sample.row["label"]) for sample in (corpus[0], corpus[1])] == ["dog", "hat"]
    for sample, kinds in ((corpus[0], [square, small]), (corpus[1], [square])):
        lines = [[0, 0, polygons] for polygons in kinds]
        np.testing.assert_array_equal(sample.instance, read_objects("", json.dumps(lines).encode(), (H, W))[0])


def test_a_picture_that_cannot_be_painted_leaves_nothing_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_set(tmp_path / "set", [annotation(n, 100 + n, 7, []) for n in range(4)])
    painted: list[weakref.ref[NDArray[np.uint8]]] = []

    def fails(path: str, _line: bytes, _size_px: tuple[int, int]) -> None:
        assert [each() for each in painted] == [None] * len(painted)
        objects = np.zeros(3, np.uint8)
        painted.append(weakref.ref(objects))
        raise PictureError(path, "no segmentation", "Mend the COCO file")

    monkeypatch.setattr(import_shard, "read_objects", fails)
    with pytest.raises(
        Problem, match=r"4 pictures .*no segmentation\. Mend the COCO file, or leave it out by --skip-bad"
    ):
        import_corpus(root, tmp_path / "out", ImportOptions(), IN_PROCESS)
    assert len(painted) == 4


@pytest.mark.parametrize("seed", range(12))
def test_compressed_runs_are_parsed_as_pycocotools_does(seed: int) -> None:
    mask = (np.random.default_rng(seed).random((H, W)) < (seed + 1) / 14).astype(np.uint8)
    seen, _ = read_objects("a.png", json.dumps([[3, 0, compressed(mask)]]).encode(), (H, W))
    assert np.array_equal(seen, mask)


@pytest.mark.parametrize("name", ["../outside.png", "/etc/passwd", "..\\..\\outside.png"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    root = write_set(tmp_path / "set", [])
    cv2.imwrite(str(tmp_path / "outside.png"), np.zeros((H, W, 3), np.uint8))
    path = root / "annotations/instances_train.json"
    told = json.loads(path.read_text())
    told["images"][0]["file_name"] = name
    path.write_text(json.dumps(told))
    with pytest.raises(Problem, match="1 picture of COCO files aren't there"):
        import_corpus(root, tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    assert not (tmp_path / "corpus").exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"images": [{"id": "x"}]}', '{"images": [{"id": 1, "file_name": 3}]}'])
def test_what_is_no_coco_file_is_named(tmp_path: Path, content: str) -> None:
    root = write_set(tmp_path / "set", [])
    (root / "annotations/instances_train.json").write_text(content)
    with pytest.raises(Problem):
        import_corpus(root, tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    assert not (tmp_path / "corpus").exists()


def test_an_annotation_that_would_take_all_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coco_file, "_LONGEST_BYTES", 200_000)
    row = annotation(1, 102, 7, [[1.5, 2.5] * 40_000])
    row = {"segmentation": row.pop("segmentation"), **row}  # wherever it lies in the object
    write_set(tmp_path / "set", [annotation(n, 100 + n % 4, 3, plain(blob(n))) for n in range(9)] + [row])
    with pytest.raises(Problem, match=r"instances_train.json: an annotation, .* of more than 0.2 MB: take it out"):
        import_corpus(tmp_path / "set", tmp_path / "out", ImportOptions(), IN_PROCESS)
    assert not (tmp_path / "out/data.zarr").exists()


@pytest.mark.parametrize(("growing_bytes", "annotations"), [(0, 2), (50_000_000, None)])
def test_a_long_annotation_of_short_things_is_refused_once_it_takes_memory(
    growing_bytes: int, annotations: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coco_file, "_LONGEST_BYTES", 200_000)
    monkeypatch.setattr(coco_file, "resident_bytes", count(10**9, growing_bytes).__next__)
    rows = [{"image_id": 1, "category_id": 1, "more": [{"a": "}"}] * length} for length in (100_000, 1)]
    (tmp_path / "coco.json").write_text(json.dumps({"annotations": rows}))
    found = coco_file.CocoFile(tmp_path / "coco.json").annotations()
    if annotations is not None:
        assert len(list(found)) == annotations
        return
    with pytest.raises(Problem, match=r"coco.json: an annotation, .* of more than 0.2 MB: take it out"):
        list(found)


def test_reading_a_long_file_tells_its_megabytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coco_file, "_TOLD_BYTES", 1000)
    monkeypatch.setattr(coco_file, "_MEGABYTE", 100)
    root = write_set(tmp_path / "set", [annotation(n, 100 + n % 4, 3, plain(blob(n))) for n in range(6)])
    told: dict[str, list[int]] = {}

    @contextmanager
    def progress(title: str, total: int, _done: int) -> Iterator[Advance]:
        told[title] = [total, 0]

        def advance(n: int) -> None:
            told[title][1] += n

        yield advance

    import_corpus(root, tmp_path / "corpus", ImportOptions(), replace(IN_PROCESS, progress=progress))
    size = (root / "annotations/instances_train.json").stat().st_size
    for name in ("categories", "images", "annotations"):
        assert told[f"instances_train.json, {name} (MB)"] == [size // 100, size // 100]


def test_an_audit_says_what_a_coco_set_is_and_what_it_lacks(tmp_path: Path) -> None:
    for name in ("000001.jpg", "000002.jpg", "000003.jpg"):
        (tmp_path / "train2017").mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / "train2017" / name), np.full((H, W, 3), 90, np.uint8))
    file = tmp_path / "annotations/instances_train2017.json"
    file.parent.mkdir()

    def found(*names: str) -> list[tuple[str, str, str]]:
        images = [{"id": number, "file_name": name} for number, name in enumerate(names)]
        file.write_text(json.dumps({"images": images, "annotations": [], "categories": CATEGORIES}))
        return [
            (f.severity, f.check, f"{f.path}: {f.message}") for f in audit_path(tmp_path, IN_PROCESS, True).findings
        ]

    what, *others = sorted(found("000001.jpg", "000002.jpg"), key=lambda row: row[1] != "recognised")
    assert what[:2] == ("note", "recognised")
    said = (
        "a COCO set: 2 pictures, listed by annotations/instances_train2017.json; objects of cat, dog, hat: `bgfg import"
    )
    assert said in what[2]
    assert [(row[0], row[1]) for row in others] == [("note", "not-read"), ("note", "unlisted")]
    assert "train2017/000003.jpg: no COCO file lists it" in others[1][2]
    (error,) = (row for row in found("000001.jpg", "000009.jpg") if row[0] == "error")
    assert error[1] == "annotations"
    assert "aren't there (000009.jpg)" in error[2]
