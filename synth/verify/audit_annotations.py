"""Audit of COCO files: the pictures that they list are held to those that are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from bgfg.data_manifests.audit.recognition import is_picture_path
from bgfg.data_manifests.audit.tree import PictureTree
from bgfg.data_manifests.imports.coco_samples import CocoSet, coco_samples
from bgfg.data_manifests.imports.export_lists import CAMERAS_FILE
from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, counted, first_few
from bgfg.data_manifests.terminal.findings import Finding, Severity
from bgfg.data_manifests.terminal.progress import Progress


def foreign_coco_findings(
    root: Path, files: Sequence[str], tree: PictureTree, full: bool, progress: Progress
) -> Iterator[Finding]:
    """Yield what the COCO files of a folder without masks make of it, and which of its pictures none lists.

    Args:
        root: The folder.
        files: Its COCO files, relative to it.
        tree: What was recognised of it.
        full: Whether the contents of pictures are asked for.
        progress: Shows how far long files are read.
    """
    images = [entry.path for entry in tree.kinds["image"]]
    # Where pictures are recognised by themselves, the file may be anything under that name.
    coco = _read(root, files, "warning" if images else "error", progress)
    if not isinstance(coco, CocoSet):
        yield from coco
        return
    listed = {sample.image for sample in coco.found.samples}
    what = f"a COCO set: {counted(len(listed), 'picture')}, listed by {first_few(files, 3)}"
    names = first_few(sorted(set(coco.categories.values())), 5) or "no categories"
    step = f"{bgfg_command('import', root, 'CORPUS')} makes a corpus of them with their masks and classes"
    yield Finding("note", "recognised", ".", f"{what}; objects of {names}: {step}")
    for image in sorted({*images, *filter(is_picture_path, tree.ignored)} - listed):
        yield Finding("note", "unlisted", image, "no COCO file lists it: an import leaves it out")
    if full and listed - set(images):
        message = "the pictures of these COCO files aren't decoded here: an import decodes all of them"
        yield Finding("note", "not-read", files[0], message)


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
    coco = _read(root, files, "error", progress)
    if not isinstance(coco, CocoSet):
        yield from coco
        return
    for image in sorted({*images} - {sample.image for sample in coco.found.samples}):
        yield Finding("error", "missing-mask", image, "no COCO file lists it")


def _read(root: Path, files: Sequence[str], severity: Severity, progress: Progress) -> CocoSet | list[Finding]:
    """Read COCO files; return what is found where they can't be read, of that severity, or nothing here reads them."""
    if find_spec("ijson") is None:
        return [Finding("note", "not-read", files[0], "COCO files are held to the pictures with bgfg[import]")]
    _fetch(root, files)
    try:
        return coco_samples(root, [root / file for file in files], progress)
    except Problem as problem:
        return [Finding(severity, "annotations", files[0], line) for line in problem.lines]


def _fetch(root: Path, files: Sequence[str]) -> None:
    """Copy the files of a folder that stands for a URL, with the list of cameras."""
    there = mirrored(root)
    if there is not None:
        lists = {CAMERAS_FILE} & {key for key, _ in there.listed()}
        for file in (*files, *lists):
            there.fetched(file)
