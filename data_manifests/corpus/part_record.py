"""The record of one part of a corpus: what was planned in one go, and never changes after that.

The first part of a corpus lies in its own folder. What was added later lies in `parts/1`, `parts/2` ..., each with
tables, arrays and done marks of its own, in the same form. A part counts once corpus.json lists it; until then its
record is there in its own part.json alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bgfg.data_manifests.corpus.digest import (
    CORPUS_FORMAT_VERSION,
    EXTENDED_VERSION,
    IMPORTED_VERSION,
    SEAL_KEY,
    is_sealed,
    sealed,
)
from bgfg.data_manifests.corpus.geometry import AddedPictures
from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.files.json_form import Form, is_count, misfit, read_json

PART_FILE, PARTS_FOLDER = "part.json", "parts"
_PART_FORMAT = "bgfg-corpus-part"

_FORM: Form = {
    "extends": str, "digest": str, "backgrounds": is_count, "cutouts": is_count, "cutout_box_px": ([is_count], None),
    "tables": {str: str}, "prepared": {str: str}, "versions": {str: str}, "left_out": [[str]],
    "statistics": {"instances?": {"samples_with?": {str: is_count}, "fewer_than_drawn?": is_count}},
    "cutout_fixes?": {str: [str]}, "classes?": [str],
}  # fmt: skip


@dataclass(frozen=True)
class PartRecord:
    """What is recorded of a part when it is planned.

    Attributes:
        digest: Digest of the corpus up to this part.
        tables: File name -> SHA-256 of the file.
        prepared: Array name -> SHA-256 of its raw bytes.
        versions: Library -> version with which the part was planned.
        left_out: (file, reason) of what was left out.
        cutout_fixes: File of a cut-out -> what --fix-cutouts did to it; None without this option.
        added: The pictures that it brought; None of the first part.
        extends: Digest of the corpus before; empty of the first part.
        statistics: What was counted of its instances when it was planned, as in the manifest's statistics.
        is_imported: Whether it is all of an imported corpus.
        classes: Labels of the classes that came with it, numbered on from those there were.
        is_varied: Whether something varies in the corpus, which corpus.json says for all parts.
    """

    digest: str
    tables: Mapping[str, str]
    prepared: Mapping[str, str]
    versions: Mapping[str, str]
    left_out: tuple[tuple[str, str], ...] = ()
    cutout_fixes: Mapping[str, tuple[str, ...]] | None = None
    added: AddedPictures | None = None
    extends: str = ""
    statistics: Mapping[str, Any] = field(default_factory=dict)
    is_imported: bool = False
    classes: tuple[str, ...] = ()
    is_varied: bool = False

    @property
    def version(self) -> int:
        """Version of the format that its arrays are marked with."""
        if self.is_imported:
            return IMPORTED_VERSION
        return EXTENDED_VERSION if self.extends or self.is_varied else CORPUS_FORMAT_VERSION

    def to_dict(self) -> dict[str, Any]:
        """Return what corpus.json says of a further part.

        Raises:
            ValueError: It is the first part, of which corpus.json says it elsewhere.
        """
        if self.added is None:
            raise ValueError("the first part of a corpus extends nothing")
        elsewhere = ("added", "cutout_fixes", "is_imported", "classes", "is_varied")
        rest = {name: value for name, value in asdict(self).items() if name not in elsewhere}
        content = asdict(self.added) | rest | {"left_out": [list(pair) for pair in self.left_out]}
        content["cutout_box_px"] = list(self.added.cutout_box_px) if self.added.cutout_box_px else None
        if self.cutout_fixes is not None:
            content["cutout_fixes"] = {file: list(done) for file, done in self.cutout_fixes.items()}
        if self.classes:
            content["classes"] = list(self.classes)
        return content

    @classmethod
    def from_dict(cls, content: Any) -> PartRecord:
        """Return the record that `to_dict` gave; raise ValueError where it is none."""
        if fault := misfit(content, _FORM, "a part"):
            raise ValueError(fault)
        box_px, fixes = content["cutout_box_px"], content.get("cutout_fixes")
        if box_px is not None and len(box_px) != 2:
            raise ValueError(f"cutout_box_px is {box_px!r}")
        if any(len(pair) != 2 for pair in content["left_out"]):
            raise ValueError(f"left_out is {content['left_out']!r}")
        added = AddedPictures(content["backgrounds"], content["cutouts"], tuple(box_px) if box_px else None)
        return cls(
            digest=content["digest"],
            tables=content["tables"],
            prepared=content["prepared"],
            versions=content["versions"],
            left_out=tuple((file, reason) for file, reason in content["left_out"]),
            cutout_fixes=None if fixes is None else {file: tuple(done) for file, done in fixes.items()},
            added=added,
            extends=content["extends"],
            statistics=content["statistics"],
            classes=tuple(content.get("classes", ())),
        )

    def save(self, path: Path) -> None:
        """Write part.json, whole or not at all, with the SHA-256 of its own content in it."""
        content = {"format": _PART_FORMAT, "version": EXTENDED_VERSION} | self.to_dict()
        replace_text(path, json.dumps(sealed(content), indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, path: Path) -> PartRecord:
        """Read part.json.

        Raises:
            OSError: It can't be read.
            ValueError: It isn't what bgfg wrote.
        """
        content = read_json(path)
        if not isinstance(content, dict) or not is_sealed(content):
            raise ValueError("its seal doesn't match its content")
        head = {"format": _PART_FORMAT, "version": EXTENDED_VERSION, SEAL_KEY: content[SEAL_KEY]}
        if {name: content.pop(name, None) for name in head} != head:
            raise ValueError("of another format or version")
        return cls.from_dict(content)


def part_folder(corpus: Path, part: int) -> Path:
    """Return the folder of a part of a corpus, by its number."""
    return corpus / PARTS_FOLDER / str(part) if part else corpus
