"""The folder of a corpus when it is planned: what may be in it, and whether it holds this plan."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bgfg.data_manifests.assets.prepared_assets import Asset
from bgfg.data_manifests.corpus import asset_table
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.manifest_file import DamagedManifest, load_manifest, save_manifest
from bgfg.data_manifests.corpus.part_record import PARTS_FOLDER, PartRecord, part_folder
from bgfg.data_manifests.corpus.splits import parse_shares
from bgfg.data_manifests.files.failing_call import call_line, failed_path, is_link_to_nothing, link_line
from bgfg.data_manifests.files.flush import make_folder
from bgfg.data_manifests.objects.mirror_folders import names_in
from bgfg.data_manifests.terminal.errors import Problem, counted
from bgfg.synth.plan.differences import added_pictures, different_options, different_pictures
from bgfg.synth.plan.install import is_being_installed, restore_files
from bgfg.synth.plan.lost_manifest import is_store, manifest_again
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.corpus_card import card_files
from bgfg.synth.store.done_marks import PARTIAL_FOLDER
from bgfg.synth.store.lock import LOCK_FILE

# What a corpus consists of: everything that replacing a plan may remove.
CORPUS_ENTRIES = {LOCK_FILE, PARTIAL_FOLDER, "manifest", "data.zarr", "done", PARTS_FOLDER}

_NOUNS = ("background", "cut-out")


def require_plan_folder(path: Path) -> None:
    """Check that a corpus can be planned in a folder, which need not be there yet.

    Raises:
        Problem: There is something else that a plan would destroy.
    """
    if is_link_to_nothing(path):
        raise Problem(link_line(path), exit_code=2)
    if path.exists() and not path.is_dir():
        raise Problem(f"{path}: is a file; a corpus is a folder: give another name", exit_code=2)
    if (path / "manifest" / "corpus.json").exists() or is_being_installed(path):
        return
    there = names_in(path)
    own = {*CORPUS_ENTRIES, *card_files(path)} if is_store(path) else {LOCK_FILE, PARTIAL_FOLDER}
    strangers = sorted(there - own)
    if strangers:
        raise Problem(
            f"{path}: holds other things ({', '.join(strangers[:3])}) and no manifest/corpus.json: give an empty or a "
            "new folder",
            exit_code=2,
        )


@contextmanager
def failing_calls_told(path: Path) -> Iterator[None]:
    """Turn a call of the system that fails while the corpus `path` is planned into a Problem that names what failed."""
    try:
        yield
    except OSError as error:
        name = failed_path(error)
        if name is not None and PARTIAL_FOLDER not in Path(name).parts:
            raise Problem(call_line(error)) from error  # one of the pictures, or of what is there already
        line = f"{path}: can't be written ({error.strerror or error}): mend that and run it again"
        raise Problem(line) from error


def find_unchanged(path: Path, manifest: Manifest, assets: tuple[Asset, ...], replace: bool) -> Corpus | None:
    """Return the corpus that is there, where it is a sound one of this very plan; the caller holds the writer lock.

    Args:
        path: The folder of the corpus.
        manifest: The manifest of the plan.
        assets: The backgrounds and cut-outs of the plan.
        replace: Whether another corpus may be removed.

    Returns:
        The corpus, in which files of the plan that were lost or damaged were written again; None where there is none,
        or another one.

    Raises:
        Problem: Another corpus, or a damaged one, is there and may not be removed.
    """
    if not is_store(path) and not (path / "manifest" / "corpus.json").exists():
        return None
    try:
        written = _manifest_mended(path, manifest)
        corpus = _mended(path, manifest)
        corpus.mended = (*written, *corpus.mended)
    except Problem:
        if replace:
            return None
        raise
    there = corpus.manifest.until(corpus.manifest.plan_parts)  # what was added since is none of this plan
    tables = (part_folder(path, number) / "manifest" for number in range(there.plan_parts))
    rows = [row for table in tables for row in asset_table.read_assets(table / asset_table.ASSETS_FILE)]
    new_rows = [vars(asset) for asset in assets]
    if _same_rows(rows, new_rows) and _identity(there) == _identity(manifest):
        return corpus
    if not replace:
        if more := added_pictures(there, manifest, rows, new_rows):
            told = " and ".join(counted(count, noun) for count, noun in zip(more, _NOUNS, strict=True) if count)
            raise Problem(
                f"{path}: holds a corpus of these pictures without {told}: give --extend to add what is new, which "
                "keeps what is made, the same pictures to go on with it, another folder, or --replace to remove it and "
                "what was made of it",
                exit_code=2,
            )
        different = [
            *different_options(there, manifest),
            *different_pictures(there, manifest, rows, new_rows),
        ] or ["how this version of bgfg reads the pictures"]
        raise Problem(
            f"{path}: holds a corpus of another plan (different: {', '.join(different)}): give the same pictures and "
            "options to go on with it, another folder, or --replace to remove it and what was made of it",
            exit_code=2,
        )
    return None


def _manifest_mended(path: Path, manifest: Manifest) -> tuple[str, ...]:
    """Write corpus.json again where it is lost or damaged; return a line that says so.

    Raises:
        Problem: The new plan is another one, or corpus.json is of another version of bgfg.
    """
    file = path / "manifest" / "corpus.json"
    try:
        load_manifest(file)
        return ()
    except DamagedManifest:
        reason = "was damaged"
    except Problem:
        if file.exists():
            raise
        reason = "was missing"
    again = manifest_again(path, manifest)
    make_folder(file.parent)
    save_manifest(again, file)
    return (f"{file}: {reason}: written again",)


def _mended(path: Path, manifest: Manifest) -> Corpus:
    """Open a corpus that is sound, or becomes so by the files of the new plan, where that is the very same one.

    Raises:
        Problem: It is damaged, and the new plan is another one.
    """
    corpus = Corpus(path, mend=True)
    try:
        corpus.check_plan()
    except Problem:
        there = corpus.manifest.until(corpus.manifest.plan_parts)
        if [*map(_sealed, there.parts)] != [*map(_sealed, manifest.parts)]:
            raise
        mended = (*corpus.mended, *restore_files(path, manifest.parts))
        corpus = Corpus(path)
        corpus.check_plan()
        corpus.mended = mended
    return corpus


def _same_rows(rows: list[dict[str, Any]], new_rows: list[dict[str, Any]]) -> bool:
    """Say whether pictures are the same; one that was planned before may not say what its photos say of cameras."""
    if any(row["focal_px"] is not None for row in rows):
        return rows == new_rows
    return rows == [row | dict.fromkeys(asset_table.CAMERA_COLUMNS) for row in new_rows]


def _identity(manifest: Manifest) -> tuple[object, ...]:
    """Return what makes two plans the same, beside the rows of their pictures."""
    return (
        *(manifest.geometry, manifest.placement_rule, manifest.seed, manifest.digest),
        *(manifest.fov_deg, manifest.crowd, manifest.cutout_fixes, manifest.variety),
        parse_shares(manifest.split),  # shares are compared, not their spelling
        [part.prepared.get("background_depth") for part in manifest.parts],
    )


def _sealed(part: PartRecord) -> tuple[object, ...]:
    """Return what the files of a part are held to."""
    return part.digest, part.tables, part.prepared
