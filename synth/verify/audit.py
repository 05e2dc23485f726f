"""`bgfg audit`: which kind of thing lies at a path, and everything that is to be said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bgfg.data_manifests.assets.classes import contradictions, count_classes, thin_classes
from bgfg.data_manifests.assets.prepared_assets import Asset, original_cutouts
from bgfg.data_manifests.corpus.manifest_file import BEGUN_FOLDER, EXPORT_FILE, no_corpus
from bgfg.data_manifests.corpus.splits import shared_splits
from bgfg.data_manifests.images.resampling.fit_to_frame import flip
from bgfg.data_manifests.objects.mirror import Mirror
from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, counted, first_few
from bgfg.data_manifests.terminal.findings import Finding, sorted_findings
from bgfg.synth.compose.executor import Executor
from bgfg.synth.formats.checksum_list import CHECKSUM_FILE
from bgfg.synth.plan.drawing import Drawing
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.corpus_card import card_state
from bgfg.synth.store.layout import SHARDED_ARRAYS
from bgfg.synth.verify.audit_export import audit_export
from bgfg.synth.verify.audit_pictures import audit_folder
from bgfg.synth.verify.strangers import find_strangers
from bgfg.synth.verify.verify import verify_corpus
from bgfg.synth.verify.verify_plan import find_plan_problems


@dataclass(frozen=True)
class AuditReport:
    """What an audit found.

    Attributes:
        kind: "corpus", "export" or "folder".
        findings: What was found, errors first.
    """

    kind: str
    findings: list[Finding]


def audit_path(path: Path, executor: Executor, full: bool = False) -> AuditReport:
    """Audit a corpus, an export or any other folder of this exercise.

    Args:
        path: The folder, or that which stands for a URL.
        executor: What runs the checks of shards and pictures.
        full: Whether contents are checked too, not only names and structure.

    Returns:
        The kind of the folder and the findings; whatever is wrong is a finding.

    Raises:
        Problem: There is no such folder, or an import that isn't finished.
    """
    there = mirrored(path)
    if there is None and not path.is_dir():
        raise Problem(f"{path}: no such folder: give a corpus, an export or a folder of pictures", exit_code=2)
    if _is_taken(path / "manifest" / "corpus.json"):
        return AuditReport("corpus", sorted_findings(_audit_corpus(path, executor, full)))
    if (path / BEGUN_FOLDER).is_dir():
        raise no_corpus(path / "manifest" / "corpus.json")
    if there is not None:
        _fetch_what_tells(there)
    if _is_taken(path / EXPORT_FILE):
        return AuditReport("export", sorted_findings(audit_export(path, executor, full)))
    return AuditReport("folder", sorted_findings(audit_folder(path, executor, full)))


def _fetch_what_tells(there: Mirror) -> None:
    """Copy the files by which an export is told; raise Problem where nothing can be listed, or nothing is there."""
    if not there.store.is_writable:
        line = f"{there.store.url}: no corpus, and a web server doesn't list what else there may be"
        raise Problem(f"{line}: copy it into a folder, and audit that", exit_code=2)
    found = {key for key, _ in there.listed()}
    if not found:
        raise Problem(f"{there.store.url}: nothing is there: check the URL", exit_code=2)
    there.folder.mkdir(exist_ok=True)
    for key in {EXPORT_FILE, CHECKSUM_FILE} & found:
        there.fetched(key)


def _is_taken(file: Path) -> bool:
    """Say whether there is something by which a folder is told, be it no regular file: that is a finding then."""
    return file.exists() and not file.is_dir()


def _audit_corpus(path: Path, executor: Executor, full: bool) -> Iterator[Finding]:
    try:
        corpus = Corpus(path)
    except Problem as problem:
        yield from (_finding("manifest", path, line) for line in problem.lines)
        return
    g = corpus.geometry
    counts = counted(g.backgrounds, "background"), counted(g.cutouts, "cut-out"), counted(g.placements, "placement")
    is_imported = corpus.manifest.is_imported
    plan = "imported, {} and {} known" if is_imported else "{} x {} x 2 (flips) x {}"
    what = f"a corpus of {counted(len(corpus), 'sample')} of {g.width_px}x{g.height_px}: {plan.format(*counts)}"
    yield Finding("note", "recognised", ".", what)
    try:
        everything = Corpus(path, hold_metadata=False, pending=True)
    except Problem as problem:
        yield from (_finding("manifest", path, line) for line in problem.lines)
        everything = corpus
    yield from (
        Finding("warning", "stranger", name, "not of this corpus: move it away") for name in find_strangers(path)
    )
    try:
        yield from _being_added(everything)
        yield from _missing_shards(corpus)
        yield from _duplicates(corpus)
        yield from _classes(corpus)
        yield from _card(path)
        if full and not is_imported:
            yield from _mirrors(corpus)
    except Problem as problem:
        yield from (_finding("manifest", path, line) for line in problem.lines)
    if full:
        # What the plan's own check says is among it.
        found = verify_corpus(path, executor, recompose=not is_imported).problems
        yield from (_finding("stored", path, line) for line in found)
    else:
        drawing = Drawing(executor.processes_here, executor.progress)
        yield from (_finding("manifest", path, line) for line in find_plan_problems(everything, drawing))


def _being_added(everything: Corpus) -> Iterator[Finding]:
    if adding := everything.describe_pending():
        message = f"being extended by {adding}, not read before all of it is made: run {everything.pending_step()}"
        yield Finding("note", "being-extended", "parts", message)


def _missing_shards(corpus: Corpus) -> Iterator[Finding]:
    """Composites without masks or depth maps, the other way round, and what isn't made at all."""
    done = {array: corpus.done_shards(array) for array in SHARDED_ARRAYS if array in corpus.layouts}
    for array, shards in done.items():
        left = [shard for shard in corpus.shards if shard not in shards]
        if left:
            run = corpus.hints.making(array)
            damaged = sum(corpus.is_damaged(array, shard) for shard in left)
            lost = f", {damaged} of them damaged" if damaged else ""
            message = f"{len(left)} of {len(corpus.shards)} shards aren't made ({first_few(left)}{lost}): run {run}"
            yield Finding("error", f"missing-{array}", f"data.zarr/{array}", message)
    if "depth" not in done:
        message = f"there are no depth maps: {bgfg_command('label', corpus.path)} makes them"
        yield Finding("note", "kind-absent", ".", message)


