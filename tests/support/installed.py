"""A Python environment in which bgfg alone is installed, from its wheel; its libraries are borrowed from here."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.support.project import ROOT

# What a distribution is built from: the tracked folders, without what lies about in a working tree.
_SOURCES = ("bgfg", "data_manifests", "synth", "depth_teacher", "train", "pyproject.toml", "README.md", "LICENSE")
_BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"


def copy_sources(folder: Path) -> Path:
    """Copy what a distribution is built from into `folder`."""
    folder.mkdir()
    for name in _SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)
    return folder


def build(kind: str, sources: Path, out: Path) -> Path:
    """Build a "wheel" or an "sdist" of `sources` into `out` with setuptools, as pip does, without a network."""
    command = [sys.executable, "-c", _BUILD, f"build_{kind}", str(out)]
    done = subprocess.run(command, cwd=sources, capture_output=True, text=True, check=True)
    return out / done.stdout.splitlines()[-1]


def install(wheel: Path, environment: Path) -> Path:
    """Make an empty environment, install a wheel there, and lend it the libraries of this one; return its Python.

    Borrowed libraries come by a path of their own, whose .pth files Python doesn't read: of an editable bgfg that is
    installed here nothing is seen there.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", str(wheel)], check=True)
    site_packages = next((environment / "lib").glob("python3*")) / "site-packages"
    (site_packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python
