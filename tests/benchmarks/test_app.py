"""The benchmark of the app measures pages that the app shows; no speed is held to anything here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("starlette", reason="the extra [app] isn't installed")
pytest.importorskip("playwright", reason="Playwright isn't installed")

from benchmarks.app import main
from bgfg.data_manifests.terminal.errors import Problem


def test_pages_of_each_array_are_looked_at(tmp_path: Path, labelled: Path) -> None:
    said = CliRunner().invoke(main, [str(labelled), "--no-camera", "--pages", "2"], catch_exceptions=False).output
    rows = re.findall(r"^\| (.+?) \| ([0-9.]+) \| ([0-9.]*) ?\|$", said, re.MULTILINE)
    assert [name for name, *_ in rows] == [
        "the start of the app and the first look",
        *(f"a page of 60, {shown}" for shown in ("image", "mask", "depth")),
    ]
    assert all(float(median_s) > 0 for _, median_s, _ in rows)


def test_what_is_no_corpus_is_said(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="didn't start"):
        CliRunner().invoke(main, [str(tmp_path / "none"), "--no-camera"], catch_exceptions=False)
