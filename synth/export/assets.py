"""Backgrounds and cut-outs as files, and the rows of instances, which an export has beside its samples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.instances import INSTANCE_SCHEMA, INSTANCES_FILE, InstanceTable
from bgfg.data_manifests.corpus.varied_samples import DISTRACTORS_FILE, DistractorTable
from bgfg.data_manifests.files.csv_line import csv_line
from bgfg.data_manifests.placement.sample_index import Strip
from bgfg.synth.export.atomic_writer import AtomicWriter
from bgfg.synth.export.format import ExportJob, SampleIndices
from bgfg.synth.store.corpus import Corpus


def background_files(job: ExportJob, samples: SampleIndices) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the file of every background of the samples."""
    for b in backgrounds_of(job, samples):
        yield str(job.reader.background_file_name(b)), job.encoder.image(job.corpus.read("background", b))


def cutout_files(job: ExportJob, samples: SampleIndices) -> Iterator[tuple[int, str, bytes]]:
    """Yield number, name and content of the file of every cut-out of the samples, ascending.

    A cut-out and its flip come together, at the size at which they are prepared, whichever of them the samples show.
    """
    for number, rgba in _cutouts(job, samples):
        yield number, str(job.reader.cutout_file_name(number)), job.encoder.cutout(rgba)


def cutout_mask_files(job: ExportJob, samples: SampleIndices) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the file of the mask of every cut-out of the samples, as `cutout_files` does."""
    for number, rgba in _cutouts(job, samples):
        yield job.reader.cutout_mask_name(number), job.encoder.mask(rgba[..., 3].copy())


def _cutouts(job: ExportJob, samples: SampleIndices) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yield number and pixels, (h, w, 4), of every cut-out of the samples, flips included."""
    each = _pictures_of_one(job)
    for c in cutouts_of(job, samples):
        together = job.corpus.read("cutout", slice(each * c, each * c + each))
        for number, rgba in enumerate(together, start=each * c):
            height_px, width_px = job.corpus.cutout_sizes_px[number]
            yield number, np.ascontiguousarray(rgba[:height_px, :width_px])


def _pictures_of_one(job: ExportJob) -> int:
    """Return how many pictures each cut-out has: planning made a flip of it, importing takes all as they are."""
    return 1 if job.corpus.geometry.listed else 2


def instance_tables(job: ExportJob, samples: SampleIndices) -> Iterator[InstanceTable]:
    """Yield the rows of instances.parquet of ascending samples, some at a time; only of crowded corpora."""
    for strip, _ in strips_of(job, samples):
        table = InstanceTable.read(job.corpus.table_path(INSTANCES_FILE, strip.part), strip, job.corpus.classes)
        yield table.of_samples(samples)


def write_camera_list(job: ExportJob, samples: SampleIndices, writer: AtomicWriter) -> None:
    """Write cameras.csv: the intrinsics of the cameras of the samples' backgrounds, as far as they are known."""
    backgrounds = backgrounds_of(job, samples)
    known = [(b, camera["focal_px"]) for b in backgrounds if (camera := job.camera_of(b))]
    if not known:
        return
    g, sources = job.corpus.geometry, job.corpus.assets["focal_from"].to_pylist()
    middle_px = g.width_px / 2, g.height_px / 2
    with writer.open_file("cameras", "cameras.csv") as stream:
        stream.write(
            csv_line("background", "width_px", "height_px", "fx_px", "fy_px", "cx_px", "cy_px", "from").encode()
        )
        for b, focal_px in known:
            intrinsics = g.width_px, g.height_px, focal_px, focal_px, *middle_px
            stream.write(csv_line(job.reader.background_file_name(b), *intrinsics, sources[b] or "export").encode())


def write_lists(job: ExportJob, samples: SampleIndices, writer: AtomicWriter) -> None:
    """Write what names alone don't tell: samples.csv, and instances.csv and labels.csv of a corpus that has such.

    Args:
        job: The export.
        samples: Numbers of its samples.
        writer: Writes files into the folder of the export.
    """
    if job.corpus.manifest.crowd:
        _write_instance_list(job, samples, writer)
    if job.has_classes:
        _write_label_list(job, samples, writer)
    _write_sample_list(job, np.sort(samples), writer)


