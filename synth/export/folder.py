"""`--as folder`: the six kinds of image as files under their names, a folder per kind."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from bgfg.synth.export.assets import background_files, cutout_files
from bgfg.synth.export.format import Groups, Job, Way
from bgfg.synth.export.manifest import Scratch
from bgfg.synth.export.part import Part

FOLDERS = {"bg": "bg", "fg": "fg", "fg_mask": "fg_mask", "image": "bg_fg", "mask": "bg_fg_mask", "depth": "bg_fg_depth"}
# Beside the six kinds, where samples have several cut-outs: which of them is seen, as grey levels 0, 1, 2 ...
INSTANCE_FOLDER = "instance"


def prepare(job: Job, groups: Groups, scratch: Scratch) -> None:
    """Make the folders; write backgrounds, cut-outs and the cut-outs' masks."""
    for kind, folder in FOLDERS.items():
        if kind != "depth" or job.request.depth_bits is not None:
            (job.ledger.out / folder).mkdir(exist_ok=True)
    if job.corpus.manifest.crowd:
        (job.ledger.out / INSTANCE_FOLDER).mkdir(exist_ok=True)
    samples = np.concatenate(list(groups.values()))
    for name, data in background_files(job, samples):
        scratch.put("bg", f"{FOLDERS['bg']}/{name}", data)
    for kind, name, data in cutout_files(job, samples):
        scratch.put(kind, f"{FOLDERS[kind]}/{name}", data)


def write(job: Job, part: Part, scratch: Scratch) -> None:
    """Write composites, masks and depth maps, and instances where there are any."""
    for kind, file, data in sample_files(job, part):
        scratch.put(kind, file, data)


def sample_files(job: Job, part: Part) -> Iterator[tuple[str, str, bytes]]:
    """Yield kind, path and content of the files of every sample of a part."""
    encoder, name = job.encoder, job.source.name
    for block in job.source.blocks(part.array):
        for i, sample in enumerate(block.samples):
            yield "image", f"{FOLDERS['image']}/{name('image', sample)}", encoder.image(block.images[i])
            yield "mask", f"{FOLDERS['mask']}/{name('mask', sample)}", encoder.mask(block.masks[i])
            if block.depth:
                yield "depth", f"{FOLDERS['depth']}/{name('depth', sample)}", encoder.depth(block.depth[i])
            if block.instances:
                file = f"{INSTANCE_FOLDER}/{name('instance', sample)}"
                yield "instance", file, encoder.mask(block.instances[i])


FOLDER = Way(1_000, write, prepare, depth_bits=8)
