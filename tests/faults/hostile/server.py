"""A process that has imported the readers, and forks a child for each batch of damaged inputs.

Reads a line of JSON for each batch from its standard input, and answers with a line. Where a child doesn't outlive an
input, that input is wrong, and another child goes on with the next one.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import mmap
import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.faults.hostile.batch import DamagedInput, Tally, check_whole, play_batch, time_s
from tests.faults.hostile.readers import Reader, Stock
from tests.faults.hostile.table import READERS

_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl
# In all, of an input that waits rather than computes.
_WAIT_S = 60.0


def serve(folder: Path) -> None:
    ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
    answers = os.fdopen(os.dup(1), "w")  # what is printed by anybody else is not to break an answer
    os.dup2(2, 1)
    made, checked = set[str](), set[str]()
    for line in sys.stdin:
        asked = json.loads(line)
        reader = READERS[asked["reader"]]
        if reader.stock.name not in made:
            _make(reader.stock, folder)
            made.add(reader.stock.name)
        if reader.name not in checked:
            _do_in_child(partial(check_whole, reader, folder / reader.stock.name))
            checked.add(reader.name)
        tally = _play(reader, folder, range(*asked["numbers"]))
        print(json.dumps(vars(tally)), file=answers, flush=True)


def _make(stock: Stock, folder: Path) -> None:
    """Import what readers need, and have their stock made in a child, since libraries start threads."""
    for module in stock.modules:
        importlib.import_module(module)
    gc.freeze()
    (folder / stock.name).mkdir(parents=True)
    _do_in_child(lambda: stock.make(folder / stock.name))
    shutil.copytree(folder / stock.name, folder / f"{stock.name}.whole")


def _restore(stock: Stock, folder: Path) -> None:
    """Put a stock back as it was made: a process that doesn't outlive an input leaves that in its place."""
    shutil.rmtree(folder / stock.name)
    shutil.copytree(folder / f"{stock.name}.whole", folder / stock.name)


def _do_in_child(work: Callable[[], object]) -> None:
    child = os.fork()
    if not child:
        _in_child(work)
    if status := os.waitpid(child, 0)[1]:
        raise RuntimeError(f"what is above ended with {os.waitstatus_to_exitcode(status)}")


def _play(reader: Reader, folder: Path, numbers: range) -> Tally:
    gathered = Tally()
    while numbers:
        last = _play_some(reader, folder, numbers, gathered)
        numbers = range(last + 1, numbers.stop)
    return gathered


def _play_some(reader: Reader, folder: Path, numbers: range, gathered: Tally) -> int:
    """Play inputs until they are done or the process ends; return the number of the last one."""
    tallies, printed = folder / "tallies", folder / "printed"
    tallies.unlink(missing_ok=True)
    current = mmap.mmap(-1, 24)
    _begin(current, numbers.start, 0)
    child = os.fork()
    if not child:
        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
        output = os.open(printed, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        os.dup2(output, 1)
        os.dup2(output, 2)
        with tallies.open("w", encoding="utf-8") as file:
            stock = folder / reader.stock.name
            _in_child(lambda: play_batch(reader, stock, numbers, partial(_begin, current), file))
    status = _wait(child, current)
    lines = tallies.read_text(encoding="utf-8").splitlines() if tallies.exists() else []
    tally = Tally(**json.loads(lines[-1])) if lines else Tally()
    number = int.from_bytes(current[:8], "little")
    gathered.inputs += number + 1 - numbers.start if status else tally.inputs
    gathered.refused += int.from_bytes(current[16:24], "little")
    gathered.peak_bytes = max(gathered.peak_bytes, tally.peak_bytes)
    gathered.slowest_s = max(gathered.slowest_s, tally.slowest_s)
    gathered.wrong += tally.wrong
    if status == 0:
        return numbers.stop - 1
    _restore(reader.stock, folder)
    if reader.is_limited and status < 0:
        gathered.crashed += 1
        return number
    why = f"ended by {signal.Signals(-status).name}" if status < 0 else f"exit code {status}"
    if status == -signal.SIGPROF:
        why = f"computed more than {time_s(reader):g} s"
    elif status == -signal.SIGKILL:
        why = f"hung for {_WAIT_S:g} s, or was killed"
    tail = " ".join(printed.read_text(errors="replace")[-300:].split())
    gathered.wrong.append((_way(reader, folder, number), number, f"{why} {tail}".strip()))
    return number


def _wait(child: int, current: mmap.mmap) -> int:
    """Wait for a child, and kill one that stays at an input for too long; return its exit code or minus its signal."""
    descriptor = os.pidfd_open(child)
    try:
        while not select.select([descriptor], [], [], 1.0)[0]:
            began_s = int.from_bytes(current[8:16], "little")
            if time.monotonic() - began_s > _WAIT_S:
                os.kill(child, signal.SIGKILL)
                break
    finally:
        os.close(descriptor)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _begin(current: mmap.mmap, number: int, refused: int) -> None:
    """Note in memory that is shared which input is read, since when, and how many were refused before it."""
    current[:24] = b"".join(n.to_bytes(8, "little") for n in (number, int(time.monotonic()), refused))


def _way(reader: Reader, folder: Path, number: int) -> str:
    """Return how an input was damaged, told by a child of its own: targets may open what no fork outlives."""
    source, sink = os.pipe()
    child = os.fork()
    if not child:
        os.close(source)
        drawn = DamagedInput.draw(reader.name, reader.targets(folder / reader.stock.name), number)
        os.write(sink, drawn.way.encode())
        os._exit(0)
    os.close(sink)
    with os.fdopen(source, encoding="utf-8") as told:
        way = told.read()
    os.waitpid(child, 0)
    return way or "?"


def _in_child(work: Callable[[], object]) -> None:
    """Do the work of a forked child, and end it."""
    try:
        work()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        serve(Path(sys.argv[1]))
        os._exit(0)  # libraries say at the end what they have left behind
