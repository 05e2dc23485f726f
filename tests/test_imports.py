"""Imports run one way, and making a corpus needs no torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ["data_manifests", "synth", "depth_teacher", "train"]
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))] + [ROOT / "bgfg.py"]


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0].removesuffix(".py")
    later = [*PACKAGES, "bgfg"][[*PACKAGES, "bgfg"].index(own) + 1 :]
    assert not {name for name in imported(path) if name.split(".")[0] in later}
    clis = {name for name in imported(path) if name.endswith(".cli")}
    assert path.name == "bgfg.py" or (clis <= {"synth.cli"} and (not clis or path.name.endswith("cli.py")))


@pytest.mark.parametrize("path", [p for p in FILES if p.name == "__init__.py"], ids=lambda path: path.parent.name)
def test_an_init_holds_a_docstring_alone(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)


def test_only_the_rooms_of_pictures_use_pillow() -> None:
    users = {str(p.relative_to(ROOT)) for p in FILES if {n.split(".")[0] for n in imported(p)} & {"PIL", "imagehash"}}
    assert users == {"data_manifests/picture_file.py", "data_manifests/pictures.py"}


def test_making_a_corpus_imports_no_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import bgfg, synth.cli, synth.images, synth.verify, synth.preview, synth.plan, depth_teacher.label"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
