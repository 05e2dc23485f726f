"""croissant.json of an export: the data set as Croissant 1.1 describes it, for programs that look for data sets.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html. Files that hold many samples are listed one by one
with their SHA-256; those of single samples are told by their folders, and listed in SHA256SUMS. Records can be read by
`mlcroissant` where it has a reader: of pictures and labels in folders, packs and tar shards, of Parquet, CSV and COCO's
JSON. It has none for HDF5 and the shards of MosaicML Streaming, whose files alone are described.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

import pyarrow.parquet as pq

from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.synth.export.atomic_writer import AtomicWriter, WrittenFile
from bgfg.synth.export.format import ExportJob
from bgfg.synth.export.forms.folder import FOLDER_OF_KIND, INSTANCE_FOLDER, NORMAL_FOLDER
from bgfg.synth.formats.croissant import (
    CROISSANT_FILE,
    Node,
    dataset_json,
    file_object,
    file_set,
    media_type,
    parquet_records,
    record_set,
)

# Kinds of files of which each sample, background or cut-out has one of its own.
_SINGLE = frozenset({"image", "mask", "depth", "instance", "normal", "label", "bg", "fg", "fg_mask"})
# What a reader makes of the content of a file. mlcroissant makes 8 bits and three channels of every picture that lies
# in a folder, not in a pack or a shard: of depth maps of 16 bits and of cut-outs there the names alone are told.
_SPOILT = ("fg/*.png", "depth/*/*.png", "bg_fg_depth/*.png")
_CONTENTS = {"image/jpeg": "sc:ImageObject", "image/png": "sc:ImageObject", "text/plain": "sc:Text"}
_CSV_TEXTS = ("image", "background", "cutout", "label", "from", "split")
_COCO_COLUMNS = {
    "images": {"id": "sc:Integer", "file_name": "sc:Text", "width": "sc:Integer", "height": "sc:Integer"},
    "annotations": {
        "id": "sc:Integer", "image_id": "sc:Integer", "category_id": "sc:Integer", "bbox": "cr:BoundingBox",
        "area": "sc:Float",
    },
}  # fmt: skip


def write_croissant(job: ExportJob, samples: int, written: Iterable[WrittenFile], writer: AtomicWriter) -> None:
    """Write croissant.json.

    Args:
        job: The export.
        samples: How many samples it has.
        written: Its files.
        writer: Writes files into the folder of the export.
    """
    objects, sets = _distribution(written)
    sets += _sets_within(job, [node["@id"] for node in objects])
    records = [*(_file_records(node) for node in sets if node["encodingFormat"] in _CONTENTS), *_tables(job, objects)]
    digest = job.corpus.manifest.digest
    form = job.request.format_name
    text = dataset_json(
        f"bgfg-{digest[:12]}-{form}",
        f"{samples:,} composites with masks, exported by bgfg as {form}; README.md says how they are read, export.json "
        f"of what corpus they are (digest {digest}), SHA256SUMS lists all files.",
        ["composites", "segmentation", *(["depth"] if job.request.depth_bits is not None else [])],
        job.request.licence,
        [*objects, *sets],
        records,
    )
    writer.write_file("croissant", CROISSANT_FILE, text.encode())


def _distribution(written: Iterable[WrittenFile]) -> tuple[list[Node], list[Node]]:
    """Return the files with many samples, and the folders of those with one."""
    objects: list[Node] = []
    folders: dict[tuple[str, str], None] = {}
    for kind, file, size_bytes, sha256 in written:
        path = PurePosixPath(file)
        if kind in _SINGLE:
            folders[str(path.parent), path.suffix] = None
        elif kind != "card":
            objects.append(file_object(file, size_bytes, sha256))
    return objects, [_set_of(folder, f"{folder}/*{suffix}") for folder, suffix in sorted(folders)]


def _set_of(name: str, includes: str, within: Sequence[str] = ()) -> Node:
    return file_set(name, includes, media_type(includes), within)


def _sets_within(job: ExportJob, files: Sequence[str]) -> list[Node]:
    """Return the sets of files that lie within packs and tar shards, and the shards of Parquet as one."""
    encoder, form = job.encoder, job.request.format_name
    suffixes = {
        "image": encoder.image_suffix,
        "mask": "png",
        "depth": encoder.depth_suffix,
        "instance": "png",
        "normal": "png",
    }
    kinds = [*job.corpus.composed_arrays, *(["depth"] if job.request.depth_bits is not None else [])]
    kinds += ["normal"] if job.request.normals else []
    if form == "zips":
        packs = [file for file in files if file.endswith(".zip")]
        folders = FOLDER_OF_KIND | {"instance": INSTANCE_FOLDER, "normal": NORMAL_FOLDER}
        suffixes["bg"] = encoder.image_suffix
        return [_set_of(folders[kind], f"{folders[kind]}/*.{suffixes[kind]}", packs) for kind in (*kinds, "bg")]
    if form == "webdataset":
        shards = [file for file in files if file.endswith(".tar")]
        return [_set_of(kind, f"*.{kind}.{suffixes[kind]}", shards) for kind in kinds]
    if form == "coco":  # a set for each list: mlcroissant takes all columns of a file for those of one table
        return [_set_of(_coco_set(name), "annotations/*.json") for name in _COCO_COLUMNS]
    return [_set_of("data", "data/*.parquet")] if form == "parquet" else []


def _coco_set(name: str) -> str:
    return f"coco-{name}"  # an @id has no blanks


def _file_records(file_set: Node) -> Node:
    """Return a record for each file of a set: its name, and the picture or the text in it."""
    source = {"fileSet": {"@id": file_set["@id"]}}
    contents = {"name": ("sc:Text", source | {"extract": {"fileProperty": "filename"}})}
    if not any(PurePosixPath(file_set["includes"]).match(pattern) for pattern in _SPOILT):
        kind = _CONTENTS[file_set["encodingFormat"]]
        contents["content"] = (kind, source | {"extract": {"fileProperty": "content"}})
    return record_set(file_set["@id"], contents)


def _tables(job: ExportJob, objects: Sequence[Node]) -> Iterator[Node]:
    """Yield the records of files that are tables."""
    form = job.request.format_name
    first_of_data = ""
    for node in objects:
        file = node["@id"]
        source = {"fileObject": {"@id": file}}
        if file.endswith(".csv"):
            with open_regular(job.manifest.path_of(file)) as stream:
                lines = io.StringIO((stream.readline() + stream.readline()).decode())
            names, *rows = csv.reader(lines)
            if not rows:  # of an imported corpus whose cut-outs nobody knows
                continue
            first = rows[0]
            yield _columns(
                file, source, {name: _csv_type(name, value) for name, value in zip(names, first, strict=True)}
            )
        elif file.endswith(".parquet"):
            if not file.startswith("data/"):
                yield _parquet_columns(job, file, file.partition("/")[0], source)
            elif not first_of_data:
                first_of_data = file
    if form == "coco":
        yield from (_coco_rows(name, columns) for name, columns in _COCO_COLUMNS.items())
    if first_of_data:
        yield _parquet_columns(job, first_of_data, "samples", {"fileSet": {"@id": "data"}})


def _csv_type(name: str, value: str) -> str:
    """Return the type of a column by a value of it; a class may be called by a number."""
    if name in _CSV_TEXTS or not value:
        return "sc:Text"
    return "sc:Integer" if value.lstrip("-").isdigit() else "sc:Float"


def _columns(name: str, source: Node, types: Mapping[str, str]) -> Node:
    return record_set(
        name, {column: (kind, source | {"extract": {"column": column}}) for column, kind in types.items()}
    )


def _parquet_columns(job: ExportJob, file: str, name: str, source: Node) -> Node:
    """Return the records of a table, by the columns of one of its files."""
    with open_regular(job.manifest.path_of(file)) as stream:
        return parquet_records(name, pq.read_schema(stream), source)


def _coco_rows(name: str, types: Mapping[str, str]) -> Node:
    """Return the records of one list in COCO's JSON, of all splits."""
    contents = {}
    for column, kind in types.items():
        extract = {"extract": {"jsonPath": f"$.{name}[*].{column}"}}
        contents[column] = (kind, {"fileSet": {"@id": _coco_set(name)}} | extract)
    records = record_set(_coco_set(name), contents)
    for field in records["field"]:
        if field["dataType"] == "cr:BoundingBox":
            field["source"]["format"] = "XYWH"
    return records
