"""Backgrounds and cut-outs as files: what an export needs beside its samples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.instances import INSTANCES, Instances
from bgfg.data_manifests.corpus.naming import Name
from bgfg.synth.export.format import Job, Samples
from bgfg.synth.store.store import Corpus


def background_files(job: Job, samples: Samples) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the file of every background that the samples stand on."""
    for b in backgrounds_of(job, samples):
        yield job.source.background_name(b), job.encoder.image(job.corpus.read("background", b))


def cutout_files(job: Job, samples: Samples) -> Iterator[tuple[str, str, bytes]]:
    """Yield kind ("fg" or "fg_mask"), name and content of the files of every cut-out of the samples.

    A cut-out and its flip come together, at the size at which they are prepared, whichever of them the samples show.
    """
    for c in _cutouts_of(job, samples):
        both = job.corpus.read("cutout", slice(2 * c, 2 * c + 2))
        for flipped in (False, True):
            height_px, width_px = job.corpus.cutout_sizes[2 * c + flipped]
            rgba = np.ascontiguousarray(both[int(flipped), :height_px, :width_px])
            for kind, data in (("fg", job.encoder.cutout(rgba)), ("fg_mask", job.encoder.mask(rgba[..., 3].copy()))):
                yield kind, job.source.names.write(Name(kind, cutout=c, flipped=flipped)), data


def backgrounds_of(job: Job, samples: Samples) -> list[int]:
    """Return the backgrounds that the samples stand on, ascending."""
    g = job.corpus.geometry
    backgrounds: list[int] = np.unique(samples // (2 * g.cutouts * g.placements)).tolist()
    return backgrounds


def _cutouts_of(job: Job, samples: Samples) -> list[int]:
    """Return the cut-outs, flips not counted, that the samples are made of, ascending."""
    g = job.corpus.geometry
    if job.corpus.manifest.crowd is None:
        first: list[int] = np.unique(samples // g.placements % (2 * g.cutouts) // 2).tolist()
        return first
    found: set[int] = set()
    for b in backgrounds_of(job, samples):
        rows = Instances.read(job.corpus.path / "manifest" / INSTANCES, b, g).rows
        found.update((rows[np.isin(rows[:, 0], samples), 2] // 2).tolist())
    return sorted(found)


def near_duplicates(corpus: Corpus) -> list[list[str]]:
    """Return the names of the backgrounds, and of the cut-outs, that planning found to be near-duplicates, by group."""
    groups = defaultdict[tuple[str, int], list[str]](list)
    for asset in tables.read_assets(corpus.path / "manifest" / tables.ASSETS):
        if asset["flip_of"] is None:
            groups[asset["kind"], asset["group"]].append(asset["name"])
    return [names for names in groups.values() if len(names) > 1]
