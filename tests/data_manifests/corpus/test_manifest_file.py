"""corpus.json, sealed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.manifest_file import load_manifest, save_manifest
from bgfg.data_manifests.corpus.table_hashes import check_tables
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.terminal.errors import Problem
from tests.support.doors import damaged, refusal

GEOMETRY = CorpusGeometry(3, 2, 4, 13, 17, 7, (7, 9))
TABLES = {"assets.parquet": "1", "samples.parquet": "2"}
PREPARED = {"background": "3", "cutout": "4"}
TEACHER = {"name": "layered", "version": 1, "encoding": {}}
MANIFEST = Manifest(GEOMETRY, "random", 5, "80/10/10", "d" * 64, TABLES, PREPARED, {"bgfg": "0"},
                    (("ü.png", "zero bytes"),), {"mask": {"count": 1}}, TEACHER)  # fmt: skip


def test_a_manifest_round_trips(tmp_path: Path) -> None:
    save_manifest(MANIFEST, tmp_path / "corpus.json")
    assert load_manifest(tmp_path / "corpus.json") == MANIFEST
    assert [path.name for path in tmp_path.iterdir()] == ["corpus.json"]


@pytest.mark.parametrize("key", ["B", "K", "seed", "digest", "split", "tables", "statistics", "teacher", "size_px"])
def test_any_change_breaks_the_seal(tmp_path: Path, key: str) -> None:
    path = tmp_path / "corpus.json"
    save_manifest(MANIFEST, path)
    content = json.loads(path.read_text())
    content[key] = 99
    path.write_text(json.dumps(content))
    with pytest.raises(Problem, match=r"corpus.json: changed by hand"):
        load_manifest(path)


@pytest.mark.parametrize(
    "change",
    [{"B": 9}, {"B": -1}, {"K": 0}, {"K": "x"}, {"N": 5}, {"F": 1}, {"size_px": 64}, {"left_out": [["a"]]}, {"B": None},
     {"digest": None}, {"tables": {}}, {"teacher": {}}, {"placement_rule": "foo"}, {"seed": -1}, {"extra": 1},
     {"versions": []}, {"statistics": {"image": 5}}, {"statistics": {"instances": {"samples_with": {"1": "x"}}}},
     {"teacher": TEACHER | {"encoding": "log"}}],
)  # fmt: skip
def test_a_change_that_makes_no_sense_is_found_even_with_the_seal_made_to_fit(tmp_path: Path, change: dict) -> None:
    content = MANIFEST.to_dict() | change
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    content["sha256"] = hashlib.sha256(canonical).hexdigest()
    (tmp_path / "corpus.json").write_text(json.dumps(content))
    with pytest.raises(Problem, match=r"corpus.json: changed by hand"):
        load_manifest(tmp_path / "corpus.json")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "not readable as JSON"),
        ("[]", "not the manifest of a bgfg corpus"),
        ('{"format": "other"}', "not the manifest of a bgfg corpus"),
        ('{"format": "bgfg-corpus", "version": 9}', "format version 9; this bgfg knows versions 1 to 3 only"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "corpus.json").write_text(text)
    with pytest.raises(Problem, match=line):
        load_manifest(tmp_path / "corpus.json")


def test_text_that_is_no_text_breaks_the_seal_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "corpus.json"
    save_manifest(MANIFEST, path)
    path.write_text(path.read_text().replace('"80/10/10"', '"80/10/10\\udcff"'))
    with pytest.raises(Problem, match=r"corpus.json: changed by hand, its seal doesn't match"):
        load_manifest(path)


def test_a_field_of_view_is_written_down_where_it_was_told() -> None:
    prepared = {**PREPARED, "background_depth": "5"}
    told = dataclasses.replace(MANIFEST, placement_rule="perspective", prepared=prepared, fov_deg=61.5)
    assert told.to_dict()["fov_deg"] == 61.5
    assert "fov_deg" not in MANIFEST.to_dict()
    for change in ({"fov_deg": 400.0}, {"prepared": PREPARED}):
        with pytest.raises(ValueError, match=r"fov_deg|placement_rule"):
            dataclasses.replace(told, **change)


def test_tables_are_held_to_their_hashes(tmp_path: Path) -> None:
    folder = tmp_path / "corpus/manifest"
    folder.mkdir(parents=True)
    for name in TABLES:
        (folder / name).write_text(name)
    manifest = dataclasses.replace(MANIFEST, tables={name: file_sha256(folder / name) for name in TABLES})
    check_tables(folder.parent, manifest)
    (folder / "assets.parquet").write_text("other")
    with pytest.raises(Problem, match=r"assets.parquet: changed since it was planned: restore it, or run `bgfg plan"):
        check_tables(folder.parent, manifest)
    (folder / "assets.parquet").unlink()
    with pytest.raises(Problem, match=r"assets.parquet: missing: restore it, or run `bgfg plan .*corpus ...` again"):
        check_tables(folder.parent, manifest)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_manifest_is_refused_in_one_line(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "corpus.json"
    save_manifest(MANIFEST, path)
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    assert refusal(lambda: load_manifest(path)) or load_manifest(path) == MANIFEST  # a space may go
