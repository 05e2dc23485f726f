"""Imports a foreign set of pictures: it becomes a corpus of samples as they are, and what is known of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.assets.classes import DEFAULT_LABEL, sorted_classes
from bgfg.data_manifests.corpus.digest import IMPORTED, canonical_json
from bgfg.data_manifests.corpus.geometry import CorpusGeometry, SampleList
from bgfg.data_manifests.corpus.manifest import BEGUN_FOLDER, Manifest
from bgfg.data_manifests.files.checksum import array_sha256
from bgfg.data_manifests.files.flush import flush_file_system, make_folder
from bgfg.data_manifests.files.remove import remove_folder
from bgfg.data_manifests.imports.coco_file import AnnotationsBySample, write_annotations
from bgfg.data_manifests.imports.coco_samples import CocoSet, coco_files, coco_samples
from bgfg.data_manifests.imports.folder_samples import folder_samples
from bgfg.data_manifests.imports.foreign_set import ForeignSet
from bgfg.data_manifests.imports.imported_digest import imported_digest
from bgfg.data_manifests.imports.source_files import SourceFiles
from bgfg.data_manifests.imports.source_tables import GROUP_ROWS, SOURCES_FILE, write_found, write_sources
from bgfg.data_manifests.placement.multi_cutout import MAX_CUTOUTS_PER_SAMPLE, CutoutsPerSample
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, counted, lines_by_reason
from bgfg.data_manifests.terminal.version import BGFG_VERSION
from bgfg.synth.compose.executor import Executor, make_shards, statistics_of
from bgfg.synth.importing.begun import ANNOTATIONS_FILE, BegunImport
from bgfg.synth.importing.depth_coding import find_coding
from bgfg.synth.importing.finish import finish_import
from bgfg.synth.importing.frame import Frame
from bgfg.synth.importing.import_shard import import_shard
from bgfg.synth.importing.known_pictures import KnownPictures, prepare_known
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.importing.probe import Probed, frame_size, probe_samples
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import PARTIAL_FOLDER
from bgfg.synth.store.group import create_group
from bgfg.synth.store.layout import SHARDED_ARRAYS
from bgfg.synth.store.lock import writer_folder
from bgfg.synth.store.outputs import CORPUS, require_apart, require_no_strangers, require_place

# Pixels of a shard before they are compressed, about, and the fewest samples of one.
_SHARD_BYTES = 64_000_000
_LEAST_SAMPLES = 16
_BYTES_PER_PIXEL = 3.5  # of a sample on disk, about
_LIBRARIES = ("numpy", "pillow", "opencv-python-headless", "zstandard", "zarr")


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
    files = coco_files(source) if not options.coco else [source / file for file in options.coco]
    root = source.resolve()
    found = coco_samples(root, [root / file.relative_to(source) for file in files]) if files else folder_samples(source)
    with writer_folder(path):
        return _import_found(root, path, found, options, executor, replace_other)


def _import_found(
    root: Path,
    path: Path,
    found: ForeignSet | CocoSet,
    options: ImportOptions,
    executor: Executor,
    replace_other: bool,
) -> ImportResult:
    try:
        plan = _planned(root, path, found, options, executor)
        there = _unchanged(path, plan.begun.manifest, replace_other)
        if there is None:
            _begin(plan)
    finally:  # what is refused leaves nothing behind
        remove_folder(path / PARTIAL_FOLDER)
    if there is not None:
        remove_folder(path / BEGUN_FOLDER)  # of a run that was killed with its last step
        return ImportResult(there, plan.notes, unchanged=True)
    begun, corpus = plan.begun, plan.begun.corpus()
    work = partial(import_shard, path, begun.manifest.digest)
    _forget_shards_without_facts(begun, corpus)
    g = begun.manifest.geometry
    make_shards(corpus, begun.arrays, work, executor, lambda: _BYTES_PER_PIXEL * g.height_px * g.width_px)
    statistics = statistics_of(corpus, begun.arrays, corpus.shards)
    manifest = finish_import(begun, plan.found, plan.known, statistics, options, executor)
    return ImportResult(manifest, plan.notes)


@dataclass(frozen=True)
class _Plan:
    """All that is known of an import before a picture of it is decoded."""

    begun: BegunImport
    found: ForeignSet
    probed: list[Probed]
    known: KnownPictures
    notes: tuple[str, ...]


def _planned(root: Path, path: Path, source: ForeignSet | CocoSet, options: ImportOptions, executor: Executor) -> _Plan:
    coco = source if isinstance(source, CocoSet) else None
    everything = coco.found if coco is not None else cast(ForeignSet, source)
    table = path / PARTIAL_FOLDER / "found.parquet"
    remove_folder(table.parent)  # what a killed import left
    make_folder(table.parent)
    write_found(table, everything.samples)
    probed = probe_samples(root, table, len(everything.samples), executor, path)
    found, left, left_out = _usable(everything, probed, options)
    objects = np.zeros(0, np.int64)
    if coco is not None:
        objects, left = _with_annotations(table.with_name(ANNOTATIONS_FILE), coco, probed, left)
    size_px = frame_size(root, left, options)
    coding = find_coding(SourceFiles(root), found.samples, options, found.depth_scale_m)
    fits = options.size_px is not None
    known = prepare_known(root, found, Frame(*size_px, fits), executor.workers, executor.progress)
    several = any(sample.instance for sample in found.samples) or objects.max(initial=0) > 1
    classes = None if coco is None else _classes(coco)
    manifest = _manifest(found, left, known, options, size_px, several)
    manifest = replace(
        manifest, left_out=left_out, classes=classes, teacher=None if coding is None else coding.teacher()
    )
    categories = None
    if coco is not None:
        categories = {number: manifest.class_names.index(name) for number, name in coco.categories.items()}
    begun = BegunImport(path, root, fits, coding, categories, manifest)
    return _Plan(begun, found, left, known, (*found.notes, *_decisions(found, left, begun)))


def _with_annotations(
    path: Path, coco: CocoSet, probed: Sequence[Probed], left: Sequence[Probed]
) -> tuple[NDArray[np.int64], list[Probed]]:
    """Write the annotations of the samples that are left; return how many objects each has, and their hashes too."""
    kept = (number for number, each in enumerate(probed) if not each.error)
    new = {number: place for place, number in enumerate(kept)}
    files = [(file, {image: new[number] for image, number in ids.items() if number in new}) for file, ids in coco.files]
    objects = write_annotations(path, files, len(left))
    annotations = AnnotationsBySample(path)
    hashes = (hashlib.sha256(annotations.line(sample)).hexdigest() for sample in range(len(left)))
    return objects, [
        replace(each, hashes=(each.hashes[0], sha256, *each.hashes[2:]))
        for each, sha256 in zip(left, hashes, strict=True)
    ]


def _classes(coco: CocoSet) -> tuple[str, ...] | None:
    """Return the classes of COCO's categories in the order of their names; None where there is the usual one alone."""
    names = sorted_classes(coco.categories.values())
    return None if names in ((), (DEFAULT_LABEL,)) else names


