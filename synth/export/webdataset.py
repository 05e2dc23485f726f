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
from bgfg.synth.export.format import Groups, Job, Way
from bgfg.synth.export.manifest import HashedFile, Scratch
from bgfg.synth.export.part import Part


def prepare(job: Job, groups: Groups, scratch: Scratch) -> None:
    """Write the backgrounds."""
    (job.ledger.out / "bg").mkdir(exist_ok=True)
    for name, data in background_files(job, np.concatenate(list(groups.values()))):
        scratch.put("bg", f"bg/{name}", data)


def write(job: Job, part: Part, scratch: Scratch) -> None:
    """Write one shard."""
    encoder, source = job.encoder, job.source
    with scratch.pack("shard", f"{part.group}-{part.index:06d}.tar") as stream:
        for block in source.blocks(part.array):
            for i, (sample, row) in enumerate(zip(block.samples, source.rows(block.samples), strict=True)):
                key = source.name("image", sample).rpartition(".")[0]
                row["background_name"] = source.background_name(row["background"])
                _add(stream, f"{key}.image.{encoder.image_suffix}", encoder.image(block.images[i]))
                _add(stream, f"{key}.mask.png", encoder.mask(block.masks[i]))
                if block.depth:
                    _add(stream, f"{key}.depth.{encoder.depth_suffix}", encoder.depth(block.depth[i]))
                if block.instances:
                    _add(stream, f"{key}.instance.png", encoder.mask(block.instances[i]))
                    [row["instances"]] = source.pastes([sample])
                _add(stream, f"{key}.json", json.dumps(row).encode())
        stream.write(bytes(2 * tarfile.BLOCKSIZE))  # the end of a tar file, then up to the end of a record
        stream.write(bytes(-stream.size_bytes % tarfile.RECORDSIZE))


def _add(stream: HashedFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    stream.write(member.tobuf(tarfile.USTAR_FORMAT))
    stream.write(content)
    stream.write(bytes(-member.size % tarfile.BLOCKSIZE))


WEBDATASET = Way(2_000, write, prepare, by_split=True)
