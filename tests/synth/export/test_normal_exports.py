"""Maps of normals and cameras in every form of export, read back by the form's own library."""

from __future__ import annotations

import csv
import io
import json
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.executor import Executor
from bgfg.synth.export.forms.registry import export_request
from bgfg.synth.export.normals import code_normals, surface_normals
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.importing.import_corpus import import_corpus
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.audit import audit_path
from tests.support.tiny_corpus import B, C, H, K, W

FOV_DEG = 60.0
FOCAL_PX = H / 2 / np.tan(np.radians(30))
IN_PROCESS = Executor()


def exported(corpus: Path, out: Path, form: str, splits: Sequence[str] = ()) -> Path:
    export_corpus(corpus, out, export_request(form, splits, normals=True, fov_deg=FOV_DEG), IN_PROCESS)
    return out


def expected(corpus: Path, sample: int) -> NDArray[np.uint8]:
    opened = Corpus(corpus)
    depth_m = opened[sample].depth_m
    assert depth_m is not None
    return code_normals(surface_normals(depth_m, FOCAL_PX, opened.depth_code().resolution))


def decoded(png: bytes) -> NDArray[np.uint8]:
    bgr = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    return np.asarray(bgr[..., ::-1], np.uint8)


def test_files_of_normals_lie_beside_those_of_depth(labelled: Path, tmp_path: Path) -> None:
    out = exported(labelled, tmp_path / "out", "folder")
    files = sorted((out / "bg_fg_normal").iterdir())
    assert len(files) == B * 2 * C * K
    assert files[0].name == "bg001_fg001_001_normal.png"
    assert np.array_equal(decoded(files[0].read_bytes()), expected(labelled, 0))
    assert expected(labelled, 0).any()
    assert json.loads((out / "export.json").read_text())["normals"]["axes"].startswith("x to the right")
    assert all(finding.severity == "note" for finding in audit_path(out, IN_PROCESS, True).findings)


def test_cameras_are_listed_with_where_they_are_from(labelled: Path, tmp_path: Path) -> None:
    out = exported(labelled, tmp_path / "out", "folder")
    rows = list(csv.DictReader(io.StringIO((out / "cameras.csv").read_text())))
    assert [row["background"] for row in rows] == [path.name for path in sorted((out / "bg").iterdir())]
    assert {(row["fx_px"], row["fy_px"]) for row in rows} == {(repr(float(FOCAL_PX)),) * 2}
    assert {(row["cx_px"], row["cy_px"], row["from"]) for row in rows} == {(str(W / 2), str(H / 2), "export")}


def test_a_comma_in_the_name_of_a_background_breaks_no_line(labelled: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_corpus(labelled, out, export_request("folder", image="png", depth="none"), IN_PROCESS)
    for path in sorted((out / "bg").iterdir()):
        path.rename(path.with_name(f"room {path.stem[-1]}, left.png"))
    for file in ("export.json", "SHA256SUMS", "croissant.json"):
        (out / file).unlink()
    import_corpus(out, tmp_path / "imported", ImportOptions(), IN_PROCESS, False)
    again = tmp_path / "again"
    export_corpus(tmp_path / "imported", again, export_request("folder", depth="none", fov_deg=FOV_DEG), IN_PROCESS)
    rows = list(csv.DictReader(io.StringIO((again / "cameras.csv").read_text())))
    assert [row["background"] for row in rows] == [path.name for path in sorted((again / "bg").iterdir())]
    assert [row["background"] for row in rows] == [f"room {b}_ left.jpeg" for b in range(1, B + 1)]


def test_packs_shards_and_tables_have_them_too(labelled: Path, tmp_path: Path) -> None:
    pack = zipfile.ZipFile(next(exported(labelled, tmp_path / "zips", "zips").glob("*.zip")))
    assert np.array_equal(decoded(pack.read("bg_fg_normal/bg001_fg001_002_normal.png")), expected(labelled, 1))

    shards = exported(labelled, tmp_path / "wds", "webdataset", splits=["train"])
    with tarfile.open(next(shards.glob("*.tar"))) as tar:
        row = json.load(tar.extractfile(next(n for n in tar.getnames() if n.endswith(".json"))))  # type: ignore[arg-type]
        png = tar.extractfile(next(n for n in tar.getnames() if n.endswith(".normal.png")))
        assert png is not None
        assert np.array_equal(decoded(png.read()), expected(labelled, row["sample"]))
    assert row["focal_px"] == pytest.approx(FOCAL_PX)

    tables = exported(labelled, tmp_path / "parquet", "parquet", splits=["train"])
    table = pq.read_table(next((tables / "data").glob("*.parquet")))
    first = table["normal"][0].as_py()
    assert np.array_equal(decoded(first["bytes"]), expected(labelled, table["sample"][0].as_py()))
    assert pq.read_table(tables / "backgrounds/backgrounds.parquet")["focal_px"][0].as_py() == pytest.approx(FOCAL_PX)


def test_one_file_and_coco_have_them_too(labelled: Path, tmp_path: Path) -> None:
    with h5py.File(exported(labelled, tmp_path / "hdf5", "hdf5") / "samples.h5") as file:
        assert file["normal"].shape == (B * 2 * C * K, H, W, 3)
        assert np.array_equal(file["normal"][5], expected(labelled, 5))
        assert file["normal"].attrs["axes"].startswith("x to the right")
        assert np.allclose(file["focal_px"], FOCAL_PX)

    out = exported(labelled, tmp_path / "coco", "coco", splits=["train"])
    image = json.loads((out / "annotations/instances_train.json").read_text())["images"][0]
    png = (out / "normal/train" / image["normal_file"]).read_bytes()
    assert np.array_equal(decoded(png), expected(labelled, image["id"] - 1))
    assert image["focal_px"] == pytest.approx(FOCAL_PX)


def test_what_normals_need_is_asked_for(composed: Path, labelled: Path, tmp_path: Path) -> None:
    for corpus, said in (
        (composed, "isn't labelled: run `bgfg label"),
        (labelled, "the field of view of 3 backgrounds isn't known (room1.png, room2.png, room3.png): give it"),
    ):
        with pytest.raises(Problem) as caught:
            export_corpus(corpus, tmp_path / "out", export_request("folder", normals=True), IN_PROCESS)
        assert said in str(caught.value)
    with pytest.raises(Problem, match="--normals: they go with depth"):
        export_request("folder", depth="none", normals=True)
    with pytest.raises(Problem, match="--fov-deg 5: give degrees from 10 to 150"):
        export_request("folder", fov_deg=5.0)
    assert not (tmp_path / "out").exists()


def test_an_export_without_them_is_another_one(labelled: Path, tmp_path: Path) -> None:
    exported(labelled, tmp_path / "out", "folder")
    with pytest.raises(Problem, match=r"different: --normals .*--fov-deg"):
        export_corpus(labelled, tmp_path / "out", export_request("folder"), IN_PROCESS)


def test_yolo_has_normals_beside_depth_and_mds_a_column_of_them(labelled: Path, tmp_path: Path) -> None:
    out = exported(labelled, tmp_path / "yolo", "yolo")
    for file in out.glob("depth/*/*.png"):
        normal = decoded((out / "normal" / file.parent.name / file.name).read_bytes())
        assert np.array_equal(normal, expected(labelled, Corpus(labelled).sample_of(f"{file.stem}.jpeg")))
    index = json.loads((exported(labelled, tmp_path / "mds", "mds") / "train/index.json").read_text())
    columns = dict(zip(index["shards"][0]["column_names"], index["shards"][0]["column_encodings"], strict=True))
    assert columns["normal"] == "png"