def _usable(
    found: ForeignSet, probed: Sequence[Probed], options: ImportOptions
) -> tuple[ForeignSet, list[Probed], tuple[tuple[str, str], ...]]:
    """Return the samples that can be used; raise Problem where some can't, unless that was asked for."""
    bad = [(sample.image, each.error) for sample, each in zip(found.samples, probed, strict=True) if each.error]
    if not bad:
        return found, list(probed), ()
    kept = [(sample, each) for sample, each in zip(found.samples, probed, strict=True) if not each.error]
    if not options.skip_bad or not kept:
        raise Problem(*lines_by_reason((error, "mend it, or pass --skip-bad") for _, error in bad))
    samples, left = zip(*kept, strict=True)
    return replace(found, samples=samples), list(left), tuple(bad)


def _manifest(
    found: ForeignSet,
    probed: Sequence[Probed],
    known: KnownPictures,
    options: ImportOptions,
    size_px: tuple[int, int],
    several: bool,
) -> Manifest:
    """Return the manifest so far, without tables, splits and statistics; several: whether samples have objects."""
    backgrounds, cutouts = (sum(a.kind == kind for a in known.assets) for kind in ("background", "cutout"))
    per_shard = GROUP_ROWS
    while per_shard > _LEAST_SAMPLES and per_shard * size_px[0] * size_px[1] * 3 > _SHARD_BYTES:
        per_shard //= 2
    geometry = CorpusGeometry(
        backgrounds, cutouts, 1, *size_px, known.cutout_height_px, known.cutout_box_px,
        listed=SampleList(len(found.samples), per_shard),
    )  # fmt: skip
    crowd = CutoutsPerSample(1, MAX_CUTOUTS_PER_SAMPLE, 100) if several else None
    prepared = {name: array_sha256(pixels) for name, pixels in known.arrays.items()}
    names = ["assets.parquet", "samples.parquet", SOURCES_FILE, *(["instances.parquet"] if crowd else [])]
    digest = imported_digest(geometry, prepared, (each.hashes for each in probed), crowd is not None)
    return Manifest(
        geometry, IMPORTED, options.seed, options.split, digest,
        tables=dict.fromkeys(names, ""), prepared=prepared,
        versions={"bgfg": BGFG_VERSION} | {name: version(name) for name in _LIBRARIES},
        crowd=crowd,
        imported={"asked": options.record(), "sources_sha256": _sources_sha256(found, probed)},
    )  # fmt: skip


