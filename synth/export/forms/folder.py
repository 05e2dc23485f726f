"""`--as folder`: the six kinds of image as files under their names, a folder per kind."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bgfg.synth.export.assets import (
    background_files,
    cutout_files,
    cutout_mask_files,
    write_lists,
)
from bgfg.synth.export.atomic_writer import AtomicWriter
from bgfg.synth.export.card import write_card
from bgfg.synth.export.format import ExportFormat, ExportJob, SampleGroups
from bgfg.synth.export.part import ExportPart
from bgfg.synth.export.references import describe_references

FOLDER_OF_KIND = {
    "bg": "bg",
    "fg": "fg",
    "fg_mask": "fg_mask",
    "image": "bg_fg",
    "mask": "bg_fg_mask",
    "depth": "bg_fg_depth",
}
# Beside the six kinds, where samples have several cut-outs: which of them is seen, as grey levels 0, 1, 2 ...
INSTANCE_FOLDER = "instance"
# And where they are asked for, normals.
NORMAL_FOLDER = "bg_fg_normal"


def prepare(job: ExportJob, groups: SampleGroups, writer: AtomicWriter) -> None:
    """Make the folders; write the card, backgrounds, cut-outs and their masks, which instance is which, and classes."""
    g = job.corpus.geometry
    has = {"bg": g.backgrounds, "fg": g.cutouts, "fg_mask": g.cutouts, "depth": job.request.depth_bits}
    for kind, folder in FOLDER_OF_KIND.items():
        if has.get(kind, True):
            (job.manifest.out / folder).mkdir(exist_ok=True)
    if job.corpus.manifest.crowd:
        (job.manifest.out / INSTANCE_FOLDER).mkdir(exist_ok=True)
    if job.request.normals:
        (job.manifest.out / NORMAL_FOLDER).mkdir(exist_ok=True)
    samples = np.concatenate(list(groups.values()))
    for name, data in background_files(job, samples):
        writer.write_file("bg", f"{FOLDER_OF_KIND['bg']}/{name}", data)
    for _, name, data in cutout_files(job, samples):
        writer.write_file("fg", f"{FOLDER_OF_KIND['fg']}/{name}", data)
    for name, data in cutout_mask_files(job, samples):
        writer.write_file("fg_mask", f"{FOLDER_OF_KIND['fg_mask']}/{name}", data)
    write_lists(job, samples, writer)
    about = "Exported by bgfg; export.json says of what corpus and how depth is coded. A folder holds one kind."
    write_card(job, groups, writer, "Composites with masks, as files", [about, describe_references(job)])


def write(job: ExportJob, part: ExportPart, writer: AtomicWriter) -> None:
    """Write composites, masks and depth maps, and instances where there are any."""
    for kind, file, data in sample_files(job, part):
        writer.write_file(kind, file, data)


def sample_files(job: ExportJob, part: ExportPart) -> Iterator[tuple[str, str, bytes]]:
    """Yield kind, path and content of the files of every sample of a part."""
    encoder, name = job.encoder, job.reader.file_name
    for block in job.reader.blocks(part.sample_indices):
        for i, sample in enumerate(block.samples):
            yield "image", f"{FOLDER_OF_KIND['image']}/{name('image', sample)}", encoder.image(block.images[i])
            yield "mask", f"{FOLDER_OF_KIND['mask']}/{name('mask', sample)}", encoder.mask(block.masks[i])
            if block.depth:
                yield "depth", f"{FOLDER_OF_KIND['depth']}/{name('depth', sample)}", encoder.depth(block.depth[i])
            if block.instances:
                file = f"{INSTANCE_FOLDER}/{name('instance', sample)}"
                yield "instance", file, encoder.mask(block.instances[i])
            if block.normals:
                yield "normal", f"{NORMAL_FOLDER}/{name('normal', sample)}", encoder.normals(block.normals[i])


FOLDER_FORMAT = ExportFormat(1_000, write, prepare, default_depth_bits=8)
