"""The pages of a corpus: its samples in pages of thumbnails, one of them large, statistics, and findings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException

from bgfg.app.opened_corpus import OpenedCorpus, WatchedCorpus
from bgfg.app.sample_page import sample_values
from bgfg.app.sample_query import SampleQuery
from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.terminal.errors import Problem, counted
from bgfg.html_report.figures import Chart, colour_chart, histogram_chart
from bgfg.html_report.pictures import data_url, heat_map
from bgfg.synth.overview.depth_legend import depth_unit
from bgfg.synth.overview.finding_pictures import FindingPictures
from bgfg.synth.overview.pixel_statistics import PixelStatistics
from bgfg.synth.overview.thumbnails import PAGE_SAMPLES, SHOWN, jpeg_bytes, thumbnail_page

# Up to so many pictures of a kind are offered by name.
_MOST_CHOICES = 1_000
_MOST_LINKS = 12
# Longer side of a heat map.
_MAP_PX = 320

# What a template is filled with.
Values = dict[str, Any]


class CorpusPages:
    """Makes what the pages of a corpus show.

    Args:
        location: Its folder or URL.
    """

    def __init__(self, location: str) -> None:
        self._watched = WatchedCorpus(location)

    def values(self, path: str, query: Mapping[str, str]) -> tuple[str, Values]:
        """Return the template of a page of the corpus, and its values.

        Raises:
            Problem: The corpus can't be read; it is opened anew next time.
            HTTPException: There is no such page.
        """
        try:
            opened = self._watched.open()
            about = {"location": self._watched.location, "facts": _facts(opened), "page": path}
            match path.removeprefix("/corpus").strip("/").split("/"):
                case [""]:
                    return "samples.html", about | self._samples(opened, query)
                case ["sample", number] if number.isascii() and number.isdecimal() and len(number) < 10:
                    return "sample.html", about | sample_values(opened, int(number))
                case ["statistics"]:
                    return "statistics.html", about | _statistics(opened)
                case ["findings"]:
                    return "findings.html", about | _findings(opened)
        except (Problem, OSError):
            self._watched.forget()
            raise
        raise HTTPException(404, f"{path}: there is no such page")

    def _samples(self, opened: OpenedCorpus, query: Mapping[str, str]) -> Values:
        corpus = opened.corpus
        values: Values = {
            "backgrounds": _choices(opened, "background"), "cutouts": _choices(opened, "cutout"), "splits": SPLITS,
            "classes": corpus.classes, "shown": [name for name in SHOWN if name in corpus.layouts],
            "placements": corpus.geometry.placements, "labelled": "depth" in corpus.layouts, "thumbnails": [],
            "count": 0, "pages": 1, "measuring": None, "wrong": "", "fields": dict(query), "before": "", "after": "",
            "first": 0, "number": 1,
        }  # fmt: skip
        try:
            asked = SampleQuery.of(query, corpus.classes)
        except Problem as problem:
            return values | {"wrong": str(problem)}
        job = opened.depths(start=asked.needs_depth)
        if asked.needs_depth and job is not None and not job.is_done():
            return values | {"fields": asked.fields, "measuring": job.percent}
        numbers = opened.select(asked.selection, asked.name)
        pages = max(1, -(-len(numbers) // PAGE_SAMPLES))
        page = min(max(1, asked.page), pages)
        some = numbers[(page - 1) * PAGE_SAMPLES : page * PAGE_SAMPLES]
        shown = asked.shown if asked.shown in corpus.layouts else "image"
        pictures = thumbnail_page(opened.reader, some, shown)
        names = opened.columns.table["image_name"].take(some).to_pylist()
        thumbnails = [
            {"sample": i, "name": name, "picture": picture is not None and data_url(jpeg_bytes(picture), "jpeg")}
            for i, name, picture in zip(some.tolist(), names, pictures, strict=True)
        ]
        return values | {
            "thumbnails": thumbnails, "count": len(numbers), "pages": pages, "number": page, "fields": asked.fields,
            "first": (page - 1) * PAGE_SAMPLES + 1, "before": page > 1 and asked.at_page(page - 1),
            "after": page < pages and asked.at_page(page + 1),
        }  # fmt: skip


def _facts(opened: OpenedCorpus) -> str:
    corpus, g = opened.corpus, opened.corpus.geometry
    made = {name: len(corpus.done_shards(name)) for name in corpus.layouts if name in ("image", "mask", "depth")}
    half = [f"{name} {100 * count // max(1, len(corpus.shards))} % made" for name, count in made.items()
            if count < len(corpus.shards)]  # fmt: skip
    missing = [] if "depth" in corpus.layouts else ["no depth"]
    return "; ".join([f"{counted(len(corpus), 'sample')} of {g.width_px}×{g.height_px} px", *half, *missing])


def _choices(opened: OpenedCorpus, kind: str) -> list[tuple[int, str]]:
    """Return the numbers and the files of pictures of a kind; nothing where there are too many."""
    count = getattr(opened.corpus.geometry, "backgrounds" if kind == "background" else "cutout_pictures")
    if count > _MOST_CHOICES:
        return []
    rows = [row for (its_kind, _), row in opened.assets.items() if its_kind == kind]
    return [(row["id"], f"{row['file']}{'' if row['flip_of'] is None else ', mirrored'}") for row in rows]


def _statistics(opened: OpenedCorpus) -> Values:
    job, found, pixels, wrong = opened.pixel_statistics(), opened.statistics, None, ""
    try:
        pixels = job.result()
    except Problem as problem:
        wrong = str(problem)
    charts = [
        histogram_chart("Foreground of a picture", "% of its pixels", found.foreground_percent),
        histogram_chart("Height of a cut-out", "px", found.height_px),
    ]
    return {
        "statistics": found, "coverage": heat_map(found.coverage, "boxes of all cut-outs", _MAP_PX), "charts": charts,
        "pixels": pixels, "percent": job.percent, "wrong": wrong,
        "pixel_charts": [] if pixels is None else _pixel_charts(opened, pixels),
        "mask": None if pixels is None else heat_map(pixels.mask, "mean mask", _MAP_PX),
    }  # fmt: skip


def _pixel_charts(opened: OpenedCorpus, pixels: PixelStatistics) -> list[Chart]:
    charts = [colour_chart(f"Colours of {whose}", shares) for whose, shares in pixels.colours.items()]
    if pixels.depth is None or pixels.person_depth is None:
        return charts
    unit = depth_unit(opened.corpus) or "no unit"
    depths = {"Depth of all pixels": pixels.depth, "Depth of people": pixels.person_depth}
    return [*(histogram_chart(title, unit, depth) for title, depth in depths.items()), *charts]


def _findings(opened: OpenedCorpus) -> Values:
    if opened.is_remote:
        return {"findings": None, "wrong": "an audit reads a folder: run `bgfg audit` where the corpus lies"}
    found = opened.findings().result()
    return {"wrong": "", "findings": None if found is None else [(each.finding, _links(each)) for each in found]}


def _links(found: FindingPictures) -> list[tuple[str, str]]:
    """Return the pages of the pictures that a finding is about, with their titles."""
    links = [
        (
            counted(len(some), "sample") if len(some) > 1 else f"sample {some.start}",
            f"/corpus?samples={some.start}:{some.stop}",
        )
        for some in found.samples
    ]
    for kind, numbers in (("background", found.backgrounds), ("cutout", found.cutouts)):
        if numbers:
            title = counted(len(numbers), kind.replace("cutout", "cut-out"))
            links.append((title, f"/corpus?{kind}={','.join(map(str, numbers[:100]))}"))
    return links[:_MOST_LINKS]
