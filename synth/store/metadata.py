"""The zarr.json of a corpus: its manifest has all that they say, so that what is lost of them is made again from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bgfg.data_manifests.corpus.digest import CORPUS_FORMAT
from bgfg.data_manifests.files.atomic_write import replace_bytes
from bgfg.data_manifests.files.flush import make_folder
from bgfg.data_manifests.files.json_form import read_json
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command
from bgfg.synth.store.corpus_part import CorpusPart
from bgfg.synth.store.group import group_attributes, group_metadata_bytes
from bgfg.synth.store.layout import ArrayLayout, accepted_dimensions, metadata_bytes
from bgfg.synth.store.stored_array import DamagedMetadata, first_words, open_array

if TYPE_CHECKING:
    from zarr.storage import MemoryStore

METADATA_FILE = "zarr.json"


@dataclass(frozen=True)
class MetadataFault:
    """What is wrong with a zarr.json.

    Attributes:
        array: Name of the array; empty for the group itself.
        path: The file.
        reason: What is wrong with it, in words.
        content: What bgfg writes there.
        error: The call by which it couldn't be read, so that nothing can be said of it; None where it was.
    """

    array: str
    path: Path
    reason: str
    content: bytes
    error: OSError | None = None

    def require_read(self) -> None:
        """Raise OSError where the file couldn't be read: it may be sound, and is never written again for that."""
        if self.error is not None:
            raise self.error

    def mend(self) -> str:
        """Write the file again; return a line that says so. The caller holds the writer lock."""
        self.require_read()
        make_folder(self.path.parent)
        for leftover in self.path.parent.glob("zarr.*.partial"):  # of bgfg before, by zarr-python's own naming
            leftover.unlink()
        replace_bytes(self.path, self.content)
        return f"{self.path}: {self.reason}: written again"


def metadata_faults(part: CorpusPart, strict: bool = False) -> Iterator[MetadataFault]:
    """Yield what is wrong with the zarr.json of a part of a corpus.

    Args:
        part: The part.
        strict: Whether they have to be as bgfg writes them, and not only to be read as such.

    Raises:
        Problem: The group is of another plan than the manifest.
    """
    folder = part.path / "data.zarr"
    expected = group_metadata_bytes(part.record)
    stored, reason, error = _read(folder / METADATA_FILE)
    if stored is not None:
        _require_same_plan(part, stored)
        reason = _misfit_of_group(stored, json.loads(expected), strict)
    if reason:
        yield MetadataFault("", folder / METADATA_FILE, reason, expected, error)
    for name, layout in part.layouts.items():
        path = folder / name / METADATA_FILE
        stored, reason, error = _read(path)
        if stored is not None:
            reason = _misfit_of_array(stored, layout, strict)
        if reason:
            yield MetadataFault(name, path, reason, metadata_bytes(layout), error)


def require_same_plan(part: CorpusPart) -> None:
    """Raise Problem where the group says that it is another corpus's; see `metadata_faults`."""
    stored, _, _ = _read(part.path / "data.zarr" / METADATA_FILE)
    if stored is not None:
        _require_same_plan(part, stored)


def _read(path: Path) -> tuple[dict[str, Any] | None, str, OSError | None]:
    """Return the content of a zarr.json, or None and why there is none, and the call that failed, if one did."""
    try:
        stored = read_json(path)
    except (FileNotFoundError, NotADirectoryError):
        return None, "missing", None
    except ValueError as error:
        is_empty = path.is_file() and not path.stat().st_size
        return None, "empty" if is_empty else f"can't be read ({error})", None
    except OSError as error:
        return None, f"can't be read ({error.strerror})", error
    return (stored, "", None) if isinstance(stored, dict) else (None, "not the metadata of Zarr", None)


def _require_same_plan(part: CorpusPart, stored: Mapping[str, Any]) -> None:
    """Raise Problem where the group says that it is another corpus's: what lies beside it may be too."""
    said, expected = stored.get("attributes"), group_attributes(part.record)
    if not isinstance(said, dict) or said.get("format") != CORPUS_FORMAT:
        return
    different = [name for name in ("version", "digest") if said.get(name) != expected[name]]
    if different:
        told = ", ".join(f"{name} {said.get(name)!r}, not {expected[name]!r}" for name in different)
        again = bgfg_command("compose", part.corpus)
        raise Problem(
            f"{part.path / 'data.zarr'}: not of the plan in the manifest ({told}): bring back what belongs together; "
            f"where nothing but its {METADATA_FILE} is of another plan, remove that, and {again} writes it again"
        )


def _misfit_of_group(stored: Mapping[str, Any], expected: Mapping[str, Any], strict: bool) -> str:
    if stored == expected:
        return ""
    names = stored.keys() | expected.keys() if strict else expected.keys()
    return _changed(name for name in names if stored.get(name) != expected.get(name)) or _unreadable_group(stored)


def _unreadable_group(stored: Mapping[str, Any]) -> str:
    """Return why zarr-python can't read a group of these metadata: it takes no key that it doesn't know."""
    import zarr

    try:
        zarr.open_group(_store_of("", stored), mode="r")
    except Exception as error:  # of any kind, since it takes metadata for what they should be
        return f"can't be read ({first_words(error)})"
    return ""


def _misfit_of_array(stored: Mapping[str, Any], layout: ArrayLayout, strict: bool) -> str:
    expected = json.loads(metadata_bytes(layout))
    if stored.get("dimension_names") in [list(names) for names in accepted_dimensions(layout)]:
        expected["dimension_names"] = stored["dimension_names"]
    if stored == expected:
        return ""
    try:
        _require_read_as(stored, layout)
    except DamagedMetadata as error:
        return str(error)
    names = stored.keys() | expected.keys()
    return _changed(name for name in names if stored.get(name) != expected.get(name)) if strict else ""


def _require_read_as(stored: Mapping[str, Any], layout: ArrayLayout) -> None:
    """Raise DamagedMetadata where zarr-python would read another array by these metadata."""
    import zarr

    store = _store_of(f"{layout.name}/", stored)
    try:
        open_array(zarr.create_group(store), layout)
    except KeyError:
        raise DamagedMetadata("not the metadata of an array") from None


def _store_of(folder: str, stored: Mapping[str, Any]) -> MemoryStore:
    """Return a store in which a folder has these metadata."""
    from zarr.core.buffer import default_buffer_prototype
    from zarr.storage import MemoryStore

    buffer = default_buffer_prototype().buffer
    return MemoryStore({f"{folder}{METADATA_FILE}": buffer.from_bytes(json.dumps(stored).encode())})


def _changed(names: Iterator[str]) -> str:
    different = ", ".join(sorted(names))
    return f"changed by hand, {different} aren't as bgfg writes them" if different else ""
