"""Many pictures, one after the other: read ahead, work, write, go on where it stopped, tell every failure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bgfg.data_manifests.corpus.manifest import file_sha256, write_whole
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.train.inference.inputs import Job, Loaded, load_all
from bgfg.train.inference.runtime import Runtime

RECORD = "made.json"

# What writes a result's files, each one a call that can run beside the others.
Writers = list[Callable[[], None]]

_THREADS = 4


@dataclass(frozen=True)
class Batch:
    """A folder of results.

    made_by: what the results depend on beside the pictures, as JSON has it. last: of a job, the file that is written
    after all others of it.
    """

    out: Path
    made_by: Mapping[str, Any]
    last: Callable[[Job], Path]

    def begin(self) -> None:
        """Create the folder; raise Problem where it holds results that were made in another way."""
        record, text = self.out / RECORD, json.dumps(self.made_by, indent=1) + "\n"
        other = record.exists() and record.read_text(encoding="utf-8") != text
        if other and any(path.is_file() and path != record for path in self.out.rglob("*")):
            raise Problem(f"{self.out}: holds results of another model or other options: give another --out")
        self.out.mkdir(parents=True, exist_ok=True)
        write_whole(record, text, self.out)

    def is_done(self, job: Job) -> bool:
        """Say whether a job's results are there, and none of its pictures was changed since."""
        last = self.last(job)
        sources = [path for path in (job.picture, job.background) if path is not None]
        return last.exists() and all(
            path.exists() and path.stat().st_mtime_ns <= last.stat().st_mtime_ns for path in sources
        )

    def run(
        self, jobs: Sequence[Job], align: bool, work: Callable[[Loaded], Writers], progress: Progress, title: str
    ) -> int:
        """Do the jobs that aren't done; return how many those were.

        work: gives what writes the results of a job; the last of these comes after all others. Raises Problem at the
        end with a line for each picture that failed; the others are done by then.
        """
        self.begin()
        left = [job for job in jobs if not self.is_done(job)]
        problems: list[str] = []
        with ThreadPoolExecutor(_THREADS) as pool, progress(title, len(jobs), len(jobs) - len(left)) as advance:
            under_way: list[Future[None]] = []
            for loaded in load_all(left, align):
                if isinstance(loaded, Problem):
                    problems.extend(loaded.lines)
                else:
                    writers = work(loaded)
                    _finish(under_way)
                    under_way = [pool.submit(_write, pool, writers)]
                advance(1)
            _finish(under_way)
        if problems:
            raise Problem(*problems)
        return len(left)


def made_by(model: Runtime, **options: Any) -> dict[str, Any]:
    """Return what results depend on: the model's file, by its content, and the options."""
    return {"model": model.card.name, "sha256": file_sha256(model.file), **options}


def _write(pool: ThreadPoolExecutor, writers: Writers) -> None:
    """Call all but the last beside one another, then the last."""
    _finish([pool.submit(writer) for writer in writers[:-1]])
    writers[-1]()


def _finish(under_way: Sequence[Future[None]]) -> None:
    for future in under_way:
        future.result()
