"""The audit of what lies under a URL finds what it finds in a folder, and leaves nothing on this disk."""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from bgfg import cli
from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.data_manifests.places.corpus_place import corpus_folder
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.executor import Executor
from bgfg.synth.export.forms.registry import EXPORT_FORMATS, export_request
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.verify.audit import AuditReport, audit_path
from tests.support.executors import IN_PROCESS
from tests.support.stored_corpus import remove, upload

URL = "memory://audited/export"


@pytest.fixture
def place() -> Iterator[str]:
    yield URL
    remove(URL)


def audit(url: str, full: bool = True) -> AuditReport:
    with corpus_folder(url) as folder:
        report = audit_path(folder, IN_PROCESS, full)
        assert not any(path.is_dir() for path in folder.parent.iterdir() if path != folder)  # no copies are left
        assert not any(folder.rglob("*.png"))
        return report


def of_folder(folder: Path, full: bool = True) -> AuditReport:
    """What the audit of a folder finds, but for where it is."""
    report = audit_path(folder, IN_PROCESS, full)
    return replace(report, findings=[replace(f, message=f.message.replace(str(folder), URL)) for f in report.findings])


def damage(folder: Path) -> None:
    """Change a file, remove one, rename one, and add one."""
    names = ("export.json", "SHA256SUMS", "README.md", "croissant.json", "index.json")
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in names]
    changed, *others = files[len(files) // 2 :]
    changed.write_bytes(changed.read_bytes()[:-9])
    if others:
        others[0].unlink()
        others[-1].rename(others[-1].with_name(f"x{others[-1].name}"))
    (folder / "notes").mkdir()
    (folder / "notes/stranger.png").write_bytes(b"nothing")


_QUICK = ("coco", "hdf5")  # pictures as files with annotations, and a pack


@pytest.mark.parametrize(
    "form", [pytest.param(form, marks=[] if form in _QUICK else pytest.mark.slow) for form in sorted(EXPORT_FORMATS)]
)
def test_an_export_has_the_findings_of_the_folder(form: str, labelled: Path, tmp_path: Path, place: str) -> None:
    out = tmp_path / "out"
    export_corpus(labelled, out, export_request(form), IN_PROCESS)
    assert audit(upload(out, place)) == of_folder(out)
    damage(out)
    found = of_folder(out)
    assert {"changed", "stranger"} <= {finding.check for finding in found.findings}
    assert audit(upload(out, place)) == found
    assert audit(place, full=False) == of_folder(out, full=False)
    (out / "export.json").write_text("{}")
    assert audit(upload(out, place)) == of_folder(out)


def test_pictures_and_archives_of_any_folder_too(tmp_path: Path, place: str) -> None:
    """Members that lead out of an archive, a damaged one, cut-outs as `bgfg cutout` puts them, and one too large."""
    folder, rng = tmp_path / "set", np.random.default_rng(0)
    for name in ("images/1.png", "images/2.png", "masks/1.png", "cut/a.png", "cut/_cutout/doubtful/b.png", "a b/ü.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), rng.integers(0, 256, (17, 23, 4 if "cut" in name else 3), np.uint8))
    with zipfile.ZipFile(folder / "masks.zip", "w") as archive:
        archive.write(folder / "masks/1.png", "masks/3.png")
        archive.writestr("../outside.png", b"x")
    with tarfile.open(folder / "images.tar", "w") as tar:
        for number in range(3, 9):
            tar.add(folder / "images/1.png", f"images/{number}.png")
    (folder / "cut.tar").write_bytes((folder / "images.tar").read_bytes()[:-2000])
    with (folder / "images/9.png").open("wb") as huge:
        huge.truncate(3 * 2**30)
    expected = audit_path(folder, IN_PROCESS, full=True)
    (folder / "images/9.png").unlink()
    upload(folder, place)
    with corpus_folder(place) as path:
        there = mirrored(path)
        assert there is not None
        there.fetch()
        there.sizes["images/9.png"] = 3 * 2**30  # as if it were there
        assert audit_path(path, IN_PROCESS, full=True) == expected


def test_a_key_that_no_file_can_have_is_named(place: str) -> None:
    ObjectStore(place).write("images/1.png", b"x")
    with corpus_folder(place) as folder:
        there = mirrored(folder)
        assert there is not None
        there.sizes["images/../1.png"] = 1  # some stores have such
        found = audit_path(folder, IN_PROCESS).findings
    assert ("not-a-file", "images/../1.png") in {(finding.check, finding.path) for finding in found}


def test_what_is_not_audited_under_a_url_is_told(place: str, labelled: Path, tmp_path: Path) -> None:
    with pytest.raises(Problem, match=f"^{URL}: nothing is there: check the URL"):
        audit(place)
    export_corpus(labelled, tmp_path / "out", export_request("folder"), IN_PROCESS)
    upload(tmp_path / "out", place)
    with (
        corpus_folder(place) as folder,
        pytest.raises(Problem, match="in the memory of one process alone: give --back"),
    ):
        audit_path(folder, Executor(workers=2), full=True)
    done = CliRunner().invoke(cli.command_group, ["audit", place, "--json", "--backend", "threading"])
    assert json.loads(done.stdout)["path"] == place
    done = CliRunner().invoke(cli.command_group, ["audit", place, "--fix-names", str(tmp_path / "names")])
    assert isinstance(done.exception, Problem)
    assert str(done.exception).startswith(f"--fix-names: {URL} is no folder: copy it into one")
