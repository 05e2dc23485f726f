"""The content of export.json: what was asked of which corpus, and of what is complete, what was written."""

from __future__ import annotations

import hashlib
from typing import Any

from bgfg.data_manifests.corpus.digest import SEAL_KEY, is_sealed
from bgfg.data_manifests.files.json_form import Form, is_count, misfit
from bgfg.synth.export.request import completed_record

EXPORT_FORMAT_NAME = "bgfg-export"
EXPORT_FORMAT_VERSION = 1

# Keys of export.json: the digests of SHA256SUMS, and of the sizes of the files that it lists.
SUMS_KEY, SIZES_KEY = "sha256sums", "sizes_sha256"

# What export.json has to say; the second is added once the export is complete.
_EXPORT_FORM: Form = {
    "complete": bool,
    "asked": {"as": str, "image?": str, "depth_bits?": (int, None)},
    "corpus": {"digest": str, "samples?": is_count},
}
_COMPLETE_FORM: Form = {
    "samples?": is_count,
    "near_duplicates?": [[str]],
    "written": {str: {"files": is_count, "bytes": is_count}},
    SUMS_KEY: str,
    f"{SIZES_KEY}?": str,  # exports of before don't say it
}


def misfit_of_record(content: Any) -> str:
    """Say in a few words where the content of export.json isn't what it has to be; "" where it is.

    Its digest covers all that it says, but for exports of before, which have none.
    """
    if SEAL_KEY in content and not is_sealed(content):
        return "it isn't what its own SHA-256 says"
    found = misfit(content, _EXPORT_FORM)
    return found or (misfit(content, _COMPLETE_FORM) if content["complete"] else "")


def difference_of_records(begun: dict[str, Any], head: dict[str, Any]) -> str:
    """Return in which point two exports differ, empty if they are the same."""
    if begun.get("corpus") != head["corpus"]:
        return "of another corpus, or of another plan or teacher of it"
    asked = completed_record(begun.get("asked", {}))
    names = [name for name, value in head["asked"].items() if asked.get(name) != value]
    said = {name: (_said(name, head["asked"][name]), _said(name, asked.get(name))) for name in names}
    # Of options that one form has and the other hasn't, both may say nothing.
    differing = {name: words for name, words in said.items() if words[0] != words[1]} or said
    told = [f"{_flag(name)} {now} (was {before})" for name, (now, before) in differing.items()]
    return f"different: {', '.join(told)}" if told else ""


def _flag(name: str) -> str:
    """Return the name of the option on the command line."""
    return "--" + name.removesuffix("_bits").replace("_", "-")


def _said(name: str, value: Any) -> str:
    """Return the value of an option as it is given."""
    if value in (None, []):
        return "none" if name == "depth_bits" else "not given"
    if isinstance(value, bool):
        return "given" if value else "not given"
    if isinstance(value, list):
        return (":" if name == "samples" else ",").join(map(str, value))
    return str(value)


class WrittenSizes:
    """How many files an export has, of how many bytes, and a digest by which each has its own."""

    def __init__(self) -> None:
        self.files, self.bytes, self._hash = 0, 0, hashlib.sha256()

    def add(self, file: str, size_bytes: int) -> None:
        """Count a file."""
        self.files, self.bytes = self.files + 1, self.bytes + size_bytes
        self._hash.update(f"{size_bytes} {file}\n".encode("utf-8", "surrogateescape"))

    @property
    def sha256(self) -> str:
        """The hex SHA-256 of the sizes and names so far."""
        return self._hash.hexdigest()
