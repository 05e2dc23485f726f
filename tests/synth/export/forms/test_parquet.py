"""`datasets` reads images and rows back by themselves, split by split; pyarrow sees plain structs."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from bgfg.data_manifests.corpus.sample_table import SAMPLE_SCHEMA
from bgfg.data_manifests.corpus.selection import Selection, sample_fields
from bgfg.synth.export.forms import parquet, registry
from bgfg.synth.export.forms.parquet import PARQUET_FORMAT
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.store.corpus import Corpus
from tests.support.executors import IN_PROCESS
from tests.support.tiny_corpus import B

# A corpus without classes says no labels.
_COLUMNS = [name for name in sample_fields(None) if name != "label"]


@pytest.fixture(scope="module")
def exported(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("parquet") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry.EXPORT_FORMATS, "parquet", replace(PARQUET_FORMAT, samples_per_part=7))
        patch.setattr(parquet, "_ROWS_PER_GROUP", 3)
        export_corpus(labelled, out, ExportRequest("parquet", Selection(), image="png", depth_bits=16), IN_PROCESS)
    return out


@pytest.mark.filterwarnings("default")
def test_datasets_loads_the_folder_as_it_is(
    exported: Path, labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="reading Hugging Face datasets back needs datasets")
    datasets.disable_progress_bars()
    corpus, seen = Corpus(labelled), set()
    loaded = datasets.load_dataset(str(exported), cache_dir=str(tmp_path))
    assert set(loaded) <= {"train", "seen", "validation", "test", "mixed"}
    for split, rows in loaded.items():
        assert {name for name, kind in rows.features.items() if isinstance(kind, datasets.Image)} == {
            "image", "mask", "depth"
        }  # fmt: skip
        for row in rows:
            true = corpus[row["sample"]]
            assert split.replace("validation", "val") == row["split"]
            assert {name: row[name] for name in _COLUMNS} == {name: true.row[name] for name in _COLUMNS}
            np.testing.assert_array_equal(np.array(row["image"]), true.image)
            np.testing.assert_array_equal(np.array(row["mask"]), true.mask)
            assert true.depth_m is not None
            np.testing.assert_array_equal(np.array(row["depth"]), np.round(true.depth_m.astype(float) * 1000))
            seen.add(row["sample"])
    assert seen == set(range(48))
    backgrounds = datasets.load_dataset(str(exported), "backgrounds", cache_dir=str(tmp_path))["train"]
    assert backgrounds["background"][:] == list(range(B))
    np.testing.assert_array_equal(np.array(backgrounds[1]["image"]), corpus.array("background")[1])


def test_any_reader_of_parquet_sees_files_and_columns(exported: Path, labelled: Path) -> None:
    corpus, seen = Corpus(labelled), []
    for path in sorted(exported.glob("data/*.parquet")):
        file = pq.ParquetFile(path)
        assert {file.metadata.row_group(g).num_rows for g in range(file.num_row_groups - 1)} <= {3}
        for name in _COLUMNS:
            assert file.schema_arrow.field(name).type == SAMPLE_SCHEMA.field(name).type
        for row in file.read().to_pylist():
            true = corpus[row["image"]["path"].replace(".png", ".jpeg")]
            found = cv2.imdecode(np.frombuffer(row["image"]["bytes"], np.uint8), cv2.IMREAD_COLOR)
            assert found is not None
            np.testing.assert_array_equal(found[..., ::-1], true.image)
            assert row["mask"]["path"] == true.row["mask_name"]
            seen.append(row["sample"])
    assert sorted(seen) == list(range(48))


def test_file_names_count_the_files_of_their_split(exported: Path) -> None:
    for split in ("train", "seen", "validation", "test", "mixed"):
        names = sorted(path.name for path in exported.glob(f"data/{split}-*.parquet"))
        assert names == [f"{split}-{index:05d}-of-{len(names):05d}.parquet" for index in range(len(names))]
