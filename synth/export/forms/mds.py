"""`--as mds`: shards of MosaicML Streaming, a folder and an index.json for each split.

`StreamingDataset(local=OUT, split="train")` gives a sample as a dict: `image`, `mask`, `depth` and, where samples have
several cut-outs, `instance` as pictures of Pillow; the columns of samples.parquet; the name of the sample and those of
its background and its cut-out. The shards are the library's own format, version 2, written here: its writer makes one
shard after the other and can't go on where it stopped.

A shard is, in little-endian uint32, its number of samples and where each of them begins, the last one's end too; what
the columns are, as JSON; the samples. A sample is the sizes of its columns that have none of their own, and then its
columns, by their names in order (`streaming.base.format.mds`, version 0.13.0).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import zstandard

from bgfg.data_manifests.corpus.instances import UNKNOWN
from bgfg.data_manifests.corpus.selection import sample_fields
from bgfg.data_manifests.files.json_form import Form, is_count
from bgfg.synth.export.assets import background_files, cutout_files
from bgfg.synth.export.atomic_writer import AtomicWriter
from bgfg.synth.export.card import write_card
from bgfg.synth.export.format import ExportFormat, ExportJob, SampleGroups, SampleIndices
from bgfg.synth.export.part import ExportPart, read_left
from bgfg.synth.export.references import describe_references
from bgfg.synth.export.sample_reader import SampleBlock

_ABOUT = (
    "Exported by bgfg; export.json says of what corpus and how depth is coded. A folder is a split: "
    '`streaming.StreamingDataset(local=OUT, split="train", batch_size=1)` gives its samples as dicts, with '
    "pictures of Pillow (a depth map of 16 bits has mode `I;16`) and numbers of NumPy, -1 or empty where an "
    "imported corpus doesn't say. `validate_hash='sha256'` holds each shard to its checksum."
)
_VERSION = 2
_SHARD_BYTES = 1 << 26  # the library's own limit, for those who read over a network
_ZSTD_LEVEL = 3

# Encodings of the columns of samples.parquet, and the bytes that a value of one takes; the others differ in size.
_ENCODINGS = {
    pa.bool_(): "int8", pa.int32(): "int32", pa.int64(): "int64", pa.float64(): "float64", pa.string(): "str"
}  # fmt: skip
_SIZES_BYTES = {"int8": 1, "int32": 4, "int64": 8, "float64": 8}

_FILE: Form = {"basename": str, "bytes": is_count, "hashes": {str: str}}
_SHARDS: Form = [{"samples": is_count, "raw_data": _FILE, "zip_data": (_FILE, None)}]


def prepare(job: ExportJob, groups: SampleGroups, writer: AtomicWriter) -> None:
    """Write the card, the backgrounds and the cut-outs."""
    samples = np.concatenate(list(groups.values()))
    for folder in ("bg", "fg", *groups):
        (job.manifest.out / folder).mkdir(exist_ok=True)
    for name, data in background_files(job, samples):
        writer.write_file("bg", f"bg/{name}", data)
    for _, name, data in cutout_files(job, samples):
        writer.write_file("fg", f"fg/{name}", data)
    write_card(
        job,
        groups,
        writer,
        "Composites with masks, as shards of MosaicML Streaming",
        [_ABOUT, describe_references(job)],
    )


def write(job: ExportJob, part: ExportPart, writer: AtomicWriter) -> None:
    """Write the shards of one part, and beside them what the index must know of each."""
    columns = _columns(job)
    shards: list[dict[str, Any]] = []
    waiting: list[bytes] = []
    left_bytes = _SHARD_BYTES
    for sample in _samples(job, part, columns):
        left_bytes -= len(sample)
        if waiting and left_bytes < 0:
            shards.append(_write_shard(job, part, len(shards), waiting, columns, writer))
            waiting, left_bytes = [], _SHARD_BYTES - len(sample)
        waiting.append(sample)
    shards.append(_write_shard(job, part, len(shards), waiting, columns, writer))
    with writer.open_segment(job.manifest.segments / f"{part.number}.json") as stream:
        stream.write(json.dumps(shards).encode())


def _columns(job: ExportJob) -> dict[str, str]:
    """Return the columns of a sample in their order, with their encodings."""
    picture = job.encoder.image_suffix
    columns = {"image": picture, "mask": "png", "name": "str", "background_name": "str", "cutout_name": "str"}
    fields = sample_fields(job.corpus.manifest.variety)
    columns |= {name: _ENCODINGS[fields[name]] for name in job.reader.columns}
    if job.request.depth_bits is not None:
        columns["depth"] = job.encoder.depth_suffix
    if job.request.normals:
        columns["normal"] = "png"
    if job.corpus.manifest.crowd is not None:
        columns |= {"instance": "png", "instances": "json"}
    return dict(sorted(columns.items()))


def _samples(job: ExportJob, part: ExportPart, columns: Mapping[str, str]) -> Iterator[bytes]:
    """Yield the samples of a part, encoded."""
    for block in job.reader.blocks(part.sample_indices):
        for values in _values(job, block):
            data = [_encoded(values[name], encoding) for name, encoding in columns.items()]
            named = zip(columns.values(), data, strict=True)
            sizes = [len(each) for encoding, each in named if encoding not in _SIZES_BYTES]
            yield b"".join([np.array(sizes, "<u4").tobytes(), *data])


def _values(job: ExportJob, block: SampleBlock) -> Iterator[dict[str, Any]]:
    """Yield the values of the columns of each sample; those of pictures are files."""
    encoder, reader = job.encoder, job.reader
    for i, (sample, row) in enumerate(zip(block.samples, reader.sample_rows(block.samples), strict=True)):
        values = row | {
            "image": encoder.image(block.images[i]),
            "mask": encoder.mask(block.masks[i]),
            "name": reader.file_name("image", sample).rpartition(".")[0],
            "background_name": reader.background_file_name(row["background"]),
            "cutout_name": reader.cutout_file_name(row["cutout"]),
        }
        if block.depth:
            values["depth"] = encoder.depth(block.depth[i])
        if block.normals:
            values["normal"] = encoder.normals(block.normals[i])
        if block.instances:
            [instances] = reader.instance_rows([sample])
            names = ({"cutout_name": reader.cutout_file_name(instance["cutout"])} for instance in instances)
            values["instances"] = [instance | name for instance, name in zip(instances, names, strict=True)]
            values["instance"] = encoder.mask(block.instances[i])
        yield values


def _encoded(value: Any, encoding: str) -> bytes:
    if encoding in ("jpeg", "png"):
        return bytes(value)
    if encoding == "json":
        return json.dumps(value).encode()
    if encoding == "str":
        return ("" if value is None else str(value)).encode()
    if encoding == "float64":
        return np.array(np.nan if value is None else value, "<f8").tobytes()
    return int(UNKNOWN if value is None else value).to_bytes(_SIZES_BYTES[encoding], "little", signed=True)


def _description(job: ExportJob, columns: Mapping[str, str]) -> dict[str, Any]:
    """Return what a shard, and the index of each, says of its columns."""
    return {
        "column_encodings": list(columns.values()),
        "column_names": list(columns),
        "column_sizes": [_SIZES_BYTES.get(encoding) for encoding in columns.values()],
        "compression": "zstd" if job.request.compression == "zstd" else None,
        "format": "mds",
        "hashes": ["sha256"],
        "size_limit": _SHARD_BYTES,
        "version": _VERSION,
    }


def _write_shard(
    job: ExportJob,
    part: ExportPart,
    number: int,
    samples: Sequence[bytes],
    columns: Mapping[str, str],
    writer: AtomicWriter,
) -> dict[str, Any]:
    """Write one shard; return what the index says of it alone."""
    head = json.dumps(_description(job, columns), sort_keys=True).encode()
    begins = 4 * (len(samples) + 2) + len(head) + np.cumsum([0, *map(len, samples)])
    data = b"".join([np.uint32(len(samples)).tobytes(), begins.astype("<u4").tobytes(), head, *samples])
    file = f"shard.{part.index:05d}-{number:02d}.mds"
    raw = {"basename": file, "bytes": len(data), "hashes": {"sha256": hashlib.sha256(data).hexdigest()}}
    zipped = None
    if job.request.compression == "zstd":
        file, data = f"{file}.zstd", zstandard.ZstdCompressor(_ZSTD_LEVEL).compress(data)
        zipped = {"basename": file, "bytes": len(data), "hashes": {"sha256": hashlib.sha256(data).hexdigest()}}
    with writer.open_file("shard", f"{part.group}/{file}") as stream:
        stream.write(data)
    return {"samples": len(samples), "raw_data": raw, "zip_data": zipped}


def assemble(
    job: ExportJob, group: str, _samples: SampleIndices, parts: Iterable[ExportPart], writer: AtomicWriter
) -> None:
    """Write the index of one split."""
    description = _description(job, _columns(job))
    shards = [
        description | shard
        for part in parts
        for shard in read_left(job.manifest.segment(f"{part.number}.json"), _SHARDS)
    ]
    index = json.dumps({"shards": shards, "version": _VERSION}, sort_keys=True)
    writer.write_file("index", f"{group}/index.json", index.encode())


MDS_FORMAT = ExportFormat(1_000, write, prepare, assemble, by_split=True)
