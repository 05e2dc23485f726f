"""`--as webdataset`: tar shards of 2,000 samples of one split, backgrounds and cut-outs as files beside them.

A sample is the members `KEY.image.jpeg`, `KEY.mask.png`, `KEY.depth.png` (or `.npy`) and `KEY.json`, its row; KEY is
the stem of its image's name. Where samples have several cut-outs there is `KEY.instance.png` too, and the row has them
under `instances`. The tar headers are the standard library's (ustar): plain files, readable by all, dated 1970-01-01.
"""

from __future__ import annotations

import json
import tarfile

import numpy as np

from bgfg.synth.export.assets import background_files, cutout_files
from bgfg.synth.export.atomic_writer import AtomicWriter, HashedFile
from bgfg.synth.export.card import hub_split, write_card
from bgfg.synth.export.format import ExportFormat, ExportJob, SampleGroups
from bgfg.synth.export.part import ExportPart
from bgfg.synth.export.references import describe_references

# webdataset's decoders make 8 bits of every PNG: a map of more than 255 mm becomes constant white.
_DEPTH_READER = (
    "import io, PIL.Image, numpy as np, webdataset as wds\n"
    'samples = wds.WebDataset(urls, shardshuffle=False).decode(wds.handle_extension("depth.png", '
    'lambda png: np.asarray(PIL.Image.open(io.BytesIO(png)))), "rgb8")'
)
_DEPTH_NOTES = {
    "png": "`depth.png` has 16 bits, and all of webdataset's own decoders make 8 of them, which leaves constant white. "
    f"A handler before theirs reads it as (H, W) uint16:\n\n```python\n{_DEPTH_READER}\n```\n\n"
    "An export with `--depth-member npy` needs no such line.",
    "npy": "`depth.npy` is an array (H, W), which webdataset's `decode()` gives as it is.",
}


def prepare(job: ExportJob, groups: SampleGroups, writer: AtomicWriter) -> None:
    """Write the card, the backgrounds and the cut-outs."""
    samples = np.concatenate(list(groups.values()))
    for folder in ("bg", "fg"):
        (job.manifest.out / folder).mkdir(exist_ok=True)
    for name, data in background_files(job, samples):
        writer.write_file("bg", f"bg/{name}", data)
    for _, name, data in cutout_files(job, samples):
        writer.write_file("fg", f"fg/{name}", data)
    suffix = job.request.depth_suffix
    note = "" if job.request.depth_bits == 8 and suffix != "npy" else _DEPTH_NOTES.get(suffix, "")
    card = [
        (
            "Exported by bgfg; export.json says of what corpus and how depth is coded. Shards are SPLIT-NNNNNN.tar; a "
            "sample is the members KEY.image, KEY.mask, KEY.depth where there is depth, and KEY.json, its row."
        ),
        note,
        describe_references(job),
    ]
    loading = ["configs:", "- config_name: default", "  data_files:"]
    for split in groups:
        loading += [f"  - split: {hub_split(split)}", f"    path: {split}-*.tar"]
    write_card(job, groups, writer, "Composites with masks, as shards of WebDataset", card, loading)


def write(job: ExportJob, part: ExportPart, writer: AtomicWriter) -> None:
    """Write one shard."""
    encoder, reader = job.encoder, job.reader
    with writer.open_file("shard", f"{part.group}-{part.index:06d}.tar") as stream:
        for block in reader.blocks(part.sample_indices):
            for i, (sample, row) in enumerate(zip(block.samples, reader.sample_rows(block.samples), strict=True)):
                key = reader.file_name("image", sample).rpartition(".")[0]
                row["background_name"] = reader.background_file_name(row["background"])
                row["cutout_name"] = reader.cutout_file_name(row["cutout"])
                row |= job.camera_of(row["background"])
                _add(stream, f"{key}.image.{encoder.image_suffix}", encoder.image(block.images[i]))
                _add(stream, f"{key}.mask.png", encoder.mask(block.masks[i]))
                if block.depth:
                    _add(stream, f"{key}.depth.{encoder.depth_suffix}", encoder.depth(block.depth[i]))
                if block.normals:
                    _add(stream, f"{key}.normal.png", encoder.normals(block.normals[i]))
                if block.instances:
                    _add(stream, f"{key}.instance.png", encoder.mask(block.instances[i]))
                    [instances] = reader.instance_rows([sample])
                    names = ({"cutout_name": reader.cutout_file_name(instance["cutout"])} for instance in instances)
                    row["instances"] = [instance | name for instance, name in zip(instances, names, strict=True)]
                _add(stream, f"{key}.json", json.dumps(row).encode())
        stream.write(bytes(2 * tarfile.BLOCKSIZE))  # the end of a tar file, then up to the end of a record
        stream.write(bytes(-stream.size_bytes % tarfile.RECORDSIZE))


def _add(stream: HashedFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    stream.write(member.tobuf(tarfile.USTAR_FORMAT))
    stream.write(content)
    stream.write(bytes(-member.size % tarfile.BLOCKSIZE))


WEBDATASET_FORMAT = ExportFormat(2_000, write, prepare, by_split=True)