def _write_instance_list(job: ExportJob, samples: SampleIndices, writer: AtomicWriter) -> None:
    """Write instances.csv: which cut-out each instance of the samples is, and where, by the names of their files."""
    variety = job.corpus.manifest.variety
    varying = variety.paste_columns if variety else ()
    columns = [name for name in INSTANCE_SCHEMA.names if name not in ("sample", "cutout", "label")]
    labels = job.corpus.cutout_labels
    with writer.open_file("instances", "instances.csv") as stream:
        label = ["label"] if job.has_classes else []
        stream.write(csv_line("image", *columns[:1], "cutout", *columns[1:], *label, *varying).encode())
        for table in instance_tables(job, samples):
            for row in table.to_arrow(labels).to_pylist():
                number, cutout = row["instance"], row["cutout"]
                sample, rest = row["sample"], [row[name] for name in columns[1:]]
                names = job.reader.file_name("image", sample), job.reader.cutout_file_name(cutout) or ""
                label = [row["label"]] if job.has_classes else []
                stream.write(
                    csv_line(names[0], number, names[1], *rest, *label, *(row[name] for name in varying)).encode()
                )


def _write_label_list(job: ExportJob, samples: SampleIndices, writer: AtomicWriter) -> None:
    """Write labels.csv: the class of every cut-out of the samples by the name of its file, with its number."""
    labels, numbers = job.corpus.cutout_labels, job.corpus.cutout_classes
    with writer.open_file("labels", "labels.csv") as stream:
        stream.write(csv_line("cutout", "class", "label").encode())
        for c in cutouts_of(job, samples):
            each = _pictures_of_one(job)
            for number in range(each * c, each * c + each):
                stream.write(csv_line(job.reader.cutout_file_name(number), numbers[number], labels[number]).encode())


def _write_sample_list(job: ExportJob, samples: SampleIndices, writer: AtomicWriter) -> None:
    """Write samples.csv: the split of each sample, and of an imported one what its name needn't tell."""
    reader = job.reader
    label = ["label"] if job.has_classes else []
    with writer.open_file("samples", "samples.csv") as stream:
        stream.write(csv_line("image", "background", "cutout", "flipped", "split", *label).encode())
        for _, chosen in strips_of(job, samples):
            numbers = chosen.tolist()
            for sample, row in zip(numbers, reader.sample_rows(numbers), strict=True):
                names = reader.background_file_name(row["background"]), reader.cutout_file_name(row["cutout"])
                flipped = None if row["flipped"] is None else int(row["flipped"])
                told = (row[name] for name in ("split", *label))
                stream.write(csv_line(reader.file_name("image", sample), *names, flipped, *told).encode())


def backgrounds_of(job: ExportJob, samples: SampleIndices) -> list[int]:
    """Return the numbers of the backgrounds of the samples, ascending."""
    return _known(job.corpus.pictures_of(samples)[0])


def strips_of(job: ExportJob, samples: SampleIndices) -> Iterator[tuple[Strip, SampleIndices]]:
    """Yield ascending samples strip by strip: those of one background in one part."""
    start, index = 0, job.corpus.geometry.index
    while start < len(samples):
        strip = index.strip_of(int(samples[start]))
        stop = int(np.searchsorted(samples, strip.samples.stop))
        yield strip, samples[start:stop]
        start = stop


def cutouts_of(job: ExportJob, samples: SampleIndices) -> list[int]:
    """Return the cut-outs that the samples are made of, ascending; flips that planning made aren't counted."""
    each = _pictures_of_one(job)
    # The first one of each; where there are several, instances tell them all.
    found: set[int] = set(_known(job.corpus.pictures_of(samples)[1] // each))
    if job.corpus.manifest.crowd is not None:
        for table in instance_tables(job, samples):
            found.update(_known(table.rows[:, 2] // each))
    if DISTRACTORS_FILE in job.corpus.manifest.tables:
        for strip, chosen in strips_of(job, samples):
            rows = DistractorTable.read(job.corpus.table_path(DISTRACTORS_FILE, strip.part), strip).rows
            found.update(_known(rows[np.isin(rows[:, 0], chosen), 2] // each))
    return sorted(found)


def _known(numbers: NDArray[np.int64]) -> list[int]:
    """Return the numbers of pictures that are known, each once, ascending."""
    known: list[int] = np.unique(numbers[numbers >= 0]).tolist()
    return known


def near_duplicates(corpus: Corpus) -> list[list[str]]:
    """Return the names of the backgrounds, and of the cut-outs, that planning found to be near-duplicates, by group."""
    groups = defaultdict[tuple[str, int], list[str]](list)
    for asset in corpus.assets.to_pylist():
        if asset["flip_of"] is None:
            groups[asset["kind"], asset["group"]].append(asset["name"])
    return [names for names in groups.values() if len(names) > 1]
