"""The public face: light, lazy, typed, and complete."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import bgfg
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.version import BGFG_VERSION
from tests.support.stored_corpus import upload

FUNCTIONS = ("plan", "extend", "compose", "label", "audit", "export", "import_corpus")


def test_importing_bgfg_imports_no_library() -> None:
    code = "import sys; before = set(sys.modules); import bgfg; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    roots = {name.partition(".")[0] for name in done.stdout.split()}
    assert "bgfg" in roots
    assert roots - sys.stdlib_module_names == {"bgfg"}
    assert "bgfg.data_manifests" not in done.stdout.split()


@pytest.mark.parametrize("name", bgfg.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(bgfg, name)
    assert name in dir(bgfg)
    assert name == "__version__" or inspect.getdoc(value)


def test_the_version_is_that_of_the_distribution() -> None:
    assert bgfg.__version__ == BGFG_VERSION


def test_a_type_checker_is_told_the_same_names() -> None:
    body = ast.parse(Path(bgfg.__file__).read_text(encoding="utf-8")).body
    told = next(node for node in body if isinstance(node, ast.If)).body
    names = {
        alias.asname or alias.name: f"{node.module}:{alias.name}"
        for node in told
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert names | {"__version__": bgfg._PUBLIC["__version__"]} == bgfg._PUBLIC
    assert sorted(bgfg._PUBLIC) == sorted(bgfg.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'bgfg' has no attribute 'train_all'"):
        bgfg.train_all  # noqa: B018


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_says_everything_about_its_arguments(name: str) -> None:
    function = getattr(bgfg, name)
    said = inspect.getdoc(function) or ""
    for section in ("Args:", "Returns:", "Raises:"):
        assert section in said
    for argument in inspect.signature(function).parameters:
        assert f"\n    {argument}: " in said, argument


def test_functions_make_what_commands_make(tmp_path: Path, sources: Path) -> None:
    path = tmp_path / "corpus"
    small: dict[str, Any] = {
        "size_px": (13, 17),
        "cutout_height_px": 7,
        "placements": 4,
        "split": "34/33/33",
        "workers": 1,
    }
    planned = bgfg.plan(path, sources / "bg", sources / "fg", sources / "depth", **small)
    assert len(planned) == 3 * 2 * 2 * 4
    assert bgfg.compose(path, workers=1, backend="threading").done_shards("image")
    labelled = bgfg.label(path, "layered", workers=1, backend="threading")
    assert labelled[5].depth_m is not None
    report = bgfg.audit(path, full=True, workers=1, backend="threading")
    assert (report.kind, [f for f in report.findings if f.severity == "error"]) == ("corpus", [])
    made = bgfg.export(path, tmp_path / "out", "folder", samples=(0, 8), workers=1, backend="threading")
    again = bgfg.export(path, tmp_path / "out", "folder", samples="0:8", workers=1, backend="threading")
    assert (made.samples, made.unchanged, again.unchanged) == (8, False, True)


def test_functions_take_urls(tmp_path: Path, sources: Path, more: Path) -> None:
    here, url = tmp_path / "corpus", "memory://public/corpus"
    threads: dict[str, Any] = {"workers": 1, "backend": "threading"}
    pictures = upload(sources, "memory://public/sources")
    small: dict[str, Any] = {"size_px": (13, 17), "cutout_height_px": 7, "placements": 4, "workers": 1}
    for path, of in ((here, str(sources)), (url, pictures)):
        bgfg.plan(path, f"{of}/bg", f"{of}/fg", f"{of}/depth", **small)
        bgfg.compose(path, **threads)
        bgfg.label(path, **threads)
    assert bgfg.card(url)
    assert bgfg.open_corpus(url).manifest.digest == bgfg.Corpus(here).manifest.digest
    assert bgfg.report(url, "memory://public/report.html", workers=1, backend="threading") > 10_000
    assert bgfg.audit(url, workers=1, backend="threading").kind == "corpus"
    bgfg.export(url, "memory://public/out", "folder", depth="none", **threads)
    with pytest.warns(UserWarning, match="split"):
        imported = bgfg.import_corpus("memory://public/out", "memory://public/imported", **threads)
    np.testing.assert_array_equal(imported[3].mask.shape, bgfg.Corpus(here)[3].mask.shape)
    bgfg.extend(url, fg=upload(more / "fg", "memory://public/more"), workers=1)
    assert len(bgfg.extend(url, undo=True)) == len(bgfg.Corpus(here))


def test_what_reads_folders_alone_says_so() -> None:
    with pytest.raises(Problem, match=r"^s3://\.\.\.: is a URL, .*: `bgfg.open_corpus` takes URLs$"):
        bgfg.Corpus("s3://bucket/corpus")
    with pytest.raises(Problem, match=r"^s3://\.\.\.: is a URL, .*: give a path$"):
        bgfg.ChunkCache("s3://bucket/cache", 10**9)
    with pytest.raises(Problem, match=r"^memory://none/nyu\.h5: no such file: check the URL$"):
        bgfg.label("corpus", "densedepth", weights="memory://none/nyu.h5")
    with pytest.raises(Problem, match="a slash is missing: give s3://BUCKET/PATH"):
        bgfg.compose(Path("s3://bucket/corpus"))


def test_a_corpus_is_extended_as_the_command_does(tmp_path: Path, sources: Path, more: Path) -> None:
    path, small = tmp_path / "corpus", {"size_px": (13, 17), "cutout_height_px": 7, "placements": 4, "workers": 1}
    bgfg.plan(path, sources / "bg", sources / "fg", **small)  # type: ignore[arg-type]
    assert len(bgfg.extend(path, more / "bg", workers=1)) == 3 * 2 * 2 * 4
    with pytest.raises(Problem, match="is being extended by 2 backgrounds already"):
        bgfg.extend(path, fg=more / "fg", workers=1)
    assert len(bgfg.compose(path, workers=1, backend="threading")) == 5 * 2 * 2 * 4
    with pytest.warns(UserWarning, match="^2 pictures are in the corpus already$"):
        assert bgfg.extend(path, fg=sources / "fg", workers=1).manifest.extensions[0].added


def test_cut_outs_on_holes_of_depth_are_a_warning(tmp_path: Path, sources: Path) -> None:
    (tmp_path / "depth").mkdir()
    for path in (sources / "bg").iterdir():
        depth_mm = np.zeros((52, 68), np.uint16)
        depth_mm[:2] = 3_000
        Image.fromarray(depth_mm).save(tmp_path / "depth" / path.name)
    options: dict[str, Any] = {"size_px": (52, 68), "cutout_height_px": 24, "placements": 2, "workers": 1}
    bgfg.plan(tmp_path / "c", sources / "bg", sources / "fg", tmp_path / "depth", **options)
    bgfg.compose(tmp_path / "c", workers=1, backend="threading")
    with pytest.warns(UserWarning, match="cut-outs are without depth: they stand on holes") as told:
        bgfg.label(tmp_path / "c", workers=1, backend="threading")
    assert len(told) == 1
    assert told[0].filename == __file__


def test_notes_become_warnings(tmp_path: Path, sources: Path) -> None:
    bgfg.plan(tmp_path / "c", sources / "bg", sources / "fg", size_px=16, cutout_height_px=7, workers=1)
    bgfg.compose(tmp_path / "c", workers=1, backend="threading")
    with pytest.warns(UserWarning, match="depth"):
        bgfg.export(tmp_path / "c", tmp_path / "out", "folder", workers=1, backend="threading")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"format": "tar"}, "format='tar': give one of 'folder', 'zips'"),
        ({"format": "zips", "splits": ["dev"]}, "--split dev: no such split: give one of train"),
    ],
)
def test_a_wrong_argument_is_named(composed: Path, tmp_path: Path, given: dict[str, Any], line: str) -> None:
    with pytest.raises(Problem, match=line):
        bgfg.export(composed, tmp_path / "out", **given)
