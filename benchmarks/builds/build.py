"""A checkout whose commands are measured: its own code runs, whatever is installed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.builds.process_cost import ProcessCost
from benchmarks.timing import ROOT
from bgfg.data_manifests.terminal.errors import Problem

# The four folders of a checkout, which are one package with its folder `bgfg`.
_FOLDERS = ("data_manifests", "synth", "depth_teacher", "train")


@dataclass(frozen=True)
class Build:
    """A checkout whose commands are measured.

    Attributes:
        name: What it is called in the table.
        package: A folder with a package `bgfg` of links to the checkout.
        work: Folder for what it makes.
        python: The interpreter that runs it.
        version: Its commit, and whether it was changed since.
    """

    name: str
    package: Path
    work: Path
    python: Path
    version: str

    @classmethod
    def link(cls, name: str, checkout: Path, work: Path, python: Path | None = None) -> Build:
        """Lay links to a checkout into a folder of `work`, in place of those that are there.

        Raises:
            Problem: It is no checkout, or has a compiled part that wasn't built, without which it is another build.
        """
        if not (checkout / "bgfg").is_dir():
            raise Problem(f"{checkout}: no checkout of bgfg: give a clone or worktree of another commit", exit_code=2)
        compiled = checkout / "synth/compose"
        if (compiled / "known_matches.c").exists() and not list(compiled.glob("_known_matches*.so")):
            advice = "run `pip install -e .` there in an environment of its own"
            raise Problem(f"{checkout}: its compiled part isn't built: {advice}", exit_code=2)
        package = work / name / "build"
        (package / "bgfg").mkdir(parents=True, exist_ok=True)
        for there in (package / "bgfg").iterdir():
            if there.is_symlink():  # what Python compiled lies beside the links
                there.unlink()
        own = [path for path in (checkout / "bgfg").iterdir() if path.name != "__pycache__"]
        for path in (*own, *(checkout / folder for folder in _FOLDERS)):
            (package / "bgfg" / path.name).symlink_to(path.resolve())
        return cls(name, package, work / name, python or Path(sys.executable), _version(checkout))

    @classmethod
    def link_both(cls, before: Path | None, work: Path, before_python: Path | None = None) -> list[Build]:
        """Link this checkout as "now", and another one, where there is one, as "before"."""
        now = cls.link("now", ROOT, work)
        return [now, cls.link("before", before.resolve(), work, before_python)] if before else [now]

    def run(self, *arguments: object) -> ProcessCost:
        """Run a command of this build as a whole process; raise Problem where it fails."""
        return ProcessCost.of((self.python, "-m", "bgfg", *arguments), self.package)


def _version(checkout: Path) -> str:
    """Return the commit of a checkout, with "-dirty" where files differ from it; empty where git doesn't know it."""
    command = ["git", "-C", str(checkout), "describe", "--always", "--dirty", "--abbrev=10"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
