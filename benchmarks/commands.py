"""Time commands that people wait for: the help, the plan, and a whole data set from nothing."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from benchmarks.inputs import InputFolders, draw_kit, run_plan
from benchmarks.table import ResultRow, ResultSection
from benchmarks.timing import measure_in_turns, timed_bgfg, timed_process
from bgfg.synth.store.corpus import Corpus

_BARE = "a bare `python -c pass`"


def measure(inputs: InputFolders, work: Path, repeats: int, help_repeats: int) -> ResultSection:
    """Measure `bgfg --help` and `import bgfg` against Python's own start, and `bgfg plan` of the inputs."""
    corpus, samples = work / "planned", 0

    def timed_plan() -> float:
        nonlocal samples
        seconds = run_plan(inputs, corpus)
        samples = len(Corpus(corpus))
        shutil.rmtree(corpus)
        return seconds

    starts = {
        "bgfg --help": lambda: timed_bgfg("--help"),
        "import bgfg": lambda: timed_process(sys.executable, "-c", "import bgfg"),
        _BARE: lambda: timed_process(sys.executable, "-c", "pass"),
    }
    started = measure_in_turns(starts, help_repeats)
    planned = measure_in_turns({"bgfg plan": timed_plan}, repeats)["bgfg plan"]
    rows = (
        *(ResultRow("start", name, "s", started[name], {_BARE: started[_BARE]}) for name in starts if name != _BARE),
        ResultRow("start", _BARE, "s", started[_BARE]),
        ResultRow(f"plan {samples:,} samples", "bgfg plan", "s", planned),
    )
    return ResultSection(rows, ("Commands are timed as whole processes, from start to end, in a warm page cache.",))


def measure_dataset(work: Path, workers: int, quick: bool) -> ResultSection:
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
    return ResultSection((ResultRow(job, "bgfg kit, bgfg dataset", "s", (seconds,)),), (note,))
