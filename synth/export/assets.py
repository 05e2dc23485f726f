"""Backgrounds and cut-outs as files, which an export has beside its samples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.instances import INSTANCES_FILE, InstanceTable
from bgfg.data_manifests.corpus.naming import Name
from bgfg.synth.export.format import ExportJob, SampleIndices
from bgfg.synth.store.corpus import Corpus


def background_files(job: ExportJob, samples: SampleIndices) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the file of every background of the samples."""
    for b in backgrounds_of(job, samples):
        yield job.reader.background_file_name(b), job.encoder.image(job.corpus.read("background", b))


def cutout_files(job: ExportJob, samples: SampleIndices) -> Iterator[tuple[str, str, bytes]]:
    """Yield kind ("fg" or "fg_mask"), name and content of the files of every cut-out of the samples.

    A cut-out and its flip come together, at the size at which they are prepared, whichever of them the samples show.
    """
    for c in _cutouts_of(job, samples):
        both = job.corpus.read("cutout", slice(2 * c, 2 * c + 2))
        for flipped in (False, True):
            height_px, width_px = job.corpus.cutout_sizes_px[2 * c + flipped]
            rgba = np.ascontiguousarray(both[int(flipped), :height_px, :width_px])
            for kind, data in (("fg", job.encoder.cutout(rgba)), ("fg_mask", job.encoder.mask(rgba[..., 3].copy()))):
                yield kind, job.reader.names.write(Name(kind, cutout=c, flipped=flipped)), data


def backgrounds_of(job: ExportJob, samples: SampleIndices) -> list[int]:
    """Return the numbers of the backgrounds of the samples, ascending."""
    g = job.corpus.geometry
    backgrounds: list[int] = np.unique(samples // (2 * g.cutouts * g.placements)).tolist()
    return backgrounds


def _cutouts_of(job: ExportJob, samples: SampleIndices) -> list[int]:
    """Return the cut-outs, flips not counted, that the samples are made of, ascending."""
    g = job.corpus.geometry
    if job.corpus.manifest.crowd is None:  # the number of a sample says which cut-out it has
        first: list[int] = np.unique(samples // g.placements % (2 * g.cutouts) // 2).tolist()
        return first
    found: set[int] = set()
    for b in backgrounds_of(job, samples):
        rows = InstanceTable.read(job.corpus.path / "manifest" / INSTANCES_FILE, b, g).rows
        found.update((rows[np.isin(rows[:, 0], samples), 2] // 2).tolist())
    return sorted(found)


def near_duplicates(corpus: Corpus) -> list[list[str]]:
    """Return the names of the backgrounds, and of the cut-outs, that planning found to be near-duplicates, by group."""
    groups = defaultdict[tuple[str, int], list[str]](list)
    for asset in tables.read_assets(corpus.path / "manifest" / tables.ASSETS_FILE):
        if asset["flip_of"] is None:
            groups[asset["kind"], asset["group"]].append(asset["name"])
    return [names for names in groups.values() if len(names) > 1]
