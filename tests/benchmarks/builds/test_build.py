"""The builds that are measured run their own code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.builds.build import Build
from benchmarks.timing import ROOT
from bgfg.data_manifests.terminal.errors import Problem


def test_a_linked_build_runs_the_code_of_its_checkout(tmp_path: Path) -> None:
    for build in (Build.link("before", ROOT, tmp_path), Build.link("before", ROOT, tmp_path)):  # links may be there
        code = "import bgfg, bgfg.synth.store as store; print(bgfg.__file__, store.__file__)"
        ran = subprocess.run(
            [sys.executable, "-c", code], cwd=build.package, capture_output=True, text=True, check=True
        )
        assert all(path.startswith(str(tmp_path)) for path in ran.stdout.split())


def test_a_build_is_linked_anew_beside_what_python_compiled(tmp_path: Path) -> None:
    first = Build.link("now", ROOT, tmp_path)
    (first.package / "bgfg/__pycache__").mkdir()
    again = Build.link("now", ROOT, tmp_path)
    assert again == first
    assert (again.package / "bgfg/__init__.py").resolve() == ROOT / "bgfg/__init__.py"


def test_what_would_be_another_build_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no checkout of bgfg"):
        Build.link("before", tmp_path, tmp_path)
    for folder in ("bgfg", "synth/compose"):
        (tmp_path / "checkout" / folder).mkdir(parents=True)
    (tmp_path / "checkout/synth/compose/known_matches.c").touch()
    with pytest.raises(Problem, match="its compiled part isn't built"):
        Build.link("before", tmp_path / "checkout", tmp_path)
