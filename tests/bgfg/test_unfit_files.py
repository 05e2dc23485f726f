"""What has the name of a file and is none, or never ends, is refused by each reader in one line, and not waited for."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.teachers.compact_weights import SHIPPED_WEIGHTS, open_weights_pair
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.shard import DamagedShard
from bgfg.train.inference.onnx_model import OnnxModel
from tests.bgfg.test_failing_calls import READERS
from tests.support.unfit_files import ended, put_device, put_huge, put_pipe


def _pair(path: Path) -> object:
    other = ".onnx" if path.suffix == ".safetensors" else ".safetensors"
    path.with_suffix(other).write_bytes(SHIPPED_WEIGHTS.with_suffix(other).read_bytes())
    return open_weights_pair(path)


ALL = READERS | {"trained.onnx": OnnxModel, "pair.onnx": _pair, "pair.safetensors": _pair}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("put", [put_pipe, put_device, put_huge])
def test_it_is_refused_at_once_by_its_name(tmp_path: Path, name: str, put: Callable[[Path], None]) -> None:
    path = tmp_path / name
    put(path)
    error = ended(lambda: ALL[name](path))
    if error is None:
        assert (name, put) == ("pack.tar", put_huge)  # zeros are a tar of nothing
    elif isinstance(error, Problem):
        assert str(path) in error.lines[0]
    elif isinstance(error, ValueError) and not isinstance(error, OSError):
        assert name in ("export.json", "pack.zip", "pack.tar"), error  # who calls these names the file
    else:
        assert isinstance(error, OSError)
        assert error.filename == str(path)


@pytest.mark.parametrize("put", [put_pipe, put_device, put_huge])
@pytest.mark.parametrize(
    "file",
    [
        "manifest/corpus.json",
        "manifest/assets.parquet",
        "data.zarr/zarr.json",
        "data.zarr/depth/zarr.json",
        "data.zarr/cutout/c/0/0/0/0",
        "data.zarr/image/c/0/0/0/0",
        "done/image/0.json",
    ],
)
def test_of_a_corpus_it_is_damage_of_what_it_stands_for(
    labelled: Path, tmp_path: Path, file: str, put: Callable[[Path], None]
) -> None:
    path = Path(shutil.copytree(labelled, tmp_path / "corpus"))
    put(path / file)

    def read() -> None:
        corpus = Corpus(path)
        corpus.table_path("assets.parquet")
        corpus.check_plan()
        assert corpus.is_done("image", 0)  # else the shard is made again
        corpus.open_shard("image", 0)

    error = ended(read)
    if file in ("done/image/0.json", "data.zarr/image/c/0/0/0/0"):
        assert isinstance(error, AssertionError)
    else:
        assert isinstance(error, Problem)
        assert str(path / file).startswith(error.lines[0].partition(": ")[0])
    if "image/c" in file:
        assert isinstance(ended(lambda: Corpus(path).open_shard("image", 0)), DamagedShard)
