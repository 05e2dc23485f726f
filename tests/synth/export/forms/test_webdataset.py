"""Shards read back by webdataset: every sample of a split, equal to the store; tar members safe to unpack."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.selection import Selection
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.export.forms import registry
from bgfg.synth.export.forms.registry import export_request
from bgfg.synth.export.forms.webdataset import WEBDATASET_FORMAT
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.store.corpus import Corpus
from tests.support.executors import IN_PROCESS


@pytest.fixture(scope="module")
def shards(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("webdataset") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry.EXPORT_FORMATS, "webdataset", replace(WEBDATASET_FORMAT, samples_per_part=7))
        export_corpus(labelled, out, ExportRequest("webdataset", Selection(), image="png", depth_bits=16), IN_PROCESS)
    return out


def pixels(data: bytes) -> NDArray:
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return np.asarray(found)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # webdataset leaves its files to the garbage collector
def test_webdataset_reads_every_sample_of_every_split(shards: Path, labelled: Path) -> None:
    webdataset = pytest.importorskip("webdataset", reason="reading shards back needs webdataset")
    corpus, seen = Corpus(labelled), set()
    for split in {path.name.partition("-")[0] for path in shards.glob("*.tar")}:
        urls = sorted(str(path) for path in shards.glob(f"{split}-*.tar"))
        samples: list[dict[str, Any]] = list(webdataset.WebDataset(urls, shardshuffle=False).decode("rgb8"))
        for found in samples:
            row = found["json"]
            true = corpus[row["sample"]]
            assert row["split"] == split
            assert found["__key__"] == true.row["image_name"].removesuffix(".jpeg")
            np.testing.assert_array_equal(found["image.png"], true.image)
            assert row["background_name"] == f"bg{row['background'] + 1:03d}.png"
            assert (shards / "bg" / row["background_name"]).is_file()
            seen.add(row["sample"])
    assert seen == set(range(48))


def test_tar_reads_what_the_store_has(shards: Path, labelled: Path) -> None:
    corpus, seen = Corpus(labelled), 0
    for path in shards.glob("*.tar"):
        assert path.stat().st_size % tarfile.RECORDSIZE == 0
        with tarfile.open(path) as shard:
            members = {member.name: member for member in shard}
            keys = list(dict.fromkeys(name.partition(".")[0] for name in members))
            assert 1 <= len(keys) <= 7
            for member in members.values():
                assert member.isreg()
                assert (member.mode, member.mtime, member.uid, member.uname) == (0o644, 0, 0, "")
            for key in keys:
                true = corpus[f"{key}.jpeg"]
                assert true.depth_m is not None
                found = {
                    kind: pixels(shard.extractfile(members[f"{key}.{kind}.png"]).read())  # type: ignore[union-attr]
                    for kind in ("image", "mask", "depth")
                }
                np.testing.assert_array_equal(found["image"][..., ::-1], true.image)
                np.testing.assert_array_equal(found["mask"], true.mask)
                np.testing.assert_array_equal(found["depth"], np.round(true.depth_m.astype(float) * 1000))
                seen += 1
    assert seen == 48


def test_an_unpacker_that_trusts_nothing_takes_every_member(shards: Path, tmp_path: Path) -> None:
    for path in shards.glob("*.tar"):
        with tarfile.open(path) as shard:
            shard.extractall(tmp_path, filter="data")
    assert len(list(tmp_path.iterdir())) == 4 * 48


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # webdataset leaves its files to the garbage collector
def test_the_code_of_the_card_reads_depth_as_it_is(shards: Path, labelled: Path) -> None:
    pytest.importorskip("webdataset", reason="reading shards back needs webdataset")
    [code] = re.findall(r"```python\n(.*?)\n```", (shards / "README.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {"urls": sorted(map(str, shards.glob("*.tar")))}
    exec(code, names)
    compare_depth(names["samples"], "depth.png", labelled, np.uint16, 1000)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # as above
@pytest.mark.parametrize(("bits", "dtype"), [(16, np.uint16), (8, np.uint8)])
def test_depth_as_npy_needs_no_line(labelled: Path, tmp_path: Path, bits: int, dtype: type) -> None:
    webdataset = pytest.importorskip("webdataset", reason="reading shards back needs webdataset")
    request = ExportRequest("webdataset", Selection(), image="png", depth_bits=bits, depth_member="npy")
    export_corpus(labelled, tmp_path / "out", request, IN_PROCESS)
    assert "`decode()` gives as it is" in (tmp_path / "out/README.md").read_text()
    urls = sorted(map(str, (tmp_path / "out").glob("*.tar")))
    per_metre = 1000 if bits == 16 else 255 / Corpus(labelled).depth_code().far_m
    samples = webdataset.WebDataset(urls, shardshuffle=False).decode()
    compare_depth(samples, "depth.npy", labelled, dtype, per_metre)


def compare_depth(samples: Iterable[dict[str, Any]], key: str, labelled: Path, dtype: type, per_metre: float) -> None:
    corpus, seen = Corpus(labelled), set()
    for found in samples:
        true_m = corpus[found["json"]["sample"]].depth_m
        assert true_m is not None
        assert (found[key].dtype, found[key].shape) == (dtype, true_m.shape)
        np.testing.assert_allclose(found[key], true_m * per_metre, atol=0.51)
        seen.add(found["json"]["sample"])
    assert seen == set(range(48))


def test_a_picture_of_16_bits_is_the_same_export_by_either_name_and_npy_is_another(
    labelled: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    requests = [
        ExportRequest("webdataset", Selection(), depth_bits=16, depth_member=name) for name in (None, "png", "npy")
    ]
    for request, unchanged in zip(requests[:2], (False, True), strict=True):
        assert export_corpus(labelled, out, request, IN_PROCESS).unchanged == unchanged
    with pytest.raises(Problem, match=r"--depth-member npy \(was png\)"):
        export_corpus(labelled, out, requests[2], IN_PROCESS)


def test_other_formats_have_no_members() -> None:
    with pytest.raises(Problem, match="--depth-member npy: only --as webdataset has it: leave it out"):
        ExportRequest("folder", Selection(), depth_member="npy")


@pytest.mark.parametrize("member", ["npy", "png"])
def test_a_form_of_depth_where_none_is_written_is_refused(member: str) -> None:
    with pytest.raises(Problem, match=f"--depth-member {member}: --depth none writes no depth maps: leave one"):
        export_request("webdataset", depth="none", depth_member=member)
