"""Class folders: the cut-outs of a folder whose sub-folders are their classes, or may be something else."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bgfg.data_manifests.images.listing import CUTOUT_NOTES, ignored_note, is_system_file, list_pictures, natural_key
from bgfg.data_manifests.terminal.errors import Problem, counted, first_few, folded, printable

# What sub-folders may be: classes; more cut-outs of the one class; or nothing that is meant.
SUBFOLDERS = ("classes", "merge", "ignore")

# Names by which sub-folders say that somebody split a set, not what its pictures show.
_SPLIT_WORDS = frozenset(("train", "training", "val", "valid", "validation", "dev", "test", "testing"))


@dataclass(frozen=True)
class ClassFolders:
    """How the folder of cut-outs is read.

    Attributes:
        subfolders: What its sub-folders are, one of SUBFOLDERS; None where that has to be plain from what is there:
            they are classes where no cut-out lies beside them, and their names say nothing else.
        label: Class of the cut-outs that no sub-folder gives one; None for the default.
    """

    subfolders: str | None = None
    label: str | None = None

    def list_cutouts(self, folder: Path) -> tuple[list[Path], list[str]]:
        """List the pictures of a folder, and of its sub-folders where they count.

        A folder whose name begins with `_` or `.` is never searched. What lies deeper belongs to the sub-folder that it
        is in; links to folders are followed in the folder itself and not deeper, so that no circle is.

        Args:
            folder: The folder of cut-outs.

        Returns:
            The files in natural order, class by class, and a note on each kind of thing that is ignored.

        Raises:
            Problem: What the sub-folders are isn't plain, and wasn't told (exit code 2).
        """
        if self.subfolders == "ignore":
            return list_pictures(folder)
        loose, notes = list_pictures(folder, with_subfolders=True)
        aside = [name for name in os.listdir(folder) if name.startswith("_") and os.path.isdir(folder / name)]
        if aside := [name for name in aside if name != CUTOUT_NOTES]:  # of bgfg itself nothing need be said
            notes.append(ignored_note(folder, "sub-folders that are put aside by a _", sorted(aside, key=natural_key)))
        below, empty, notes_below = dict[str, list[Path]](), list[str](), list[str]()
        for name in _subfolders(folder):
            paths, some_notes = list_below(folder / name)
            notes_below += some_notes
            if paths:
                below[name] = paths
            else:
                empty.append(name)
        notes += folded(notes_below, folder)
        if empty:
            notes.append(ignored_note(folder, "sub-folders without pictures", empty))
        if not below:
            if self.subfolders is not None:
                notes.append(printable(f"--subfolders {self.subfolders}: {folder} has no sub-folders with pictures"))
            return loose, notes
        if self.subfolders is None:
            self._require_plain(folder, loose, below)
        if self.subfolders == "merge":
            return sorted([*loose, *(path for paths in below.values() for path in paths)], key=_natural_path), notes
        if loose and self.label is None:
            line = f"there is no class for {_told(loose)} beside the sub-folders ({_listed(below)})"
            raise Problem(f"--fg {folder}: {line}: name it by --label NAME, or move them into one", exit_code=2)
        if self.label is not None and not loose:
            line = f"--label {self.label}: is no cut-out's class, for none lies beside the sub-folders of {folder}"
            notes.append(printable(line))
        return [*loose, *(path for name in sorted(below) for path in below[name])], notes

    def label_of(self, path: Path, folder: Path) -> str | None:
        """Return the class of a cut-out that `list_cutouts` found; None for the default."""
        relative = path.relative_to(folder)
        if len(relative.parts) == 1 or self.subfolders == "merge":
            return self.label
        return class_label(relative.parts[0])

    def _require_plain(self, folder: Path, loose: Sequence[Path], below: dict[str, list[Path]]) -> None:
        """Raise Problem where sub-folders may be something else than classes."""
        listed = _listed(below)
        reason = ""
        if self.label is not None and not loose:
            reason = f"--label {self.label} beside sub-folders {listed}, which name classes themselves"
        elif loose:
            reason = f"there are sub-folders ({listed}), and {_told(loose)} beside them"
        elif doubt := doubt_of_names(list(below)):
            reason = f"its sub-folders {listed} {doubt}"
        elif deep := [name for name, paths in below.items() if _is_nested(folder / name, paths)]:
            reason = f"no cut-outs lie in {_listed(deep)} itself, but deeper"
        if reason:
            raise Problem(
                f"--fg {folder}: {reason}: say what sub-folders are: --subfolders classes, merge (all of one class, "
                "which --label names) or ignore",
                exit_code=2,
            )


# Sub-folders are classes where that is plain.
PLAIN_FOLDERS = ClassFolders()


def doubt_of_names(names: Sequence[str]) -> str:
    """Return in words why sub-folders of such names may be no classes; "" where nothing speaks against it."""
    if len(names) > 1 and len({re.sub("[0-9]+", "0", name.casefold()) for name in names}) == 1:
        return "are told apart by numbers alone, as people or films are"
    if any(name.casefold() in _SPLIT_WORDS for name in names):
        return "are named like splits, which bgfg draws itself"
    return ""


def class_label(name: str) -> str:
    """Return the class that the name of a folder stands for: one spelling for all systems, and printable."""
    return printable(unicodedata.normalize("NFC", name))


def list_below(folder: Path) -> tuple[list[Path], list[str]]:
    """List the pictures of a folder and of all folders below in natural order, as `list_pictures` does."""
    found, notes, links = list[Path](), list[str](), list[str]()
    for parent, folders, _ in os.walk(folder, onerror=_raise):
        folders[:] = sorted(name for name in folders if not _is_aside(name))
        links += [
            str((Path(parent) / name).relative_to(folder)) for name in folders if (Path(parent) / name).is_symlink()
        ]
        paths, some_notes = list_pictures(Path(parent), with_subfolders=True)
        found += paths
        notes += some_notes
    if links:
        notes.append(ignored_note(folder, "links to folders, which are not followed this deep", links))
    return sorted(found, key=_natural_path), notes


def _subfolders(folder: Path) -> list[str]:
    names = (name for name in os.listdir(folder) if not _is_aside(name) and os.path.isdir(folder / name))
    return sorted(names, key=natural_key)


def _is_aside(name: str) -> bool:
    """Say whether a folder is none that a set consists of: hidden, of a system, or put aside by its name."""
    return is_system_file(name) or name.startswith("_")


def _is_nested(folder: Path, paths: Sequence[Path]) -> bool:
    """Say whether pictures lie in several folders below one, and none in itself: which level names classes?"""
    parents = {path.relative_to(folder).parts[0] for path in paths}
    return len(parents) > 1 and all(len(path.relative_to(folder).parts) > 1 for path in paths)


def _natural_path(path: Path) -> list[tuple[list[str | int], str]]:
    return [natural_key(part) for part in path.parts]


def _told(loose: Sequence[Path]) -> str:
    return f"{counted(len(loose), 'picture')} ({printable(first_few([path.name for path in loose], 3))})"


def _listed(names: Sequence[str] | dict[str, list[Path]]) -> str:
    return printable(first_few(list(names), 3))


def _raise(error: OSError) -> None:
    raise error
