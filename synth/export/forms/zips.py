"""`--as zips`: packs of 50,000 composites with their masks, depth maps and backgrounds, a subfolder per kind."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from bgfg.data_manifests.files.json_form import Form, misfit
from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.synth.export.assets import background_files, write_lists
from bgfg.synth.export.atomic_writer import AtomicWriter
from bgfg.synth.export.card import write_card
from bgfg.synth.export.format import ExportFormat, ExportJob, SampleGroups, SampleIndices
from bgfg.synth.export.forms.folder import FOLDER_OF_KIND, sample_files
from bgfg.synth.export.part import ExportPart, read_left
from bgfg.synth.export.references import describe_references
from bgfg.synth.formats.zip_records import ZipMember, central_directory

_COPY_BYTES = 1 << 20


def _is_member(entry: Any) -> bool:
    """Say whether an entry is name, CRC-32 and size of a member."""
    if misfit(entry, list) or [type(value) for value in entry] != [str, int, int]:
        return False
    return bool(entry[0].isascii()) and all(0 <= number < 2**32 for number in entry[1:])


# What a worker lists of the members that it wrote.
MEMBERS: Form = [_is_member]


def prepare(job: ExportJob, groups: SampleGroups, writer: AtomicWriter) -> None:
    """Write what is beside the packs: the card, which instance is which where there are several, and classes."""
    about = "Exported by bgfg; export.json says of what corpus and how depth is coded. Folders in a pack hold one kind."
    write_card(job, groups, writer, "Composites with masks, in packs", [about, describe_references(job)])
    write_lists(job, np.concatenate(list(groups.values())), writer)


def write(job: ExportJob, part: ExportPart, writer: AtomicWriter) -> None:
    """Write the members of one part, and beside them what the central directory must know of each."""
    members = []
    with writer.open_segment(job.manifest.segments / f"{part.number}.members") as stream:
        for _, file, data in sample_files(job, part):
            members.append(ZipMember.of(file, data))
            stream.write(members[-1].local_header())
            stream.write(data)
    listed = [(member.name, member.crc32, member.size_bytes) for member in members]
    with writer.open_segment(job.manifest.segments / f"{part.number}.json") as stream:
        stream.write(json.dumps(listed).encode())


def assemble(
    job: ExportJob, group: str, samples: SampleIndices, parts: Iterable[ExportPart], writer: AtomicWriter
) -> None:
    """Write one pack: its backgrounds, the members of its parts, the central directory."""
    members = []
    with writer.open_file("pack", f"{group}.zip") as stream:
        for name, data in background_files(job, samples):
            members.append(ZipMember.of(f"{FOLDER_OF_KIND['bg']}/{name}", data))
            stream.write(members[-1].local_header())
            stream.write(data)
        for part in parts:
            listed = read_left(job.manifest.segment(f"{part.number}.json"), MEMBERS)
            members += [ZipMember(*fields) for fields in listed]
            with open_regular(job.manifest.segment(f"{part.number}.members")) as segment:
                while piece := segment.read(_COPY_BYTES):
                    stream.write(piece)
        stream.write(central_directory(members))


ZIPS_FORMAT = ExportFormat(1_000, write, prepare, assemble, samples_per_pack=50_000, default_depth_bits=8)
