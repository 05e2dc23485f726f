"""What an export format is, and the job that it works on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.synth.export.atomic_writer import AtomicWriter
from bgfg.synth.export.encode import ImageEncoder
from bgfg.synth.export.manifest import ExportManifest
from bgfg.synth.export.normal_maps import Cameras, NormalMaps
from bgfg.synth.export.part import ExportPart
from bgfg.synth.export.remote_manifest import RemoteExportManifest
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.sample_reader import SampleReader
from bgfg.synth.store.corpus import Corpus

SampleIndices = NDArray[np.int64]
SampleGroups = Mapping[str, SampleIndices]


class ExportJob:
    """One export in progress: where from, where to, and the tools for it; every process makes its own.

    Attributes:
        corpus: The corpus that is exported.
        request: What is asked of the export.
        manifest: The folder of the export, and what is done in it.
    """

    def __init__(self, corpus: Corpus, out: Path, request: ExportRequest) -> None:
        there = mirrored(out)
        self.corpus, self.request = corpus, request
        self.manifest = ExportManifest(out) if there is None else RemoteExportManifest(out, there)

    @property
    def has_classes(self) -> bool:
        """Whether the corpus says what its cut-outs show: else no file of the export says a label."""
        return self.corpus.manifest.classes is not None

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes in order; of the only one there is, what the request calls it."""
        return self.corpus.classes if self.request.label is None else (self.request.label,)

    @cached_property
    def encoder(self) -> ImageEncoder:
        """Encodes the pictures."""
        return ImageEncoder(self.request, None if self.request.depth_bits is None else self.corpus.depth_code())

    @cached_property
    def reader(self) -> SampleReader:
        """Reads the samples."""
        image, depth = self.encoder.image_suffix, self.encoder.depth_suffix
        suffixes = {"bg": image, "image": image, "mask": "png", "depth": depth}
        normals = NormalMaps(self.corpus, self.request.fov_deg) if self.request.normals else None
        return SampleReader(self.corpus, self.request.depth_bits is not None, suffixes, normals)

    @cached_property
    def _cameras(self) -> Cameras:
        return Cameras(self.corpus, self.request.fov_deg)

    def camera_of(self, b: int | None) -> dict[str, float]:
        """Return the focal length of a background under its name in tables; nothing if not known."""
        focal_px = self._cameras.focal_px(b)
        return {} if focal_px is None else {"focal_px": focal_px}


Assemble = Callable[[ExportJob, str, SampleIndices, Iterable[ExportPart], AtomicWriter], None]


@dataclass(frozen=True)
class ExportFormat:
    """One format that a corpus can be exported in.

    Attributes:
        samples_per_part: How many samples a worker writes in one go.
        write: `write(job, part, writer)`, in a worker: writes the files of one part, or its segment of a larger one.
        prepare: `prepare(job, groups, writer)`, in the parent, before all else: makes folders, and what isn't made of
            samples. groups: the samples of each split or pack.
        assemble: `assemble(job, group, samples, parts, writer)`, in the parent: makes the file that the segments of a
            group belong to. samples: of the whole group; parts: in their order, each as soon as its segment is there.
        by_split: Whether each split goes into files of its own.
        samples_per_pack: How many samples a pack holds, None where there are no packs.
        default_depth_bits: Bits of depth where the request names none.
        keeps_soft_edges: Whether masks keep their levels; else a pixel is of an object or isn't.
    """

    samples_per_part: int
    write: Callable[[ExportJob, ExportPart, AtomicWriter], None]
    prepare: Callable[[ExportJob, SampleGroups, AtomicWriter], None] | None = None
    assemble: Assemble | None = None
    by_split: bool = False
    samples_per_pack: int | None = None
    default_depth_bits: int = 16
    keeps_soft_edges: bool = True

    def groups(self, chosen: SampleGroups) -> SampleGroups:
        """Return which samples go together into files: those of a split, those of a pack, or all."""
        if self.by_split:
            return chosen
        samples = np.sort(np.concatenate(list(chosen.values())))
        if self.samples_per_pack is None:
            return {"all": samples}
        starts = range(0, len(samples), self.samples_per_pack)
        digits = max(2, len(str(len(starts))))
        return {
            f"pack_{number:0{digits}d}": samples[start : start + self.samples_per_pack]
            for number, start in enumerate(starts, start=1)
        }
