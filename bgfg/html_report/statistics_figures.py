"""Figures of a corpus's statistics, in its report and on its page of the app: maps, charts and shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.overview.sample_statistics import SampleStatistics
from bgfg.data_manifests.terminal.errors import counted
from bgfg.html_report.figures import Chart, colour_chart, histogram_chart
from bgfg.html_report.pictures import Picture, heat_map
from bgfg.synth.overview.depth_legend import depth_unit
from bgfg.synth.overview.pixel_statistics import PixelStatistics
from bgfg.synth.store.corpus import Corpus

# Longer side of a heat map.
_MAP_PX = 320

# Of many bars the longest are shown.
_MOST_BARS = 30

# What varies -> the title and the unit of its chart.
_VARIED = {
    "scale": ("Scale of a cut-out", "times its size"),
    "rotation_deg": ("Turn of a cut-out", "degrees"),
    "blur_px": ("Blur of a sample", "sigma in px"),
    "colour_match": ("Colours brought to what is around", "share of the way"),
    "shadow": ("Darkness of shadows", "share"),
}


@dataclass(frozen=True)
class Shares:
    """Counts that are shown as shares of their sum.

    Attributes:
        title: What they are about.
        what: What is counted.
        counts: Name -> how many.
    """

    title: str
    what: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class StatisticsFigures:
    """Figures that stand together.

    Attributes:
        maps: Heat maps with their titles.
        charts: Histograms.
        shares: Counts.
        colours: Charts of colours.
    """

    maps: tuple[tuple[str, Picture], ...]
    charts: tuple[Chart, ...]
    shares: tuple[Shares, ...] = ()
    colours: tuple[Chart, ...] = ()


def table_figures(corpus: Corpus, of: SampleStatistics) -> StatisticsFigures:
    """Return the figures of what the tables of a corpus say of all its samples."""
    most = f"a pixel lies in at most {100 * of.coverage.max():.0f} % of them"
    coverage = heat_map(of.coverage, f"boxes of all cut-outs; {most}", _MAP_PX)
    charts = [
        histogram_chart("Foreground in a picture", "% of its pixels", of.foreground_percent),
        histogram_chart("Height of a cut-out", "px", of.height_px),
        *(histogram_chart(*_VARIED[name], histogram) for name, histogram in of.varied.items()),
    ]
    return StatisticsFigures((("Where cut-outs are pasted", coverage),), tuple(charts), tuple(_shares(corpus, of)))


def pixel_figures(corpus: Corpus, of: PixelStatistics) -> StatisticsFigures:
    """Return the figures of what the pixels of some samples say."""
    most = f"a pixel shows one in at most {100 * of.mask.max():.0f} % of them"
    mask = heat_map(of.mask, f"mean mask of {of.samples:,} samples; {most}", _MAP_PX)
    charts = []
    if of.depth is not None and of.person_depth is not None:
        unit = depth_unit(corpus) or "no unit"
        charts = [
            histogram_chart("Depth of all pixels", unit, of.depth),
            histogram_chart("Depth of people", unit, of.person_depth),
        ]
    colours = tuple(colour_chart(f"Colours of {whose}", shares) for whose, shares in of.colours.items())
    return StatisticsFigures((("Where people are seen", mask),), tuple(charts), (), colours)


def _shares(corpus: Corpus, of: SampleStatistics) -> Iterator[Shares]:
    splits = {split: of.splits[split] for split in SPLITS if split in of.splits}
    yield Shares("Samples by split", "samples", splits)
    if corpus.manifest.classes:
        yield Shares("Cut-outs of samples by class", "cut-outs", _first(of.classes))
    if of.blends:
        yield Shares("Ways of blending", "samples", of.blends)
    if corpus.manifest.crowd is not None:
        per_sample = {counted(number, "cut-out"): count for number, count in of.per_sample.items()}
        yield Shares("Cut-outs in a sample", "samples", per_sample)


def _first(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the largest of many counts, and the sum of the others."""
    most, rest = dict(islice(counts.items(), _MOST_BARS)), sum(islice(counts.values(), _MOST_BARS, None))
    return most | ({f"{len(counts) - len(most)} others": rest} if rest else {})
