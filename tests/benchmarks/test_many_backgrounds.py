"""The builds that are measured run their own code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PIL import Image

from benchmarks.many_backgrounds import COMMANDS, Build, draw_sources
from benchmarks.timing import ROOT


def test_a_linked_build_runs_the_code_of_its_checkout(tmp_path: Path) -> None:
    build = Build.link("before", ROOT, tmp_path)
    code = "import bgfg, bgfg.synth.store as store; print(bgfg.__file__, store.__file__)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=build.package, capture_output=True, text=True, check=True)
    assert all(path.startswith(str(tmp_path)) for path in ran.stdout.split())


def test_backgrounds_are_drawn_unlike_each_other(tmp_path: Path) -> None:
    draw_sources(tmp_path / "sources", 5)
    assert len({path.read_bytes() for path in (tmp_path / "sources/bg").iterdir()}) == 5
    with Image.open(tmp_path / "sources/fg/c0.png") as cutout:
        assert cutout.mode == "RGBA"


def test_every_command_is_of_the_corpus() -> None:
    assert all("C" in words for words in COMMANDS.values())
