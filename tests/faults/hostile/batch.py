"""A batch of damaged inputs, played one after the other in one process, each held to what a reader promises.

A reader takes its input, or refuses it by a Problem of one printable line; nothing else is raised, warned of or
printed, it ends, and it takes no more memory than what it is for.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.faults.hostile.damage import WAYS, ways_for
from tests.faults.hostile.readers import Reader, Target
from tests.support.doors import refusal

TIME_S = 10.0
_LIMITED_TIME_S = 0.3  # what takes longer is stopped by other limits in the product
MEMORY_BYTES = 10**9

# What keeps the machine from harm, far above what is promised: of address space, and of a file that is written.
_MOST_ADDRESSES_BYTES, _MOST_FILE_BYTES, _MOST_FILES = 6 * 2**30, 2**28, 256
_LONGEST_LINE = 3_000


@dataclass
class Tally:
    """What a batch came to.

    Attributes:
        inputs: How many were played.
        refused: How many of them were refused.
        crashed: How many made a library crash or hang, where its process has limits for that.
        peak_bytes: The most memory that was taken beside what the process began with.
        slowest_s: What the slowest input took to compute.
        wrong: Way and number of an input, and what is wrong with how it was read.
    """

    inputs: int = 0
    refused: int = 0
    crashed: int = 0
    peak_bytes: int = 0
    slowest_s: float = 0.0
    wrong: list[tuple[str, int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class DamagedInput:
    """The input of a number, which depends on the reader and the number alone.

    Attributes:
        target: What it was made of.
        way: How it was damaged: the target, a slash, the layer and a full stop if it isn't the whole file, and the way.
        content: Its bytes.
        read: What reads it.
    """

    target: Target
    way: str
    content: bytes
    read: Callable[[bytes], object]

    @classmethod
    def draw(cls, reader: str, targets: Sequence[Target], number: int) -> DamagedInput:
        """Draw the input of a number."""
        chance = random.Random(f"{reader} {number}")
        target = chance.choice(targets)
        name, layer = chance.choice(list(target.layers.items()))
        inner = layer.take(target.content)
        way = chance.choice(ways_for(inner))
        inner = WAYS[way](inner, chance)
        while inner and chance.random() < 0.2:
            inner = WAYS[chance.choice(("bits", "cut", "piece"))](inner, chance)
        told = f"{target.name}/{name}.{way}" if name else f"{target.name}/{way}"
        return cls(target, told.replace(":", "_"), layer.put(target.content, inner), chance.choice(target.reads))


def play_batch(
    reader: Reader, folder: Path, numbers: range, begun: Callable[[int, int], None], tally_file: IO[str]
) -> None:
    """Play the inputs of some numbers in this process, which is given up afterwards.

    Args:
        reader: Who reads them.
        folder: That of the reader's stock.
        numbers: Of the inputs.
        begun: Told the number before each input is read, and how many were refused before, since the process may not
            outlive it.
        tally_file: Where the tally is written after each fault and at the end, a line of JSON each.
    """
    _limit(reader)
    targets = reader.targets(folder)
    tally, start_bytes, said = Tally(), _peak_bytes(), _Said()
    for number in numbers:
        begun(number, tally.refused)
        drawn = DamagedInput.draw(reader.name, targets, number)
        signal.setitimer(signal.ITIMER_PROF, time_s(reader))
        start_s = _computed_s()
        line, faults = judge(drawn.read, drawn.content, reader)
        tally.slowest_s = max(tally.slowest_s, _computed_s() - start_s)
        tally.inputs += 1
        tally.refused += bool(line)
        taken_bytes = _peak_bytes() - start_bytes
        if taken_bytes > max(MEMORY_BYTES, tally.peak_bytes):
            faults.append(f"took {taken_bytes / 1e6:,.0f} MB")
        tally.peak_bytes = max(tally.peak_bytes, taken_bytes)
        faults += [] if reader.is_loud else said.since()
        if faults:
            tally.wrong += [(drawn.way, number, fault) for fault in faults]
            _write(tally_file, tally)
    begun(numbers[-1], tally.refused)
    signal.setitimer(signal.ITIMER_PROF, 0)
    _write(tally_file, tally)


def check_whole(reader: Reader, folder: Path) -> None:
    """Raise RuntimeError where a reader refuses what isn't damaged: then nothing would ever be found."""
    for target in reader.targets(folder):
        judged = [judge(read, target.content, reader) for read in target.reads]
        if not any(judgement == ("", []) for judgement in judged):
            raise RuntimeError(f"{reader.name}: {target.name} isn't read, though it is whole: {judged}")


def time_s(reader: Reader) -> float:
    """Return how long a reader may compute at one input."""
    return _LIMITED_TIME_S if reader.is_limited else TIME_S


def judge(read: Callable[[bytes], object], content: bytes, reader: Reader) -> tuple[str, list[str]]:
    """Read a content; return the line by which it was refused, "" where it was taken, and what is wrong with that."""
    line, faults = "", []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            line = refusal(lambda: read(content))
        except Exception as error:  # which is what is looked for
            if not (reader.is_limited and isinstance(error, MemoryError)):
                faults.append(_told(error))
    if not (reader.is_loud or reader.is_limited):  # a process with limits is silent but for its answer
        faults += [f"warned: {each.message!s:.200}" for each in warned]
    if len(line) > _LONGEST_LINE:
        faults.append(f"a line of {len(line):,} characters: {line:.100}...")
    if not line.isprintable():
        faults.append(f"not a printable line: {line!r:.200}")
    return line, faults


def _told(error: Exception) -> str:
    """Tell an error with the line of bgfg that was the last to see it."""
    trace, own = error.__traceback__, "?"
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__"))
        own = f"{module}:{trace.tb_lineno}" if module.startswith("bgfg.") else own
        trace = trace.tb_next
    return f"raised {type(error).__name__} at {own}: {' '.join(str(error).split()):.200}"


class _Said:
    """What was printed to standard output and error by anybody, libraries in C too."""

    def __init__(self) -> None:
        self._seen_bytes = self._size_bytes()

    def since(self) -> list[str]:
        """Return a fault where something was printed since the last call."""
        before, self._seen_bytes = self._seen_bytes, self._size_bytes()
        if self._seen_bytes == before:
            return []
        return [f"printed: {os.pread(2, 200, before).decode(errors='replace')!r}"]

    @staticmethod
    def _size_bytes() -> int:
        return os.fstat(2).st_size


def _limit(reader: Reader) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    for kind, most in (
        (resource.RLIMIT_AS, pages * resource.getpagesize() + (2**30 if reader.is_limited else _MOST_ADDRESSES_BYTES)),
        (resource.RLIMIT_FSIZE, _MOST_FILE_BYTES),
        (resource.RLIMIT_NOFILE, _MOST_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _computed_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _write(file: IO[str], tally: Tally) -> None:
    file.write(json.dumps(vars(tally)) + "\n")
    file.flush()
