"""The plan of an import: which samples it has, and the manifest that follows, before a picture is decoded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from os.path import splitext
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.assets.classes import DEFAULT_LABEL, sorted_classes
from bgfg.data_manifests.corpus.digest import IMPORTED
from bgfg.data_manifests.corpus.geometry import CorpusGeometry, SampleList
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.files.checksum import array_sha256
from bgfg.data_manifests.files.flush import make_folder
from bgfg.data_manifests.files.remove import remove_folder
from bgfg.data_manifests.imports.coco_file import keep_annotations, write_annotations
from bgfg.data_manifests.imports.coco_samples import CocoSet
from bgfg.data_manifests.imports.foreign_set import ForeignSet
from bgfg.data_manifests.imports.source_files import SourceFiles
from bgfg.data_manifests.imports.source_tables import GROUP_ROWS, SOURCES_FILE, write_found
from bgfg.data_manifests.placement.multi_cutout import MAX_CUTOUTS_PER_SAMPLE, CutoutsPerSample
from bgfg.data_manifests.terminal.errors import Problem, counted, first_few, lines_by_reason
from bgfg.data_manifests.terminal.version import BGFG_VERSION
from bgfg.synth.compose.executor import Executor
from bgfg.synth.importing.begun import ANNOTATIONS_FILE, FOUND_FILE, BegunImport
from bgfg.synth.importing.coco_masks import MOST_OBJECTS, TOO_MANY
from bgfg.synth.importing.depth_coding import find_coding
from bgfg.synth.importing.frame import Frame
from bgfg.synth.importing.known_pictures import KnownPictures, prepare_known
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.importing.probe import Probed, frame_size, probe_samples
from bgfg.synth.importing.source_hashes import identified, source_paths
from bgfg.synth.store.done_marks import PARTIAL_FOLDER

# Pixels of a shard before they are compressed, about, and the fewest samples of one.
_SHARD_BYTES = 64_000_000
_LEAST_SAMPLES = 16
_UNKNOWN_DIGEST = 64 * "0"
_LIBRARIES = ("numpy", "pillow", "opencv-python-headless", "zstandard", "zarr")

_IF_NOT_MILLIMETRES = (
    ", which nothing here says: if they have another unit, give --depth-scale, and --inverse-depth where near is bright"
)


@dataclass(frozen=True)
class ImportPlan:
    """All that is known of an import before a picture of it is decoded.

    Attributes:
        begun: What workers need to know, with the manifest so far.
        found: The samples that can be used, and the backgrounds and cut-outs that are known of them.
        known: These backgrounds and cut-outs, brought to their sizes.
        notes: What was decided or passed over, in words.
    """

    begun: BegunImport
    found: ForeignSet
    known: KnownPictures
    notes: tuple[str, ...]


def plan_import(
    root: Path, path: Path, source: ForeignSet | CocoSet, options: ImportOptions, executor: Executor
) -> ImportPlan:
    """Decide what the samples of an import are, and all that is said of them.

    Args:
        root: The folder of the pictures.
        path: The folder of the corpus; what is found and can be used goes into its folder PARTIAL_FOLDER.
        source: What of the pictures is a sample.
        options: What is asked for.
        executor: What reads the files a first time.

    Raises:
        Problem: Pictures can't be used, or don't say what they mean.
    """
    coco = source if isinstance(source, CocoSet) else None
    everything = coco.found if coco is not None else cast(ForeignSet, source)
    table = path / PARTIAL_FOLDER / FOUND_FILE
    remove_folder(table.parent)  # what a killed import left
    make_folder(table.parent)
    write_found(table, everything.samples)
    count, annotations = len(everything.samples), table.with_name(ANNOTATIONS_FILE)
    objects = crowds = np.zeros(count, np.int64)
    if coco is not None:
        objects, crowds = write_annotations(annotations, coco.files, count)
    probed = probe_samples(root, table, count, options.skip_bad, executor, path)
    probed = _held_to_count(everything, probed, objects)
    kept = [number for number, each in enumerate(probed) if not each.error]
    found, left_out = _usable(everything, probed, kept, options)
    left = [probed[number] for number in kept]
    if left_out:
        write_found(table, found.samples)
        objects, crowds = objects[kept], crowds[kept]
        if coco is not None:
            keep_annotations(annotations, kept)
    size_px = frame_size(root, left, options)
    coding = find_coding(SourceFiles(root), found.samples, options, found.depth_scale_m)
    fits = options.size_px is not None
    known = prepare_known(root, found, Frame(*size_px, fits), executor.workers, executor.progress)
    several = any(sample.instance for sample in found.samples) or objects.max(initial=0) > 1
    classes = found.classes if coco is None else _classes(coco)
    manifest = _manifest(found, known, options, size_px, several)
    manifest = replace(
        manifest, left_out=left_out, classes=classes, teacher=None if coding is None else coding.teacher()
    )
    manifest = identified(manifest, found, [source_paths(sample) for sample in found.samples])
    categories = None
    if coco is not None:
        categories = {number: manifest.class_names.index(name) for number, name in coco.categories.items()}
    begun = BegunImport(path, root, fits, coding, categories, manifest)
    notes = *found.notes, *_decisions(found, left, begun, int(crowds.sum()), options), *_idle_options(found, options)
    return ImportPlan(begun, found, known, notes)


def _held_to_count(found: ForeignSet, probed: Sequence[Probed], objects: NDArray[np.int64]) -> list[Probed]:
    """Return what the first look gave, with the samples that have more objects than are kept among the bad ones."""
    held = list(probed)
    for number in np.flatnonzero(objects > MOST_OBJECTS).tolist():
        if not held[number].error:
            held[number] = Probed((0, 0), TOO_MANY, found.samples[number].image)
    return held


def _classes(coco: CocoSet) -> tuple[str, ...] | None:
    """Return the classes of COCO's categories in the order of their names; None where there is the usual one alone."""
    names = sorted_classes(coco.categories.values())
    return None if names in ((), (DEFAULT_LABEL,)) else names


