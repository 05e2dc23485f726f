"""Shards of MosaicML Streaming, read back by a plain reader of the format and by the library: equal to the store."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from PIL import Image

from bgfg.data_manifests.corpus.selection import Selection
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.executor import Executor
from bgfg.synth.export.forms import mds, registry
from bgfg.synth.export.forms.mds import MDS_FORMAT
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.audit import audit_path
from tests.support.crowd_corpus import make_crowd_corpus
from tests.support.executors import IN_PROCESS

READERS: dict[str, Callable[[bytes], Any]] = {
    "int8": lambda data: int.from_bytes(data, "little", signed=True),
    "int32": lambda data: int.from_bytes(data, "little", signed=True),
    "int64": lambda data: int.from_bytes(data, "little", signed=True),
    "str": lambda data: data.decode(),
    "json": json.loads,
    "png": lambda data: np.array(Image.open(io.BytesIO(data))),
}


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(make_crowd_corpus(tmp_path_factory.mktemp("crowded"), "random", CutoutsPerSample(1, 3)))


@pytest.fixture(scope="module", params=["none", "zstd"])
def exported(request: pytest.FixtureRequest, crowded: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Samples of one to three people in many small shards."""
    out = tmp_path_factory.mktemp("mds") / "out"
    asked = ExportRequest("mds", Selection(), image="png", depth_bits=16, compression=request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry.EXPORT_FORMATS, "mds", replace(MDS_FORMAT, samples_per_part=7))
        patch.setattr(mds, "_SHARD_BYTES", 5_000)
        export_corpus(crowded.path, out, asked, IN_PROCESS)
    return out


def samples_of(folder: Path) -> Iterator[dict[str, Any]]:
    """Read a split by nothing but its index and the layout of a shard."""
    index = json.loads((folder / "index.json").read_text())
    assert index["version"] == 2
    for shard in index["shards"]:
        stored = shard["zip_data"] or shard["raw_data"]
        data = (folder / stored["basename"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (stored["bytes"], stored["hashes"]["sha256"])
        if shard["zip_data"]:
            data = zstandard.decompress(data)
        raw = shard["raw_data"]
        assert (len(data), hashlib.sha256(data).hexdigest()) == (raw["bytes"], raw["hashes"]["sha256"])
        count = int(np.frombuffer(data, "<u4", 1)[0])
        assert count == shard["samples"]
        begins = np.frombuffer(data, "<u4", count + 1, 4).tolist()
        assert json.loads(data[4 * (count + 2) : begins[0]])["column_names"] == shard["column_names"]
        assert begins[-1] == len(data)
        for start, end in pairwise(begins):
            yield sample_of(data[start:end], shard)


def sample_of(data: bytes, shard: dict[str, Any]) -> dict[str, Any]:
    varying = shard["column_sizes"].count(None)
    sizes = iter(np.frombuffer(data, "<u4", varying).tolist())
    at, found = 4 * varying, {}
    for name, encoding, size in zip(
        shard["column_names"], shard["column_encodings"], shard["column_sizes"], strict=True
    ):
        length = next(sizes) if size is None else size
        found[name] = READERS[encoding](data[at : at + length])
        at += length
    assert at == len(data)
    return found


def check_sample(found: dict[str, Any], corpus: Corpus, split: str, out: Path) -> int:
    true = corpus[int(found["sample"])]
    assert true.depth_m is not None
    assert found["split"] == true.row["split"] == split
    assert f"{found['name']}.jpeg" == true.row["image_name"]
    for name in ("background", "cutout", "flipped", "placement", "x_px", "y_px", "width_px", "height_px", "visible_px"):
        assert int(found[name]) == true.row[name]
    np.testing.assert_array_equal(np.asarray(found["image"]), true.image)
    np.testing.assert_array_equal(np.asarray(found["mask"]), true.mask)
    np.testing.assert_array_equal(np.asarray(found["instance"]), true.instance)
    np.testing.assert_array_equal(np.asarray(found["depth"]), np.round(true.depth_m.astype(float) * 1000))
    assert [paste["cutout"] for paste in found["instances"]] == [paste["cutout"] for paste in true.pastes]
    for file in (f"bg/{found['background_name']}", f"fg/{found['cutout_name']}"):
        assert (out / file).is_file()
    return int(found["sample"])


def test_every_sample_of_every_split_is_as_in_the_store(exported: Path, crowded: Corpus) -> None:
    splits = [path.parent for path in exported.glob("*/index.json")]
    found = [check_sample(sample, crowded, split.name, exported) for split in splits for sample in samples_of(split)]
    assert sorted(found) == list(range(len(crowded)))
    assert len(list(exported.glob("*/shard.*-01.mds*"))) > 1  # parts of more than a shard takes


def test_any_number_of_workers_makes_the_same_bytes(crowded: Corpus, tmp_path: Path) -> None:
    request = ExportRequest("mds", Selection(), compression="zstd")
    for name, workers in (("one", 1), ("three", 3)):
        export_corpus(crowded.path, tmp_path / name, request, Executor(workers=workers, backend="threading"))
    sums = [(tmp_path / name / "SHA256SUMS").read_text() for name in ("one", "three")]
    assert sums[0] == sums[1]
    assert "train/index.json" in sums[0]


def test_a_changed_shard_is_found_by_the_audit(crowded: Corpus, tmp_path: Path) -> None:
    export_corpus(crowded.path, tmp_path / "out", ExportRequest("mds", Selection()), IN_PROCESS)
    shard = next((tmp_path / "out").glob("train/*.mds"))
    content = bytearray(shard.read_bytes())
    content[-9] ^= 1
    shard.write_bytes(content)
    found = [f for f in audit_path(tmp_path / "out", IN_PROCESS, full=True).findings if f.severity != "note"]
    assert [(f.check, f.path) for f in found] == [("changed", f"train/{shard.name}")]


def test_compression_is_for_mds_alone() -> None:
    with pytest.raises(Problem, match="--compression zstd: only --as mds has it: leave it out"):
        ExportRequest("webdataset", Selection(), compression="zstd")


@pytest.mark.filterwarnings("ignore")
def test_streaming_reads_what_the_store_has(exported: Path, crowded: Corpus, tmp_path: Path) -> None:
    streaming = pytest.importorskip("streaming", reason="mosaicml-streaming isn't installed: it asks for NumPy < 2.2")
    seen = []
    for split in [path.parent.name for path in exported.glob("*/index.json")]:
        dataset = streaming.StreamingDataset(
            local=str(tmp_path), remote=str(exported), split=split, batch_size=1, validate_hash="sha256"
        )
        seen += [check_sample(dataset[i], crowded, split, exported) for i in range(len(dataset))]
    assert sorted(seen) == list(range(len(crowded)))
