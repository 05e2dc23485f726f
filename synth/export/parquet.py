"""`--as parquet`: Hugging Face datasets with image features, a configuration for samples and one for backgrounds.

`load_dataset(OUT)` gives the splits, `load_dataset(OUT, "backgrounds")` their backgrounds. An image is a struct of
`bytes`, a whole file, and `path`, its name; the feature types are in the metadata of the schema, where `datasets` looks
for them and pandas, polars and DuckDB ignore them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bgfg.data_manifests.corpus.selection import FILTER_COLUMNS
from bgfg.data_manifests.corpus.tables import SAMPLE_SCHEMA
from bgfg.synth.export.assets import background_files, backgrounds_of
from bgfg.synth.export.atomic_writer import AtomicWriter
from bgfg.synth.export.format import ExportFormat, ExportJob, SampleGroups
from bgfg.synth.export.part import ExportPart
from bgfg.synth.export.sample_reader import SampleBlock

# What a reader takes in at once; the number that `datasets` itself writes images with.
_ROWS_PER_GROUP = 100

# `datasets` calls the split so; the others keep their names.
_SPLIT_NAMES = {"val": "validation"}

_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_DATASET_TYPES = {pa.bool_(): "bool", pa.int32(): "int32", pa.int64(): "int64", pa.string(): "string"}


def prepare(job: ExportJob, groups: SampleGroups, writer: AtomicWriter) -> None:
    """Write the dataset card, which says where the splits are, and the backgrounds."""
    for folder in ("data", "backgrounds"):
        (job.manifest.out / folder).mkdir(exist_ok=True)
    writer.write_file("card", "README.md", _card(list(groups)).encode())
    samples = np.concatenate(list(groups.values()))
    names, contents = zip(*background_files(job, samples), strict=True)
    columns = {"image": _images(contents, names), "background": pa.array(backgrounds_of(job, samples), pa.int32())}
    with writer.path_for_library("backgrounds", "backgrounds/backgrounds.parquet") as path:
        _write(path, _schema(["image"], ["background"]), [columns])


def write(job: ExportJob, part: ExportPart, writer: AtomicWriter) -> None:
    """Write one file of a split."""
    pictures = [*job.corpus.composed_arrays, *(["depth"] if job.request.depth_bits is not None else [])]
    name = _SPLIT_NAMES.get(part.group, part.group)
    with writer.path_for_library("shard", f"data/{name}-{part.index:05d}-of-{part.siblings:05d}.parquet") as path:
        columns = (_columns(job, block) for block in job.reader.blocks(part.sample_indices))
        _write(path, _schema(pictures, FILTER_COLUMNS), columns)


def _columns(job: ExportJob, block: SampleBlock) -> dict[str, Any]:
    encoder, reader = job.encoder, job.reader
    contents = {
        "image": [encoder.image(pixels) for pixels in block.images],
        "mask": [encoder.mask(pixels) for pixels in block.masks],
        "depth": [encoder.depth(codes) for codes in block.depth],
        "instance": [encoder.mask(pixels) for pixels in block.instances],
    }
    pictures = {
        kind: _images(files, [reader.file_name(kind, sample) for sample in block.samples])
        for kind, files in contents.items()
        if files
    }
    rows = reader.sample_rows(block.samples)
    return pictures | {
        name: pa.array([row[name] for row in rows], SAMPLE_SCHEMA.field(name).type) for name in FILTER_COLUMNS
    }


def _images(contents: Sequence[bytes], names: Sequence[str]) -> pa.StructArray:
    files = pa.array(contents, pa.binary())
    return pa.StructArray.from_arrays([files, pa.array(names, pa.string())], fields=list(_IMAGE))


def _schema(pictures: Sequence[str], columns: Sequence[str]) -> pa.Schema:
    types = {name: SAMPLE_SCHEMA.field(name).type for name in columns}
    features: dict[str, Any] = {name: {"_type": "Image"} for name in pictures}
    features |= {name: {"dtype": _DATASET_TYPES[kind], "_type": "Value"} for name, kind in types.items()}
    fields = [*((name, _IMAGE) for name in pictures), *types.items()]
    return pa.schema(fields, {"huggingface": json.dumps({"info": {"features": features}})})


def _write(path: Path, schema: pa.Schema, batches: Iterable[dict[str, Any]]) -> None:
    """Write batches of columns in row groups of one size; pictures are compressed already."""
    texts = [field.name for field in schema if field.type == pa.string()]
    waiting: list[pa.Table] = []
    with pq.ParquetWriter(
        path, schema, compression="none", use_dictionary=texts, write_statistics=FILTER_COLUMNS
    ) as writer:
        for columns in batches:
            waiting.append(pa.table([columns[name] for name in schema.names], schema))
            rows = pa.concat_tables(waiting)
            whole = len(rows) - len(rows) % _ROWS_PER_GROUP
            if whole:
                writer.write_table(rows.slice(0, whole), _ROWS_PER_GROUP)
            waiting = [rows.slice(whole)]  # less than a row group: joined with the next batch
        if len(waiting[0]):
            writer.write_table(waiting[0], _ROWS_PER_GROUP)


def _card(splits: Sequence[str]) -> str:
    names = [_SPLIT_NAMES.get(split, split) for split in splits]
    files = "".join(f"  - split: {name}\n    path: data/{name}-*.parquet\n" for name in names)
    return (
        f"---\nconfigs:\n- config_name: default\n  default: true\n  data_files:\n{files}"
        "- config_name: backgrounds\n  data_files: backgrounds/backgrounds.parquet\n---\n\n"
        "Composites of cut-outs on backgrounds with masks and depth, exported by bgfg; export.json says of what corpus "
        "and how depth is coded. `background` of a sample is a row of the configuration `backgrounds`.\n"
    )


PARQUET_FORMAT = ExportFormat(2_000, write, prepare, by_split=True)
