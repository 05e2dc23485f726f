"""Audit of a folder of pictures: names and structure, and on demand the content of every picture."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path

from bgfg.data_manifests.audit.contents import PictureInspector
from bgfg.data_manifests.audit.cross_file import cross_file_findings
from bgfg.data_manifests.audit.inspection import Inspection
from bgfg.data_manifests.audit.names import archives_in, audit_names
from bgfg.data_manifests.audit.recognition import is_picture_path
from bgfg.data_manifests.audit.tree import PictureTree, read_tree
from bgfg.data_manifests.imports.coco_samples import coco_files
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.synth.compose.executor import Executor, TaskResult
from bgfg.synth.store.lock import LOCK_FILE
from bgfg.synth.verify.audit_annotations import foreign_coco_findings

# Files that bgfg itself writes beside pictures: the notes of a kit, and locks.
_OWN_FILES = frozenset({"kit.json", LOCK_FILE})


def audit_folder(path: Path, executor: Executor, full: bool) -> Iterator[Finding]:
    """Yield what there is to say of a folder of pictures: of names and structure, with `full` of contents too."""
    tree = read_tree(path)
    annotations = [file.relative_to(path).as_posix() for file in coco_files(path)]
    is_coco = bool(annotations) and not tree.kinds["mask"]
    known = {*annotations, *filter(is_picture_path, tree.ignored)} if is_coco else set()
    yield from audit_names(tree, known=_OWN_FILES | known, annotations=annotations)
    if is_coco:
        yield from foreign_coco_findings(path, annotations, tree, full, executor.progress)
    if full:
        yield from picture_findings(tree, executor)


def picture_findings(tree: PictureTree, executor: Executor, known: Sequence[Sequence[str]] = ()) -> Iterator[Finding]:
    """Read every picture, in parts that the executor runs.

    Args:
        tree: The pictures of a folder.
        executor: What runs the parts.
        known: Groups of names of near-duplicates that need no finding.

    Yields:
        What was found in the pictures and between them.
    """
    for archive in sorted(archives_in(tree)):
        message = "its pictures are known by their names alone: unpack it, and audit what comes out with --full"
        yield Finding("note", "not-read", archive, message)
    executor.path_for_workers(tree.root)
    run = uuid.uuid4().hex  # what a process knows of the tree is good for one audit
    inspector = PictureInspector(tree)
    gathered = Inspection()
    with executor.progress("audit: pictures", inspector.picture_count, 0) as advance:

        def gather(result: TaskResult) -> None:
            gathered.add(result.value)
            advance(inspector.pictures_in(result.task))

        inspect = partial(inspect_part, tree.root, run, executor.workers)
        failures = executor.run(tree.root, inspect, range(inspector.part_count), gather)
    yield from gathered.findings
    yield from cross_file_findings(gathered, known, executor.workers)
    for failure in failures:
        yield Finding("error", "unreadable", f"pictures of part {failure.task}", failure.error.replace("\n", "; "))


def inspect_part(path: Path, run: str, processes: int, part: int) -> Inspection:
    """Read the pictures of one part of a tree.

    Args:
        path: The root of the tree.
        run: A name of this audit: a process lists the tree once for each.
        processes: How many read the tree's parts at the same time.
        part: Number of the part.
    """
    return _inspector(path, run, processes).inspect(part)


@lru_cache(maxsize=1)
def _inspector(path: Path, _run: str, processes: int) -> PictureInspector:
    return PictureInspector(read_tree(path), processes)
