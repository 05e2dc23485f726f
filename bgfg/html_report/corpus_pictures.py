"""The pictures of the report of a corpus: some of its samples, what it is made of, and what findings are about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.panels import on_checkerboard
from bgfg.data_manifests.overview.axis_ticks import number
from bgfg.data_manifests.terminal.errors import Problem, counted
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.html_report.pictures import Picture, embedded
from bgfg.synth.overview.corpus_overview import CorpusOverview
from bgfg.synth.overview.depth_legend import depth_legend, depth_unit
from bgfg.synth.overview.finding_pictures import FindingPictures
from bgfg.synth.overview.sample_reader import SampleReader
from bgfg.synth.overview.thumbnails import thumbnail_page
from bgfg.synth.preview import sample_panels, spread_samples
from bgfg.synth.store.corpus import Corpus

# Bytes of all pictures of samples together, of one of them, and its longer side; so that a report can be mailed.
_PANELS_BYTES, _PANEL_BYTES, _PANEL_PX = 3_000_000, 40_000, 320
_PANELS_EACH = 6

# Of one of the small pictures.
_THUMB_BYTES, _THUMB_PX = 5_000, 112

# Findings that are shown; those that are shown with pictures, and how many pictures of each.
_MOST_FINDINGS = 200
_MOST_WITH_PICTURES, _PICTURES_EACH = 60, 6

# Backgrounds, and cut-outs, that are shown.
_ASSETS = 24


@dataclass(frozen=True)
class SampleFigure:
    """A sample with all that belongs to it.

    Attributes:
        name: Name of its composite.
        about: Facts of its row, in words.
        pictures: Its pictures, each with its caption in `told`.
    """

    name: str
    about: str
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class FindingFigure:
    """A finding with its pictures.

    Attributes:
        finding: The finding.
        about: How many samples or pictures it is about, and which, in words; "" for none.
        pictures: Some of them.
    """

    finding: Finding
    about: str
    pictures: tuple[Picture, ...]


def sample_figures(overview: CorpusOverview, count: int) -> Iterator[SampleFigure]:
    """Yield samples from all over a corpus with their pictures; what can't be read is a note of `overview`."""
    most_bytes = min(_PANEL_BYTES, _PANELS_BYTES // (_PANELS_EACH * count))
    try:
        chosen = spread_samples(overview.corpus, count)
    except Problem as problem:  # nothing is composed yet
        return _note(overview, problem)
    for sample in chosen:
        try:
            yield _sample_figure(overview.corpus, sample, most_bytes)
        except Problem as problem:
            _note(overview, problem)


def _sample_figure(corpus: Corpus, number: int, most_bytes: int) -> SampleFigure:
    sample = corpus[number]
    name = str(sample.row["image_name"])
    pictures = tuple(
        embedded(pixels, "composite" if caption == name else caption, most_bytes, _PANEL_PX)
        for pixels, caption in sample_panels(corpus, sample)
    )
    return SampleFigure(name, _about(sample.row), pictures)


def _about(row: Mapping[str, object]) -> str:
    told = [f"sample {row['sample']:,}", str(row["split"])]
    if row["width_px"] is not None:
        told.append(f"box {row['width_px']} × {row['height_px']} px at ({row['x_px']}, {row['y_px']})")
    if row["visible_px"] is not None:
        told.append(f"{row['visible_px']:,} px seen")
    return ", ".join(told)


def asset_thumbs(overview: CorpusOverview, kind: str) -> Iterator[Picture]:
    """Yield pictures of some "background" or "cutout" of a corpus, evenly spread; what can't be read is a note."""
    g = overview.corpus.geometry
    step = 1 if kind == "background" or overview.corpus.manifest.is_imported else 2  # without flips
    count = g.backgrounds if kind == "background" else g.cutout_pictures // step
    try:
        for number in np.unique(np.linspace(0, count - 1, min(count, _ASSETS)).astype(int)).tolist():
            yield _asset_thumb(overview, kind, step * number)
    except Problem as problem:
        _note(overview, problem)


def finding_figures(overview: CorpusOverview) -> Iterator[FindingFigure]:
    """Yield the first findings of an audit with pictures of what they are about."""
    reader, with_pictures = SampleReader(overview.corpus), 0
    for each in overview.findings[:_MOST_FINDINGS]:
        pictures: tuple[Picture, ...] = ()
        if with_pictures < _MOST_WITH_PICTURES:
            pictures = tuple(_pictures_of(overview, reader, each))
            with_pictures += bool(pictures)
        yield FindingFigure(each.finding, _which(each), pictures)


def _which(each: FindingPictures) -> str:
    """Say in words which samples a finding is about; those that it names itself aren't said again."""
    if not each.samples:
        return ""
    spans = [f"{span.start:,} to {span.stop - 1:,}" if len(span) > 1 else f"{span.start:,}" for span in each.samples]
    more = f" and {len(spans) - 3} more stretches" if len(spans) > 3 else ""
    return f"{counted(sum(map(len, each.samples)), 'sample')}: {', '.join(spans[:3])}{more}"


def _pictures_of(overview: CorpusOverview, reader: SampleReader, each: FindingPictures) -> Iterator[Picture]:
    try:
        for b in each.backgrounds[:_PICTURES_EACH]:
            yield _asset_thumb(overview, "background", b)
        for f in each.cutouts[:_PICTURES_EACH]:
            yield _asset_thumb(overview, "cutout", f)
        some = _some_of(each.samples)
        for sample, thumbnail in zip(some.tolist(), thumbnail_page(reader, some, side_px=_THUMB_PX), strict=True):
            if thumbnail is not None:
                yield _thumb(thumbnail, f"sample {sample:,}")
    except Problem:
        return  # what is damaged can't be shown: the finding says so


def _thumb(rgb: NDArray[np.uint8], told: str) -> Picture:
    return embedded(rgb, told, _THUMB_BYTES, _THUMB_PX)


def _some_of(stretches: Sequence[range]) -> NDArray[np.int64]:
    """Return some samples of stretches, evenly spread."""
    chosen = [span[len(span) // 2] for span in stretches[:_PICTURES_EACH]]
    if len(stretches) == 1:
        (span,) = stretches
        chosen = [span[i * len(span) // _PICTURES_EACH] for i in range(_PICTURES_EACH)]
    return np.unique(np.array(chosen, np.int64))


def _asset_thumb(overview: CorpusOverview, kind: str, picture: int) -> Picture:
    corpus = overview.corpus
    row = corpus.assets.slice((0 if kind == "background" else corpus.geometry.backgrounds) + picture, 1).to_pylist()[0]
    pixels = corpus.read(kind, picture)
    if kind == "cutout":
        height_px, width_px = corpus.cutout_sizes_px[picture].tolist()
        pixels = on_checkerboard(pixels[:height_px, :width_px], height_px, width_px)
    return _thumb(pixels, f"{row['name']}, {Path(row['file']).name}")


def depth_scale(corpus: Corpus) -> tuple[tuple[str, str], ...]:
    """Return depths from near to far in words, each with its colour as "#rrggbb"; none of a corpus without depth."""
    if corpus.manifest.teacher is None:
        return ()
    unit, legend = depth_unit(corpus), depth_legend(corpus)
    return tuple((f"{number(depth_m)} {unit}".strip(), f"#{r:02x}{g:02x}{b:02x}") for depth_m, (r, g, b) in legend)


def _note(overview: CorpusOverview, problem: Problem) -> None:
    overview.notes.extend(line for line in problem.lines if line not in overview.notes)
