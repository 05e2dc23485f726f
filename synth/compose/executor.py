"""The one loop: for each unfinished shard, work, write, mark; in this process, in many (loky), in threads.

A task is a shard. What fails is named and the others go on; a full disk stops the run, since the others would fail
too. Finished shards are never touched.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import cv2
import joblib
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Progress, silent
from bgfg.synth.store.marks import PARTIAL, Mark, statistics
from bgfg.synth.store.store import Corpus
from joblib.externals.loky.process_executor import TerminatedWorkerError

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)

# Compression varies from picture to picture.
_SPARE = 1.05


@dataclass(frozen=True)
class Outcome:
    """What became of one shard: done, with what the work returned, where `reason` is empty.

    details: the traceback of an unexpected failure.
    """

    shard: int
    result: Any = None
    reason: str = ""
    details: str = ""
    disk_full: bool = False


@dataclass(frozen=True)
class Crew:
    """Who does the work: how many workers, of which joblib backend, and how their progress is shown.

    progress(title, total, done) is a context manager that gives a function to call with each further number done.
    """

    workers: int = 1
    backend: str = "loky"
    progress: Progress = silent


def make_missing(
    corpus: Corpus,
    arrays: Sequence[str],
    work: Callable[[int], None],
    crew: Crew,
    bytes_per_sample: Callable[[], float],
) -> None:
    """Make every shard that isn't marked done in all of `arrays`, then gather their statistics.

    work: writes and marks one shard; picklable, a pure function of the corpus on disk and the shard's number.
    bytes_per_sample: estimates what a sample of these arrays takes on disk; asked only if something is to be made.
    The caller holds the lock. Raises Problem, a line for each failed shard or for too little free disk.
    """
    corpus.clear_partial()
    done = set.intersection(*(corpus.done(array) for array in arrays))
    left = [shard for shard in corpus.shards if shard not in done]
    if left:
        _require_space(corpus, len(left) * corpus.samples_per_shard * bytes_per_sample())
        n = corpus.samples_per_shard
        with crew.progress(" + ".join(arrays), len(corpus), len(corpus) - len(left) * n) as advance:
            failures = produce(corpus.path, work, left, crew, lambda _outcome: advance(n))
        corpus.clear_partial()
        raise_for(failures)
    gathered = {array: statistics(Mark.load(corpus.path, array, shard) for shard in corpus.shards) for array in arrays}
    everything = dict(sorted({**corpus.manifest.statistics, **gathered}.items()))
    if everything != corpus.manifest.statistics:
        corpus.save_manifest(replace(corpus.manifest, statistics=everything))
    corpus.clear_partial()


def produce(
    corpus: Path, work: Callable[[int], Any], shards: Sequence[int], crew: Crew, done: Callable[[Outcome], None]
) -> list[Outcome]:
    """Run `work(shard)` for every shard; return the outcomes of those that failed, none if all is well.

    work: picklable. done: is called with the outcome of each finished shard, in the order in which they finish.
    A worker that dies (killed, out of memory) takes the shards in work with it; they are named, the others go on.
    """
    failures: list[Outcome] = []
    left = list(shards)
    while left:
        try:
            with warnings.catch_warnings(), closing(_run(work, left, crew)) as outcomes:
                warnings.filterwarnings("ignore", "[0-9]+ tasks (which were still|have been successfully)")
                for outcome in outcomes:
                    left.remove(outcome.shard)
                    if outcome.reason:
                        failures.append(outcome)
                    else:
                        done(outcome)
                    if outcome.disk_full:
                        return failures
        except TerminatedWorkerError:
            lost = sorted(_in_work(corpus) & set(left)) or left[: crew.workers]
            failures += [
                Outcome(shard, reason="a worker died with it in work (killed, or out of memory)") for shard in lost
            ]
            left = [shard for shard in left if shard not in lost]
    return failures


def raise_for(failures: Sequence[Outcome], noun: str = "shard") -> None:
    """Raise Problem with a line for each reason, naming its shards; nothing where there are no failures."""
    reasons: dict[str, list[int]] = {}
    for failure in failures:
        reasons.setdefault(failure.reason, []).append(failure.shard)
    if reasons:
        again = "run the same command again to make what is missing"
        problem = Problem(
            *(f"{noun} {', '.join(map(str, sorted(s)))}: {reason}; {again}" for reason, s in reasons.items())
        )
        problem.__cause__ = next((RuntimeError(f.details) for f in failures if f.details), None)
        raise problem


def _require_space(corpus: Corpus, bytes_needed: float) -> None:
    free = shutil.disk_usage(corpus.path).free
    if free < bytes_needed * _SPARE:
        raise Problem(
            f"{corpus.path}: about {bytes_needed * _SPARE / 1e6:,.0f} MB are needed and {free / 1e6:,.0f} MB are free: "
            "make room, or choose another disk"
        )


def default_workers() -> int:
    """Return the number of processors that this process may use."""
    return int(joblib.cpu_count())


def _run(work: Callable[[int], Any], shards: Sequence[int], crew: Crew) -> Generator[Outcome]:
    tasks = (joblib.delayed(_attempt)(work, shard, os.getpid()) for shard in shards)
    jobs = max(1, min(crew.workers, len(shards)))
    parallel = joblib.Parallel(n_jobs=jobs, backend=crew.backend, batch_size=1, return_as="generator_unordered")
    # A terminal sends Ctrl-C to all processes of a run: workers are born with it blocked and leave it to their parent.
    # The standard library's resource tracker, which loky's workers share, would unblock it when it starts.
    if crew.backend == "loky" and jobs > 1:
        resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        outcomes: Generator[Outcome] = parallel(tasks)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return outcomes


def _attempt(work: Callable[[int], Any], shard: int, parent_pid: int) -> Outcome:
    if os.getpid() != parent_pid:
        _settle_in(parent_pid)
    try:
        return Outcome(shard, work(shard))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return Outcome(shard, reason=f"{where}{error.strerror or error}", disk_full=error.errno in _DISK_FULL)
    except Problem as problem:
        return Outcome(shard, reason=str(problem))
    except Exception as error:  # whatever it is, it is named and the other shards go on
        return Outcome(shard, reason=f"{type(error).__name__}: {error}", details=traceback.format_exc())


def _settle_in(parent_pid: int) -> None:
    """Make this worker process end with its parent, and keep to one core."""
    if _settled.is_set():
        return
    _settled.set()
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with, args=(parent_pid,), daemon=True).start()


_settled = threading.Event()


def _end_with(parent_pid: int) -> None:
    while os.getppid() == parent_pid:
        time.sleep(0.2)
    os._exit(1)


def _in_work(corpus: Path) -> set[int]:
    """Return the shards whose temporary files are there: those that dead workers had in hand."""
    return {int(path.name.split(".")[0].split("-")[1]) for path in (corpus / PARTIAL).glob("*-*.*")}
