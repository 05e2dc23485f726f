"""`--as hdf5`: one file, chunked and deflated, that h5py and MATLAB read without a plugin.

/image (N, H, W, 3), /mask (N, H, W), /depth (N, Hd, Wd), row n of each the sample /samples/sample[n]; /samples/...: the
columns of samples.parquet and the name of the image; /background (B, H, W, 3) and /cutout (F, h, w, 4): the pictures as
prepared; where samples have several cut-outs, /instance (N, H, W) and /instances/...: the columns of instances.parquet;
where the corpus has classes, /classes: their labels, of which the first has number 1. Text is UTF-8.
Lossless, whatever the options on JPEG say.

A chunk is a band of a few rows of 20 samples: deflate sees 32 kB back, and the same band of the placement before, equal
but for the cut-out, is within. That makes the file a fourth of what whole pictures as chunks take, at a third of the
time. HDF5 files have one writer, so workers deflate, and the parent puts the chunks in place.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bgfg.data_manifests.corpus import parquet_table, sample_table
from bgfg.data_manifests.corpus.instances import UNKNOWN
from bgfg.data_manifests.files.json_form import is_count, misfit
from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.synth.export.assets import instance_tables, strips_of
from bgfg.synth.export.atomic_writer import AtomicWriter
from bgfg.synth.export.card import write_card
from bgfg.synth.export.encode import depth_metadata
from bgfg.synth.export.format import ExportFormat, ExportJob, SampleGroups, SampleIndices
from bgfg.synth.export.normals import normal_metadata
from bgfg.synth.export.part import ExportPart, read_left
from bgfg.synth.export.references import describe_references
from bgfg.synth.formats.hdf5_file import create_hdf5

_LEVEL = 4
_CHUNK_SAMPLES = 20
_BAND_BYTES = 6_000


def prepare(job: ExportJob, groups: SampleGroups, writer: AtomicWriter) -> None:
    """Write the card."""
    about = "Exported by bgfg; export.json says of what corpus, the attributes of /depth how depth is coded."
    write_card(job, groups, writer, "Composites with masks, in one file: samples.h5", [about, describe_references(job)])


def write(job: ExportJob, part: ExportPart, writer: AtomicWriter) -> None:
    """Deflate the chunks of one part, one after the other, and note their sizes in a file beside them."""
    sizes: list[int] = []
    with writer.open_segment(job.manifest.segments / f"{part.number}.chunks") as stream:
        for arrays in _runs(job, part):
            for pixels in arrays.values():
                for band in _bands(pixels):
                    chunk = zlib.compress(band.data, _LEVEL)
                    sizes.append(len(chunk))
                    stream.write(chunk)
    with writer.open_segment(job.manifest.segments / f"{part.number}.json") as stream:
        stream.write(json.dumps(sizes).encode())


def assemble(
    job: ExportJob, _group: str, samples: SampleIndices, parts: Iterable[ExportPart], writer: AtomicWriter
) -> None:
    """Put the chunks of all parts into one file, with the pictures and rows that go with them."""
    with writer.path_for_library("file", "samples.h5") as path, create_hdf5(path) as (file, require_sound):
        file.attrs.update(
            {"format": "bgfg-export", "corpus": job.corpus.manifest.digest, "axes": "sample, y, x, channel"}
        )
        datasets = _create(job, file, len(samples))
        start = 0
        for part in parts:
            _place(job, part, start, datasets)
            require_sound()
            start += len(part.samples)
        _write_rows(job, file, samples)
        for name in ("background", "cutout"):
            if name in job.corpus.manifest.prepared:
                _write_pictures(job, file, name)
        focal_px = [job.camera_of(b).get("focal_px", np.nan) for b in range(job.corpus.geometry.backgrounds)]
        if not np.isnan(focal_px).all():
            file["focal_px"] = np.array(focal_px)


def _runs(job: ExportJob, part: ExportPart) -> Iterator[dict[str, NDArray]]:
    """Yield the arrays of 20 samples at a time, (20, H, W) or (20, H, W, 3); the last are filled up with zeros."""
    waiting: dict[str, list[NDArray]] = {name: [] for name in _dtypes(job)}
    for block in job.reader.blocks(part.sample_indices):
        waiting["image"] += [job.encoder.grey_if_requested(rgb) for rgb in block.images]
        waiting["mask"] += block.masks
        waiting.get("instance", []).extend(block.instances)
        if block.depth:
            waiting["depth"] += [job.encoder.depth_values(codes) for codes in block.depth]
        waiting.get("normal", []).extend(block.normals)
        # A selection leaves blocks of any size; chunks of the file have a fixed one.
        while len(waiting["mask"]) >= _CHUNK_SAMPLES:
            yield {name: np.stack(pixels[:_CHUNK_SAMPLES]) for name, pixels in waiting.items()}
            waiting = {name: pixels[_CHUNK_SAMPLES:] for name, pixels in waiting.items()}
    if missing := -len(part.samples) % _CHUNK_SAMPLES:
        yield {
            name: np.concatenate([pixels, np.zeros((missing, *pixels[0].shape), pixels[0].dtype)])
            for name, pixels in waiting.items()
        }


def _bands(pixels: NDArray) -> Iterator[NDArray]:
    """Yield the bands of rows of an array (20, H, ...), contiguous; the last one is filled up with zeros."""
    rows = _band_rows(pixels.shape, pixels.dtype)
    missing = -pixels.shape[1] % rows
    padded = np.pad(pixels, [(0, 0), (0, missing), *[(0, 0)] * (pixels.ndim - 2)]) if missing else pixels
    for y in range(0, padded.shape[1], rows):
        yield np.ascontiguousarray(padded[:, y : y + rows])


def _band_rows(shape: Sequence[int], dtype: np.dtype) -> int:
    """Return how many rows of pictures (n, H, ...) a chunk has."""
    row_bytes = int(np.prod(shape[2:])) * dtype.itemsize
    return max(1, min(shape[1], _BAND_BYTES // row_bytes))


def _dtypes(job: ExportJob) -> dict[str, np.dtype]:
    """Return the arrays of samples that this export has, in the order of their chunks."""
    dtypes: dict[str, np.dtype] = {array: np.dtype(np.uint8) for array in job.corpus.composed_arrays}
    if job.request.depth_bits is not None:
        dtypes["depth"] = np.dtype(np.uint16 if job.request.depth_bits == 16 else np.uint8)
    if job.request.normals:
        dtypes["normal"] = np.dtype(np.uint8)
    return dtypes


def _create(job: ExportJob, file: Any, count: int) -> dict[str, Any]:
    g, created = job.corpus.geometry, {}
    for name, dtype in _dtypes(job).items():
        channels = (3,) if name == "normal" or (name == "image" and not job.request.grey) else ()
        of_depth = name in ("depth", "normal")
        size_px = job.corpus.layouts["depth"].shape[1:] if of_depth else (g.height_px, g.width_px)
        shape = (count, *size_px, *channels)
        chunks = (_CHUNK_SAMPLES, _band_rows(shape, dtype), *shape[2:])
        created[name] = file.create_dataset(
            name, shape, dtype, maxshape=(None, *shape[1:]), chunks=chunks, compression="gzip", compression_opts=_LEVEL
        )
    if job.request.depth_bits is not None:
        created["depth"].attrs.update(depth_metadata(job.corpus.depth_code(), job.request.depth_bits))
    if job.request.normals:
        created["normal"].attrs.update(normal_metadata())
    return created


def _place(job: ExportJob, part: ExportPart, start: int, datasets: dict[str, Any]) -> None:
    """Put the chunks of one part, whose first sample is row `start`, into the datasets."""
    places = [
        (dataset, (first, y, *[0] * (dataset.ndim - 2)))
        for first in range(start, start + len(part.samples), _CHUNK_SAMPLES)
        for dataset in datasets.values()
        for y in range(0, dataset.shape[1], dataset.chunks[1])
    ]
    sizes = read_left(
        job.manifest.segment(f"{part.number}.json"),
        lambda value: misfit(value, [is_count]) == "" and len(value) == len(places),
    )
    with open_regular(job.manifest.segment(f"{part.number}.chunks")) as stream:
        for (dataset, offset), size_bytes in zip(places, sizes, strict=True):
            # Already deflated by a worker: HDF5 stores it as it is.
            dataset.id.write_direct_chunk(offset, stream.read(size_bytes))


def _write_rows(job: ExportJob, file: Any, samples: NDArray[np.int64]) -> None:
    columns = job.reader.columns
    found: dict[str, list[NDArray]] = {name: [] for name in columns}
    for strip, chosen in strips_of(job, samples):
        path = job.corpus.samples_path(strip.part)
        rows = sample_table.read_strip_rows(path, strip, columns).take(chosen - strip.samples.start)
        rows = parquet_table.labelled(rows, sample_table.SAMPLE_SCHEMA, columns)
        for name in columns:
            found[name].append(_known_or_unknown(rows[name]))
    for name, pieces in found.items():
        column: NDArray = np.concatenate(pieces)
        # MATLAB reads bytes and numbers, but h5py's own kinds of text and truth only with trouble.
        if column.dtype == object:
            file[f"samples/{name}"] = _texts(column)
        else:
            file[f"samples/{name}"] = column.astype("u1") if column.dtype == bool else column
    if job.corpus.manifest.crowd:
        labels = job.corpus.cutout_labels
        pastes = pa.concat_tables([table.to_arrow(labels) for table in instance_tables(job, samples)])
        for name in pastes.column_names:
            if name != "label":
                values = _known_or_unknown(pastes[name])
                file[f"instances/{name}"] = values if values.dtype.kind == "f" else values.astype(np.int64)
        if job.has_classes:
            file["instances/label"] = _texts(pastes["label"].to_pylist())
    if job.has_classes:
        file["classes"] = _texts(job.corpus.classes)
    file["samples/name"] = _texts([job.reader.file_name("image", sample) for sample in samples.tolist()])


def _texts(values: Iterable[str | None]) -> NDArray[np.bytes_]:
    return np.array([(value or "").encode() for value in values], "S")


def _known_or_unknown(column: pa.ChunkedArray) -> NDArray:
    """Return a column as an array, in which UNKNOWN stands for what isn't known of an imported sample."""
    if not column.null_count or pa.types.is_string(column.type):
        return np.asarray(column.to_numpy())
    kind = column.type if pa.types.is_integer(column.type) else pa.int32()
    return np.asarray(pc.fill_null(column.cast(kind), UNKNOWN).to_numpy())


def _write_pictures(job: ExportJob, file: Any, name: str) -> None:
    g, corpus = job.corpus.geometry, job.corpus
    count, box_px, channels = (
        (g.backgrounds, g.frame_px, 3) if name == "background" else (g.cutout_pictures, g.largest_box_px, 4)
    )
    shape = (*box_px, channels)
    dataset = file.create_dataset(name, (count, *shape), np.uint8, chunks=(1, *shape), compression="gzip")
    for number in range(count):
        pixels = corpus.read(name, number)
        dataset[number, : pixels.shape[0], : pixels.shape[1]] = pixels


HDF5_FORMAT = ExportFormat(1_000, write, prepare, assemble)
