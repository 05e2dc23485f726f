"""What an export has written: the folder OUT, its temporary names, its done marks, export.json and SHA256SUMS.

OUT/export.json        what was asked, of which corpus, what was written; `complete` once all is there
OUT/SHA256SUMS         a line per file, as `sha256sum --check` reads it
OUT/.partial/          while it is being made: parts, marks, segments and what has no final name yet

Files get their names when they are whole. That holds against being killed and against a full disk; against a power cut
for packs, which are flushed to disk first, while small files are left to the system to flush, as those of any copy are.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from bgfg.data_manifests.corpus.manifest import write_whole
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.lock import LOCK_FILE, only_writer
from bgfg.synth.store.marks import PARTIAL

FORMAT = "bgfg-export"
VERSION = 1
SUMS = "SHA256SUMS"

# What `open` does for "wb", a third quicker: for small files that is felt.
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | getattr(os, "O_BINARY", 0)


class Written(NamedTuple):
    """One finished file: its kind, its path within OUT, its size and SHA-256."""

    kind: str
    file: str
    bytes: int
    sha256: str


class HashedFile:
    """A binary file that is written once from start to end and hashed on the way."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._hash = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes) -> None:
        """Append some bytes."""
        self._hash.update(data)
        self.size_bytes += self._file.write(data)

    def flush_to_disk(self) -> None:
        """Return once the disk has all of it."""
        self._file.flush()
        os.fdatasync(self._file.fileno())

    def close(self) -> None:
        """Close the file; what was written may not have reached the disk."""
        self._file.close()

    @property
    def sha256(self) -> str:
        """The hex SHA-256 of what was written."""
        return self._hash.hexdigest()


class Scratch:
    """Where one process writes until its files are whole; `written` lists those that got their names."""

    def __init__(self, folder: Path, out: Path) -> None:
        self._out, self._temporary = out, folder / "file"
        self.written: list[Written] = []

    def put(self, kind: str, file: str, data: bytes) -> None:
        """Write one of many small files, to be named `file` within OUT, in a folder that is there."""
        descriptor = os.open(self._temporary, _NEW_FILE, 0o666)
        try:
            if os.write(descriptor, data) != len(data):  # what a disk that fills up may do
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), f"{self._out}/{file}")
        finally:
            os.close(descriptor)
        os.replace(self._temporary, f"{self._out}/{file}")
        self.written.append(Written(kind, file, len(data), hashlib.sha256(data).hexdigest()))

    @contextmanager
    def pack(self, kind: str, file: str) -> Iterator[HashedFile]:
        """Write one large file piece by piece; it is flushed to disk before it gets its name."""
        stream = HashedFile(self._temporary)
        try:
            yield stream
            stream.flush_to_disk()
        finally:
            stream.close()
        self._temporary.replace(self._out / file)
        self.written.append(Written(kind, file, stream.size_bytes, stream.sha256))

    @contextmanager
    def segment(self, path: Path) -> Iterator[BinaryIO]:
        """Write what will be a piece of a larger file, to be found at `path`; it isn't listed."""
        with self._temporary.open("wb") as stream:
            yield stream
        self._temporary.replace(path)

    @contextmanager
    def foreign(self, kind: str, file: str) -> Iterator[Path]:
        """Let a library write one large file under the path that is given; it is hashed and named afterwards.

        Raises OSError with its proper number where the disk is full, which HDF5 and Arrow tell in words of their own.
        """
        try:
            yield self._temporary
        except OSError as error:
            if os.strerror(errno.ENOSPC) in str(error):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), f"{self._out}/{file}") from error
            raise
        with self._temporary.open("r+b") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            os.fdatasync(stream.fileno())
        size_bytes = self._temporary.stat().st_size
        self._temporary.replace(self._out / file)
        self.written.append(Written(kind, file, size_bytes, sha256))


