"""`--as folder`: the six kinds of image as files under their names, a folder per kind."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from synth.export.assets import background_files, cutout_files
from synth.export.ledger import Scratch
from synth.export.part import Part
from synth.export.way import Groups, Job, Way

FOLDERS = {"bg": "bg", "fg": "fg", "fg_mask": "fg_mask", "image": "bg_fg", "mask": "bg_fg_mask", "depth": "bg_fg_depth"}


def prepare(job: Job, groups: Groups, scratch: Scratch) -> None:
    """Make the folders; write backgrounds, cut-outs and the cut-outs' masks."""
    for kind, folder in FOLDERS.items():
        if kind != "depth" or job.request.depth_bits is not None:
            (job.ledger.out / folder).mkdir(exist_ok=True)
    samples = np.concatenate(list(groups.values()))
    for name, data in background_files(job, samples):
        scratch.put("bg", f"{FOLDERS['bg']}/{name}", data)
    for kind, name, data in cutout_files(job, samples):
        scratch.put(kind, f"{FOLDERS[kind]}/{name}", data)


def write(job: Job, part: Part, scratch: Scratch) -> None:
    """Write composites, masks and depth maps."""
    for kind, name, data in sample_files(job, part):
        scratch.put(kind, f"{FOLDERS[kind]}/{name}", data)


def sample_files(job: Job, part: Part) -> Iterator[tuple[str, str, bytes]]:
    """Yield kind, name and content of the files of every sample of a part."""
    encoder, name = job.encoder, job.source.name
    for block in job.source.blocks(part.array):
        for i, sample in enumerate(block.samples):
            yield "image", name("image", sample), encoder.image(block.images[i])
            yield "mask", name("mask", sample), encoder.mask(block.masks[i])
            if block.depth:
                yield "depth", name("depth", sample), encoder.depth(block.depth[i])


FOLDER = Way(1_000, write, prepare, depth_bits=8)
