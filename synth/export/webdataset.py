"""`--as webdataset`: tar shards of 2,000 samples of one split, and the backgrounds as files beside them.

A sample is the members `KEY.image.jpeg`, `KEY.mask.png`, `KEY.depth.png` and `KEY.json`, its row; KEY is the stem of
its image's name. Where samples have several cut-outs there is `KEY.instance.png` too, and the row has them under
`instances`. The tar headers are the standard library's (ustar): plain files, readable by all, dated 1970-01-01.
"""

from __future__ import annotations

import json
import tarfile

import numpy as np

from bgfg.synth.export.assets import background_files
from bgfg.synth.export.atomic_writer import AtomicWriter, HashedFile
from bgfg.synth.export.format import ExportFormat, ExportJob, SampleGroups
from bgfg.synth.export.part import ExportPart


def prepare(job: ExportJob, groups: SampleGroups, writer: AtomicWriter) -> None:
    """Write the backgrounds."""
    (job.manifest.out / "bg").mkdir(exist_ok=True)
    for name, data in background_files(job, np.concatenate(list(groups.values()))):
        writer.write_file("bg", f"bg/{name}", data)


def write(job: ExportJob, part: ExportPart, writer: AtomicWriter) -> None:
    """Write one shard."""
    encoder, reader = job.encoder, job.reader
    with writer.open_file("shard", f"{part.group}-{part.index:06d}.tar") as stream:
        for block in reader.blocks(part.sample_indices):
            for i, (sample, row) in enumerate(zip(block.samples, reader.sample_rows(block.samples), strict=True)):
                key = reader.file_name("image", sample).rpartition(".")[0]
                row["background_name"] = reader.background_file_name(row["background"])
                _add(stream, f"{key}.image.{encoder.image_suffix}", encoder.image(block.images[i]))
                _add(stream, f"{key}.mask.png", encoder.mask(block.masks[i]))
                if block.depth:
                    _add(stream, f"{key}.depth.{encoder.depth_suffix}", encoder.depth(block.depth[i]))
                if block.instances:
                    _add(stream, f"{key}.instance.png", encoder.mask(block.instances[i]))
                    [row["instances"]] = reader.instance_rows([sample])
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
