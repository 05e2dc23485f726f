"""What an export has written: the folder OUT, its temporary files, its done marks, export.json and SHA256SUMS.

OUT/export.json        what was asked, of which corpus, what was written; `complete` once all is there
OUT/SHA256SUMS         a line per file, as `sha256sum --check` reads it
OUT/.partial/          while it is being made: parts, marks, segments and what has no final name yet

Files get their names when they are whole, and go to the disk in the order that suits the system: all of them are
flushed before export.json says that the export is complete. A mark is believed as far as the files that it names are
there with their sizes. After a run that didn't get to flush what it wrote they are held to their SHA-256 too.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import stat
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from bgfg.data_manifests.corpus.digest import sealed
from bgfg.data_manifests.corpus.manifest_file import EXPORT_FILE
from bgfg.data_manifests.files.atomic_write import clear_numbered, clear_partials, is_partial, replace_text
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.flush import flush_file_system
from bgfg.data_manifests.files.json_form import read_json
from bgfg.data_manifests.files.regular_file import UnfitFile
from bgfg.data_manifests.files.remove import remove_folder
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Progress, no_progress
from bgfg.synth.export.atomic_writer import SEGMENT, AtomicWriter, HashedFile, WrittenFile
from bgfg.synth.export.export_record import (
    EXPORT_FORMAT_NAME,
    EXPORT_FORMAT_VERSION,
    SIZES_KEY,
    SUMS_KEY,
    WrittenSizes,
    difference_of_records,
    misfit_of_record,
)  # fmt: skip
from bgfg.synth.export.marks import ExportMarks
from bgfg.synth.export.part import ExportPart
from bgfg.synth.formats.checksum_list import CHECKSUM_FILE, ListedFile, checksum_list_sha256, listed_files
from bgfg.synth.store.done_marks import PARTIAL_FOLDER
from bgfg.synth.store.lock import LOCK_FILE, writer_folder
from bgfg.synth.store.unflushed import flushed_at_the_end, torn


class ExportManifest:
    """The state of one export, kept in its folder: what it is of, which parts are done, which files they wrote.

    Attributes:
        out: The folder of the export.
        partial: Its folder of what isn't finished.
        parts: Folder of the definitions of its parts.
        segments: Folder of the pieces of larger files.
        marks: Its done marks.
        is_renewed: Whether the export was complete, but for files that aren't there any more or have other sizes.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.partial = out / PARTIAL_FOLDER
        self.is_renewed = False
        self.parts, self.segments = self.partial / "parts", self.partial / "segments"
        self.marks = ExportMarks(self.partial / "done")

    @contextmanager
    def open(self, head: dict[str, Any], progress: Progress = no_progress) -> Iterator[None]:
        """Hold the folder for writing an export, and go on with it if it was begun before.

        Args:
            head: What was asked of which corpus: what makes two exports the same.
            progress: Shows how far the check of what an unfinished run left is.

        Raises:
            Problem: The folder holds something else, or another process holds it.
        """
        self._require_own_folder()
        with writer_folder(self.out, "export"):
            begun = self._read()
            if begun is not None and (difference := difference_of_records(begun, head)):
                raise Problem(
                    f"{self.out}: holds another export ({difference}): choose another folder, or remove it", exit_code=2
                )
            self.is_renewed = begun is not None and bool(begun["complete"]) and not self._is_there(begun)
            if begun is None or self.is_renewed:
                self._save(head | {"complete": False})
            self.clear_leftovers()
            if self.complete():
                yield
            else:
                for folder in (self.parts, self.segments, self.marks.folder):
                    folder.mkdir(parents=True, exist_ok=True)
                self._unmark_torn(progress)
                with flushed_at_the_end(self.out, [self.marks.note]):
                    yield
            if self.complete():
                remove_folder(self.partial)
                (self.out / LOCK_FILE).unlink()

    def complete(self) -> dict[str, Any] | None:
        """Return the content of export.json if everything was written, else None."""
        content = self._read()
        return content if content is not None and content["complete"] else None

    @contextmanager
    def writer(self, part: int | None = None) -> Iterator[AtomicWriter]:
        """Give a process a place to write in until its files are whole.

        Args:
            part: The part that a worker writes, None in the parent.
        """
        # The executor tells by this name which parts a dead worker had in hand; no two writers have the same one.
        folder = self.partial / f"{'parent' if part is None else f'part-{part}'}.{secrets.token_hex(6)}"
        folder.mkdir(exist_ok=True)
        try:
            with self._writer_in(folder) as writer:
                yield writer
        finally:
            shutil.rmtree(folder)

    def load_part(self, number: int) -> ExportPart:
        """Return the definition of a part, which `save_parts` has written; raise Problem where it is damaged."""
        return ExportPart.load(self.parts, number)

    def save_parts(self, parts: Sequence[ExportPart], is_cluster: bool) -> None:
        """Write down the definitions of the parts, for the workers; is_cluster: whether of other machines."""
        for part in parts:
            part.save(self.parts)

    def path_of(self, file: str) -> Path:
        """Return the path of a file of the export that was written, to be read."""
        return self.out / file

    def segment(self, name: str) -> Path:
        """Return the path of a segment that was written, to be read."""
        return self.path_of((self.segments / name).relative_to(self.out).as_posix())

    def remove_segments(self, parts: Container[str]) -> None:
        """Remove the segments of some parts, by their numbers: the file that they were pieces of is there."""
        for segment in self.segments.iterdir():
            if segment.name.partition(".")[0] in parts:  # others may wait for their group
                segment.unlink()

    def clear_leftovers(self) -> None:
        """Remove what killed processes left behind."""
        clear_numbered(self.out / EXPORT_FILE)
        clear_partials(self.out)
        for folder in self.partial.glob("*.*"):
            shutil.rmtree(folder)

    def mark_done(self, name: str, written: Sequence[WrittenFile]) -> None:
        """Note that a part or a group is done.

        Args:
            name: The number of the part, or the name of the group.
            written: The files that were written for it.
        """
        self.marks.save(name, written)

    def done_names(self, with_segments: bool = True) -> set[str]:
        """Return the names of the parts and groups that are done: marked, and what the mark names is there.

        Args:
            with_segments: Whether segments have to be there too: they go once their group is done.
        """
        return {name for name in self.marks.names() if self._is_done(name, with_segments)}

    def _unmark_torn(self, progress: Progress) -> None:
        """Remove the marks whose files aren't as they were marked, where the last run didn't flush them."""
        if self.marks.note.exists():
            names = sorted(self.done_names(with_segments=False))
            for name in torn(names, self._is_whole, progress):
                self.marks.remove(name)

    def _is_done(self, name: str, with_segments: bool) -> bool:
        try:
            written = self.marks.read(name)
            return all(
                self._size_bytes(file) == size_bytes
                for kind, file, size_bytes, _ in written
                if with_segments or kind != SEGMENT
            )
        except (FileNotFoundError, ValueError):
            return False  # what a power cut left of the mark

    def _size_bytes(self, file: str) -> int | None:
        """Return the size of a file of the export; None where there is none, as of a name that can't be one.

        Raises:
            IsADirectoryError: A folder is in its place: no file could get that name, so that nothing is begun.
        """
        path = f"{self.out}/{file}"
        try:
            found = os.stat(path)
            if stat.S_ISDIR(found.st_mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
            return found.st_size
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return None
            raise

    def _is_whole(self, name: str) -> bool:
        """Say whether the files of a done part have their SHA-256; a segment may be gone, as it is once it was used."""
        there = ((self.out / file, kind, sha256) for kind, file, _, sha256 in self.marks.read(name))
        return all(file_sha256(path) == sha256 for path, kind, sha256 in there if kind != SEGMENT or path.exists())

    def _is_there(self, complete: dict[str, Any]) -> bool:
        """Say whether all files of a complete export are there, as many bytes of them as there were."""
        try:
            if checksum_list_sha256(self.out) != complete[SUMS_KEY]:
                return False
            sizes = WrittenSizes()
            for entry in listed_files(self.out):
                size_bytes = None if entry is None else self._size_bytes(entry.file)
                if entry is None or size_bytes is None:
                    return False
                sizes.add(entry.file, size_bytes)
        except (FileNotFoundError, UnfitFile):
            return False
        totals = complete["written"].values()
        files, bytes_ = (sum(total[of] for total in totals) for of in ("files", "bytes"))
        return (sizes.files, sizes.bytes, sizes.sha256) == (files, bytes_, complete.get(SIZES_KEY, sizes.sha256))

    def seal(self, head: dict[str, Any], names: Iterable[str]) -> None:
        """Gather the marks into SHA256SUMS and export.json: the export is complete.

        Args:
            head: What export.json is to say beside the files.
            names: Names of all marks, in the order of SHA256SUMS.
        """
        totals: dict[str, dict[str, int]] = {}
        temporary = self.partial / CHECKSUM_FILE
        sums, sizes = HashedFile(temporary), WrittenSizes()
        for kind, file, size_bytes, sha256 in self.marks.files(names):
            total = totals.setdefault(kind, {"files": 0, "bytes": 0})
            total["files"] += 1
            total["bytes"] += size_bytes
            sums.write(ListedFile(file, sha256).line)
            sizes.add(file, size_bytes)
        sums.close()
        temporary.replace(self.out / CHECKSUM_FILE)
        flush_file_system(self.out)
        digests = {SUMS_KEY: sums.sha256, SIZES_KEY: sizes.sha256}
        self._save(head | {"written": totals, **digests, "complete": True})

    def _save(self, content: dict[str, Any]) -> None:
        replace_text(self.out / EXPORT_FILE, json.dumps(sealed(content), indent=1) + "\n")

    def _read(self) -> dict[str, Any] | None:
        path = self.out / EXPORT_FILE
        try:
            content = read_json(path)
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise Problem(f"{path}: not readable as JSON ({error}): {self._told_by_sums}") from None
        if not isinstance(content, dict) or (content.get("format"), content.get("version")) != (
            EXPORT_FORMAT_NAME,
            EXPORT_FORMAT_VERSION,
        ):
            raise Problem(f"{path}: not the manifest of an export that this bgfg knows: choose another folder")
        if fault := misfit_of_record(content):
            raise Problem(f"{path}: damaged ({fault}): {self._told_by_sums}")
        return content

    @property
    def _told_by_sums(self) -> str:
        """What to do about an export whose export.json is lost, in words: what was asked of it, that alone says."""
        whole = f" (`sha256sum --check {CHECKSUM_FILE}` there says whether its files are whole)"
        is_finished = (self.out / CHECKSUM_FILE).is_file()
        return f"bring it back from a copy, or export into another folder{whole if is_finished else ''}"

    def _require_own_folder(self) -> None:
        if self.out.exists() and not self.out.is_dir():
            raise Problem(f"{self.out}: not a folder: choose another name", exit_code=2)
        if (self.out / EXPORT_FILE).exists():
            return
        # A run that was killed before it wrote anything may have left these.
        if there := {name for name in self._names_there() if name != LOCK_FILE and not is_partial(name)}:
            if there & {CHECKSUM_FILE, PARTIAL_FOLDER}:
                raise Problem(f"{self.out / EXPORT_FILE}: missing: {self._told_by_sums}", exit_code=2)
            raise Problem(f"{self.out}: not empty, and no export of bgfg: choose another folder", exit_code=2)

    def _names_there(self) -> Iterable[str]:
        """Return the names of what lies in the folder."""
        return os.listdir(self.out) if self.out.exists() else ()

    def _writer_in(self, folder: Path) -> AbstractContextManager[AtomicWriter]:
        """Give what writes files of the export, with a folder of its own for temporary ones."""
        return nullcontext(AtomicWriter(folder, self.out))
