"""Renaming of a tree to names of the grammar: proposed as a table, and applied to a copy."""

from __future__ import annotations

import csv
import io
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bgfg.data_manifests.audit.names import name_writer_of
from bgfg.data_manifests.audit.picture_entry import BACKGROUND_DEPTH, PictureEntry
from bgfg.data_manifests.audit.tree import PictureTree
from bgfg.data_manifests.corpus.naming import Name, NameWriter
from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.terminal.errors import Problem, printable

RENAMES_FILE = "renames.csv"
RENAMED_FOLDER = "renamed"

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
    the same name, neither is renamed.
    """
    # Other conventions may count from 0: if any number of a kind is 0, all of them do.
    base = {kind: 0 if any(e.number == 0 for e in entries) else 1 for kind, entries in tree.kinds.items()}
    entries = [*tree, *tree.kinds[BACKGROUND_DEPTH]]  # which goes by the names of the backgrounds
    named = {entry: _named(entry, base[entry.kind]) for entry in entries if (tree.root / entry.path).is_file()}
    names = name_writer_of(replace(tree, kinds=_with_names(tree, named)))
    wanted = {entry: _wanted(tree.root, entry, name, names) for entry, name in named.items()}
    # Files that are no pictures keep their paths and take them from a renaming, too.
    taken = Counter(wanted.values()) + Counter((*tree.outside, *tree.ignored))
    return [_rename(entry, new, taken[new]) for entry, new in wanted.items() if entry.deviations or new != entry.path]


def write_rename_table(renames: Sequence[Rename], out: Path) -> None:
    """Write the proposals to renames.csv in `out`; control characters are escaped, so that each is one line."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(["old", "new", "why"])
    table.writerows([printable(r.old), printable(r.new), printable(r.why)] for r in renames)
    out.mkdir(parents=True, exist_ok=True)
    replace_text(out / RENAMES_FILE, text.getvalue())


def copy_renamed(tree: PictureTree, renames: Sequence[Rename], out: Path) -> int:
    """Copy a tree under its new names; links aren't copied. The copy appears whole or not at all.

    Args:
        tree: The tree.
        renames: Proposals for its files.
        out: Folder for the copy, which is called `renamed`.

    Returns:
        Number of files.

    Raises:
        Problem: `out` lies within the tree, or holds a copy already.
    """
    final, partial = out / RENAMED_FOLDER, out / f".{RENAMED_FOLDER}.partial"
    if out.resolve().is_relative_to(tree.root.resolve()):
        raise Problem(f"--fix-names {out}: lies within {tree.root}: give a folder elsewhere", exit_code=2)
    if final.exists():
        raise Problem(f"{final}: is there already: remove it, or give --fix-names another folder", exit_code=2)
    if partial.exists():  # of a run that was killed
        shutil.rmtree(partial)
    new_names = {rename.old: rename.new for rename in renames if rename.new}
    copied = 0
    for path in _regular_files(tree):
        target = partial / new_names.get(path, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(tree.root / path, target)
        copied += 1
    partial.replace(final)
    return copied


def _rename(entry: PictureEntry, new: str, claims: int) -> Rename:
    why = ", ".join(entry.deviations) or "written otherwise than the others"
    if new == entry.path:
        return Rename(entry.path, "", f"{why}: renaming can't mend that")
    if claims > 1:
        return Rename(entry.path, "", f"{why}: {claims} files would be called {new}")
    return Rename(entry.path, new, why)


def _named(entry: PictureEntry, base: int) -> Name | None:
    """Return the name that a picture should have; in other conventions its last number tells which one it is."""
    if entry.name is not None or entry.number is None:
        return entry.name
    if entry.kind == "bg":
        return Name("bg", background=entry.number - base)
    return Name(entry.kind, cutout=entry.number - base) if entry.kind in ("fg", "fg_mask") else None


def _with_names(tree: PictureTree, named: dict[PictureEntry, Name | None]) -> dict[str, list[PictureEntry]]:
    return {kind: [e._replace(name=named.get(e, e.name)) for e in entries] for kind, entries in tree.kinds.items()}


def _wanted(root: Path, entry: PictureEntry, name: Name | None, names: NameWriter) -> str:
    if name is None:
        return entry.path
    file = names.write(replace(name, suffix=_suffix(root / entry.path, name.suffix)))
    return f"{entry.folder}/{file}" if entry.folder else file


def _suffix(path: Path, spelled: str) -> str:
    """Return the suffix of a file's format by its first bytes; its own suffix where that isn't JPEG or PNG."""
    with path.open("rb") as file:
        start = file.read(8)
    spelled = spelled or path.suffix.lower().removeprefix(".")
    return next((suffix for signature, suffix in _SIGNATURES if start.startswith(signature)), spelled)


def _regular_files(tree: PictureTree) -> Iterator[str]:
    for path in (*(entry.path for some in tree.kinds.values() for entry in some), *tree.outside, *tree.ignored):
        if (tree.root / path).is_file() and not (tree.root / path).is_symlink():
            yield path
