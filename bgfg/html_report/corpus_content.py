"""What the report of a corpus shows: its facts as words, tables, charts and pictures, ready for the page."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bgfg.data_manifests.corpus.splits import ASSET_SPLITS, SPLITS
from bgfg.data_manifests.overview.axis_ticks import number
from bgfg.data_manifests.terminal.errors import counted
from bgfg.data_manifests.terminal.findings import SEVERITIES
from bgfg.html_report.corpus_pictures import (
    FindingFigure,
    SampleFigure,
    asset_thumbs,
    finding_figures,
    sample_figures,
)
from bgfg.html_report.figures import Chart, colour_chart, histogram_chart
from bgfg.html_report.pictures import Picture, heat_map
from bgfg.synth.overview.corpus_overview import CorpusOverview
from bgfg.synth.overview.depth_legend import depth_legend, depth_unit

_MAP_PX = 320

# Of long lists only the beginning is shown, and of many bars the longest.
_MOST_LINES, _MOST_BARS = 200, 30

# What varies -> the title and the unit of its chart.
_VARIED = {
    "scale": ("Scale of a cut-out", "times its size"),
    "rotation_deg": ("Turn of a cut-out", "degrees"),
    "blur_px": ("Blur of a sample", "sigma in px"),
    "colour_match": ("Colours brought to what is around", "share of the way"),
    "shadow": ("Darkness of shadows", "share"),
}


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
        legend: Depths with the colours that stand for them, as "#rrggbb"; none without depth.
        maps: Heat maps with their captions.
        charts: Histograms.
        colours: Charts of colours.
        splits: Split -> how many samples are in it.
        classes: Class -> how many cut-outs of samples are of it; empty where there is one class.
        per_sample: How many cut-outs samples have -> how many samples; empty where each has one.
        blends: Way of blending -> how many samples have it; empty where all are blended alike.
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
    legend: tuple[tuple[str, str], ...]
    maps: tuple[tuple[str, Picture], ...]
    charts: tuple[Chart, ...]
    colours: tuple[Chart, ...]
    splits: Mapping[str, int]
    classes: Mapping[str, int]
    per_sample: Mapping[str, int]
    blends: Mapping[str, int]
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
    of, manifest, pixels = overview.statistics, overview.corpus.manifest, overview.pixels
    kinds = {"background": "Backgrounds", "cutout": "Cut-outs"}
    findings = tuple(finding_figures(overview))
    return CorpusContent(
        overview,
        licence,
        _tiles(overview),
        tuple(sample_figures(overview, samples)),
        _legend(overview),
        tuple(_maps(overview)),
        tuple(_charts(overview)),
        tuple(colour_chart(whose.capitalize(), shares) for whose, shares in pixels.colours.items()) if pixels else (),
        {split: of.splits[split] for split in SPLITS if split in of.splits},
        _first(of.classes) if manifest.classes else {},
        {counted(n, "cut-out"): count for n, count in of.per_sample.items()} if manifest.crowd else {},
        of.blends,
        {severity: sum(each.finding.severity == severity for each in overview.findings) for severity in SEVERITIES},
        findings,
        len(overview.findings) - len(findings),
        {title: tuple(asset_thumbs(overview, kind)) for kind, title in kinds.items() if kind in manifest.prepared},
        tuple(_tables(overview)),
        tuple(_lists(overview)),
        tuple(_steps(overview)),
        f"corpus = bgfg.Corpus({overview.name!r})",
    )


def _first(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the largest of many counts, and the sum of the others."""
    most, rest = dict(islice(counts.items(), _MOST_BARS)), sum(islice(counts.values(), _MOST_BARS, None))
    return most | ({f"{len(counts) - len(most)} others": rest} if rest else {})


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


def _legend(overview: CorpusOverview) -> tuple[tuple[str, str], ...]:
    if overview.corpus.manifest.teacher is None:
        return ()
    unit = depth_unit(overview.corpus)
    return tuple(
        (f"{number(depth_m)} {unit}".strip(), f"#{r:02x}{g:02x}{b:02x}")
        for depth_m, (r, g, b) in depth_legend(overview.corpus)
    )


def _maps(overview: CorpusOverview) -> Iterator[tuple[str, Picture]]:
    coverage = overview.statistics.coverage
    most = f"a pixel lies in at most {100 * coverage.max():.0f} % of them"
    yield "Where cut-outs are pasted", heat_map(coverage, f"boxes of all cut-outs; {most}", _MAP_PX)
    if overview.pixels is not None:
        mask = overview.pixels.mask
        seen = (
            f"mean mask of {overview.pixels.samples:,} samples; a pixel shows one in at most {100 * mask.max():.0f} %"
        )
        yield "Where people are seen", heat_map(mask, seen, _MAP_PX)


def _charts(overview: CorpusOverview) -> Iterator[Chart]:
    of = overview.statistics
    yield histogram_chart("Foreground in a picture", "% of its pixels", of.foreground_percent)
    yield histogram_chart("Height of a cut-out", "px", of.height_px)
    pixels = overview.pixels
    if pixels is not None and pixels.depth is not None and pixels.person_depth is not None:
        unit = depth_unit(overview.corpus) or "no unit"
        yield histogram_chart("Depth of all pixels", unit, pixels.depth)
        yield histogram_chart("Depth of people", unit, pixels.person_depth)
    for name, histogram in of.varied.items():
        yield histogram_chart(*_VARIED[name], histogram)


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
    for part in manifest.extensions:
        added = f"--bg BACKGROUNDS{depth}" if part.added and part.added.backgrounds else "--fg CUTOUTS"
        yield f"bgfg plan {name} --extend {added}"
        yield f"bgfg compose {name}"
    if manifest.teacher is not None:
        yield f"bgfg label {name} --teacher {shlex.quote(str(manifest.teacher['name']))}"
