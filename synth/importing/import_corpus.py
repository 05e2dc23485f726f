"""Imports a foreign set of pictures: it becomes a corpus of samples as they are, and what is known of them."""

from __future__ import annotations

import os
import secrets
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.manifest_file import BEGUN_FOLDER, load_manifest
from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.corpus.summary_counts import count_splits
from bgfg.data_manifests.files.flush import flush_file_system, make_folder
from bgfg.data_manifests.files.remove import remove_folder
from bgfg.data_manifests.imports.coco_samples import CocoSet, coco_files, coco_samples
from bgfg.data_manifests.imports.folder_samples import folder_samples
from bgfg.data_manifests.imports.foreign_set import ForeignSet
from bgfg.data_manifests.imports.source_tables import GROUP_ROWS
from bgfg.data_manifests.machine.garbage import collected_seldom
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command
from bgfg.synth.compose.executor import Executor
from bgfg.synth.compose.missing_shards import make_shards, statistics_of
from bgfg.synth.importing.begun import ANNOTATIONS_FILE, FOUND_FILE, BegunImport
from bgfg.synth.importing.finish import finish_import
from bgfg.synth.importing.identity_splits import note_on_empty
from bgfg.synth.importing.import_plan import ImportPlan, plan_import
from bgfg.synth.importing.import_shard import import_shard
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.importing.source_hashes import identified, iter_hashes, taken_hashes
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import PARTIAL_FOLDER
from bgfg.synth.store.group import create_group
from bgfg.synth.store.layout import SHARDED_ARRAYS
from bgfg.synth.store.lock import writer_folder
from bgfg.synth.store.outputs import CORPUS, require_apart, require_no_strangers, require_place

_BYTES_PER_PIXEL = 3.5  # of a sample on disk, about
_FILES_OF_A_PART = 4 * GROUP_ROWS  # composites, masks, depth maps, instances


@dataclass(frozen=True)
class ImportResult:
    """What an import came to.

    Attributes:
        manifest: The manifest of the corpus.
        notes: What was decided or passed over, in words.
        unchanged: Whether all of it was there before.
    """

    manifest: Manifest
    notes: tuple[str, ...]
    unchanged: bool = False


@collected_seldom()
def import_corpus(
    source: Path, path: Path, options: ImportOptions, executor: Executor, replace_other: bool = False
) -> ImportResult:
    """Import a folder of composites with masks.

    A killed import goes on, shard by shard, by the same call; the pixels depend on the files and options alone.

    Args:
        source: The folder, in any layout and naming that `bgfg audit` recognises.
        path: The folder of the corpus, made where it isn't there.
        options: What is asked for.
        executor: What runs the shards.
        replace_other: Whether another corpus that is there is removed.

    Returns:
        The corpus's manifest, and what was decided.

    Raises:
        Problem: Nothing is recognised, pictures can't be used or don't say what they mean, or another corpus is there.
    """
    require_place(path, "CORPUS", CORPUS)
    require_apart(path, "CORPUS", ("FOLDER", source))
    require_no_strangers(path, CORPUS, (BEGUN_FOLDER, PARTIAL_FOLDER, "data.zarr", "done", "manifest"))
    if executor.is_cluster:
        executor.path_for_workers(source)
    root = source.resolve()
    with executor.starting(import_shard.__module__) if _is_large(source, executor.workers) else nullcontext():
        found = _find(source, root, options, executor)
    with writer_folder(path):
        return _import_found(root, path, found, options, replace(executor, reads=(root,)), replace_other)


def _is_large(source: Path, workers: int) -> bool:
    """Say whether a folder has so many files that each worker will have a part of the samples."""
    files = (name for _, _, names in os.walk(source) for name in names)
    return next(islice(files, workers * _FILES_OF_A_PART, None), None) is not None


def _find(source: Path, root: Path, options: ImportOptions, executor: Executor) -> ForeignSet | CocoSet:
    files = coco_files(source) if not options.coco else [source / file for file in options.coco]
    if not files:
        return folder_samples(source)
    return coco_samples(root, [root / file.relative_to(source) for file in files], executor.progress)


def _import_found(
    root: Path,
    path: Path,
    found: ForeignSet | CocoSet,
    options: ImportOptions,
    executor: Executor,
    replace_other: bool,
) -> ImportResult:
    try:
        plan = plan_import(root, path, found, options, executor)
        there = _unchanged(plan, executor, replace_other)
        if there is None:
            _begin(plan)
    finally:  # what is refused leaves nothing behind
        remove_folder(path / PARTIAL_FOLDER)
    if there is not None:
        remove_folder(path / BEGUN_FOLDER)  # of a run that was killed with its last step
        return ImportResult(there, (*plan.notes, *_empty_splits(path)), unchanged=True)
    begun, corpus = plan.begun, plan.begun.corpus()
    work = partial(import_shard, path, root, begun.manifest.digest, secrets.token_hex(8))
    _forget_shards_without_facts(begun, corpus)
    g = begun.manifest.geometry
    make_shards(corpus, begun.arrays, work, executor, lambda: _BYTES_PER_PIXEL * g.height_px * g.width_px)
    statistics = statistics_of(corpus, begun.arrays, corpus.shards)
    manifest = finish_import(begun, plan.found, plan.known, statistics, options, executor)
    return ImportResult(manifest, (*plan.notes, *_empty_splits(path)))


