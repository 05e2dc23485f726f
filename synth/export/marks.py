"""Done marks of an export: a file of JSON for each part or group, with the files that were written for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.files.json_form import Form, misfit, read_json
from bgfg.synth.export.atomic_writer import SEGMENT, WrittenFile
from bgfg.synth.store.unflushed import NOTE_FILE

# Kind, file, size in bytes and SHA-256 of each file.
_FORM: Form = [lambda entry: misfit(entry, list) == "" and [type(value) for value in entry] == [str, str, int, str]]


class ExportMarks:
    """The marks in a folder, each by its name: the number of a part, or the name of a group.

    Attributes:
        folder: The folder.
        note: The file in it that is there while what was marked isn't flushed yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.note = folder, folder / NOTE_FILE

    def path_of(self, name: str) -> Path:
        """Return the path of a mark."""
        return self.folder / f"{name}.json"

    def names(self) -> Iterator[str]:
        """Yield the names of the marks that are there, whatever they say."""
        return (path.stem for path in self.folder.glob("*.json") if not path.name.startswith("."))

    def save(self, name: str, written: Sequence[WrittenFile]) -> None:
        """Write a mark; it goes to the disk with the files that it names."""
        replace_text(self.path_of(name), json.dumps(written), durable=False)

    def read(self, name: str) -> list[WrittenFile]:
        """Return the files that a mark names.

        Raises:
            FileNotFoundError: There is no such mark.
            ValueError: A power cut left something else of it.
        """
        entries = read_json(self.path_of(name))
        if fault := misfit(entries, _FORM, "the mark"):
            raise ValueError(fault)
        return [WrittenFile(*entry) for entry in entries]

    def files(self, names: Iterable[str]) -> Iterator[WrittenFile]:
        """Yield the files that some marks name, in the order of the marks; segments are none."""
        return (written for name in names for written in self.read(name) if written.kind != SEGMENT)

    def remove(self, name: str) -> None:
        """Remove a mark: what it names is to be made anew."""
        self.path_of(name).unlink()
