"""Parts that corpus.json doesn't list: those of an extension that isn't whole yet, which can be given up."""

from __future__ import annotations

from pathlib import Path

from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.corpus.part_record import PARTS_FOLDER
from bgfg.data_manifests.files.flush import flush_folder
from bgfg.data_manifests.files.remove import remove_folder
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.plan.plan_folder import failing_calls_told
from bgfg.synth.store.done_marks import PARTIAL_FOLDER
from bgfg.synth.store.lock import writer_lock


def undo_extension(path: Path) -> str:
    """Give up the extension of a corpus that isn't whole yet: what is there of its parts goes, and nothing else.

    Args:
        path: The folder of the corpus.

    Returns:
        What was being added, in words; empty where nothing was.

    Raises:
        Problem: There is no corpus, or another process writes to it.
    """
    load_manifest(path / "manifest" / "corpus.json")  # before the lock, whose file no other folder gets
    with failing_calls_told(path), writer_lock(path):
        manifest = load_manifest(path / "manifest" / "corpus.json")
        listed = len(manifest.parts)
        if not (path / PARTS_FOLDER).is_dir():
            return ""
        try:
            added = manifest.with_pending_parts(path).geometry.describe_added(listed)
        except Problem:
            added = "parts whose plan is damaged"
        remove_folder(path / PARTIAL_FOLDER)
        remove_unlisted(path, listed)
        remove_folder(path / PARTIAL_FOLDER)
        if listed == 1:
            (path / PARTS_FOLDER).rmdir()
        return added


def remove_unlisted(path: Path, listed: int) -> None:
    """Take away what lies among the parts of a corpus and isn't one of the first so many.

    The first part of an extension makes the others count: it goes first, at one stroke.

    Args:
        path: The folder of the corpus, which has a folder of parts; the caller holds the writer lock.
        listed: How many parts are listed, that of the plan counted.
    """
    parts, gone = path / PARTS_FOLDER, path / PARTIAL_FOLDER / "gone"
    gone.mkdir(parents=True)
    kept = {str(number) for number in range(1, listed)}
    for entry in sorted(parts.iterdir()):
        if entry.name not in kept:
            entry.rename(gone / entry.name)
            flush_folder(parts)
