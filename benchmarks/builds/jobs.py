"""The jobs of the table: the commands that people wait for, each with what has to lie there before it."""

from __future__ import annotations

import csv
import json
import shutil
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.builds.build import Build
from benchmarks.builds.process_cost import ProcessCost
from benchmarks.builds.sources import Sources

_PER_PAIR = 2 * 20  # samples of a background and a cut-out: with its mirror image, at 20 places
_FORMS = ("webdataset", "folder", "coco", "parquet", "hdf5", "zips")
_WARM_UP_ROWS = 1  # of a training's figures: those of its first steps, in which memory is allocated


@dataclass(frozen=True)
class Place:
    """Where a build works.

    Attributes:
        build: The build.
        sources: What all builds are given.
        workers: Processes, and threads of the stream.
    """

    build: Build
    sources: Sources
    workers: int

    @property
    def work(self) -> Path:
        """The build's own folder."""
        return self.build.work

    @property
    def processes(self) -> tuple[object, ...]:
        """The option of commands that work in several processes."""
        return "--workers", self.workers

    def without(self, name: str) -> Path:
        """Return a path in the build's folder, where nothing is left of an earlier turn."""
        path = self.work / name
        shutil.rmtree(path, ignore_errors=True)
        path.unlink(missing_ok=True)
        return path

    def planned(self, name: str) -> Path:
        """Return the plan of the large corpus, of the one of many backgrounds, or of another, made if it is missing."""
        plan = self.work / f"{name}-plan"
        if not (plan / "manifest/corpus.json").exists():
            self.build.run("plan", plan, *self.pictures(name))
        return plan

    def composed(self, name: str) -> Path:
        """Return such a corpus composed, as far as it isn't."""
        corpus = self.work / name
        if not corpus.exists():
            self.copied(name)
        self.build.run("compose", corpus, *self.processes)
        return corpus

    def labelled(self, name: str) -> Path:
        """Return such a corpus composed and labelled by the depth of its backgrounds, as far as it isn't."""
        corpus = self.composed(name)
        self.build.run("label", corpus, "--teacher", "layered", *self.processes)
        return corpus

    def copied(self, name: str) -> Path:
        """Return a corpus that is planned alone, whatever was made of it before."""
        plan, corpus, partial = self.planned(name), self.without(name), self.without(f"{name}.partial")
        shutil.copytree(plan, partial)
        return partial.rename(corpus)

    def pictures(self, name: str) -> tuple[object, ...]:
        """Return the options of `bgfg plan` for a corpus."""
        if name == "many":
            bg, fg = self.sources.many()
            return "--bg", bg, "--fg", fg, "--placements", 1
        bg, fg, depth = getattr(self.sources, name)()
        return "--bg", bg, "--fg", fg, *(("--bg-depth", depth) if name == "scenes" else ())


@dataclass(frozen=True)
class Job:
    """A command that is measured.

    Attributes:
        title: What is done, in words.
        prepare: Lays out what the command needs, unmeasured, before each turn; returns the words after `bgfg`.
        unit: What is counted a second, such as samples.
        rate: The count a second of a place and what its command took.
    """

    title: str
    prepare: Callable[[Place], tuple[object, ...]]
    unit: str
    rate: Callable[[Place, ProcessCost], float]

    def measure(self, place: Place) -> tuple[ProcessCost, float]:
        """Run the command once, and return what it took and its rate; raise Problem where the build can't."""
        cost = place.build.run(*self.prepare(place))
        return cost, self.rate(place, cost)


def all_jobs(sources: Sources, workers: int) -> dict[str, Job]:
    """Return all jobs by their names on the command line."""
    scale, (bg, fg, _) = sources.scale, sources.large()
    large, many = len(list(bg.iterdir())) * len(list(fg.iterdir())) * _PER_PAIR, scale.backgrounds * 2 * 2
    return {
        "kit": _whole("kit", _kit, 2 * scale.pictures, "pictures"),
        **_corpus_jobs("large", large),
        **_corpus_jobs("many", many),
        **{f"many-export-{form}": _export_job(form, many) for form in _FORMS},
        "label": _whole("label, compact teacher", _label, scale.labelled * _PER_PAIR, "samples"),
        "predict": _whole("predict 1920×1080, two_stream", _predict, scale.shots, "pictures"),
        "replace": _whole("replace in a video of 640×360, two_stream", _replace, scale.frames, "frames"),
        "stream": Job("stream image, mask and depth", _stream, "samples", lambda place, _: _streamed(place)),
        "train-mask": _train_job("mask", scale.minutes),
        "train-mask-depth": _train_job("mask,depth", scale.minutes),
    }


