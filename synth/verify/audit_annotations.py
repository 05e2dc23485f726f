"""Audit of COCO files: the pictures that they list are held to those that are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from bgfg.data_manifests.imports.coco_samples import coco_samples
from bgfg.data_manifests.imports.export_lists import CAMERAS_FILE
from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.data_manifests.terminal.progress import Progress


def annotation_findings(
    root: Path, files: Sequence[str], images: Sequence[str], progress: Progress
) -> Iterator[Finding]:
    """Yield an error where COCO files can't be read or list other pictures, and for each picture that none lists.

    Args:
        root: The folder.
        files: Its COCO files, relative to it.
        images: The composites that are there, likewise.
        progress: Shows how far long files are read.
    """
    try:
        import ijson  # noqa: F401
    except ImportError:
        yield Finding("note", "not-read", files[0], "COCO files are held to the pictures with bgfg[import]")
        return
    there = mirrored(root)
    if there is not None:
        lists = {CAMERAS_FILE} & {key for key, _ in there.listed()}
        for file in (*files, *lists):
            there.fetched(file)
    try:
        found = coco_samples(root, [root / file for file in files], progress).found
    except Problem as problem:
        yield from (Finding("error", "annotations", files[0], line) for line in problem.lines)
        return
    for image in sorted({*images} - {sample.image for sample in found.samples}):
        yield Finding("error", "missing-mask", image, "no COCO file lists it")
