"""Croissant 1.1: what a data set is, for programs that look for data sets, as nodes of JSON-LD.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

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

_MEDIA = {
    "jpeg": "image/jpeg", "png": "image/png", "txt": "text/plain", "json": "application/json", "csv": "text/csv",
    "yaml": "application/yaml", "parquet": "application/x-parquet", "tar": "application/x-tar",
    "zip": "application/zip", "h5": "application/x-hdf5",
}  # fmt: skip
_TYPES = {pa.string(): "sc:Text", pa.bool_(): "sc:Boolean", pa.float64(): "sc:Float"}

Node = dict[str, Any]


def dataset_json(
    name: str,
    description: str,
    keywords: Sequence[str],
    licence: str | None,
    distribution: Sequence[Node],
    record_sets: Sequence[Node],
) -> str:
    """Return croissant.json of a data set.

    Args:
        name: Its name, of letters, digits and hyphens.
        description: What it is, in words.
        keywords: What it is looked for by.
        licence: Its licence; None to say nothing.
        distribution: Its files and sets of files.
        record_sets: The records that can be read of them.
    """
    content: Node = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": _VERSION,
        "name": name,
        "description": description,
        "keywords": [*keywords],
    }
    if licence:
        content["license"] = licence_address(licence)
    content |= {"distribution": [*distribution], "recordSet": [*record_sets]}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def file_object(file: str, size_bytes: int, sha256: str) -> Node:
    """Return a file, by its path in the data set."""
    return {
        "@type": "cr:FileObject",
        "@id": file,
        "name": file,
        "contentUrl": file,
        "contentSize": f"{size_bytes} B",
        "encodingFormat": media_type(file),
        "sha256": sha256,
    }


def file_set(name: str, includes: str | Sequence[str], media: str, within: Sequence[str] = ()) -> Node:
    """Return the files that patterns tell, of one type; those of the data set, or those within some of its files."""
    node: Node = {"@type": "cr:FileSet", "@id": name, "name": name}
    if within:
        node["containedIn"] = [{"@id": each} for each in within]
    return node | {"encodingFormat": media, "includes": includes}


def media_type(file: str) -> str:
    """Return the type of a file by its suffix."""
    return _MEDIA.get(file.rpartition(".")[2], "application/octet-stream")


def record_set(name: str, contents: Mapping[str, tuple[str, Node]]) -> Node:
    """Return a set of records: of each field the type and where it is from."""
    key = f"records/{name}"
    fields = [
        {"@type": "cr:Field", "@id": f"{key}/{field}", "name": field, "dataType": kind, "source": source}
        for field, (kind, source) in contents.items()
    ]
    return {"@type": "cr:RecordSet", "@id": key, "name": name, "field": fields}


def parquet_records(name: str, schema: pa.Schema, source: Node) -> Node:
    """Return the records of a table, by its columns; of pictures, which are structs, the bytes."""
    contents = {}
    for field in schema:
        column = source | {"extract": {"column": field.name}}
        if pa.types.is_struct(field.type):
            contents[field.name] = ("sc:ImageObject", column | {"transform": {"jsonPath": "bytes"}})
        else:
            contents[field.name] = (_TYPES.get(field.type, "sc:Integer"), column)
    return record_set(name, contents)
