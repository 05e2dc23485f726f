"""`--as parquet`: Hugging Face datasets with image features, configurations for samples, backgrounds and cut-outs.

`load_dataset(OUT)` gives the splits, `load_dataset(OUT, "backgrounds")` their backgrounds, `"cutouts"` their cut-outs,
and `"instances"` the rows of instances where samples have several cut-outs. An image is a struct of
`bytes`, a whole file, and `path`, its name; the feature types are in the metadata of the schema, where `datasets` looks
for them and pandas, polars and DuckDB ignore them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.instances import INSTANCE_SCHEMA
from bgfg.data_manifests.corpus.selection import sample_fields
from bgfg.data_manifests.placement.variety_columns import with_variety
from bgfg.synth.export.assets import background_files, backgrounds_of, cutout_files, cutouts_of, instance_tables
from bgfg.synth.export.atomic_writer import AtomicWriter
from bgfg.synth.export.card import hub_split, write_card
from bgfg.synth.export.format import ExportFormat, ExportJob, SampleGroups, SampleIndices
from bgfg.synth.export.part import ExportPart
from bgfg.synth.export.references import describe_references
from bgfg.synth.export.sample_reader import SampleBlock

# What a reader takes in at once; the number that `datasets` itself writes images with.
_ROWS_PER_GROUP = 100

_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
# `datasets` counts classes from 0, as it reads them.
_CLASS_INDEX = pa.int64()
_DATASET_TYPES = {
    pa.bool_(): "bool",
    pa.int32(): "int32",
    pa.int64(): "int64",
    pa.float64(): "float64",
    pa.string(): "string",
}


def prepare(job: ExportJob, groups: SampleGroups, writer: AtomicWriter) -> None:
    """Write the dataset card, the backgrounds, the cut-outs, and the instances where samples have several cut-outs."""
    samples, crowded = np.concatenate(list(groups.values())), job.corpus.manifest.crowd is not None
    there = _configurations(job, samples)
    for folder in ("data", *there):
        (job.manifest.out / folder).mkdir(exist_ok=True)
    about = "Exported by bgfg; export.json says of what corpus and how depth is coded."
    title, paragraphs = "Composites with masks, for Hugging Face datasets", [about, describe_references(job)]
    write_card(job, groups, writer, title, paragraphs, _loading(job, groups))
    for name, files in (("background", _numbered_backgrounds(job, samples)), ("cutout", cutout_files(job, samples))):
        if f"{name}s" not in there:
            continue
        numbers, names, contents = zip(*files, strict=True)
        columns = {"image": _images(contents, names), name: pa.array(numbers, pa.int32())}
        types = {name: pa.int32()}
        if name == "background" and any(map(job.camera_of, numbers)):
            focal_px = [job.camera_of(b).get("focal_px") for b in numbers]
            columns["focal_px"], types["focal_px"] = pa.array(focal_px, pa.float64()), pa.float64()
        if job.has_classes and name == "cutout":
            columns["label"], types["label"] = _class_indices(job, numbers), pa.string()
        with writer.path_for_library(f"{name}s", f"{name}s/{name}s.parquet") as path:
            _write(path, _schema(job, ["image"], types), [columns])
    if crowded:
        variety = job.corpus.manifest.variety
        rows = with_variety(INSTANCE_SCHEMA, variety.paste_columns if variety else ())
        shown = [name for name in rows.names if name != "label" or job.has_classes]
        schema = _schema(job, [], {name: rows.field(name).type for name in shown})
        with writer.path_for_library("instances", "instances/instances.parquet") as path:
            _write(path, schema, _instance_columns(job, samples, shown))


def _numbered_backgrounds(job: ExportJob, samples: SampleIndices) -> Iterator[tuple[int, str, bytes]]:
    """Yield number, name and content of the file of every background of the samples, ascending."""
    for number, file in zip(backgrounds_of(job, samples), background_files(job, samples), strict=True):
        yield number, *file


def _instance_columns(job: ExportJob, samples: SampleIndices, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the columns of the instances of each background."""
    for table in instance_tables(job, samples):
        rows = table.to_arrow(job.corpus.cutout_labels)
        label = _class_indices(job, table.rows[:, 2])
        yield {name: label if name == "label" else rows[name] for name in names}


def _class_indices(job: ExportJob, cutouts: Sequence[int] | NDArray[np.int64]) -> pa.Array:
    """Return the class of each of some cut-outs as `datasets` counts them, from 0 on."""
    return pa.array(job.corpus.cutout_classes[np.asarray(cutouts)].astype(np.int64) - 1)


def write(job: ExportJob, part: ExportPart, writer: AtomicWriter) -> None:
    """Write one file of a split."""
    name = hub_split(part.group)
    with writer.path_for_library("shard", f"data/{name}-{part.index:05d}-of-{part.siblings:05d}.parquet") as path:
        columns = (_columns(job, block) for block in job.reader.blocks(part.sample_indices))
        _write(path, _sample_schema(job), columns)


