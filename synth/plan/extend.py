"""Extends a corpus: further pictures become a part of it, or two, whose samples are numbered on from those there are.

.partial/extension/1, 2   parts that are being written, which count for nothing yet
parts/1, parts/2 ...      parts that are whole, and so is their plan; `bgfg compose` and `bgfg label` make their shards,
                          and corpus.json lists them when nothing is left to be made
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bgfg.data_manifests.assets.prepared_assets import Asset
from bgfg.data_manifests.assets.source_pictures import SourcePictures, read_sources
from bgfg.data_manifests.audit.pixel_checks import check_alpha
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.corpus.part_record import PART_FILE, PARTS_FOLDER, PartRecord, part_folder
from bgfg.data_manifests.files.flush import flush_file_system, flush_folder, make_folder
from bgfg.data_manifests.files.remove import remove_folder
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, counted
from bgfg.data_manifests.terminal.progress import Progress, no_progress
from bgfg.synth.plan.drawing import Drawing
from bgfg.synth.plan.growing_corpus import GrowingCorpus
from bgfg.synth.plan.install import restore_part
from bgfg.synth.plan.lost_manifest import group_digest
from bgfg.synth.plan.options import ExtendOptions
from bgfg.synth.plan.plan_folder import failing_calls_told
from bgfg.synth.plan.unlisted_parts import remove_unlisted
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import PARTIAL_FOLDER
from bgfg.synth.store.lock import writer_lock
from bgfg.synth.store.outputs import require_apart


@dataclass(frozen=True)
class ExtendResult:
    """What extending gave.

    Attributes:
        before: The manifest of the corpus, as readers see it until the new parts are whole.
        manifest: What it will be then; the same as before where nothing is added.
        assets: The backgrounds and cut-outs that are added.
        left_out: (file, reason) of what isn't added.
        notes: What was noticed on the way.
        unchanged: Whether these very parts were planned already.
        warnings: What is wrong with pictures that are used all the same, a line each.
    """

    before: Manifest
    manifest: Manifest
    assets: tuple[Asset, ...]
    left_out: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    unchanged: bool
    warnings: tuple[str, ...] = ()


def extend_corpus(
    path: Path, options: ExtendOptions, replace: bool, workers: int, progress: Progress = no_progress
) -> ExtendResult:
    """Plan the parts by which a corpus is extended: new backgrounds with all cut-outs, then new cut-outs with all.

    What there is stays as it is, and so does what is read of it, until `bgfg compose` (and `bgfg label`, where the
    corpus has depth) have made all that is new.

    Args:
        path: The folder of the corpus.
        options: The pictures that are added.
        replace: Whether parts of another extension, which aren't whole yet, are removed.
        workers: Threads that read pictures, and processes that draw placements where that takes long.
        progress: Where progress is shown.

    Returns:
        The extension, new or as it was.

    Raises:
        Problem: Something that the user has to mend, in the pictures, the options or the folder.
    """
    inputs = (("--bg", options.bg), ("--fg", options.fg), ("--bg-depth", options.bg_depth))
    require_apart(path, "CORPUS", *inputs)
    manifest = load_manifest(path / "manifest" / "corpus.json")  # before the lock, whose file no other folder gets
    if manifest.is_imported:
        line = f"{path}: was imported, not planned: nothing says where further cut-outs would stand: plan a corpus"
        raise Problem(line, exit_code=2)
    with failing_calls_told(path), writer_lock(path):
        try:
            return _extend_locked(path, options, replace, Drawing(workers, progress))
        finally:
            with suppress(OSError):  # what went wrong before is what is told
                remove_folder(path / PARTIAL_FOLDER)


def _extend_locked(path: Path, options: ExtendOptions, replace: bool, drawing: Drawing) -> ExtendResult:
    corpus = Corpus(path, mend=True)
    damage = _first_damage(corpus)
    mended = corpus.mended
    if damage is not None:  # the same extension as before writes again what is lost of it
        corpus = Corpus(path, digest=corpus.manifest.parts[damage.part - 1].digest)
    sources = _read(corpus, options, drawing)
    growing = GrowingCorpus(corpus, options, drawing)
    folder = path / PARTIAL_FOLDER / "extension"
    remove_folder(folder.parent)
    growing.add("background", sources.backgrounds, folder)
    growing.add("cutout", sources.cutouts, folder)
    first = len(corpus.manifest.parts)
    new = growing.manifest.parts[first:]
    result = ExtendResult(
        before=corpus.manifest,
        manifest=growing.manifest,
        assets=growing.added,
        left_out=(*sources.left_out, *growing.left_out),
        notes=(*mended, *sources.notes, *_told_as_there(growing.there_already), *growing.remark_lines("note")),
        unchanged=not new,
        warnings=growing.remark_lines("warning"),
    )
    if new and all(_is_there(path, number, part) for number, part in enumerate(new, start=first)):
        restored = _restore(path, folder, new, first)
        return dataclasses.replace(result, notes=(*result.notes, *restored), unchanged=True)
    if damage is not None:
        raise damage.problem
    if new:
        _require_no_other(path, first, replace)
        _install(path, folder, range(first, first + len(new)))
    return result


def _told_as_there(count: int) -> list[str]:
    return [f"{counted(count, 'picture')} {'is' if count == 1 else 'are'} in the corpus already"] if count else []


@dataclass(frozen=True)
class _Damage:
    """What is wrong with the plan of a further part. part: its number."""

    part: int
    problem: Problem


def _first_damage(corpus: Corpus) -> _Damage | None:
    """Return what is wrong with the first part that was added and isn't sound.

    Raises:
        Problem: What the corpus was planned with isn't sound.
    """
    for part in corpus.parts:
        try:
            for check in part.plan_checks():
                check()
        except Problem as problem:
            if part.number < corpus.manifest.plan_parts:
                raise
            return _Damage(part.number, problem)
    return None


def _read(corpus: Corpus, options: ExtendOptions, drawing: Drawing) -> SourcePictures:
    """Read and prepare the new pictures as those of the corpus were."""
    g, has_depth = corpus.geometry, "background_depth" in corpus.manifest.prepared
    if options.bg is not None and has_depth and options.bg_depth is None:
        line = f"--bg {options.bg}: the backgrounds of {corpus.path} have depth maps: give --bg-depth DIR for these too"
        raise Problem(line, exit_code=2)
    if options.bg_depth is not None and not has_depth:
        line = f"--bg-depth {options.bg_depth}: the backgrounds of {corpus.path} have no depth maps: leave it out"
        raise Problem(line, exit_code=2)
    return read_sources(
        options.bg,
        options.fg,
        options.bg_depth,
        height_px=g.height_px,
        width_px=g.width_px,
        cutout_height_px=g.cutout_height_px,
        depth_scale_m=options.depth_scale_m,
        skip_bad=options.skip_bad,
        fix_cutouts=options.fix_cutouts or corpus.manifest.cutout_fixes is not None,
        classes=options.classes,
        check_cutout=check_alpha,  # planning says what `audit --full` says
        workers=drawing.workers,
        progress=drawing.progress,
    )


def _is_there(path: Path, number: int, part: PartRecord) -> bool:
    """Say whether a part of this very plan is there, be its files sound or not."""
    folder = part_folder(path, number)
    try:
        there = PartRecord.load(folder / "manifest" / PART_FILE)
    except FileNotFoundError:
        return False
    except ValueError:  # damaged: its group says which plan it was of
        return group_digest(folder) == part.digest
    same = ("digest", "extends", "added", "tables", "prepared", "cutout_fixes")
    return all(getattr(there, name) == getattr(part, name) for name in same)


def _restore(path: Path, folder: Path, new: Sequence[PartRecord], first: int) -> list[str]:
    """Write again what is lost or damaged of parts that are there; return a line for each file."""
    restored: list[str] = []
    for number, part in enumerate(new, start=first):
        target = part_folder(path, number)
        listed = [] if _has_record(target) else [PART_FILE]
        restored += restore_part(folder / str(number), target, (*part.tables, *listed), part.prepared)
    return restored


def _has_record(folder: Path) -> bool:
    try:
        PartRecord.load(folder / "manifest" / PART_FILE)
    except ValueError:
        return False
    return True


def _require_no_other(path: Path, first: int, replace: bool) -> None:
    """Raise Problem where another extension isn't whole yet, unless that is removed."""
    if replace or not (part_folder(path, first) / "manifest" / PART_FILE).exists():
        return
    manifest = load_manifest(path / "manifest" / "corpus.json")
    if added := manifest.with_pending_parts(path).geometry.describe_added(first):
        making = Corpus(path, pending=True).pending_step()
        raise Problem(
            f"{path}: is being extended by {added} already: run {making} to make them, give --replace to put this in "
            f"their place, or run {bgfg_command('plan', path, '--extend', '--undo')} to give them up",
            exit_code=2,
        )


def _install(path: Path, folder: Path, numbers: range) -> None:
    """Put parts in their places; what is there and isn't listed goes."""
    parts = path / PARTS_FOLDER
    make_folder(parts)
    remove_unlisted(path, numbers.start)
    flush_file_system(path)
    for number in reversed(numbers):
        (folder / str(number)).rename(parts / str(number))
        flush_folder(parts)
