"""The wheel holds bgfg and nothing else, and works in an environment of its own, outside the checkout."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.support.installed import build, copy_sources, install
from tests.support.project import ROOT

FOLDERS = ("bgfg", "data_manifests", "synth", "depth_teacher", "train")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel that was built from what the sdist holds."""
    folder = tmp_path_factory.mktemp("dist")
    sdist = build("sdist", copy_sources(folder / "sources"), folder)
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    return build("wheel", next((folder / "unpacked").iterdir()), folder)


@pytest.fixture(scope="module")
def python(wheel: Path) -> Path:
    return install(wheel, wheel.parent / "environment")


def run(python: Path, *words: str | Path, cwd: Path) -> str:
    """Run a command of the environment, and return what it printed."""
    command = [python.parent / words[0], *words[1:]]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=280, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_folder_with_python_files_is_a_package_of_the_project() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    found = {file.parent.relative_to(ROOT) for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")}
    assert sorted(listed) == sorted(".".join(("bgfg", *p.parts) if p.parts[0] != "bgfg" else p.parts) for p in found)


@pytest.mark.slow  # the wheel is built and compiled; what has to be in it is told above
def test_a_wheel_puts_nothing_but_bgfg_into_site_packages(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"bgfg"}
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"bgfg"}


@pytest.mark.slow  # see above
def test_a_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    tracked = subprocess.run(
        ["git", "ls-files", *FOLDERS], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout
    if not tracked:
        pytest.skip("not a checkout of git: there is no list of files to compare with")
    needed = {
        f for f in tracked.split() if f.endswith((".py", ".typed", ".onnx", ".safetensors")) and (ROOT / f).exists()
    }
    assert {f if f.startswith("bgfg/") else f"bgfg/{f}" for f in needed} <= held


@pytest.mark.slow  # see above
def test_an_installed_bgfg_makes_a_corpus_outside_the_checkout(python: Path, tmp_path: Path) -> None:
    assert "Usage: bgfg [OPTIONS] [COMMAND] [ARGS]..." in run(python, "bgfg", "--help", cwd=tmp_path)
    where = run(python, "python", "-c", "import bgfg.synth.store as s; print(s.__path__[0])", cwd=tmp_path)
    assert where.startswith(str(python.parents[1])), "it is the installed bgfg that is tried"
    files = (
        *("synth.compose.known_matches", "synth.painting.layers", "synth.painting.painted_scenes"),
        "data_manifests.images.resampling.affine_warp",
        "synth.importing.sample_levels",
    )
    loads = (f"__import__('bgfg.{file}', fromlist=['library']).library()" for file in files)
    compiled = f"print(None not in [{', '.join(loads)}])"
    has_compiler = shutil.which(shlex.split(sysconfig.get_config_var("CC") or "cc")[0]) is not None
    assert run(python, "python", "-c", compiled, cwd=tmp_path) == f"{has_compiler}\n"
    small = ("--backgrounds", "3", "--cutouts", "3", "--size", "32", "--workers", "1")
    assert run(python, "bgfg", "kit", "kit", *small, cwd=tmp_path).startswith(
        "kit: 3 scenes (indoor) in bg/ with depth/"
    )
    pictures = ("--bg", "kit/bg", "--fg", "kit/fg", "--bg-depth", "kit/depth", "--split", "34/33/33")
    sizes = ("--size", "32", "--cutout-height", "16", "--placements", "2", "--workers", "2")
    made = run(python, "bgfg", "dataset", "corpus", *pictures, *sizes, cwd=tmp_path)
    assert "36 images with masks and depth maps" in made
    verify = ("verify", "corpus", "--recompose", "--workers", "1")
    assert run(python, "bgfg", *verify, cwd=tmp_path) == "corpus: all is as it should be\n"