class Ledger:
    """The books of one export, kept in OUT."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.partial = out / PARTIAL
        self.parts, self.segments, self._marks = (self.partial / name for name in ("parts", "segments", "done"))

    @contextmanager
    def open(self, head: dict[str, Any]) -> Iterator[None]:
        """Hold OUT for writing the export that `head` describes, and go on with it if it was begun before.

        Raises Problem where OUT holds something else, or is held by another process.
        """
        self._refuse_strangers()
        self.out.mkdir(parents=True, exist_ok=True)
        with only_writer(self.out, "export"):
            begun = self._read()
            if begun is None:
                self._save(head | {"complete": False})
            elif difference := _difference(begun, head):
                raise Problem(
                    f"{self.out}: holds another export ({difference}): choose another folder, or remove it", exit_code=2
                )
            self.clear_scratch()
            for folder in (self.parts, self.segments, self._marks):
                folder.mkdir(parents=True, exist_ok=True)
            yield
            if self.complete():
                shutil.rmtree(self.partial)
                (self.out / LOCK_FILE).unlink()

    def complete(self) -> dict[str, Any] | None:
        """Return the content of export.json if everything was written, else None."""
        content = self._read()
        return content if content is not None and content["complete"] else None

    @contextmanager
    def scratch(self, part: int | None = None) -> Iterator[Scratch]:
        """Give a process a place to write in: a worker for the part of this number, the parent for none."""
        folder = self.partial / f"{'parent' if part is None else f'part-{part}'}.{os.getpid()}"
        folder.mkdir(exist_ok=True)
        try:
            yield Scratch(folder, self.out)
        finally:
            shutil.rmtree(folder)

    def clear_scratch(self) -> None:
        """Remove what killed processes left behind."""
        for folder in self.partial.glob("*.*"):
            shutil.rmtree(folder)

    def mark(self, name: str, written: Sequence[Written]) -> None:
        """Note that the part or group `name` is done."""
        write_whole(self._marks / f"{name}.json", json.dumps(written), self._marks)

    def marked(self) -> set[str]:
        """Return the names of what is done."""
        return {path.stem for path in self._marks.glob("*.json") if not path.name.startswith(".")}

    def seal(self, head: dict[str, Any], names: Iterable[str]) -> None:
        """Gather the marks of these names, in their order, into SHA256SUMS and export.json: the export is complete."""
        totals: dict[str, dict[str, int]] = {}
        temporary = self.partial / SUMS
        sums = HashedFile(temporary)
        for name in names:
            for kind, file, size_bytes, sha256 in json.loads((self._marks / f"{name}.json").read_text("utf-8")):
                total = totals.setdefault(kind, {"files": 0, "bytes": 0})
                total["files"] += 1
                total["bytes"] += size_bytes
                sums.write(f"{sha256}  {file}\n".encode())
        sums.close()
        temporary.replace(self.out / SUMS)
        self._save(head | {"written": totals, SUMS.lower(): sums.sha256, "complete": True})

    def _save(self, content: dict[str, Any]) -> None:
        write_whole(self.out / "export.json", json.dumps(content, indent=1) + "\n", self.out)

    def _read(self) -> dict[str, Any] | None:
        path = self.out / "export.json"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise Problem(f"{path}: not readable as JSON ({error}): remove {self.out}, and export again") from None
        if not isinstance(content, dict) or (content.get("format"), content.get("version")) != (FORMAT, VERSION):
            raise Problem(f"{path}: not the manifest of an export that this bgfg knows: choose another folder")
        return content

    def _refuse_strangers(self) -> None:
        if self.out.exists() and not self.out.is_dir():
            raise Problem(f"{self.out}: not a folder: choose another name", exit_code=2)
        ours = not self.out.exists() or (self.out / "export.json").exists()
        if not ours and any(path.name != LOCK_FILE for path in self.out.iterdir()):
            raise Problem(f"{self.out}: not empty, and no export of bgfg: choose another folder", exit_code=2)


def _difference(begun: dict[str, Any], head: dict[str, Any]) -> str:
    """Return in which point two exports differ, empty if they are the same."""
    if begun.get("corpus") != head["corpus"]:
        return "of another corpus, or of another plan or teacher of it"
    asked = begun.get("asked", {})
    names = [name for name, value in head["asked"].items() if asked.get(name) != value]
    return "" if not names else f"{names[0]} {_said(asked.get(names[0]))}, not {_said(head['asked'][names[0]])}"


def _said(value: Any) -> str:
    return "all" if value in (None, []) else json.dumps(value)
