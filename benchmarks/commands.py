"""How long commands take that people wait for: the help, the plan, and everything from nothing."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from bgfg.synth.store.store import Corpus

from benchmarks.inputs import Inputs, draw_kit, plan
from benchmarks.table import Row, Section
from benchmarks.timing import interleaved, timed_bgfg, timed_process

_BARE = "a bare `python -c pass`"


def measure(inputs: Inputs, work: Path, repeats: int, help_repeats: int) -> Section:
    """Measure `bgfg --help` against Python's own start, and `bgfg plan` of the inputs."""
    corpus, samples = work / "planned", 0

    def timed_plan() -> float:
        nonlocal samples
        seconds = plan(inputs, corpus)
        samples = len(Corpus(corpus))
        shutil.rmtree(corpus)
        return seconds

    starts = {"bgfg --help": lambda: timed_bgfg("--help"), _BARE: lambda: timed_process(sys.executable, "-c", "pass")}
    started = interleaved(starts, help_repeats)
    planned = interleaved({"bgfg plan": timed_plan}, repeats)["bgfg plan"]
    rows = (
        Row("start", "bgfg --help", "s", started["bgfg --help"], {_BARE: started[_BARE]}),
        Row("start", _BARE, "s", started[_BARE]),
        Row(f"plan {samples:,} samples", "bgfg plan", "s", planned),
    )
    return Section(rows, ("Commands are timed as whole processes, from start to end, in a warm page cache.",))


def measure_dataset(work: Path, workers: int, quick: bool) -> Section:
    """Measure, once, `bgfg kit` and `bgfg dataset` on it, together: a labelled corpus from nothing."""
    folder, corpus = work / "fresh-kit", work / "dataset"
    seconds = draw_kit(folder, workers, quick)
    pictures = ("--bg", folder / "bg", "--fg", folder / "fg", "--bg-depth", folder / "depth")
    seconds += timed_bgfg("dataset", corpus, *pictures, "--workers", workers)
    samples = len(Corpus(corpus))
    shutil.rmtree(folder)
    shutil.rmtree(corpus)
    job = f"from nothing to {3 * samples:,} images, masks and depth maps, {workers} workers"
    note = "From nothing: the kit drawn, planned, composed and labelled, without installing."
    return Section((Row(job, "bgfg kit, bgfg dataset", "s", (seconds,)),), (note,))
