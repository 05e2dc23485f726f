"""The runtime of a page is the very one that was tried, wherever it comes from."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.web.runtime import ONNXRUNTIME_WEB, RuntimePackage, runtime_files
from tests.support.web_page import NAMES, runtime_folder, tarball_of, tiny_package


def contents(source: Path | None, package: RuntimePackage) -> dict[str, str]:
    with runtime_files(source, package) as found:
        return {name: path.read_text() for name, path in found.items()}


def npm_that(folder: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    """Put a program of the name npm before all others, which is called as npm is."""
    folder.mkdir()
    (folder / "npm").write_text(f"#!/bin/sh\n{does}\n")
    (folder / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize("inside", ["", "dist", "package/dist", "node_modules/onnxruntime-web/dist"])
def test_a_folder_may_have_the_files_wherever_npm_and_tar_leave_them(tmp_path: Path, inside: str) -> None:
    runtime_folder(tmp_path / "given" / inside)
    assert contents(tmp_path / "given", tiny_package()) == dict(zip(NAMES, NAMES, strict=True))


def test_a_tarball_gives_the_same_files_and_no_others(tmp_path: Path) -> None:
    evil = [tarfile.TarInfo(name) for name in ("../../outside", "/outside", "package/dist/../../../outside")]
    link = tarfile.TarInfo(f"package/dist/{NAMES[0]}/../x")
    link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
    tarball = tarball_of(*evil, link)
    (tmp_path / "given.tgz").write_bytes(tarball)
    with runtime_files(tmp_path / "given.tgz", tiny_package(tarball)) as found:
        place = found[NAMES[0]].parent
        assert sorted(path.name for path in place.iterdir()) == sorted(NAMES)
    assert not place.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["given.tgz"]


def test_npm_fetches_it_where_nothing_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tarball = tarball_of()
    (tmp_path / "there.tgz").write_bytes(tarball)
    npm_that(
        tmp_path / "bin", monkeypatch, f'echo "$@" > {tmp_path}/asked; cp {tmp_path}/there.tgz "$6/tiny-1.0.0.tgz"'
    )
    assert contents(None, tiny_package(tarball)) == dict(zip(NAMES, NAMES, strict=True))
    assert (tmp_path / "asked").read_text().startswith("pack tiny@1.0.0 --ignore-scripts --silent --pack-destination ")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_another_one_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    folder = runtime_folder(tmp_path / "given")
    (folder / name).write_text(name.upper())  # of the same length
    with pytest.raises(Problem, match=rf"{name}: isn't the one of tiny@1\.0\.0 \(another SHA-512\)"):
        contents(folder, tiny_package())


def test_another_tarball_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    tarball = tarball_of()
    (tmp_path / "other.tgz").write_bytes(tarball[:-1] + bytes([tarball[-1] ^ 1]))
    with pytest.raises(Problem, match=r"other.tgz: isn't tiny@1\.0\.0 \(another SHA-512\): give the tarball that npm"):
        contents(tmp_path / "other.tgz", tiny_package(tarball))


def test_a_tarball_that_lacks_a_file_is_refused(tmp_path: Path) -> None:
    tarball = tarball_of(names=NAMES[:1])
    (tmp_path / "given.tgz").write_bytes(tarball)
    with pytest.raises(Problem, match=f"its {NAMES[1]} isn't what it has to be"):
        contents(tmp_path / "given.tgz", tiny_package(tarball))


def test_what_is_missing_is_told_with_the_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Problem, match=f"{tmp_path}: has no {NAMES[0]}: give a folder that holds tiny@1.0.0"):
        contents(tmp_path, tiny_package())
    with pytest.raises(Problem, match="--runtime nowhere: no such file or folder: check the path"):
        contents(Path("nowhere"), tiny_package())
    npm_that(tmp_path / "bin", monkeypatch, "echo; echo 'npm error code ENOTFOUND' >&2; exit 1")
    with pytest.raises(Problem, match=r"npm can't fetch tiny@1.0.0 \(npm error code ENOTFOUND\): try again, or give"):
        contents(None, tiny_package())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Problem, match=r"npm isn't there, .*: install Node.js, or give --runtime FOLDER or FILE.tgz"):
        contents(None, tiny_package())


def test_the_pinned_package_has_both_builds_each_with_its_code() -> None:
    names = set(ONNXRUNTIME_WEB.files)
    assert len([name for name in names if name.endswith(".wasm")]) == 2
    assert {name.replace(".wasm", ".mjs") for name in names if name.endswith(".wasm")} < names
