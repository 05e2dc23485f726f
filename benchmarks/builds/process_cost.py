"""What a process costs, all its children included: time by the clock, time of processors, and memory."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bgfg.data_manifests.terminal.errors import Problem

_SAMPLE_EVERY_S = 0.1


@dataclass(frozen=True)
class ProcessCost:
    """What a process took from its start to its end.

    Attributes:
        wall_s: Time by the clock.
        processor_s: User and system time of all its threads and of those children that it waited for.
        memory_mb: The most memory that it and its children had at once: proportional set sizes, in which a page that
            several share counts once, looked up each tenth of a second. 0 where the system doesn't tell them.
        said: The last line on its standard output.
    """

    wall_s: float
    processor_s: float
    memory_mb: float
    said: str

    @classmethod
    def of(
        cls, command: Sequence[object], folder: Path, environment: Mapping[str, str] | None = None, name: str = ""
    ) -> ProcessCost:
        """Run a command in a folder, and return what it took.

        Raises:
            Problem: It failed: with its last line on stderr, and with its name, or its words where it has none.
        """
        words = [str(word) for word in command]
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            start = time.perf_counter()
            process = subprocess.Popen(words, cwd=folder, stdout=output, stderr=errors, env=environment)
            with _PeakMemory(process.pid) as memory:
                usage = _wait(process)
            wall_s = time.perf_counter() - start
            if process.returncode:
                said = _last_line(errors) or f"exit code {process.returncode}"
                raise Problem(f"{name or ' '.join(words[1:])}: {said}")
            return cls(wall_s, usage.ru_utime + usage.ru_stime, memory.peak_bytes / 1e6, _last_line(output))


def _wait(process: subprocess.Popen[bytes]) -> resource.struct_rusage:
    """Wait for a process; where this one is stopped meanwhile, stop that one too."""
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage


def _last_line(file: IO[bytes]) -> str:
    file.seek(0)
    lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


class _PeakMemory:
    """Looks up the memory of a process and its children again and again, in a thread of its own."""

    def __init__(self, pid: int) -> None:
        self._pid, self._ended = pid, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.peak_bytes = 0

    def __enter__(self) -> _PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_SAMPLE_EVERY_S):
            self.peak_bytes = max(self.peak_bytes, sum(map(_memory_bytes, with_children(self._pid))))


def with_children(pid: int) -> Iterator[int]:
    """Yield a process and all that descend from it."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = children.read_text().split()
        except OSError:  # its thread has ended since
            continue
        for child in found:
            yield from with_children(int(child))


def _memory_bytes(pid: int) -> int:
    """Return the proportional set size of a process; 0 where it has ended, or the system doesn't tell."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
