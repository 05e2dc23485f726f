"""Renaming of a tree to names of the grammar: proposed as a table, and applied to a copy."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

from bgfg.data_manifests.audit.linked_composites import (
    link_background_depths,
    link_composites,
    linked_names,
    named_together,
)
from bgfg.data_manifests.audit.names import name_writer_of
from bgfg.data_manifests.audit.numbers_from_one import names_from_one, recognise_from_zero
from bgfg.data_manifests.audit.picture_entry import BACKGROUND_DEPTH, PictureEntry
from bgfg.data_manifests.audit.tree import PictureTree
from bgfg.data_manifests.corpus.naming import Name, NameWriter
from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.files.csv_line import csv_line
from bgfg.data_manifests.files.flush import flush_file_system, flush_folder
from bgfg.data_manifests.files.origin import holds_nothing
from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.files.remove import remove_folder
from bgfg.data_manifests.terminal.errors import Problem, printable

RENAMES_FILE = "renames.csv"
RENAMED_FOLDER = "renamed"

_COLUMNS = ("old", "new", "why")
_HEADER = ",".join(_COLUMNS).encode()

_IN_ARCHIVES = "others of its set lie in archives and can't be renamed with it"
_NOT_ALL = "others of its set, which counts from 0, can't be renamed with it"
_LINK_LOST = "it is named by others or others by it, and not all of these can be renamed with it"
# The first bytes of the formats that the grammar has names for.
_SIGNATURES = ((b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"))


@dataclass(frozen=True)
class Rename:
    """A proposal for one file, its paths relative to the tree.

    Attributes:
        old: Path as it is.
        new: Path as it should be; empty where no renaming is possible.
        why: What deviates, or why it can't be renamed.
    """

    old: str
    new: str
    why: str


def propose_renames(tree: PictureTree) -> list[Rename]:
    """Propose a new name for each picture whose name deviates from the grammar; those in archives are left out.

    A name gets the suffix of what the file holds: turning a PNG into a JPEG is no renaming. Where two files would get
    the same name, even in two folders, neither is renamed: a name stands for one picture.
    """
    numbered = names_from_one([*tree, *tree.kinds[BACKGROUND_DEPTH]])  # depth maps go by the names of the backgrounds
    links = link_composites(tree.kinds)
    depths = link_background_depths(tree.kinds)
    named = numbered.names | linked_names(links, numbered.names)
    named |= {depth: numbered.names[background] for depth, background in depths.items()}
    there = {entry: name for entry, name in named.items() if (tree.root / entry.path).is_file()}
    names = name_writer_of(replace(tree, kinds=_with_names(tree, there)))
    wanted = {entry: _wanted(tree.root, entry, name, names) for entry, name in there.items()}
    moved = numbered.from_zero & there.keys()
    # Files that are no pictures keep their paths and take them from a renaming, too.
    kept: Counter[object] = Counter((*tree.outside, *tree.ignored))
    already = dict.fromkeys(moved, _IN_ARCHIVES) if numbered.from_zero - moved else {}
    linked = named_together(tree.kinds, links) | {*depths, *depths.values()}
    together = {entry for entry in linked if there.get(entry) is not None}
    if together != linked:
        already |= dict.fromkeys(together - already.keys(), _LINK_LOST)
    if linked:  # a cut-out and its mask have one number
        together |= {entry for entry in tree.kinds["fg_mask"] if there.get(entry) is not None}
    wholes = {_NOT_ALL: moved, _LINK_LOST: together}
    refused = _refused(wanted, there, wholes, kept, already)
    return [
        _rename(entry, new, refused.get(entry, ""), entry in moved)
        for entry, new in wanted.items()
        if entry.deviations or new != entry.path
    ]


def require_elsewhere(root: Path, out: Path) -> None:
    """Raise Problem where `out` lies within the tree, or a table there isn't one of renames."""
    if Path(os.path.realpath(out)).is_relative_to(os.path.realpath(root)):
        raise Problem(f"--fix-names {out}: lies within {root}: give a folder elsewhere", exit_code=2)
    table = out / RENAMES_FILE
    if not holds_nothing(table) and not (table.is_file() and _start(table, len(_HEADER)) == _HEADER):
        what = "would be written over, and isn't a table of renames"
        raise Problem(f"{table}: {what}: give --fix-names another folder, or move it away", exit_code=2)


def write_rename_table(renames: Sequence[Rename], out: Path) -> None:
    """Write the proposals to renames.csv in `out`; control characters are escaped, so that each is one line."""
    rows = (csv_line(printable(r.old), printable(r.new), printable(r.why)) for r in renames)
    out.mkdir(parents=True, exist_ok=True)
    replace_text(out / RENAMES_FILE, csv_line(*_COLUMNS) + "".join(rows))


