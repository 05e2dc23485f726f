"""The record of a part: written whole, read as it was, and refused where it was changed."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bgfg.data_manifests.corpus.digest import SEAL_KEY, content_sha256
from bgfg.data_manifests.corpus.geometry import AddedPictures
from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.corpus.part_record import PartRecord, part_folder
from bgfg.data_manifests.terminal.errors import Problem
from tests.support.doors import damaged

RECORD = PartRecord(
    "d" * 64, {"assets.parquet": "1", "samples.parquet": "2"}, {"cutout": "3"}, {"bgfg": "0"}, (("ü.png", "there"),),
    {"a.png": ("trimmed",)}, AddedPictures(0, 2, (7, 9)), "e" * 64,
    {"instances": {"samples_with": {"1": 4}, "fewer_than_drawn": 1}},
)  # fmt: skip


def test_a_record_round_trips(tmp_path: Path) -> None:
    backgrounds = dataclasses.replace(RECORD, added=AddedPictures(3, 0, None), cutout_fixes=None, statistics={})
    for record in (RECORD, backgrounds):
        record.save(tmp_path / "part.json")
        assert PartRecord.load(tmp_path / "part.json") == record


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_record_is_refused(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "part.json"
    RECORD.save(path)
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    try:
        found = PartRecord.load(path)
    except ValueError:
        return
    assert found == RECORD  # a space may go


@pytest.mark.parametrize(
    ("name", "value"),
    [("version", 1), ("format", "bgfg-corpus"), ("backgrounds", 1), ("cutouts", 0), ("cutout_box_px", [7]),
     ("tables", []), ("left_out", [["a"]]), ("cutouts", True)],
)  # fmt: skip
def test_a_record_that_was_sealed_anew_is_held_to_its_form(tmp_path: Path, name: str, value: object) -> None:
    path = tmp_path / "part.json"
    RECORD.save(path)
    content = json.loads(path.read_text()) | {name: value}
    path.write_text(json.dumps(content | {SEAL_KEY: content_sha256(content)}))
    with pytest.raises(ValueError, match=r"version|pictures|is |of "):
        PartRecord.load(path)


@pytest.mark.parametrize("pictures", [(0, 0, None), (1, 1, (7, 9)), (1, 0, (7, 9)), (0, 1, None), (-1, 2, (7, 9))])
def test_a_part_brings_pictures_of_one_kind(pictures: tuple[int, int, tuple[int, int] | None]) -> None:
    with pytest.raises(ValueError, match="added pictures"):
        AddedPictures(*pictures)


def test_parts_that_arent_listed_count_where_they_extend_what_there_is(
    tmp_path: Path, extended: Path, labelled: Path
) -> None:
    path = Path(shutil.copytree(labelled, tmp_path / "corpus"))
    old, whole = (load_manifest(corpus / "manifest/corpus.json") for corpus in (labelled, extended))
    shutil.copytree(part_folder(extended, 2), part_folder(path, 2))
    assert old.with_pending_parts(path) == old  # the first one is missing, which the second one extends
    shutil.copytree(part_folder(extended, 1), part_folder(path, 1))
    assert old.with_pending_parts(path).parts == whole.parts
    dataclasses.replace(RECORD, tables=whole.tables).save(part_folder(path, 1) / "manifest/part.json")
    assert old.with_pending_parts(path) == old  # of another corpus
    (part_folder(path, 1) / "manifest/part.json").write_text("{}")
    with pytest.raises(Problem, match=r"part.json: damaged .*--extend \.\.\.` again"):
        old.with_pending_parts(path)


def test_a_manifest_whose_parts_dont_follow_one_another_is_refused(extended: Path) -> None:
    manifest = load_manifest(extended / "manifest/corpus.json")
    first, second = manifest.extensions
    for extensions in ((second, first), (first, dataclasses.replace(second, extends="f" * 64)), (first,)):
        with pytest.raises(ValueError, match=r"extensions|zip"):
            dataclasses.replace(manifest, extensions=extensions)
    with pytest.raises(ValueError, match="extends another corpus"):
        manifest.with_part(first)
