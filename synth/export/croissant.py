"""croissant.json of an export: the data set as Croissant 1.1 describes it, for programs that look for data sets.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html. Files that hold many samples are listed one by one
with their SHA-256; those of single samples are told by their folders, and listed in SHA256SUMS. Records can be read by
`mlcroissant` where it has a reader: of pictures and labels in folders, packs and tar shards, of Parquet, CSV and COCO's
JSON. It has none for HDF5 and the shards of MosaicML Streaming, whose files alone are described.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.synth.export.atomic_writer import AtomicWriter, WrittenFile
from bgfg.synth.export.format import ExportJob
from bgfg.synth.export.forms.folder import FOLDER_OF_KIND, INSTANCE_FOLDER, NORMAL_FOLDER
from bgfg.synth.formats.licence import licence_address

CROISSANT_FILE = "croissant.json"

_VERSION = "http://mlcommons.org/croissant/1.1"
_TERMS = (
    "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field", "fileProperty", "fileObject",
    "fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet",
    "references", "regex", "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform",
)  # fmt: skip
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
} | {term: f"cr:{term}" for term in _TERMS}

# Kinds of files of which each sample, background or cut-out has one of its own.
_SINGLE = frozenset({"image", "mask", "depth", "instance", "normal", "label", "bg", "fg", "fg_mask"})
_MEDIA = {
    "jpeg": "image/jpeg", "png": "image/png", "txt": "text/plain", "json": "application/json", "csv": "text/csv",
    "yaml": "application/yaml", "parquet": "application/x-parquet", "tar": "application/x-tar",
    "zip": "application/zip", "h5": "application/x-hdf5",
}  # fmt: skip
# What a reader makes of the content of a file. mlcroissant makes 8 bits and three channels of every picture that lies
# in a folder, not in a pack or a shard: of depth maps of 16 bits and of cut-outs there the names alone are told.
_SPOILT = ("fg/*.png", "depth/*/*.png", "bg_fg_depth/*.png")
_CONTENTS = {"image/jpeg": "sc:ImageObject", "image/png": "sc:ImageObject", "text/plain": "sc:Text"}
_TYPES = {pa.string(): "sc:Text", pa.bool_(): "sc:Boolean", pa.float64(): "sc:Float"}
_CSV_TEXTS = ("image", "background", "cutout", "label", "from")
_COCO_COLUMNS = {
    "images": {"id": "sc:Integer", "file_name": "sc:Text", "width": "sc:Integer", "height": "sc:Integer"},
    "annotations": {
        "id": "sc:Integer", "image_id": "sc:Integer", "category_id": "sc:Integer", "bbox": "cr:BoundingBox",
        "area": "sc:Float",
    },
}  # fmt: skip

Node = dict[str, Any]


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
    content: Node = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": _VERSION,
        "name": f"bgfg-{digest[:12]}-{form}",
        "description": f"{samples:,} composites with masks, exported by bgfg as {form}; README.md says how they are "
        f"read, export.json of what corpus they are (digest {digest}), SHA256SUMS lists all files.",
        "keywords": ["composites", "segmentation", *(["depth"] if job.request.depth_bits is not None else [])],
    }
    if job.request.licence:
        content["license"] = licence_address(job.request.licence)
    content |= {"distribution": [*objects, *sets], "recordSet": records}
    text = json.dumps(content, indent=1, ensure_ascii=False)
    writer.write_file("croissant", CROISSANT_FILE, f"{text}\n".encode())


def _distribution(written: Iterable[WrittenFile]) -> tuple[list[Node], list[Node]]:
    """Return the files with many samples, and the folders of those with one."""
    objects: list[Node] = []
    folders: dict[tuple[str, str], None] = {}
    for kind, file, size_bytes, sha256 in written:
        path = PurePosixPath(file)
        if kind in _SINGLE:
            folders[str(path.parent), path.suffix] = None
        elif kind != "card":
            objects.append(
                {
                    "@type": "cr:FileObject",
                    "@id": file,
                    "name": file,
                    "contentUrl": file,
                    "contentSize": f"{size_bytes} B",
                    "encodingFormat": _media(file),
                    "sha256": sha256,
                }
            )
    return objects, [_file_set(folder, f"{folder}/*{suffix}") for folder, suffix in sorted(folders)]


def _media(file: str) -> str:
    return _MEDIA.get(file.rpartition(".")[2], "application/octet-stream")


def _file_set(name: str, includes: str, within: Sequence[str] = ()) -> Node:
    node: Node = {"@type": "cr:FileSet", "@id": name, "name": name}
    if within:
        node["containedIn"] = [{"@id": each} for each in within]
    return node | {"encodingFormat": _media(includes), "includes": includes}


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
        return [_file_set(folders[kind], f"{folders[kind]}/*.{suffixes[kind]}", packs) for kind in (*kinds, "bg")]
    if form == "webdataset":
        shards = [file for file in files if file.endswith(".tar")]
        return [_file_set(kind, f"*.{kind}.{suffixes[kind]}", shards) for kind in kinds]
    if form == "coco":  # a set for each list: mlcroissant takes all columns of a file for those of one table
        return [_file_set(_coco_set(name), "annotations/*.json") for name in _COCO_COLUMNS]
    return [_file_set("data", "data/*.parquet")] if form == "parquet" else []


def _coco_set(name: str) -> str:
    return f"coco-{name}"  # an @id has no blanks


def _file_records(file_set: Node) -> Node:
    """Return a record for each file of a set: its name, and the picture or the text in it."""
    source = {"fileSet": {"@id": file_set["@id"]}}
    contents = {"name": ("sc:Text", source | {"extract": {"fileProperty": "filename"}})}
    if not any(PurePosixPath(file_set["includes"]).match(pattern) for pattern in _SPOILT):
        kind = _CONTENTS[file_set["encodingFormat"]]
        contents["content"] = (kind, source | {"extract": {"fileProperty": "content"}})
    return _record_set(file_set["@id"], contents)


def _tables(job: ExportJob, objects: Sequence[Node]) -> Iterator[Node]:
    """Yield the records of files that are tables."""
    out, form = job.manifest.out, job.request.format_name
    first_of_data = ""
    for node in objects:
        file = node["@id"]
        source = {"fileObject": {"@id": file}}
        if file.endswith(".csv"):
            with open_regular(out / file) as stream:
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
                yield _parquet_columns(out, file, file.partition("/")[0], source)
            elif not first_of_data:
                first_of_data = file
    if form == "coco":
        yield from (_coco_rows(name, columns) for name, columns in _COCO_COLUMNS.items())
    if first_of_data:
        yield _parquet_columns(out, first_of_data, "samples", {"fileSet": {"@id": "data"}})


def _csv_type(name: str, value: str) -> str:
    """Return the type of a column by a value of it; a class may be called by a number."""
    if name in _CSV_TEXTS or not value:
        return "sc:Text"
    return "sc:Integer" if value.lstrip("-").isdigit() else "sc:Float"


def _columns(name: str, source: Node, types: Mapping[str, str]) -> Node:
    return _record_set(
        name, {column: (kind, source | {"extract": {"column": column}}) for column, kind in types.items()}
    )


def _parquet_columns(out: Path, file: str, name: str, source: Node) -> Node:
    """Return the records of a table, by the columns of one of its files; of pictures, which are structs, the bytes."""
    with open_regular(out / file) as stream:
        schema = pq.read_schema(stream)
    contents = {}
    for field in schema:
        column = source | {"extract": {"column": field.name}}
        if pa.types.is_struct(field.type):
            contents[field.name] = ("sc:ImageObject", column | {"transform": {"jsonPath": "bytes"}})
        else:
            contents[field.name] = (_TYPES.get(field.type, "sc:Integer"), column)
    return _record_set(name, contents)


def _coco_rows(name: str, types: Mapping[str, str]) -> Node:
    """Return the records of one list in COCO's JSON, of all splits."""
    contents = {}
    for column, kind in types.items():
        extract = {"extract": {"jsonPath": f"$.{name}[*].{column}"}}
        contents[column] = (kind, {"fileSet": {"@id": _coco_set(name)}} | extract)
    records = _record_set(_coco_set(name), contents)
    for field in records["field"]:
        if field["dataType"] == "cr:BoundingBox":
            field["source"]["format"] = "XYWH"
    return records


def _record_set(name: str, contents: Mapping[str, tuple[str, Node]]) -> Node:
    """Return a set of records: of each field the type and where it is from."""
    key = f"records/{name}"
    fields = [
        {"@type": "cr:Field", "@id": f"{key}/{field}", "name": field, "dataType": kind, "source": source}
        for field, (kind, source) in contents.items()
    ]
    return {"@type": "cr:RecordSet", "@id": key, "name": name, "field": fields}
