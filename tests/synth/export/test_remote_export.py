"""An export under a URL is the one in a folder, to the byte; what is marked there isn't made again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.data_manifests.places.corpus_place import corpus_folder
from bgfg.data_manifests.places.export_place import export_folder
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.export.forms.registry import EXPORT_FORMATS, export_request
from bgfg.synth.export.runner import ExportResult, export_corpus
from bgfg.synth.export.upload_writer import UploadWriter
from tests.support.executors import IN_PROCESS
from tests.support.stored_corpus import contents, remove, upload

URL = "memory://exports/out"


@pytest.fixture
def place() -> Iterator[str]:
    yield URL
    remove(URL)


def export(corpus: Path | str, out: Path | str, form: str) -> ExportResult:
    with corpus_folder(corpus) as path, export_folder(out) as folder:
        return export_corpus(path, folder, export_request(form), IN_PROCESS)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("form", EXPORT_FORMATS)
def test_the_objects_are_the_files_of_an_export_to_a_folder(
    form: str, place: str, labelled: Path, tmp_path: Path
) -> None:
    export(labelled, tmp_path / "out", form)
    done = export(labelled, place, form)
    assert contents(place) == files_of(tmp_path / "out")
    again = export(labelled, place, form)
    assert again.unchanged
    assert replace(again, unchanged=False) == done


@pytest.mark.parametrize("form", ["webdataset", "zips"])
def test_an_export_that_was_stopped_goes_on_with_what_is_marked(
    form: str, place: str, labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts of 4 samples, the second of which can't be uploaded at first."""
    monkeypatch.setitem(EXPORT_FORMATS, form, replace(EXPORT_FORMATS[form], samples_per_part=4))
    export(labelled, tmp_path / "out", form)
    put, stopped, tried = UploadWriter._put, True, []

    def put_or_fail(self: UploadWriter, file: str, content: bytes | Path, removed: Path | None) -> None:
        tried.append(file)
        if stopped and file in ("train-000001.tar", ".partial/segments/1.members"):
            raise Problem(f"{file}: the store is away")
        put(self, file, content, removed)

    monkeypatch.setattr(UploadWriter, "_put", put_or_fail)
    with pytest.raises(Problem, match=r"part 1: .* the store is away; run the same command again"):
        export(labelled, place, form)
    there, first = contents(place), tried.copy()
    assert ".partial/done/0.json" in there
    assert ".partial/done/1.json" not in there
    assert not json.loads(there["export.json"])["complete"]
    stopped, tried = False, []
    export(labelled, place, form)
    assert contents(place) == files_of(tmp_path / "out")
    made_again = {file for file in {*first} & {*tried} if file.startswith(("train-", ".partial/segments"))}
    assert {Path(file).name.partition(".")[0] for file in made_again} == {"1" if form == "zips" else "train-000001"}


def test_what_is_lost_there_is_written_again(place: str, labelled: Path) -> None:
    export(labelled, place, "yolo")
    before = contents(place)
    ObjectStore(place).delete([next(key for key in before if key.endswith(".txt"))])
    assert "were missing" in "".join(export(labelled, place, "yolo").notes)
    assert contents(place) == before


def test_a_corpus_under_a_url_is_exported_to_another_url(place: str, labelled: Path) -> None:
    export(labelled, place, "folder")
    before = contents(place)
    remove(place)
    corpus = upload(labelled, "memory://exports/corpus")
    try:
        export(corpus, place, "folder")
    finally:
        remove(corpus)
    assert contents(place) == before


def test_over_something_else_nothing_is_written(place: str, labelled: Path) -> None:
    upload(labelled, place)
    before = contents(place)
    with pytest.raises(Problem, match=f"^{URL}: not empty, and no export of bgfg"):
        export(labelled, place, "yolo")
    assert contents(place) == before
    remove(place)
    export(labelled, place, "yolo")
    with pytest.raises(Problem, match=f"^{URL}: holds another export"):
        export(labelled, place, "coco")


def test_a_web_server_takes_no_export() -> None:
    with pytest.raises(Problem, match="can be read alone, not written to"):
        export("corpus", "http://127.0.0.1:9/out", "yolo")
