#!/usr/bin/env bash
# Pictures in a folder, described by Croissant as the `content` of their files and read by mlcroissant. Expected: the
# pixels that the files hold. What happens: an ordinary 8-bit TIFF photograph comes out as its negative (levels are
# multiplied by 255 within 8 bits, so level v becomes 256 - v; only floating-point TIFF from 0 to 1 is right); a depth
# map of 16 bits in PNG, in millimetres, comes out as 8 bits in three channels in which all that is farther than 255 mm is
# 255; a transparent cut-out loses its alpha. Nothing is said. The very bytes of that PNG in a column of a Parquet
# file, described alike, come out as they are: so a set loses its depth when it is unpacked into files.
# Seen with mlcroissant 1.1.1; source: Croissant specification 1.1 ("FileSet", "sc:ImageObject"), and its reader of files.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    'mlcroissant[image,parquet]==1.1.1' pillow==12.0.0 numpy==2.2.6 tifffile==2025.10.16 pyarrow==21.0.0
cd "$folder"
venv/bin/python - 2>log <<'P' || { cat log; exit 1; }
import hashlib
import importlib.metadata
import json
from pathlib import Path

import mlcroissant
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

GREY = np.array([[0, 1, 60, 128, 200, 255]], dtype=np.uint8)
FILES = {
    "photograph of 8 bits": ("photo.tiff", "image/tiff", GREY),
    "floating-point picture": ("float.tiff", "image/tiff", (GREY / 255).astype(np.float32)),
    "depth map of 16 bits, mm": ("depth.png", "image/png", np.array([[120, 250, 1000, 4000, 40000]], np.uint16)),
    "cut-out, RGBA": ("cutout.png", "image/png", np.array([[[9, 9, 9, 0], [8, 8, 8, 255]]], np.uint8)),
}
ABOUT = {
    "@context": {"@language": "en", "@vocab": "https://schema.org/"}
    | {"sc": "https://schema.org/", "cr": "http://mlcommons.org/croissant/"}
    | {"dct": "http://purl.org/dc/terms/", "conformsTo": "dct:conformsTo"}
    | {"dataType": {"@id": "cr:dataType", "@type": "@vocab"}, "citeAs": "cr:citeAs", "column": "cr:column"}
    | {term: f"cr:{term}" for term in ("extract", "field", "fileProperty", "fileObject", "fileSet", "includes")}
    | {term: f"cr:{term}" for term in ("recordSet", "source")},
    "@type": "sc:Dataset", "conformsTo": "http://mlcommons.org/croissant/1.0", "name": "pictures",
    "description": "one picture", "license": "CC0-1.0", "url": "https://example.org", "datePublished": "2026-01-01",
    "version": "1.0.0", "citeAs": "none",
}  # fmt: skip


def read(place, source):
    """The picture that the description yields as a record."""
    field = {"@type": "cr:Field", "@id": "r/picture", "name": "picture", "dataType": "sc:ImageObject", "source": source}
    records = [{"@type": "cr:RecordSet", "@id": "r", "name": "r", "field": [field]}]
    Path("croissant.json").write_text(json.dumps(ABOUT | {"distribution": [place], "recordSet": records}))
    (record,) = mlcroissant.Dataset(jsonld="croissant.json").records("r")
    return record["r/picture"]


def told(picture):
    return f"mode {picture.mode:5} first channel {np.asarray(picture).reshape(picture.width, -1)[:, 0].tolist()}"


print("mlcroissant", importlib.metadata.version("mlcroissant"))
found = {}
for title, (name, media, pixels) in FILES.items():
    Image.fromarray(pixels).save(name)
    place = {"@type": "cr:FileSet", "@id": "files", "name": "files", "encodingFormat": media, "includes": name}
    found[name] = read(place, {"fileSet": {"@id": "files"}, "extract": {"fileProperty": "content"}})
    print(f"{title:25} {told(Image.open(name))}")
    print(f"{'  read':25} {told(found[name])}")
pq.write_table(pa.table({"picture": [Path("depth.png").read_bytes()]}), "depth.parquet")
digest = hashlib.sha256(Path("depth.parquet").read_bytes()).hexdigest()
place = {"@type": "cr:FileObject", "@id": "table", "name": "table", "contentUrl": "depth.parquet", "sha256": digest}
place |= {"encodingFormat": "application/x-parquet"}
packed = read(place, {"fileObject": {"@id": "table"}, "extract": {"column": "picture"}})
print(f"{'  read from Parquet':25} {told(packed)}")

assert np.array_equal(np.asarray(found["photo.tiff"]).reshape(1, 6), (256 - GREY.astype(int)) % 256), "no negative"
assert np.array_equal(np.asarray(found["float.tiff"]).reshape(1, 6), GREY)
assert np.asarray(found["depth.png"])[0, :, 0].tolist() == [120, 250, 255, 255, 255], "depth is as the file has it"
assert found["cutout.png"].mode == "RGB"
assert np.asarray(packed)[0].tolist() == FILES["depth map of 16 bits, mm"][2][0].tolist()
P