def _usable(
    found: ForeignSet, probed: Sequence[Probed], kept: Sequence[int], options: ImportOptions
) -> tuple[ForeignSet, tuple[tuple[str, str], ...]]:
    """Return the samples that are kept, and what is left out; raise Problem unless that was asked for."""
    bad = [(sample.image, each) for sample, each in zip(found.samples, probed, strict=True) if each.error]
    if not bad:
        return found, ()
    if not options.skip_bad or not kept:
        raise Problem(*lines_by_reason((each.file, f"{each.error}: mend it, or pass --skip-bad") for _, each in bad))
    objects = None if found.objects is None else found.objects.of_kept(kept)
    usable = replace(found, samples=[found.samples[number] for number in kept], objects=objects)
    aside = tuple((image, each.error if each.file == image else f"{each.file}: {each.error}") for image, each in bad)
    return usable, aside


def _manifest(
    found: ForeignSet,
    known: KnownPictures,
    options: ImportOptions,
    size_px: tuple[int, int],
    several: bool,
) -> Manifest:
    """Return a manifest without digest, tables, splits and statistics; several: whether samples have objects."""
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
    return Manifest(
        geometry, IMPORTED, options.seed, options.split, _UNKNOWN_DIGEST,
        tables=dict.fromkeys(names, ""), prepared=prepared,
        versions={"bgfg": BGFG_VERSION} | {name: version(name) for name in _LIBRARIES},
        crowd=crowd,
        imported={"asked": options.record()},
    )  # fmt: skip


def _decisions(
    found: ForeignSet, probed: Sequence[Probed], begun: BegunImport, crowds: int, options: ImportOptions
) -> list[str]:
    """Say in words what was decided of the pictures."""
    g = begun.manifest.geometry
    notes = []
    other = sum(each.size_px != (g.height_px, g.width_px) for each in probed)
    if other:
        what = f"{counted(other, 'composite')} of other sizes"
        notes.append(f"{what} cropped about the centre to the aspect of {g.width_px}x{g.height_px}, and resized")
    called = [(sample.image.rpartition("/")[2], sample.name) for sample in found.samples]
    if renamed := [f"{file} as {name}" for file, name in called if splitext(file)[0] != splitext(name)[0]]:
        what = "composites have names of their own in the corpus, unlike each other and safe on every system"
        notes.append(f"{len(renamed):,} {what}: {first_few(renamed, 3)}")
    if crowds:
        notes.append(f"{counted(crowds, 'crowd region')} of COCO files left out: masks show nobody there")
    if begun.categories is not None:
        notes.append("masks are painted by COCO files, pixel by pixel: 0 or 255, without soft edges")
    if begun.depth is not None:
        without = sum(sample.depth is None for sample in found.samples)
        lacking = f"; {counted(without, 'sample')} without: unknown there" if without else ""
        is_told = any(each is not None for each in (options.depth_scale_m, options.inverse_depth, found.depth_scale_m))
        assumed = "" if is_told or begun.depth.scale_m is None else _IF_NOT_MILLIMETRES
        notes.append(f"{begun.depth.describe()}{assumed}{lacking}")
    if any(sample.split for sample in found.samples):
        notes.append("splits are those of the set")
    return notes


def _idle_options(found: ForeignSet, options: ImportOptions) -> Iterator[str]:
    """Say which options change nothing of what is there."""
    of_depth = (("--depth-scale", options.depth_scale_m), ("--inverse-depth", options.inverse_depth))
    given = [name if value is not False else "--no-inverse-depth" for name, value in of_depth if value is not None]
    if given and all(sample.depth is None for sample in found.samples):
        yield f"{' and '.join(given)}: nothing is changed by it, for there are no depth maps"
    usual = ImportOptions()
    of_splits = (("--split", options.split != usual.split), ("--seed", options.seed != usual.seed))
    given = [name for name, is_given in of_splits if is_given]
    if given and any(sample.split for sample in found.samples):
        yield f"{' and '.join(given)}: nothing is changed by it, for the splits are those of the set"
