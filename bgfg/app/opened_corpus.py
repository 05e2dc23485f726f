"""The corpus that is looked at: opened when a page asks for it, and anew whenever it was planned or extended."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.app.background_job import Job, Told
from bgfg.data_manifests.corpus.selection import Selection
from bgfg.data_manifests.objects.object_store import REQUESTS_AT_A_TIME
from bgfg.data_manifests.overview.sample_statistics import SampleStatistics
from bgfg.html_report.pictures import data_url
from bgfg.synth.compose.executor import Executor
from bgfg.synth.open_corpus import open_corpus
from bgfg.synth.overview.corpus_overview import unfinished
from bgfg.synth.overview.finding_pictures import FindingPictures, pictures_of_findings
from bgfg.synth.overview.pixel_statistics import PixelStatistics, planned_count
from bgfg.synth.overview.sample_depths import measure_depths
from bgfg.synth.overview.sample_reader import SampleReader
from bgfg.synth.overview.sample_tables import sample_columns, table_statistics
from bgfg.synth.overview.thumbnails import Shown, jpeg_bytes, thumbnail_page
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.audit import audit_path
from bgfg.synth.verify.status import corpus_status


class OpenedCorpus:
    """A corpus as it was when it was opened, and what was found out of it since.

    Attributes:
        corpus: The corpus.
        reader: Reads its samples.
        columns: The columns of its samples, those that were measured among them.
    """

    def __init__(self, location: str) -> None:
        self.corpus: Corpus = open_corpus(location)
        self.is_remote = "://" in location
        self.reader = SampleReader(self.corpus, REQUESTS_AT_A_TIME if self.is_remote else None)
        self.columns = sample_columns(self.corpus)
        self._missing: list[str] | None = None
        self._jobs: dict[str, Job[Any]] = {}
        self._starting = threading.Lock()
        self.select = lru_cache(8)(self._select)

    def _select(self, selection: Selection, name: str) -> NDArray[np.int64]:
        return self.columns.select(selection, name)

    @cached_property
    def assets(self) -> dict[tuple[str, int], dict[str, Any]]:
        """Kind and number of each picture -> its row of assets.parquet."""
        return {(row["kind"], row["id"]): row for row in self.corpus.assets.to_pylist()}

    @cached_property
    def statistics(self) -> SampleStatistics:
        """What the tables say of all samples."""
        return table_statistics(self.corpus, self.columns)

    def missing(self) -> list[str]:
        """Say in words what of it isn't made; once that is nothing, it isn't looked up again."""
        if self._missing != []:
            self._missing = unfinished(self.corpus, corpus_status(self.corpus))
        return self._missing

    def thumbnails(self, samples: NDArray[np.int64], shown: Shown = "image") -> list[dict[str, Any]]:
        """Return number, name and picture of each of (n,) samples; False where the picture isn't made."""
        names = self.columns.table["image_name"].take(samples).to_pylist()
        pictures = thumbnail_page(self.reader, samples, shown)
        return [
            {"sample": i, "name": name, "picture": picture is not None and data_url(jpeg_bytes(picture), "jpeg")}
            for i, name, picture in zip(samples.tolist(), names, pictures, strict=True)
        ]

    def pixel_statistics(self) -> Job[PixelStatistics]:
        """Return the job of looking at the pixels of some samples."""
        return self._job(
            "pixels", lambda told: PixelStatistics.of(self.reader, told), lambda: planned_count(self.reader)
        )

    def findings(self) -> Job[list[FindingPictures]]:
        """Return the job of an audit of names and structure, of a corpus in a folder."""

        def audit(_told: object) -> list[FindingPictures]:
            executor = Executor(workers=1, backend="threading")
            return pictures_of_findings(self.corpus, audit_path(self.corpus.path, executor).findings)

        return self._job("findings", audit, lambda: 1)

    def depths(self) -> Job[bool]:
        """Return the job of measuring the depth of all samples: once that is done, they can be selected by it."""

        def measure(told: Told) -> bool:
            measured = measure_depths(self.reader, np.arange(len(self.corpus)), told)
            self.columns = self.columns.with_measured(measured)
            self.select.cache_clear()
            return True

        return self._job("depths", measure, lambda: len(self.corpus))

    def _job(self, name: str, work: Callable[[Told], Any], count: Callable[[], int]) -> Job[Any]:
        with self._starting:
            if name not in self._jobs or self._jobs[name].has_failed:
                self._jobs[name] = Job(work, count)
            return self._jobs[name]


class WatchedCorpus:
    """Opens a corpus when it is asked for, and anew where its manifest is another one by then.

    Args:
        location: Its folder or URL.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        self._opening = threading.Lock()
        self._opened: OpenedCorpus | None = None
        self._version: tuple[int, ...] = ()

    def open(self) -> OpenedCorpus:
        """Return the corpus as it is now; raise Problem where it isn't there, or can't be read."""
        with self._opening:
            version = self._version_now()
            if self._opened is None or version != self._version:
                self._opened, self._version = None, version
                self._opened = OpenedCorpus(self.location)
            return self._opened

    def forget(self) -> None:
        """Open it anew next time: what was read of it isn't what it was."""
        self._opened = None

    def _version_now(self) -> tuple[int, ...]:
        """Return what tells one manifest from another; nothing of a corpus under a URL, or where there is none."""
        if "://" in self.location:
            return ()
        try:
            found = os.stat(Path(self.location) / "manifest" / "corpus.json")
        except OSError:
            return ()
        return found.st_ino, found.st_size, found.st_mtime_ns
