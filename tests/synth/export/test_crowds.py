"""Every export format takes several cut-outs a sample along: pixels, tables, an annotation for each."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.naming import parse_name
from bgfg.data_manifests.corpus.selection import Selection
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.audit import audit_path
from tests.support.crowd_corpus import C, H, W, make_crowd_corpus
from tests.support.executors import IN_PROCESS


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(make_crowd_corpus(tmp_path_factory.mktemp("crowded"), "random", CutoutsPerSample(1, 3)))


def exported(corpus: Corpus, out: Path, export_format: str, selection: Selection | None = None) -> Path:
    request = ExportRequest(export_format, selection or Selection(), image="png", depth_bits=16)
    export_corpus(corpus.path, out, request, IN_PROCESS)
    return out


def pixels(data: bytes) -> NDArray:
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return np.asarray(found)


def stem(corpus: Corpus, i: int) -> str:
    return str(corpus[i].row["image_name"]).removesuffix(".jpeg")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of numpy, at pycocotools' decoding
def test_coco_has_an_annotation_for_each_instance(
    corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    coco = pytest.importorskip("pycocotools.coco", reason="run-length encoding needs pycocotools")
    exported(corpus, tmp_path / "out", "coco")
    ids, seen = set(), 0
    for path in (tmp_path / "out/annotations").iterdir():
        found = coco.COCO(str(path))
        for image in found.loadImgs(found.getImgIds()):
            sample = corpus[image["id"] - 1]
            assert sample.instance is not None
            annotations = found.loadAnns(found.getAnnIds(imgIds=image["id"]))
            assert len(annotations) == len(sample.pastes)
            for annotation, paste in zip(annotations, sample.pastes, strict=True):
                binary = sample.instance == paste["instance"]
                np.testing.assert_array_equal(found.annToMask(annotation), binary)
                assert annotation["area"] == paste["visible_px"]
                ys, xs = np.nonzero(binary)
                box = [xs.min(), ys.min(), xs.max() - xs.min() + 1, ys.max() - ys.min() + 1]
                assert annotation["bbox"] == box
                ids.add(annotation["id"])
                seen += 1
    assert len(ids) == seen == sum(len(corpus[i].pastes) for i in range(len(corpus)))
    assert min(ids) > 0
    capsys.readouterr()  # pycocotools talks


def test_a_folder_has_instances_beside_the_six_kinds_and_passes_the_audit(corpus: Corpus, tmp_path: Path) -> None:
    out = exported(corpus, tmp_path / "out", "folder")
    for i in range(0, len(corpus), 7):
        name = f"{stem(corpus, i)}_instance.png"
        np.testing.assert_array_equal(pixels((out / "instance" / name).read_bytes()), corpus[i].instance)
        assert parse_name(name) is None  # none of the six kinds
    assert not [f for f in audit_path(out, IN_PROCESS, full=True).findings if f.severity != "note"]
    crowded = next(i for i in range(len(corpus)) if len(corpus[i].pastes) == 3)
    cv2.imwrite(str(out / f"instance/{stem(corpus, crowded)}_instance.png"), np.full((H, W), 2, np.uint8))
    (out / f"instance/{stem(corpus, crowded + 1)}_instance.png").write_bytes(b"no picture")
    found = {
        f.check for f in audit_path(out, IN_PROCESS, full=True).findings if "/" in f.path and "_instance" in f.path
    }
    assert found >= {"instance", "unreadable", "changed"}


def test_a_part_of_the_corpus_brings_all_cutouts_that_are_seen(corpus: Corpus, tmp_path: Path) -> None:
    out = exported(corpus, tmp_path / "out", "folder", Selection(samples=(0, 12)))
    expected = {paste["cutout"] // 2 for i in range(12) for paste in corpus[i].pastes}
    assert 2 < len(expected) <= C
    assert len(list((out / "fg").iterdir())) == 2 * len(expected)


def test_zips_and_tars_have_instances(corpus: Corpus, tmp_path: Path) -> None:
    with zipfile.ZipFile(next(exported(corpus, tmp_path / "zips", "zips").glob("*.zip"))) as pack:
        data = pack.read(f"instance/{stem(corpus, 5)}_instance.png")
    np.testing.assert_array_equal(pixels(data), corpus[5].instance)
    seen = 0
    for path in exported(corpus, tmp_path / "tars", "webdataset").glob("*.tar"):
        with tarfile.open(path) as shard:
            members = {member.name: io.BytesIO(shard.extractfile(member).read()) for member in shard}  # type: ignore[union-attr]
        for name in (name for name in members if name.endswith(".json")):
            row = json.load(members[name])
            sample = corpus[row["sample"]]
            found = pixels(members[name.replace(".json", ".instance.png")].getvalue())
            np.testing.assert_array_equal(found, sample.instance)
            pastes = [{k: v for k, v in paste.items() if k != "cutout_name"} for paste in row["instances"]]
            unlabelled = {"sample": row["sample"], "label": "foreground"}  # of a corpus without classes
            assert [unlabelled | paste for paste in pastes] == list(sample.pastes)
            seen += 1
    assert seen == len(corpus)


def test_hdf5_has_the_array_and_the_table(corpus: Corpus, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    exported(corpus, tmp_path / "out", "hdf5", Selection(samples=(5, 60)))
    with h5py.File(tmp_path / "out/samples.h5") as file:
        np.testing.assert_array_equal(file["instance"][:], corpus.array("instance")[5:60])
        np.testing.assert_array_equal(file["mask"][:], corpus.array("mask")[5:60])
        pastes = [paste for i in range(5, 60) for paste in corpus[i].pastes]
        for name, column in file["instances"].items():
            assert column[:].tolist() == [paste[name] for paste in pastes]


def test_parquet_has_the_pictures(corpus: Corpus, tmp_path: Path) -> None:
    seen = 0
    for path in (exported(corpus, tmp_path / "out", "parquet") / "data").iterdir():
        for row in pq.read_table(path).to_pylist():
            np.testing.assert_array_equal(pixels(row["instance"]["bytes"]), corpus[row["sample"]].instance)
            assert row["instance"]["path"] == f"{stem(corpus, row['sample'])}_instance.png"
            seen += 1
    assert seen == len(corpus)
