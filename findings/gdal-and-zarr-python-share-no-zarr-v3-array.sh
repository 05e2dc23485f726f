#!/usr/bin/env bash
# One small uint8 array, without compression or sharding, is written as Zarr v3 by zarr-python and by GDAL, and read by the
# other one of the two.
# Expected: both call it Zarr v3, whose specification of 2023 names one codec that every array has, `bytes`; so the plainest
# array there is can be handed from one to the other, whatever optional codecs either of them lacks.
# What happens: none is read in either direction. GDAL recognises the group of zarr-python and lists its arrays, as if all
# were well, then refuses each of them, `Unsupported codec: bytes`, the uncompressed ones too: it knows the draft, in which
# that codec was called `endian`. An array that GDAL writes (FORMAT=ZARR_V3) says of itself `zarr_format: 3` and has no
# `codecs`, which the specification requires: zarr-python ends with KeyError: 'codecs'. GDAL reads its own. By version 2 of
# the format the same array goes over, both ways. Whoever chooses v3 for a data set because both libraries list it among
# what they support hands on arrays that GIS programs show and can't open.
# Seen with rasterio 1.4.4 (GDAL 3.10.3, the newest wheel) and zarr 3.1.6; source: Zarr core specification 3.0, "Array
# metadata" (codecs is required; the array-to-bytes codec `bytes`), and GDAL's page of its Zarr driver.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check rasterio==1.4.4 zarr==3.1.6 numpy==2.2.6
cd "$folder"
venv/bin/python -W ignore - <<'P'
import json

import numpy as np
import rasterio
import zarr
from rasterio.errors import RasterioIOError
from rasterio.transform import from_origin

print("rasterio", rasterio.__version__, "GDAL", rasterio.__gdal_version__, "zarr", zarr.__version__)
pixels = np.arange(48, dtype=np.uint8).reshape(6, 8)

for version in (2, 3):
    zarr.open_group(f"zarr{version}", mode="w", zarr_format=version).create_array("image", data=pixels, compressors=None)
    options = {"driver": "Zarr", "FORMAT": f"ZARR_V{version}", "transform": from_origin(0, 6, 1, 1)}
    with rasterio.open(f"gdal{version}", "w", width=8, height=6, count=1, dtype="uint8", nodata=0, **options) as file:
        file.write(pixels, 1)
    with rasterio.open(f'ZARR:"gdal{version}":/gdal{version}') as file:
        assert np.array_equal(file.read(1), pixels)
    print(f"version {version}: GDAL reads what GDAL wrote")

with rasterio.open('ZARR:"zarr2":/image') as file:
    assert np.array_equal(file.read(1), pixels)
assert np.array_equal(zarr.open_array("gdal2/gdal2", mode="r")[:], pixels)
print("version 2: each reads what the other wrote")

zarr.open_group("zarr3").create_array("zeros", data=0 * pixels)
with rasterio.open("zarr3") as group:
    print("version 3, written by zarr: GDAL lists", *sorted(group.subdatasets))
    assert len(group.subdatasets) == 2
try:
    rasterio.open('ZARR:"zarr3":/image')
    raise SystemExit("GDAL opens it now")
except RasterioIOError as error:
    print("and refuses:", error)
    assert "Unsupported codec: bytes" in str(error)

with open("gdal3/gdal3/zarr.json") as file:
    said = json.load(file)
print("version 3, written by GDAL: zarr_format", said["zarr_format"], "and", sorted(said))
assert said["zarr_format"] == 3 and "codecs" not in said
try:
    zarr.open_array("gdal3/gdal3", mode="r")
    raise SystemExit("zarr opens it now")
except KeyError as error:
    print("zarr ends with KeyError:", error)
    assert error.args == ("codecs",)
P
