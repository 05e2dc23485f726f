"""The renaming that a tree needs to be of the grammar: proposed as a table, and applied to a copy."""

from __future__ import annotations

import csv
import io
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bgfg.data_manifests.audit.names import names_of
from bgfg.data_manifests.audit.tree import BACKGROUND_DEPTH, Entry, Tree
from bgfg.data_manifests.corpus.manifest import write_whole
from bgfg.data_manifests.corpus.naming import Name, Names
from bgfg.data_manifests.terminal.errors import Problem, printable

TABLE = "renames.csv"
COPY = "renamed"

# The first bytes of the formats that the grammar has names for.
_SIGNATURES = ((b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"))


@dataclass(frozen=True)
class Rename:
    """A proposal for one file; paths relative to the tree. new: empty where there is none. why: what deviates, or what
    stands against it.
    """

    old: str
    new: str
    why: str


def propose(tree: Tree) -> list[Rename]:
    """Return a proposal for each picture whose name deviates from the grammar; those in archives are left out.

    A name keeps the suffix of what the file holds: turning a PNG into a JPEG is no renaming. Where two would get the
    same name, neither is renamed.
    """
    base = {kind: 0 if any(e.number == 0 for e in entries) else 1 for kind, entries in tree.kinds.items()}
    entries = [*tree, *tree.kinds[BACKGROUND_DEPTH]]  # which goes by the names of the backgrounds
    named = {entry: _named(entry, base[entry.kind]) for entry in entries if (tree.root / entry.path).is_file()}
    names = names_of(replace(tree, kinds=_with_names(tree, named)))
    wanted = {entry: _wanted(tree.root, entry, name, names) for entry, name in named.items()}
    taken = Counter(wanted.values()) + Counter(path for path in tree.ignored)
    return [_rename(entry, new, taken[new]) for entry, new in wanted.items() if entry.deviations or new != entry.path]


def write_table(renames: Sequence[Rename], out: Path) -> None:
    """Write OUT/renames.csv; control characters in names are escaped, so that every proposal is one line."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(["old", "new", "why"])
    table.writerows([printable(r.old), printable(r.new), printable(r.why)] for r in renames)
    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / TABLE, text.getvalue(), out)


def apply(tree: Tree, renames: Sequence[Rename], out: Path) -> int:
    """Copy the tree into OUT/renamed under the new names and return the number of files; links aren't copied.

    The copy appears whole or not at all. Raises Problem where OUT lies within the tree or holds a copy already.
    """
    final, partial = out / COPY, out / f".{COPY}.partial"
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


def _rename(entry: Entry, new: str, claims: int) -> Rename:
    why = ", ".join(entry.deviations) or "written otherwise than the others"
    if new == entry.path:
        return Rename(entry.path, "", f"{why}: renaming can't mend that")
    if claims > 1:
        return Rename(entry.path, "", f"{why}: {claims} files would be called {new}")
    return Rename(entry.path, new, why)


def _named(entry: Entry, base: int) -> Name | None:
    """Return the name that a picture should have; of other conventions the last number says which one it is."""
    if entry.name is not None or entry.number is None:
        return entry.name
    if entry.kind == "bg":
        return Name("bg", background=entry.number - base)
    return Name(entry.kind, cutout=entry.number - base) if entry.kind in ("fg", "fg_mask") else None


def _with_names(tree: Tree, named: dict[Entry, Name | None]) -> dict[str, list[Entry]]:
    return {kind: [e._replace(name=named.get(e, e.name)) for e in entries] for kind, entries in tree.kinds.items()}


def _wanted(root: Path, entry: Entry, name: Name | None, names: Names) -> str:
    if name is None:
        return entry.path
    file = names.write(replace(name, suffix=_suffix(root / entry.path, name.suffix)))
    return f"{entry.folder}/{file}" if entry.folder else file


def _suffix(path: Path, spelled: str) -> str:
    """Return the suffix of what a file holds, or the one it has where that isn't of the grammar's formats."""
    with path.open("rb") as file:
        start = file.read(8)
    spelled = spelled or path.suffix.lower().removeprefix(".")
    return next((suffix for signature, suffix in _SIGNATURES if start.startswith(signature)), spelled)


def _regular_files(tree: Tree) -> Iterator[str]:
    for path in (*(entry.path for entries in tree.kinds.values() for entry in entries), *tree.ignored):
        if (tree.root / path).is_file() and not (tree.root / path).is_symlink():
            yield path