def _sources_sha256(found: ForeignSet, probed: Sequence[Probed]) -> str:
    """Return the SHA-256 of what belongs to what and of all files, by which an import knows itself again."""
    digest = hashlib.sha256()
    for each in (*found.samples, *found.backgrounds, *found.cutouts):
        digest.update(canonical_json(vars(each)))
    for seen in probed:
        digest.update(",".join(map(str, seen.hashes)).encode())
    return digest.hexdigest()


def _unchanged(path: Path, manifest: Manifest, replace_other: bool) -> Manifest | None:
    """Return the manifest of the corpus that is there whole, where it is of this very import; None where none is.

    Raises:
        Problem: There is another corpus, or the beginning of one, and it may not be removed.
    """
    there = _whole_manifest(path, replace_other)
    begun = _begun_manifest(path) if there is None else None
    if begun is not None and _is_same(begun, manifest):
        return None
    if there is not None and _is_same(there, manifest):
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
        return Manifest.load(path / "manifest" / "corpus.json")
    except Problem as problem:
        if problem.exit_code != 2 and not replace_other:
            raise
        return None


def _is_same(there: Manifest, manifest: Manifest) -> bool:
    return (there.digest, there.imported) == (manifest.digest, manifest.imported)


def _is_done(corpus: Corpus, array: str) -> bool:
    return array not in SHARDED_ARRAYS or corpus.done_shards(array) == set(corpus.shards)


def _begun_manifest(path: Path) -> Manifest | None:
    try:
        return Manifest.load(path / BEGUN_FOLDER / "corpus.json")
    except Problem:
        return None


def _begin(plan: _Plan) -> None:
    """Write what workers need to know, and the arrays without their samples; what is there of them is kept.

    What is begun is written down before the arrays are there: whoever finds arrays knows whose they are.
    """
    begun, partial_folder = plan.begun, plan.begun.path / PARTIAL_FOLDER
    if _begun_manifest(begun.path) != begun.manifest:
        for folder in (begun.path / "done", begun.path / "data.zarr", begun.folder / "facts"):
            remove_folder(folder)
    make_folder(begun.folder)
    write_found(begun.folder / "found.parquet", plan.found.samples)
    write_sources(begun.folder / SOURCES_FILE, plan.found.samples, [each.hashes for each in plan.probed])
    for file in partial_folder.glob(f"{ANNOTATIONS_FILE}*"):
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
            if not begun.has_facts(shard):
                (begun.path / "done" / array / f"{shard}.json").unlink()


def _decisions(found: ForeignSet, probed: Sequence[Probed], begun: BegunImport) -> list[str]:
    """Say in words what was decided of the pictures."""
    g = begun.manifest.geometry
    notes = []
    other = sum(each.size_px != (g.height_px, g.width_px) for each in probed)
    if other:
        what = f"{counted(other, 'composite')} of other sizes"
        notes.append(f"{what} cropped about the centre to the aspect of {g.width_px}x{g.height_px}, and resized")
    if begun.depth is not None:
        without = sum(sample.depth is None for sample in found.samples)
        lacking = f"; {counted(without, 'sample')} without: unknown there" if without else ""
        notes.append(f"{begun.depth.describe()}{lacking}")
    if any(sample.split for sample in found.samples):
        notes.append("splits are those of the folders")
    return notes
