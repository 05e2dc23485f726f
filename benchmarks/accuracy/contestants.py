"""Contestants: the networks that come with bgfg, and others of the same names in folders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.teachers.compact_weights import SHIPPED_WEIGHTS
from bgfg.train.models.shipped import CHECKPOINT_SUFFIX, ONNX_SUFFIX, WEIGHTS_DIR

SHIPPED = "shipped"


@dataclass(frozen=True)
class Contestant:
    """A set of weights: files called compact, two_stream and person, with both endings each.

    Attributes:
        name: What it is called in the table.
        files: Its files by their names.
    """

    name: str
    files: Mapping[str, Path]

    def file(self, network: str, suffix: str) -> Path | None:
        """Return the file of a network, None where it has none."""
        return self.files.get(f"{network}{suffix}")

    def described(self) -> list[dict[str, object]]:
        """Return name, bytes and SHA-256 of each of its files."""
        return [
            {"contestant": self.name, "file": name, "bytes": path.stat().st_size, "sha256": file_sha256(path)}
            for name, path in sorted(self.files.items())
        ]


def shipped_contestant() -> Contestant:
    """Return the weights that come with bgfg."""
    return _contestant(SHIPPED, [SHIPPED_WEIGHTS.parent, WEIGHTS_DIR])


def contestant_in(text: str) -> Contestant:
    """Return the contestant of NAME=FOLDER, whose files may lie in folders of it.

    Raises:
        Problem: The text has another form, or there is no weights file.
    """
    name, _, folder = text.partition("=")
    if not name or not folder or not Path(folder).is_dir():
        raise Problem(
            f"--beside {text}: give NAME=FOLDER, a folder with weights of older or newer networks", exit_code=2
        )
    found = _contestant(name, [Path(folder)])
    if not found.files:
        raise Problem(
            f"--beside {text}: no compact, two_stream or person there: give a folder that has them", exit_code=2
        )
    return found


def _contestant(name: str, folders: list[Path]) -> Contestant:
    wanted = {f"{net}{end}" for net in ("compact", "two_stream", "person") for end in (ONNX_SUFFIX, CHECKPOINT_SUFFIX)}
    files = (path for folder in folders for path in sorted(folder.rglob("*")) if path.name in wanted)
    return Contestant(name, {path.name: path for path in files})
