"""What README.md and croissant.json say of a corpus, and what they don't.

Croissant 1.1 describes files and, of tables, their records, which `mlcroissant` reads. It knows no encoding for arrays:
of the shards of Zarr it says where they are, and no record has their pixels.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.part_record import PARTS_FOLDER
from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.corpus.summary import CorpusSummary
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.files.seal import SEAL_KEY, UNSEALED
from bgfg.synth.formats.croissant import (
    CROISSANT_FILE,
    Node,
    dataset_json,
    file_object,
    file_set,
    media_type,
    parquet_records,
)
from bgfg.synth.formats.data_card import CARD_FILE, data_card
from bgfg.synth.store.layout import part_layouts

# What stands before the seal of each file.
SEAL_MARKS = {CARD_FILE: f"<!-- made by bgfg card, {SEAL_KEY} ", CROISSANT_FILE: f'"{SEAL_KEY}": "'}

_ZARR = "application/vnd.zarr; version=3"

_READING = """## How it is read

```python
import pyarrow.parquet as pq
import zarr

store = zarr.open_group("data.zarr", mode="r")
image, mask = store["image"][0], store["mask"][0]  # (H, W, 3) and (H, W) uint8
row = pq.read_table("manifest/samples.parquet").slice(0, 1).to_pylist()[0]  # what sample 0 shows, and its split
```

Any reader of Zarr v3 with the codec `sharding_indexed` opens the store. The attribute `encoding` of `depth` says how
its codes become metres. `manifest/corpus.json` says how everything was made; with bgfg, `bgfg.Corpus(FOLDER)[0]` is a
sample."""

_LIMITS = """## What croissant.json says, and what it doesn't