def _empty_splits(path: Path) -> list[str]:
    """Say which splits of the corpus that was imported have no samples."""
    records = CorpusRecords.open(path)
    counts = {split: counted.samples for split, counted in count_splits(records).items()}
    return note_on_empty(counts, records.manifest.split)


def _unchanged(plan: ImportPlan, executor: Executor, replace_other: bool) -> Manifest | None:
    """Return the manifest of the corpus that is there whole, where it is of this very import; None where none is.

    Raises:
        Problem: There is another corpus, or the beginning of one, and it may not be removed.
    """
    path, manifest = plan.begun.path, plan.begun.manifest
    there = _whole_manifest(path, replace_other)
    begun = _begun_manifest(path) if there is None else None
    if begun is not None and _is_same(begun, manifest) and _is_as_taken(plan, executor):
        return None
    if there is not None and _is_same(there, _identified(plan, there, executor)):
        corpus = Corpus(path, mend=True)
        missing = [array for array in corpus.layouts if not _is_done(corpus, array)]
        if not missing:
            return there
        if not replace_other:
            again = f"{bgfg_command('import', '...', path, '--replace')} makes all of it again"
            raise Problem(f"{path}: shards of {missing[0]} are missing or damaged: restore them, or {again}")
    is_strange = (path / "data.zarr").exists() and not (path / BEGUN_FOLDER).is_dir()
    if (there or begun or is_strange) and not replace_other:
        raise Problem(
            f"{path}: holds another corpus, or the beginning of one (other files or options): give another folder, or "
            "--replace to remove it and what was made of it",
            exit_code=2,
        )
    for name in ("manifest", "done", "data.zarr"):  # the manifest first: no mix of two is ever a corpus
        remove_folder(path / name)
    return None


def _whole_manifest(path: Path, replace_other: bool) -> Manifest | None:
    """Return the manifest of the corpus that is there; raise Problem where it is damaged and may not be removed."""
    try:
        return load_manifest(path / "manifest" / "corpus.json")
    except Problem as problem:
        if problem.exit_code != 2 and not replace_other:
            raise
        return None


def _is_same(there: Manifest, manifest: Manifest) -> bool:
    return (there.digest, there.imported) == (manifest.digest, manifest.imported)


def _identified(plan: ImportPlan, there: Manifest, executor: Executor) -> Manifest:
    """Return the manifest of an import as its files make it; they are read where it may be that of a corpus."""
    manifest = plan.begun.manifest
    asked, geometry = (manifest.imported or {}).get("asked"), manifest.geometry
    if there.imported is None or (there.imported.get("asked"), there.geometry) != (asked, geometry):
        return manifest
    corpus = plan.begun.corpus()
    hashes = iter_hashes(plan.begun.root, plan.begun.path / PARTIAL_FOLDER, corpus, corpus.shards, executor)
    return identified(manifest, plan.found, [each for _, of_shard in hashes for each in of_shard])


def _is_as_taken(plan: ImportPlan, executor: Executor) -> bool:
    """Say whether the files of the shards that are done are those that they were made of."""
    begun, corpus = plan.begun, plan.begun.corpus()
    done = set.intersection(*(corpus.done_shards(array) for array in begun.arrays))
    taken = {shard: taken_hashes(facts) for shard in sorted(done) if (facts := begun.load_facts(shard)) is not None}
    now = iter_hashes(begun.root, begun.path / PARTIAL_FOLDER, corpus, list(taken), executor)
    return all(taken[shard] == hashes for shard, hashes in now)


def _is_done(corpus: Corpus, array: str) -> bool:
    return array not in SHARDED_ARRAYS or corpus.done_shards(array) == set(corpus.shards)


def _begun_manifest(path: Path) -> Manifest | None:
    try:
        return load_manifest(path / BEGUN_FOLDER / "corpus.json")
    except Problem:
        return None


def _begin(plan: ImportPlan) -> None:
    """Write what workers need to know, and the arrays without their samples; what is there of them is kept.

    What is begun is written down before the arrays are there: whoever finds arrays knows whose they are.
    """
    begun, partial_folder = plan.begun, plan.begun.path / PARTIAL_FOLDER
    if _begun_manifest(begun.path) != begun.manifest:
        for folder in (begun.path / "done", begun.path / "data.zarr", begun.folder / "facts"):
            remove_folder(folder)
    make_folder(begun.folder)
    for file in (partial_folder / FOUND_FILE, *partial_folder.glob(f"{ANNOTATIONS_FILE}*")):
        file.replace(begun.folder / file.name)
    begun.save()
    if not (begun.path / "data.zarr").exists():
        create_group(partial_folder / "data.zarr", begun.manifest, plan.known.arrays)
        flush_file_system(begun.path)
        (partial_folder / "data.zarr").rename(begun.path / "data.zarr")


def _forget_shards_without_facts(begun: BegunImport, corpus: Corpus) -> None:
    """Unmark shards whose facts a power cut has taken: they are read again."""
    for array in begun.arrays:
        for shard in corpus.done_shards(array):
            if begun.load_facts(shard) is None:
                (begun.path / "done" / array / f"{shard}.json").unlink()
