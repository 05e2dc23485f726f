"""Everything there is to say of a corpus to people who look at it, also of one that is half made or damaged."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.corpus.summary import CorpusSummary
from bgfg.data_manifests.files.regular_file import UnfitFile, read_regular
from bgfg.data_manifests.overview.sample_statistics import SampleStatistics
from bgfg.data_manifests.terminal.errors import Problem, counted, printable
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.synth.compose.executor import Executor
from bgfg.synth.overview.finding_pictures import FindingPictures, pictures_of_findings
from bgfg.synth.overview.pixel_statistics import PixelStatistics, planned_count
from bgfg.synth.overview.sample_reader import SampleReader
from bgfg.synth.overview.sample_tables import sample_columns, table_statistics
from bgfg.synth.plan.recipe_file import RECIPE_FILE
from bgfg.synth.store.changes import unchanged_meanwhile
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.audit import audit_path
from bgfg.synth.verify.status import ArrayStatus, corpus_status

T = TypeVar("T")

# Of a recipe, which people read.
_MOST_BYTES = 100_000


@dataclass(frozen=True)
class CorpusOverview:
    """What there is to say of a corpus.

    Attributes:
        corpus: The corpus.
        name: Name of its folder.
        summary: What it is, with its name in the place of its path, which is nobody else's business.
        status: How far each of its arrays is.
        statistics: Of its samples, by the tables.
        pixels: Of its pixels; None where none can be read.
        findings: What an audit found, each with its pictures.
        recipe: The options that it was planned with, as TOML; "" where none are kept.
        notes: What isn't there, isn't finished or can't be read, in words.
    """

    corpus: Corpus
    name: str
    summary: CorpusSummary
    status: list[ArrayStatus]
    statistics: SampleStatistics
    pixels: PixelStatistics | None
    findings: list[FindingPictures]
    recipe: str
    notes: list[str]


def look_over(path: Path, executor: Executor, full: bool = False) -> CorpusOverview:
    """Look over a corpus in a folder.

    Args:
        path: The folder.
        executor: Runs the audit, and shows progress.
        full: Whether the audit reads every stored byte.

    Raises:
        Problem: There is no corpus, its manifest or tables are damaged, or it was planned or labelled anew meanwhile.
    """
    corpus = Corpus(path)
    with unchanged_meanwhile(corpus, depth=corpus.manifest.teacher is not None):
        records = CorpusRecords.open(path)
        statistics, status = table_statistics(corpus, sample_columns(corpus)), corpus_status(corpus)
        notes = unfinished(corpus, status)
        pixels = _told(lambda: _pixels(corpus, executor), notes)
        name = path.resolve().name
        findings = [_without_place(each, path, name) for each in audit_path(path, executor, full).findings]
        summary = replace(CorpusSummary.from_records(records), path=Path(name))
        if summary.being_added:
            notes.append(f"being extended by {summary.being_added}, which count once all of them are made")
        return CorpusOverview(
            corpus,
            name,
            summary,
            status,
            statistics,
            pixels,
            pictures_of_findings(corpus, findings),
            _recipe(corpus, notes),
            notes,
        )


def _without_place(finding: Finding, path: Path, name: str) -> Finding:
    """Return a finding whose message says the name of the corpus for where it lies, which is nobody else's business."""
    if len(path.parts) < 2:
        return finding
    there, here = printable(str(path)), printable(name)
    told = finding.message.replace(shlex.quote(there), shlex.quote(here)).replace(there, here)
    return replace(finding, message=told)


def unfinished(corpus: Corpus, status: list[ArrayStatus]) -> list[str]:
    """Say in words what of a corpus isn't made, and what isn't known of it."""
    notes, made = [], dict[tuple[int, int], list[str]]()
    for array in status:
        if array.array == "depth" and not array.samples_done:
            notes.append("no depth: it isn't labelled")
        elif array.samples_left:
            made.setdefault((array.samples_done, array.samples_done + array.samples_left), []).append(array.array)
    for (count, total), arrays in reversed(made.items()):
        begun = "half made" if count else "not made yet"
        notes.insert(0, f"{begun}: {count:,} of {counted(total, 'sample')} have {', '.join(arrays)}")
    if corpus.manifest.is_imported:
        notes.append("imported: its pictures are as they were given; what nobody says of them is left out")
    return notes


def _pixels(corpus: Corpus, executor: Executor) -> PixelStatistics:
    reader = SampleReader(corpus)
    with executor.progress("pixels", planned_count(reader), 0) as advance:
        return PixelStatistics.of(reader, advance)


def _told(make: Callable[[], T], notes: list[str]) -> T | None:
    """Return what can be made; where it can't, take down why."""
    try:
        return make()
    except Problem as problem:
        notes += problem.lines
        return None


def _recipe(corpus: Corpus, notes: list[str]) -> str:
    path = corpus.path / "manifest" / RECIPE_FILE
    try:
        return read_regular(path, _MOST_BYTES).decode("utf-8")
    except FileNotFoundError:
        return ""  # of an imported corpus, or one that was planned before there were any
    except (UnfitFile, UnicodeDecodeError) as error:
        notes.append(f"manifest/{RECIPE_FILE}: can't be read ({error})")
        return ""