Croissant 1.1 describes files and the records of tables: `mlcroissant` reads those of the Parquet files. It has no
encoding for arrays in Zarr, so of `data.zarr` it says where it is, and its records have no pixels: those are read as
above, or from an export (`bgfg export FOLDER OUT --as parquet`), whose records have them."""


def card_texts(records: CorpusRecords, licence: str | None) -> dict[str, str]:
    """Return the texts of the card of a corpus by the names of their files, each with UNSEALED after its SEAL_MARKS.

    Args:
        records: The records of the corpus, whose arrays are whole.
        licence: Licence of its pictures; None to say nothing.
    """
    return {CARD_FILE: _readme(records, licence), CROISSANT_FILE: _croissant(records, licence)}


def _readme(records: CorpusRecords, licence: str | None) -> str:
    manifest, summary = records.manifest, CorpusSummary.from_records(records)
    depth = [" and depth"] if manifest.teacher else []
    kind = "imported" if manifest.is_imported else "planned and composed"
    about = (
        f"{manifest.geometry.describe()}, {kind} by bgfg. Pictures are in `data.zarr`, a store of Zarr v3; what each "
        f"sample shows is in the Parquet tables of `manifest`. Digest: `{manifest.digest}`."
    )
    text = data_card(
        f"Composites with masks{''.join(depth)}",
        [about, _arrays(manifest), *_parts(manifest), _READING, _splits(summary), *_facts(summary), _LIMITS],
        ["image-segmentation", *(["depth-estimation"] if depth else [])],
        len(manifest.geometry.index),
        licence,
        _loading(manifest),
    )
    return f"{text}\n{SEAL_MARKS[CARD_FILE]}{UNSEALED} -->\n"


def _arrays(manifest: Manifest) -> str:
    lines = ["| array | shape | type | |", "|---|---|---|---|"]
    layouts = part_layouts(manifest.geometry, 0, "background_depth" in manifest.prepared, manifest.teacher,
                           manifest.crowd is not None)  # fmt: skip
    for layout in layouts.values():
        shape, told = ", ".join(map(str, layout.shape)), layout.attributes.get("long_name", "")
        if layout.name == "depth" and "units" not in layout.attributes:
            told = "levels without a unit, larger is farther, code 0 unknown"
        lines.append(f"| `{layout.name}` | {shape} | {layout.dtype} | {told} |")
    return "\n".join(lines)


def _parts(manifest: Manifest) -> list[str]:
    """Say where the parts are that were added later, if there are any."""
    if not manifest.extensions:
        return []
    added = manifest.geometry.added
    folders = "; ".join(f"`parts/{n}` brought {each.describe()}" for n, each in enumerate(added, start=1))
    why = "It was extended" if manifest.plan_parts == 1 else f"It was planned in {manifest.plan_parts} parts"
    told = (
        f"{why}: the arrays above are those of the first, and each further part has arrays and tables of its own, of "
        f"the same form: {folders}. Numbers in the tables are those of the whole."
    )
    return [told]


def _splits(summary: CorpusSummary) -> str:
    rows = [f"| {split} | {n.samples:,} | {n.backgrounds:,} | {n.cutouts:,} |" for split, n in summary.splits.items()]
    head = "| split | samples | backgrounds | cut-outs |\n|---|---|---|---|"
    how = "as they were given" if summary.manifest.split == "as given" else "by identity"
    return f"## Splits\n\nSplit {how}: {summary.manifest.split}.\n\n" + "\n".join([head, *rows])


def _facts(summary: CorpusSummary) -> list[str]:
    """Say what is known of classes, cameras and depth."""
    manifest, teacher = summary.manifest, summary.manifest.teacher
    classes = f"Classes, numbered from 1 on: {', '.join(f'`{name}`' for name in manifest.class_names)}."
    cameras = f"Cameras: {summary.cameras}." if summary.cameras else ""
    licence = f", under {teacher['licence']}" if teacher and teacher.get("licence") else ""
    depth = f"Depth was made by `{teacher['name']}`{licence}." if teacher else ""
    return [classes, cameras, depth]


def _loading(manifest: Manifest) -> list[str]:
    """Return what tells `datasets` the tables: `load_dataset(FOLDER, "samples", split="rows")`."""
    lines = ["configs:"]
    for name in manifest.tables:
        lines += [f"- config_name: {_stem(name)}", "  data_files:", "  - split: rows", "    path:"]
        lines += [f"    - {file}" for file in _places(manifest, f"manifest/{name}")]
    return lines


def _croissant(records: CorpusRecords, licence: str | None) -> str:
    manifest = records.manifest
    hashes = {"manifest/corpus.json": file_sha256(records.path / "manifest" / "corpus.json")}
    for number, part in enumerate(manifest.parts):
        hashes |= {_place(number, f"manifest/{name}"): sha256 for name, sha256 in part.tables.items()}
    objects = [file_object(file, (records.path / file).stat().st_size, sha256) for file, sha256 in hashes.items()]
    tables = {_stem(name): _places(manifest, f"manifest/{name}") for name in manifest.tables}
    sets = [file_set(name, files, media_type(files[0])) for name, files in tables.items()]
    sets.append(file_set("data.zarr", _places(manifest, "data.zarr/*"), _ZARR))
    text = dataset_json(
        f"bgfg-{manifest.digest[:12]}",
        f"{manifest.geometry.describe()}: composites with masks in a store of Zarr v3, made by bgfg (digest "
        f"{manifest.digest}); README.md says how it is read. Records are those of its tables: Croissant has no "
        "encoding for arrays in Zarr, of which the set of files data.zarr says where they are.",
        ["composites", "segmentation", *(["depth"] if manifest.teacher else [])],
        licence,
        [*objects, *sets],
        [_records(records, name, files) for name, files in tables.items()],
    )
    content = json.loads(text)
    content["@context"][SEAL_KEY] = None  # JSON-LD passes over what is called so
    return json.dumps(content | {SEAL_KEY: UNSEALED}, indent=1, ensure_ascii=False) + "\n"


def _records(records: CorpusRecords, name: str, files: list[str]) -> Node:
    schemas = []
    for file in files:
        with open_regular(records.path / file) as stream:
            schemas.append(pq.read_schema(stream))
    return parquet_records(name, pa.unify_schemas(schemas), {"fileSet": {"@id": name}})


def _places(manifest: Manifest, file: str) -> list[str]:
    """Return where a file of every part lies, seen from the folder of the corpus."""
    return [_place(number, file) for number in range(len(manifest.parts))]


def _place(part: int, file: str) -> str:
    return str(PurePosixPath(PARTS_FOLDER, str(part), file)) if part else file


def _stem(table: str) -> str:
    return table.removesuffix(".parquet")
