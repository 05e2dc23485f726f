"""`--as zips`: packs of 50,000 composites with their masks, depth maps and backgrounds, a subfolder per kind."""

from __future__ import annotations

import json
from collections.abc import Iterable

from bgfg.data_manifests.corpus.manifest import write_whole
from bgfg.synth.export.assets import background_files
from bgfg.synth.export.folder import FOLDERS, sample_files
from bgfg.synth.export.format import Job, Samples, Way
from bgfg.synth.export.manifest import Scratch
from bgfg.synth.export.part import Part
from bgfg.synth.export.zip_records import Member, directory

_COPY_BYTES = 1 << 20


def write(job: Job, part: Part, scratch: Scratch) -> None:
    """Write the members of one part, and beside them what the directory must know of each."""
    members = []
    with scratch.segment(job.ledger.segments / f"{part.number}.members") as stream:
        for _, file, data in sample_files(job, part):
            members.append(Member.of(file, data))
            stream.write(members[-1].header())
            stream.write(data)
    listed = [(member.name, member.crc32, member.size_bytes) for member in members]
    write_whole(job.ledger.segments / f"{part.number}.json", json.dumps(listed), job.ledger.segments)


def assemble(job: Job, group: str, samples: Samples, parts: Iterable[Part], scratch: Scratch) -> None:
    """Write one pack: its backgrounds, the members of its parts, the directory."""
    members = []
    with scratch.pack("pack", f"{group}.zip") as stream:
        for name, data in background_files(job, samples):
            members.append(Member.of(f"{FOLDERS['bg']}/{name}", data))
            stream.write(members[-1].header())
            stream.write(data)
        for part in parts:
            listed = json.loads((job.ledger.segments / f"{part.number}.json").read_text(encoding="utf-8"))
            members += [Member(*fields) for fields in listed]
            with (job.ledger.segments / f"{part.number}.members").open("rb") as segment:
                while piece := segment.read(_COPY_BYTES):
                    stream.write(piece)
        stream.write(directory(members))


ZIPS = Way(1_000, write, assemble=assemble, pack_samples=50_000, depth_bits=8)
