"""Runs an export of any format: selects samples, cuts them into parts, writes what isn't done, assembles, seals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from bgfg.data_manifests.corpus.digest import content_sha256
from bgfg.data_manifests.corpus.selection import select_samples
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, first_few
from bgfg.data_manifests.terminal.version import BGFG_VERSION
from bgfg.synth.compose.executor import Executor
from bgfg.synth.export.assets import near_duplicates
from bgfg.synth.export.encode import depth_metadata
from bgfg.synth.export.export_record import EXPORT_FORMAT_NAME, EXPORT_FORMAT_VERSION
from bgfg.synth.export.format import ExportJob, SampleIndices
from bgfg.synth.export.forms.registry import EXPORT_FORMATS
from bgfg.synth.export.normal_maps import require_focal_lengths, require_metric_depth
from bgfg.synth.export.normals import normal_metadata
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.writing import write_all, write_description
from bgfg.synth.store.changes import unchanged_meanwhile
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.outputs import EXPORT, require_place

# What decides the bytes, by the names of the distributions.
_LIBRARIES = ("numpy", "opencv-python-headless", "pyarrow", "h5py", "zstandard")


@dataclass(frozen=True)
class ExportResult:
    """What an export came to.

    Attributes:
        samples: How many samples it has.
        files: How many files it has.
        bytes: Size of all of them.
        notes: What the user should know.
        unchanged: Whether all of it was there before.
    """

    samples: int
    files: int
    bytes: int
    notes: tuple[str, ...]
    unchanged: bool


def export_corpus(path: Path, out: Path, request: ExportRequest, executor: Executor) -> ExportResult:
    """Export a corpus.

    The bytes depend on corpus, request and versions alone; what an interrupted export of the same left is kept.

    Args:
        path: The folder of the corpus.
        out: The folder of the export.
        request: What is asked for.
        executor: What runs the parts.

    Returns:
        What was written, or was there already.

    Raises:
        Problem: Nothing is selected, shards are missing, `out` holds something else, or parts failed.
    """
    require_place(out, "OUT", EXPORT)
    corpus = Corpus(path)
    corpus.check_plan()
    _require_one_label(corpus, request)
    if request.normals:
        require_metric_depth(corpus)
    request, notes = _without_missing_depth(corpus, request)
    export_format = EXPORT_FORMATS[request.format_name]
    request.selection.require_classes(corpus.classes)
    chosen = select_samples(corpus.path, corpus.samples_path, corpus.geometry, request.selection)
    groups = export_format.groups(chosen)
    samples = np.sort(np.concatenate(list(chosen.values())))
    _require_shards(corpus, samples, request)
    job = ExportJob(corpus, out, request)
    if request.normals:
        require_focal_lengths(corpus, samples, request.fov_deg)
    head = _identity(job)
    with job.manifest.open(head, executor.progress), unchanged_meanwhile(corpus, request.depth_bits is not None):
        unchanged = job.manifest.complete() is not None
        if not unchanged:
            names = write_all(job, export_format, groups, executor)
            names.append(write_description(job, len(samples), names))
            splits = {split: len(numbers) for split, numbers in chosen.items()}
            job.manifest.seal(head | _summary(job, len(samples), splits, notes), names)
        content = job.manifest.complete() or {}
    if job.manifest.is_renewed:
        notes.append("files were missing or had other sizes: all were written again")
    written = content["written"].values()
    totals = sum(kind["files"] for kind in written), sum(kind["bytes"] for kind in written)
    return ExportResult(len(samples), *totals, tuple(notes), unchanged)


def _without_missing_depth(corpus: Corpus, request: ExportRequest) -> tuple[ExportRequest, list[str]]:
    """Return the request without depth where the corpus has none, and a note that says so."""
    if request.depth_bits is None or corpus.manifest.teacher is not None:
        return request, []
    label = bgfg_command("label", corpus.path)
    note = f"no depth maps: the corpus isn't labelled; run {label} first, and they are exported too"
    return replace(request, depth_bits=None), [note]


def _require_one_label(corpus: Corpus, request: ExportRequest) -> None:
    """Raise Problem where one name is to stand for several classes."""
    if request.label is not None and len(corpus.classes) > 1:
        classes = first_few(corpus.classes, 3)
        line = f"--label {request.label}: {corpus.path} has {len(corpus.classes)} classes ({classes})"
        raise Problem(f"{line}, whose names go into the export: leave it out", exit_code=2)


def _require_shards(corpus: Corpus, samples: SampleIndices, request: ExportRequest) -> None:
    """Raise Problem where a shard that is needed isn't done."""
    needed = set(corpus.shards_of(samples))
    for array in (*corpus.composed_arrays, *(("depth",) if request.depth_bits is not None else ())):
        if missing := needed - corpus.done_shards(array):
            corpus.require_done(array, min(missing))


def _identity(job: ExportJob) -> dict[str, Any]:
    """Return what makes two exports the same, so that the second goes on with the first."""
    manifest = job.corpus.manifest
    teacher = manifest.teacher if job.request.depth_bits is not None else None
    corpus = {"digest": manifest.digest, "samples": len(job.corpus), "teacher": teacher}
    asked = job.request.record()
    if manifest.classes:
        # The digest is of pixels alone: who is of which class makes another export too.
        labels = {"labels": job.corpus.cutout_labels}
        corpus |= {"classes": list(manifest.classes), "labels_sha256": content_sha256(labels)}
        if job.request.label is None:
            asked.pop("label", None)
    return {
        "format": EXPORT_FORMAT_NAME,
        "version": EXPORT_FORMAT_VERSION,
        "asked": asked,
        "corpus": corpus,
    }


def _summary(job: ExportJob, samples: int, splits: Mapping[str, int], notes: Sequence[str]) -> dict[str, Any]:
    """Return what export.json says of a finished export beside its identity and its files."""
    bits = job.request.depth_bits
    return {
        "samples": samples,
        "splits": dict(splits),
        "depth": None if bits is None else depth_metadata(job.corpus.depth_code(), bits),
        **({"normals": normal_metadata()} if job.request.normals else {}),
        "near_duplicates": near_duplicates(job.corpus),
        "notes": list(notes),
        "versions": {"bgfg": BGFG_VERSION} | {name: version(name) for name in _LIBRARIES},
    }
