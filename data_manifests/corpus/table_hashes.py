"""Hashes of the tables of a corpus: what lies there is held to what was planned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.part_record import part_folder
from bgfg.data_manifests.files.checksum import MOST_TABLE_BYTES, file_sha256, version_sha256
from bgfg.data_manifests.files.regular_file import UnfitFile
from bgfg.data_manifests.terminal.errors import Problem


def table_file(corpus: Path, part: int, name: str) -> Path:
    """Return where a table of a part of a corpus lies."""
    return part_folder(corpus, part) / "manifest" / name


def require_tables(corpus: Path, manifest: Manifest) -> None:
    """Raise Problem where a table of a part of a corpus isn't there; whoever reads one holds it to its hash."""
    for number, part in enumerate(manifest.parts):
        for name in part.tables:
            _require(corpus, manifest, number, name)


def check_tables(corpus: Path, manifest: Manifest) -> None:
    """Check the tables of all parts against their hashes.

    Args:
        corpus: Folder of the corpus.
        manifest: What was planned.

    Raises:
        Problem: A table is missing, or isn't the one of this manifest.
    """
    for number, part in enumerate(manifest.parts):
        for name in part.tables:
            check_table(corpus, manifest, number, name)


def check_table(corpus: Path, manifest: Manifest, part: int, name: str) -> None:
    """Check a table of a part against its hash; raise Problem as `check_tables` does."""
    _check(corpus, manifest, part, name, lambda path: file_sha256(path, MOST_TABLE_BYTES))


def sound_table(corpus: Path, manifest: Manifest, name: str, part: int) -> Path:
    """Return where a table of a part lies, to be read: it is held to its hash once a process.

    Raises:
        Problem: As `check_tables` does.
    """
    return _check(corpus, manifest, part, name, version_sha256)


def _check(corpus: Path, manifest: Manifest, part: int, name: str, sha256: Callable[[Path], str]) -> Path:
    path, hint = _require(corpus, manifest, part, name), manifest.hint(corpus, part)
    try:
        is_planned = sha256(path) == manifest.parts[part].tables[name]
    except UnfitFile as error:
        raise Problem(f"{path}: {error}: {hint}") from error
    if not is_planned:
        raise Problem(f"{path}: changed since it was planned: {hint}")
    return path


def _require(corpus: Path, manifest: Manifest, part: int, name: str) -> Path:
    path = table_file(corpus, part, name)
    if not path.is_file():
        raise Problem(f"{path}: missing: {manifest.hint(corpus, part)}")
    return path
