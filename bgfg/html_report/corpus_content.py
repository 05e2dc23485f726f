"""What the report of a corpus shows: its facts as words, tables, charts and pictures, ready for the page."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bgfg.data_manifests.corpus.splits import ASSET_SPLITS
from bgfg.data_manifests.terminal.findings import SEVERITIES
from bgfg.html_report.corpus_pictures import (
    FindingFigure,
    SampleFigure,
    asset_thumbs,
    depth_scale,
    finding_figures,
    sample_figures,
)
from bgfg.html_report.pictures import Picture
from bgfg.html_report.statistics_figures import StatisticsFigures, pixel_figures, table_figures
from bgfg.synth.overview.corpus_overview import CorpusOverview

# Of long lists only the beginning is shown.
_MOST_LINES = 200


@dataclass(frozen=True)
class Listing:
    """A list as a table.

    Attributes:
        title: What it lists.
        head: Titles of its columns.
        rows: The first of its rows.
        more: How many more there are.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: int = 0

    @classmethod
    def of(cls, title: str, head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Listing:
        """List the first of many rows."""
        return cls(title, head, tuple(rows[:_MOST_LINES]), max(0, len(rows) - _MOST_LINES))


@dataclass(frozen=True)
class CorpusContent:
    """What the report of a corpus shows.

    Attributes:
        overview: What there is to say of it.
        licence: Licence of its pictures; "" where it wasn't told.
        tiles: The main figures, each with what it counts.
        samples: Some samples from all over it.
        scale: Depths with the colours that stand for them, as "#rrggbb"; none without depth.
        of_tables: Figures of what the tables say of all samples.
        of_pixels: Figures of what the pixels of some say; None where none can be read.
        severities: Severity -> how many findings there are.
        findings: The findings.
        unshown: How many further findings there are.
        sources: "Backgrounds" and "Cut-outs", those that are known -> some of them.
        tables: Splits and classes.
        lists: What is to be known of single pictures.
        steps: The commands that make the corpus.
        opening: The line of Python that opens it.
    """

    overview: CorpusOverview
    licence: str
    tiles: tuple[tuple[str, str], ...]
    samples: tuple[SampleFigure, ...]
    scale: tuple[tuple[str, str], ...]
    of_tables: StatisticsFigures
    of_pixels: StatisticsFigures | None
    severities: Mapping[str, int]
    findings: tuple[FindingFigure, ...]
    unshown: int
    sources: Mapping[str, tuple[Picture, ...]]
    tables: tuple[Listing, ...]
    lists: tuple[Listing, ...]
    steps: tuple[str, ...]
    opening: str


def corpus_content(overview: CorpusOverview, samples: int, licence: str) -> CorpusContent:
    """Return what the report of a corpus shows; what of its pictures can't be read is a note of `overview`.

    Args:
        overview: What there is to say of it.
        samples: How many samples are shown whole.
        licence: Licence of its pictures; "" where it wasn't told.
    """
    corpus, manifest, pixels = overview.corpus, overview.corpus.manifest, overview.pixels
    kinds = {"background": "Backgrounds", "cutout": "Cut-outs"}
    findings = tuple(finding_figures(overview))
    return CorpusContent(
        overview,
        licence,
        _tiles(overview),
        tuple(sample_figures(overview, samples)),
        depth_scale(corpus),
        table_figures(corpus, overview.statistics),
        None if pixels is None else pixel_figures(corpus, pixels),
        {severity: sum(each.finding.severity == severity for each in overview.findings) for severity in SEVERITIES},
        findings,
        len(overview.findings) - len(findings),
        {title: tuple(asset_thumbs(overview, kind)) for kind, title in kinds.items() if kind in manifest.prepared},
        tuple(_tables(overview)),
        tuple(_lists(overview)),
        tuple(_steps(overview)),
        f"corpus = bgfg.Corpus({overview.name!r})",
    )


def _tiles(overview: CorpusOverview) -> tuple[tuple[str, str], ...]:
    g, manifest = overview.corpus.geometry, overview.corpus.manifest
    size_bytes = sum(array.bytes for array in overview.status)
    counts = [(f"{len(overview.corpus):,}", "samples"), (f"{g.width_px} × {g.height_px}", "pixels each")]
    counts += [(f"{g.backgrounds:,}", "backgrounds"), (f"{g.cutouts:,}", "cut-outs")]
    if not manifest.is_imported:
        counts.append((f"{g.placements:,}", "placements"))
    if manifest.classes:
        counts.append((f"{len(manifest.class_names):,}", "classes"))
    return (*counts, (_size(size_bytes), "on disk"))


def _size(size_bytes: int) -> str:
    for power, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size_bytes >= power:
            return f"{size_bytes / power:.3g} {unit}"
    return f"{size_bytes} B"


def _tables(overview: CorpusOverview) -> Iterator[Listing]:
    summary = overview.summary
    splits = [
        (split, *(f"{n:,}" for n in (p.samples, p.backgrounds, p.cutouts))) for split, p in summary.splits.items()
    ]
    yield Listing.of("Splits, by identity of what is shown", ("split", "samples", "backgrounds", "cut-outs"), splits)
    rows: list[tuple[Any, ...]]
    if summary.manifest.is_imported and summary.manifest.classes:
        rows = [(each.label, each.number, f"{each.samples:,}") for each in summary.classes]
        yield Listing.of("Classes", ("class", "number", "samples"), rows)
    elif summary.manifest.classes:
        rows = [
            (each.label, each.number, each.cutouts, *each.splits.values(), f"{each.samples:,}")
            for each in summary.classes
        ]
        yield Listing.of("Classes", ("class", "number", "cut-outs", *ASSET_SPLITS, "samples"), rows)


def _lists(overview: CorpusOverview) -> Iterator[Listing]:
    alike = [
        (name, file, group.kind, group.split, number)
        for number, group in enumerate(overview.summary.near_duplicates, start=1)
        for name, file in zip(group.names, group.files, strict=True)
    ]
    if alike:
        yield Listing.of("Near-duplicates", ("picture", "file", "kind", "split", "group"), alike)
    parts = overview.corpus.manifest.parts
    if left_out := [pair for part in parts for pair in part.left_out]:
        yield Listing.of("Left out", ("file", "reason"), left_out)
    if fixes := [(file, ", ".join(done)) for part in parts for file, done in (part.cutout_fixes or {}).items()]:
        yield Listing.of("Cut-outs that were mended", ("file", "what was done"), fixes)


def _steps(overview: CorpusOverview) -> Iterator[str]:
    """Return the commands that make the corpus; the folders of pictures are the user's to fill in."""
    manifest, name = overview.corpus.manifest, shlex.quote(overview.name)
    if manifest.is_imported:
        yield f"bgfg import PICTURES {name}"
        return
    depth = " --bg-depth DEPTH" if "background_depth" in manifest.prepared else ""
    recipe = " --recipe recipe.toml" if overview.recipe else ""
    yield f"bgfg plan {name} --bg BACKGROUNDS --fg CUTOUTS{depth}{recipe}"
    yield f"bgfg compose {name}"
    for part in manifest.extensions[manifest.plan_parts - 1 :]:
        added = f"--bg BACKGROUNDS{depth}" if part.added and part.added.backgrounds else "--fg CUTOUTS"
        yield f"bgfg plan {name} --extend {added}"
        yield f"bgfg compose {name}"
    if manifest.teacher is not None:
        yield f"bgfg label {name} --teacher {shlex.quote(str(manifest.teacher['name']))}"