def _whole(title: str, prepare: Callable[[Place], tuple[object, ...]], count: int, unit: str) -> Job:
    """Return a job whose rate is that of the whole process, its start included."""
    return Job(f"{title}: {count:,} {unit}", prepare, unit, lambda _, cost: count / cost.wall_s)


def _corpus_jobs(name: str, samples: int) -> dict[str, Job]:
    """Return the jobs on a corpus: the large one, or that of many backgrounds."""
    of = "" if name == "large" else ", many backgrounds"
    prepares: dict[str, Callable[[Place], tuple[object, ...]]] = {
        "plan": lambda place: ("plan", place.without("planned"), *place.pictures(name)),
        "compose": lambda place: ("compose", place.copied(name), *place.processes),
        "verify": lambda place: ("verify", place.composed(name), *place.processes),
        "verify --recompose": lambda place: ("verify", place.composed(name), "--recompose", *place.processes),
        "audit": lambda place: ("audit", place.composed(name), *place.processes),
        "show": lambda place: ("show", place.composed(name)),
    }
    return {
        f"{name}-{command.replace(' --', '-')}": _whole(f"{command}{of}", prepare, samples, "samples")
        for command, prepare in prepares.items()
    }


def _export_job(form: str, samples: int) -> Job:
    def prepare(place: Place) -> tuple[object, ...]:
        return "export", place.composed("many"), place.without("export"), "--as", form, *place.processes

    return _whole(f"export --as {form}, many backgrounds", prepare, samples, "samples")


def _train_job(targets: str, minutes: float) -> Job:
    options = ("--preset", "cpu", "--device", "cpu", "--targets", targets, "--minutes", minutes)

    def prepare(place: Place) -> tuple[object, ...]:
        return "train", place.labelled("scenes"), place.without("run"), *options

    title = f"train {targets.replace(',', ' and ')}, preset cpu, {minutes:g} minutes"
    return Job(title, prepare, "samples", lambda place, _: _trained(place))


def _kit(place: Place) -> tuple[object, ...]:
    count = place.sources.scale.pictures
    return "kit", place.without("kit"), "--backgrounds", count, "--cutouts", count, *place.processes


def _label(place: Place) -> tuple[object, ...]:
    place.copied("labelled")
    return "label", place.composed("labelled"), "--teacher", "compact", "--device", "cpu"


def _predict(place: Place) -> tuple[object, ...]:
    pictures, empty = place.sources.shots()
    return "predict", "two_stream", pictures, "--background", empty, "--out", place.without("predicted")


def _replace(place: Place) -> tuple[object, ...]:
    video, empty = place.sources.video()
    out = place.without("replaced.mp4")
    return "replace", "two_stream", video, "--background", empty, "--color", "#0a4678", "--out", out


def _stream(place: Place) -> tuple[object, ...]:
    corpus, seconds = place.labelled("scenes"), place.sources.scale.stream_s
    figures = ("--json", place.without("stream.json"))
    return "bench-stream", corpus, "--threads", place.workers, "--seconds", seconds, *figures


def _streamed(place: Place) -> float:
    return float(json.loads((place.work / "stream.json").read_text())["speed"]["samples_per_s"])


def _trained(place: Place) -> float:
    """Return samples a second of the steps alone, without validations and the start."""
    with (place.work / "run/metrics.csv").open(encoding="utf-8") as file:
        rates = [float(row["samples_per_s"]) for row in csv.DictReader(file)]
    return statistics.median(rates[_WARM_UP_ROWS:] or rates)