def copy_renamed(tree: PictureTree, renames: Sequence[Rename], out: Path) -> int:
    """Copy a tree under its new names, with the table beside it; links aren't copied.

    The copy appears whole or not at all, after its table: whoever is stopped begins it again.

    Args:
        tree: The tree.
        renames: Proposals for its files.
        out: Folder for the copy, which is called `renamed`.

    Returns:
        Number of files; 0 where this very copy is there already.

    Raises:
        Problem: `out` lies within the tree, holds another copy, or takes two names for one.
    """
    final, partial = out / RENAMED_FOLDER, out / f".{RENAMED_FOLDER}.partial"
    require_elsewhere(tree.root, out)
    new_names = {rename.old: rename.new for rename in renames if rename.new}
    copies = {path: new_names.get(path, path) for path in _regular_files(tree)}
    if final.exists():
        if not _is_copied(tree.root, copies, final):
            raise Problem(f"{final}: is there already: remove it, or give --fix-names another folder", exit_code=2)
        return 0
    remove_folder(partial)  # of a run that was killed
    partial.mkdir(parents=True)
    for path, new in copies.items():
        target = partial / new
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():  # on a disk that takes upper and lower case for the same
            raise Problem(f"--fix-names {out}: {path} would replace another file there: give a folder on another disk")
        shutil.copyfile(tree.root / path, target)
    write_rename_table(renames, out)
    flush_file_system(out)
    partial.replace(final)
    flush_folder(out)
    return len(copies)


def _is_copied(root: Path, copies: Mapping[str, str], final: Path) -> bool:
    """Say whether a folder holds the copies of these files and nothing else, and none of them was changed since."""
    if {path.relative_to(final).as_posix() for path in final.rglob("*") if path.is_file()} != set(copies.values()):
        return False
    pairs = (((root / path).stat(), (final / new).stat()) for path, new in copies.items())
    return all(old.st_size == new.st_size and old.st_mtime_ns <= new.st_mtime_ns for old, new in pairs)


def _refused(
    wanted: Mapping[PictureEntry, str],
    names: Mapping[PictureEntry, Name | None],
    wholes: Mapping[str, AbstractSet[PictureEntry]],
    kept: Counter[object],
    already: Mapping[PictureEntry, str],
) -> dict[PictureEntry, str]:
    """Return, with a reason each, the renamings by which two files would get one path or stand for one picture.

    What is refused keeps its own path and name, of which another may have been in want: so it goes on until none is.

    Args:
        wanted: Picture -> the path that it should have.
        names: Picture -> the name that it should have.
        wholes: Pictures that are all renamed or none, by the reason: those whose numbers are counted from 0, for
            `bg_1` and `bg001` would be two backgrounds otherwise, and composites with what they are named by.
        kept: Paths of other files, which stay.
        already: Renamings that are refused for other reasons.
    """
    refused = dict(already)
    while True:
        claims = Counter(kept)
        for entry, new in wanted.items():
            path, name = (entry.path, entry.name) if entry in refused else (new, names[entry])
            claims.update(_claims(entry, path, name))
        found = {}
        for entry, new in wanted.items():
            # Whose depth map it is must be clear, too: that of one background.
            owners = claims["bg", _without_suffix(names[entry])] if entry.kind == BACKGROUND_DEPTH else 0
            most = max(owners, *(claims[claim] for claim in _claims(entry, new, names[entry])))
            if entry not in refused and new != entry.path and most > 1:
                found[entry] = f"{most} files would be called {new.rpartition('/')[2]}"
        for reason, whole in wholes.items():
            if whole & (found.keys() | refused.keys()):
                found = dict.fromkeys(whole - refused.keys(), reason) | found
        if not found:
            return refused
        refused |= found


def _claims(entry: PictureEntry, path: str, name: Name | None) -> tuple[object, ...]:
    """Return what a file takes from all others: its path, and the picture that it stands for."""
    return (path,) if name is None else (path, (entry.kind, _without_suffix(name)))


def _rename(entry: PictureEntry, new: str, refused: str, from_zero: bool) -> Rename:
    deviations = entry.deviations
    if from_zero:
        # `bg00.jpg` deviates as `bg01.jpg` does, though its number makes no name of the grammar by itself.
        again = recognise_from_zero(entry) if entry.name is None else None
        deviations = (*(again or entry).deviations, "numbered from 0")
    why = ", ".join(deviations) or "written otherwise than the others"
    if refused:
        return Rename(entry.path, "", f"{why}: {refused}")
    if new == entry.path:
        return Rename(entry.path, "", f"{why}: renaming can't mend that")
    return Rename(entry.path, new, why)


def _with_names(tree: PictureTree, named: dict[PictureEntry, Name | None]) -> dict[str, list[PictureEntry]]:
    return {kind: [e._replace(name=named.get(e, e.name)) for e in entries] for kind, entries in tree.kinds.items()}


def _without_suffix(name: Name | None) -> Name | None:
    return name and replace(name, suffix="")


def _wanted(root: Path, entry: PictureEntry, name: Name | None, names: NameWriter) -> str:
    if name is None:
        return entry.path
    file = names.write(replace(name, suffix=_suffix(root / entry.path, name.suffix)))
    return f"{entry.folder}/{file}" if entry.folder else file


def _suffix(path: Path, spelled: str) -> str:
    """Return the suffix of a file's format by its first bytes; its own suffix where that isn't JPEG or PNG."""
    start = _start(path, 8)
    spelled = spelled or path.suffix.lower().removeprefix(".")
    return next((suffix for signature, suffix in _SIGNATURES if start.startswith(signature)), spelled)


def _start(path: Path, size_bytes: int) -> bytes:
    with open_regular(path) as file:
        return file.read(size_bytes)


def _regular_files(tree: PictureTree) -> Iterator[str]:
    for path in (*(entry.path for some in tree.kinds.values() for entry in some), *tree.outside, *tree.ignored):
        if (tree.root / path).is_file() and not (tree.root / path).is_symlink():
            yield path
