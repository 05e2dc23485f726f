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
from bgfg.html_report.statistics_figures import pixel_figures, table_figures
from bgfg.synth.overview.depth_legend import depth_unit
from bgfg.synth.overview.finding_pictures import FindingPictures
from bgfg.synth.overview.thumbnails import PAGE_SAMPLES, SHOWN

# Up to so many pictures of a kind are offered by name.
_MOST_CHOICES = 1_000
_MOST_LINKS = 12

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
                    return "samples.html", about | _samples(opened, query)
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


def _facts(opened: OpenedCorpus) -> str:
    height_px, width_px = opened.corpus.geometry.frame_px
    size = f"{counted(len(opened.corpus), 'sample')} of {width_px}×{height_px} px"
    return "; ".join([size, *opened.missing()])


def _samples(opened: OpenedCorpus, query: Mapping[str, str]) -> Values:
    corpus = opened.corpus
    is_labelled = "depth" in corpus.layouts
    form: Values = {
        "backgrounds": _choices(opened, "background"), "cutouts": _choices(opened, "cutout"), "splits": SPLITS,
        "classes": corpus.classes, "shown": [name for name in SHOWN if name in corpus.layouts],
        "placements": corpus.geometry.placements, "is_labelled": is_labelled,
        "unit": depth_unit(corpus) if is_labelled else "",
    }  # fmt: skip
    try:
        asked = SampleQuery.of(query, corpus.classes)
    except Problem as problem:
        return form | {"fields": dict(query), "wrong": str(problem)}
    form["fields"] = asked.fields
    if asked.needs_depth and not (job := opened.depths()).result():
        return form | {"percent": job.percent}
    numbers = opened.select(asked.selection, asked.name)
    pages = max(1, -(-len(numbers) // PAGE_SAMPLES))
    page = min(max(1, asked.page), pages)
    first = (page - 1) * PAGE_SAMPLES
    shown = asked.shown if asked.shown in corpus.layouts else "image"
    return form | {
        "thumbnails": opened.thumbnails(numbers[first : first + PAGE_SAMPLES], shown), "count": len(numbers),
        "first": first + 1, "pages": pages, "number": page, "before": page > 1 and asked.at_page(page - 1),
        "after": page < pages and asked.at_page(page + 1),
    }  # fmt: skip


def _choices(opened: OpenedCorpus, kind: str) -> list[tuple[int, str]]:
    """Return the numbers and the files of pictures of a kind; nothing where there are too many."""
    rows = [row for (its_kind, _), row in opened.assets.items() if its_kind == kind]
    if len(rows) > _MOST_CHOICES:
        return []
    return [(row["id"], f"{row['file']}{'' if row['flip_of'] is None else ', mirrored'}") for row in rows]


def _statistics(opened: OpenedCorpus) -> Values:
    job, pixels, wrong = opened.pixel_statistics(), None, ""
    try:
        pixels = job.result()
    except Problem as problem:
        wrong = str(problem)
    return {
        "of_tables": table_figures(opened.corpus, opened.statistics), "samples": len(opened.corpus),
        "of_pixels": pixels and pixel_figures(opened.corpus, pixels), "looked_at": pixels and pixels.samples,
        "percent": job.percent, "wrong": wrong,
    }  # fmt: skip


def _findings(opened: OpenedCorpus) -> Values:
    if opened.is_remote:
        return {"findings": None, "wrong": "an audit reads a folder: run `bgfg audit` where the corpus lies"}
    found = opened.findings().result()
    return {"wrong": "", "findings": None if found is None else [(each.finding, _links(each)) for each in found]}


def _links(found: FindingPictures) -> list[tuple[str, str]]:
    """Return the pages of the pictures that a finding is about, with their titles."""
    links = [(counted(len(some), "sample"), f"/corpus?samples={some.start}:{some.stop}") for some in found.samples]
    for kind, numbers in (("background", found.backgrounds), ("cutout", found.cutouts)):
        if numbers:
            title = counted(len(numbers), kind.replace("cutout", "cut-out"))
            links.append((title, f"/corpus?{kind}={','.join(map(str, numbers[:100]))}"))
    return links[:_MOST_LINKS]