def _sample_schema(job: ExportJob) -> pa.Schema:
    pictures = [*job.corpus.composed_arrays, *(["depth"] if job.request.depth_bits is not None else [])]
    pictures += ["normal"] if job.request.normals else []
    fields = sample_fields(job.corpus.manifest.variety)
    return _schema(job, pictures, {name: fields[name] for name in job.reader.columns})


def _columns(job: ExportJob, block: SampleBlock) -> dict[str, Any]:
    encoder, reader = job.encoder, job.reader
    contents = {
        "image": [encoder.image(pixels) for pixels in block.images],
        "mask": [encoder.mask(pixels) for pixels in block.masks],
        "depth": [encoder.depth(codes) for codes in block.depth],
        "instance": [encoder.mask(pixels) for pixels in block.instances],
        "normal": [encoder.normals(coded) for coded in block.normals],
    }
    pictures = {
        kind: _images(files, [reader.file_name(kind, sample) for sample in block.samples])
        for kind, files in contents.items()
        if files
    }
    rows = reader.sample_rows(block.samples)
    fields = sample_fields(job.corpus.manifest.variety)
    columns = {name: pa.array([row[name] for row in rows], fields[name]) for name in reader.columns}
    if job.has_classes:
        columns["label"] = _class_indices(job, job.corpus.pictures_of(np.array(block.samples))[1])
    return pictures | columns


def _images(contents: Sequence[bytes], names: Sequence[str]) -> pa.StructArray:
    files = pa.array(contents, pa.binary())
    return pa.StructArray.from_arrays([files, pa.array(names, pa.string())], fields=list(_IMAGE))


def _schema(job: ExportJob, pictures: Sequence[str], types: Mapping[str, pa.DataType]) -> pa.Schema:
    features: dict[str, Any] = {name: {"_type": "Image"} for name in pictures}
    features |= {name: {"dtype": _DATASET_TYPES[kind], "_type": "Value"} for name, kind in types.items()}
    if "label" in types:
        features["label"] = {"names": list(job.corpus.classes), "_type": "ClassLabel"}
        types = {**types, "label": _CLASS_INDEX}
    fields = [*((name, _IMAGE) for name in pictures), *types.items()]
    return pa.schema(fields, {"huggingface": json.dumps({"info": {"features": features}})})


def _write(path: Path, schema: pa.Schema, batches: Iterable[dict[str, Any]]) -> None:
    """Write batches of columns in row groups of one size; pictures are compressed already."""
    texts = [field.name for field in schema if field.type == pa.string()]
    numbered = [field.name for field in schema if field.type != _IMAGE]
    waiting: list[pa.Table] = []
    with pq.ParquetWriter(path, schema, compression="none", use_dictionary=texts, write_statistics=numbered) as writer:
        for columns in batches:
            waiting.append(pa.table([columns[name] for name in schema.names], schema))
            rows = pa.concat_tables(waiting)
            whole = len(rows) - len(rows) % _ROWS_PER_GROUP
            if whole:
                writer.write_table(rows.slice(0, whole), _ROWS_PER_GROUP)
            waiting = [rows.slice(whole)]  # less than a row group: joined with the next batch
        if len(waiting[0]):
            writer.write_table(waiting[0], _ROWS_PER_GROUP)


def _loading(job: ExportJob, groups: SampleGroups) -> list[str]:
    """Return lines of YAML for `datasets`: where the splits and the other configurations are, and what samples have."""
    lines = ["configs:", "- config_name: default", "  default: true", "  data_files:"]
    for split in groups:
        name = hub_split(split)
        lines += [f"  - split: {name}", f"    path: data/{name}-*.parquet"]
    for name in _configurations(job, np.concatenate(list(groups.values()))):
        lines += [f"- config_name: {name}", f"  data_files: {name}/{name}.parquet"]
    lines += ["dataset_info:", "- config_name: default", "  features:"]
    for field in _sample_schema(job):
        kind = "image" if field.type == _IMAGE else _DATASET_TYPES[field.type]
        lines += [f"  - name: {field.name}", f"    dtype: {kind}"]
        if field.name == "label":
            lines[-1:] = ["    dtype:", "      class_label:", "        names:"]
            lines += [
                f"          '{i}': {json.dumps(name, ensure_ascii=False)}" for i, name in enumerate(job.corpus.classes)
            ]
    return lines


def _configurations(job: ExportJob, samples: SampleIndices) -> tuple[str, ...]:
    """Return the names of the configurations beside that of the samples, which are those of their folders too.

    Those of pictures are there if the samples have some: an imported corpus may hold pictures that nobody knows to be
    of any of its samples.
    """
    there = {
        "backgrounds": bool(backgrounds_of(job, samples)),
        "cutouts": bool(cutouts_of(job, samples)),
        "instances": job.corpus.manifest.crowd is not None,
    }
    return tuple(name for name, has_some in there.items() if has_some)


PARQUET_FORMAT = ExportFormat(2_000, write, prepare, by_split=True)
