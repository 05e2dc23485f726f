"""Measure `bgfg import` against decoding the same files by OpenCV, in as many processes.

`python -m benchmarks.import_folder FOLDER` measures a folder as `bgfg export CORPUS FOLDER --as folder` makes it.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

import click

from benchmarks.machine import describe_machine
from benchmarks.table import ResultRow, ResultSection, print_report
from benchmarks.timing import measure_in_turns, timed_bgfg, timed_process

_KINDS = ("bg_fg", "bg_fg_mask", "bg_fg_depth")


def decode_all(folder: Path, part: int, parts: int) -> int:
    """Decode every `parts`-th composite, mask and depth map of a folder by OpenCV; return how many files."""
    import cv2

    cv2.setNumThreads(1)
    files = [path for kind in _KINDS for path in sorted((folder / kind).iterdir())][part::parts]
    for path in files:
        if cv2.imread(str(path), cv2.IMREAD_UNCHANGED) is None:
            raise ValueError(f"{path} can't be decoded")
    return len(files)


def measure_decoding(folder: Path, workers: int) -> float:
    """Decode all files in some processes; return the seconds that it took."""
    code = (
        "import sys; from concurrent.futures import ProcessPoolExecutor; from pathlib import Path\n"
        "from benchmarks.import_folder import decode_all\n"
        "folder, workers = Path(sys.argv[1]), int(sys.argv[2])\n"
        "with ProcessPoolExecutor(workers) as pool:\n"
        "    list(pool.map(decode_all, [folder] * workers, range(workers), [workers] * workers))\n"
    )
    return timed_process(sys.executable, "-c", code, folder, workers)


def measure_import(folder: Path, work: Path, workers: int) -> float:
    """Import the folder, a whole process, until all is on disk; return the seconds that it took."""
    corpus = work / "corpus"
    seconds = timed_bgfg("import", folder, corpus, "--workers", workers)
    shutil.rmtree(corpus)
    return seconds


def measure(folder: Path, work: Path, workers: int, repeats: int) -> ResultSection:
    """Let both take turns; return samples a second, and how the import compares."""
    samples = sum(1 for _ in (folder / _KINDS[0]).iterdir())
    contestants = {
        "bgfg import": partial(measure_import, folder, work, workers),
        "OpenCV, decoding alone": partial(measure_decoding, folder, workers),
    }
    spent_s = dict.fromkeys(contestants, 0.0)

    def turn(name: str) -> float:
        before = _cpu_s()
        seconds = contestants[name]()
        spent_s[name] += _cpu_s() - before
        return samples / seconds

    ours, peer = contestants
    speeds = measure_in_turns({name: partial(turn, name) for name in contestants}, repeats)
    rows = (
        ResultRow("import", ours, "samples/s", speeds[ours], {peer: speeds[peer]}),
        ResultRow("import", peer, "samples/s", speeds[peer]),
    )
    cpu = ", ".join(f"{name} {1e6 * spent_s[name] / repeats / samples:,.0f} µs" for name in contestants)
    note = f"{samples:,} composites with masks and depth maps, {workers} processes; CPU a sample: {cpu}"
    return ResultSection(rows, (note,))


def _cpu_s() -> float:
    """Return the seconds of CPU that all processes took that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--workers", default=os.cpu_count() or 1, show_default=True, help="Processes of both.")
@click.option("--repeats", default=3, show_default=True, help="Turns of each.")
@click.option("--work", type=click.Path(path_type=Path), help="Where to import to.  [default: a temporary folder]")
def main(folder: Path, workers: int, repeats: int, work: Path | None) -> None:
    """Measure `bgfg import` of FOLDER."""
    with tempfile.TemporaryDirectory(dir=work) as scratch:
        machine = describe_machine(Path(scratch))
        section = measure(folder.resolve(), Path(scratch).resolve(), workers, repeats)
    print_report(machine, [section], None)


if __name__ == "__main__":
    main()
