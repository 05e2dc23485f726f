"""What a command leaves: digests of its files, in which what can't be the same twice is left out, and differences."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path

Tree = Mapping[str, str]

# The name that a run draws for itself, in run.json and in checkpoints, whose own digest is over it.
_DRAWN_NAME = re.compile(rb'identity\\*": ?\\*"[0-9a-f]{12}|bgfg_sha256": ?"[0-9a-f]{64}')
_SPEEDS = ("samples_per_s", "wait_share")
# The names that a Matroska file draws for itself and its track, and the checksums over them.
_DRAWN_UIDS = re.compile(rb"\x73\xa4\x90.{16}|[\x63\x73]\xc5\x88.{8}|\xbf\x84.{4}", re.DOTALL)
# The lock holds the number of the process that wrote last; the curves show speeds.
_OF_ANY_CONTENT = (".lock", "curves.png")


def tree_of(folder: Path) -> Tree:
    """Return digests of the files of a folder, and its empty folders, by their paths."""
    return {
        str(path.relative_to(folder)): _digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() or path.is_symlink() or not any(path.iterdir())
    }


def differences(expected: Tree, found: Tree) -> list[str]:
    """Say in what a tree differs from the one that was expected."""
    return [
        *(f"missing: {name}" for name in sorted(expected.keys() - found.keys())),
        *(f"left behind: {name}" for name in sorted(found.keys() - expected.keys())),
        *(f"other bytes: {name}" for name in sorted(expected.keys() & found.keys()) if expected[name] != found[name]),
    ]


def _digest(path: Path) -> str:
    if path.is_dir():
        return "an empty folder"
    return digest_of(path.name, path.read_bytes())


def digest_of(name: str, content: bytes) -> str:
    """Return the digest of a file of a name, without what can't be the same twice."""
    suffix = Path(name).suffix
    if name in _OF_ANY_CONTENT:
        return "any"
    if name == "metrics.csv":
        content = _without_speeds(content)
    elif suffix == ".safetensors":
        content = _DRAWN_NAME.sub(b"", _with_sorted_header(content))
    elif suffix == ".mkv":
        content = _DRAWN_UIDS.sub(b"", content)
    elif name == "run.json":
        content = _DRAWN_NAME.sub(b"", content)
    return hashlib.sha256(content).hexdigest()


def _with_sorted_header(checkpoint: bytes) -> bytes:
    """Sort the header of a safetensors file, whose library writes metadata in any order."""
    end = 8 + int.from_bytes(checkpoint[:8], "little")
    return json.dumps(json.loads(checkpoint[8:end]), sort_keys=True).encode() + checkpoint[end:]


def _without_speeds(table: bytes) -> bytes:
    rows = list(csv.DictReader(io.StringIO(table.decode())))
    return repr([{name: value for name, value in row.items() if name not in _SPEEDS} for row in rows]).encode()
