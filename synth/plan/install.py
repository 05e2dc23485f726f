"""Puts a new plan in the place of what is there: whoever is stopped meanwhile, the next plan goes on with it.

.partial/plan      a plan that is being written, which counts for nothing yet
.partial/install   one that is whole and on the disk, and so is the plan: it is put in its place piece by piece
.partial/old       what it replaces
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from filecmp import cmp
from pathlib import Path

from bgfg.data_manifests.corpus.part_record import PART_FILE, PARTS_FOLDER, PartRecord, part_folder
from bgfg.data_manifests.files.flush import flush_file_system, flush_folder, make_folder
from bgfg.data_manifests.files.remove import remove_folder
from bgfg.synth.store.corpus_card import own_card_files
from bgfg.synth.store.done_marks import PARTIAL_FOLDER

# The manifest goes first and comes last, so that no mix of two plans is ever a corpus.
_GOES = ("manifest", "done", PARTS_FOLDER, "data.zarr")
_COMES = ("data.zarr", PARTS_FOLDER, "manifest")


def new_plan_folder(path: Path) -> Path:
    """Make the folder that the plan of a corpus is written to until it is whole; the caller holds the writer lock."""
    remove_folder(path / PARTIAL_FOLDER)
    (path / PARTIAL_FOLDER / "plan" / "manifest").mkdir(parents=True)
    return path / PARTIAL_FOLDER / "plan"


def install_plan(path: Path) -> None:
    """Put the plan in `new_plan_folder` in the place of what is there; the caller holds the writer lock."""
    partial = path / PARTIAL_FOLDER
    flush_file_system(path)
    (partial / "plan").rename(partial / "install")
    flush_folder(partial)
    finish_install(path)


def is_being_installed(path: Path) -> bool:
    """Say whether a plan is being put in its place, or was stopped in it."""
    return (path / PARTIAL_FOLDER / "install" / "manifest").exists()


def finish_install(path: Path) -> None:
    """Go on with an install that was stopped, if there is one; the caller holds the writer lock."""
    if not is_being_installed(path):
        return
    new, old = (path / PARTIAL_FOLDER / name for name in ("install", "old"))
    old.mkdir(exist_ok=True)
    if (new / _COMES[0]).exists():  # else all that was there has gone already
        for name in (*_GOES, *own_card_files(path)):
            if (path / name).exists():
                (path / name).rename(old / name)
        flush_folder(path)
    for name in _COMES:
        if (new / name).exists():
            (new / name).rename(path / name)
            flush_folder(path)


def restore_files(path: Path, parts: Sequence[PartRecord]) -> tuple[str, ...]:
    """Put files of the plan in `new_plan_folder` in the place of those that are lost or damaged in a corpus of it.

    Args:
        path: The folder of the corpus, of this very plan; the caller holds the writer lock.
        parts: The records of the parts of the plan.

    Returns:
        A line for each file that was put in its place.
    """
    plan, restored = path / PARTIAL_FOLDER / "plan", list[str]()
    for number, part in enumerate(parts):
        files = (*part.tables, *([PART_FILE] if number else []))
        restored += restore_part(part_folder(plan, number), part_folder(path, number), files, part.prepared)
    return tuple(restored)


def restore_part(new: Path, folder: Path, files: Iterable[str], arrays: Iterable[str]) -> tuple[str, ...]:
    """Put files of a plan in the place of those that are lost or damaged in a part of a corpus that is of this plan.

    Args:
        new: The plan; its files are used up.
        folder: The folder of the part; the caller holds the writer lock.
        files: Names of files in its folder `manifest`.
        arrays: Names of the prepared arrays.

    Returns:
        A line for each file that was put in its place.
    """
    restored = []
    flush_file_system(folder)
    for file, target in _files_of_plan(new, folder, files, arrays):
        if target.is_file() and cmp(target, file, shallow=False):
            continue
        reason = "was damaged" if target.is_file() else "was missing"
        make_folder(target.parent)
        file.replace(target)
        flush_folder(target.parent)
        restored.append(f"{target}: {reason}: written again")
    return tuple(restored)


def changed_files(path: Path, parts: Sequence[PartRecord]) -> list[Path]:
    """Return the files that are there and aren't those of the plan in `new_plan_folder`; see `restore_files`."""
    plan, found = path / PARTIAL_FOLDER / "plan", list[Path]()
    for number, part in enumerate(parts):
        files = _files_of_plan(part_folder(plan, number), part_folder(path, number), part.tables, part.prepared)
        found += [target for file, target in files if target.exists() and not cmp(target, file, shallow=False)]
    return found


def _files_of_plan(new: Path, folder: Path, names: Iterable[str], arrays: Iterable[str]) -> list[tuple[Path, Path]]:
    """Return files of the folder `manifest` and chunks of a plan, each with its place."""
    found = (sorted((new / "data.zarr" / array / "c").rglob("*")) for array in arrays)
    chunks = (file for each in found for file in each if file.is_file())
    return [(file, folder / file.relative_to(new)) for file in (*(new / "manifest" / name for name in names), *chunks)]


def clear_install(path: Path) -> None:
    """Remove what was written for a plan, or what it replaced, unless the next plan has to go on with it."""
    if not is_being_installed(path):
        remove_folder(path / PARTIAL_FOLDER)
