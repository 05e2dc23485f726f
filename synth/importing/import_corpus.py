"""Imports a foreign set of pictures: it becomes a corpus of samples as they are, and what is known of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from bgfg.data_manifests.corpus.digest import IMPORTED, canonical_json
from bgfg.data_manifests.corpus.geometry import CorpusGeometry, SampleList
from bgfg.data_manifests.corpus.manifest import BEGUN_FOLDER, Manifest
from bgfg.data_manifests.files.checksum import array_sha256
from bgfg.data_manifests.files.flush import flush_file_system, make_folder
from bgfg.data_manifests.files.remove import remove_folder
from bgfg.data_manifests.imports.folder_samples import folder_samples
from bgfg.data_manifests.imports.foreign_set import ForeignSample, ForeignSet
from bgfg.data_manifests.imports.imported_digest import imported_digest
from bgfg.data_manifests.imports.source_files import SourceFiles
from bgfg.data_manifests.imports.source_tables import GROUP_ROWS, SOURCES_FILE, write_found, write_sources
from bgfg.data_manifests.placement.multi_cutout import MAX_CUTOUTS_PER_SAMPLE, CutoutsPerSample
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, counted, lines_by_reason
from bgfg.data_manifests.terminal.version import BGFG_VERSION
from bgfg.synth.compose.executor import Executor, make_shards, statistics_of
from bgfg.synth.importing.begun import BegunImport
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
    found = folder_samples(source)
    with writer_folder(path):
        return _import_found(source.resolve(), path, found, options, executor, replace_other)


def _import_found(
    root: Path, path: Path, found: ForeignSet, options: ImportOptions, executor: Executor, replace_other: bool
) -> ImportResult:
    probed = _probed(root, path, found.samples, executor)
    found, probed, left_out = _usable(found, probed, options)
    size_px = frame_size(root, probed, options)
    fits = options.size_px is not None
    coding = find_coding(SourceFiles(root), found.samples, options, found.depth_scale_m)
    known = prepare_known(root, found, Frame(*size_px, fits), executor.workers, executor.progress)
    manifest = _manifest(found, probed, known, options, size_px, left_out)
    if coding is not None:
        manifest = replace(manifest, teacher=coding.teacher())
    begun = BegunImport(path, root, fits, coding, False, manifest)
    notes = [*found.notes, *_decisions(found, probed, begun)]
    there = _unchanged(path, manifest, replace_other)
    if there is not None:
        return ImportResult(there, tuple(notes), unchanged=True)
    _begin(begun, found.samples, probed, known)
    work = partial(import_shard, path, manifest.digest)
    corpus = begun.corpus()
    _forget_shards_without_facts(begun, corpus)
    per_sample = 3.5 * size_px[0] * size_px[1]
    make_shards(corpus, begun.arrays, work, executor, lambda: per_sample)
    statistics = statistics_of(corpus, begun.arrays, corpus.shards)
    return ImportResult(finish_import(begun, found, known, statistics, options, executor), tuple(notes))


def _probed(root: Path, path: Path, samples: Sequence[ForeignSample], executor: Executor) -> list[Probed]:
    """Look at all files; nothing is left of it in the folder of the corpus."""
    table = path / PARTIAL_FOLDER / "found.parquet"
    make_folder(table.parent)
    try:
        write_found(table, samples)
        return probe_samples(root, table, len(samples), executor, path)
    finally:
        remove_folder(table.parent)


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
    left_out: tuple[tuple[str, str], ...],
) -> Manifest:
    """Return the manifest so far: all but tables, splits and statistics."""
    backgrounds, cutouts = (sum(a.kind == kind for a in known.assets) for kind in ("background", "cutout"))
    per_shard = GROUP_ROWS
    while per_shard > _LEAST_SAMPLES and per_shard * size_px[0] * size_px[1] * 3 > _SHARD_BYTES:
        per_shard //= 2
    geometry = CorpusGeometry(
        backgrounds, cutouts, 1, *size_px, known.cutout_height_px, known.cutout_box_px,
        listed=SampleList(len(found.samples), per_shard),
    )  # fmt: skip
    crowd = CutoutsPerSample(1, MAX_CUTOUTS_PER_SAMPLE, 100) if any(s.instance for s in found.samples) else None
    prepared = {name: array_sha256(pixels) for name, pixels in known.arrays.items()}
    names = ["assets.parquet", "samples.parquet", SOURCES_FILE, *(["instances.parquet"] if crowd else [])]
    digest = imported_digest(geometry, prepared, (each.hashes for each in probed), crowd is not None)
    return Manifest(
        geometry, IMPORTED, options.seed, options.split, digest,
        tables=dict.fromkeys(names, ""), prepared=prepared,
        versions={"bgfg": BGFG_VERSION} | {name: version(name) for name in _LIBRARIES},
        left_out=left_out, crowd=crowd,
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
    if (there or begun or (path / "data.zarr").exists()) and not replace_other:
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


def _begin(
    begun: BegunImport, samples: Sequence[ForeignSample], probed: Sequence[Probed], known: KnownPictures
) -> None:
    """Write what workers need to know, and the arrays without their samples; what is there of them is kept."""
    before = _begun_manifest(begun.path)
    if before is None or before != begun.manifest or not (begun.path / "data.zarr" / "zarr.json").exists():
        for name in ("done", "data.zarr"):
            remove_folder(begun.path / name)
        remove_folder(begun.folder / "facts")
        making = begun.path / PARTIAL_FOLDER / "data.zarr"
        remove_folder(making.parent)
        make_folder(making.parent)
        create_group(making, begun.manifest, known.arrays)
        flush_file_system(begun.path)
        making.rename(begun.path / "data.zarr")
    make_folder(begun.folder)
    write_found(begun.folder / "found.parquet", samples)
    write_sources(begun.folder / SOURCES_FILE, samples, [each.hashes for each in probed])
    begun.save()


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