def _duplicates(corpus: Corpus) -> Iterator[Finding]:
    """Near-duplicates among the sources, which planning found; they share a group, and should share a split."""
    rows = [Asset(**row) for row in corpus.assets.to_pylist()]
    originals = [asset for asset in rows if asset.flip_of is None]
    first = {(asset.kind, asset.id): asset for asset in originals}
    for asset in originals:
        like = first.get((asset.kind, asset.group))
        if like is not None and like != asset:
            exact = "the same file as" if asset.sha256 == like.sha256 else "a near-duplicate of"
            # Kept in one split they do no harm.
            apart = asset.split != like.split
            where = f"across the splits {like.split} and {asset.split}" if apart else f"both in {asset.split}"
            message = f"{exact} {like.file} ({like.name}), {where}"
            yield Finding("warning" if apart else "note", "duplicate", f"{asset.file} ({asset.name})", message)


def _classes(corpus: Corpus) -> Iterator[Finding]:
    """What classes there are, those that are too small for every split, and cut-outs that two classes claim."""
    if corpus.manifest.classes is None:
        return
    if corpus.manifest.is_imported:  # its objects have classes, its cut-outs none
        yield Finding("note", "classes", ".", ", ".join(corpus.manifest.class_names))
        return
    cutouts = original_cutouts([Asset(**row) for row in corpus.assets.to_pylist()])
    yield Finding("note", "classes", ".", count_classes(cutouts))
    for label, reason in thin_classes(cutouts, shared_splits(corpus.manifest.split)):
        yield Finding("note", "class-thin", label, reason)
    for cutout, other in contradictions(cutouts):
        message = f"of class {cutout.label}, but a near-duplicate of {other.file}"
        yield Finding("warning", "class-contradiction", cutout.file, message)


def _card(path: Path) -> Iterator[Finding]:
    """Files of the card that were changed by hand, or that tell of another state of the corpus."""
    state, again = card_state(path), bgfg_command("card", path)
    for name in state.changed:
        message = f"changed by hand, so that it may not be true any more: move it away and run {again} for a new one"
        yield Finding("note", "card", name, message)
    for name in state.outdated:
        yield Finding("warning", "card", name, f"describes the corpus as it was: run {again}")


def _mirrors(corpus: Corpus) -> Iterator[Finding]:
    sizes = corpus.cutout_sizes_px.tolist()
    for f in range(0, 2 * corpus.geometry.cutouts, 2):
        height_px, width_px = sizes[f]
        both = corpus.read("cutout", slice(f, f + 2))[:, :height_px, :width_px]
        if not np.array_equal(both[1], flip(both[0])):
            yield Finding("error", "flip", f"data.zarr/cutout, picture {f + 1}", f"isn't the exact mirror of {f}")


def _finding(check: str, root: Path, line: str) -> Finding:
    """Make a finding of a line that begins with what it is about."""
    about, _, message = line.partition(": ")
    inside = about.removeprefix(f"{root}/")
    return Finding("error", check, inside or ".", message or line)
