"""Heartbeat of the ranks of a run: where one is gone, the others end, with a line that says so.

torch leaves them in a collective that one rank will never join, with gloo for 30 minutes and with NCCL for 10, in C++,
where neither an exception nor a signal of Python's gets through. So each rank tells the store of torchrun every few
seconds that it is alive, and a thread of each ends its process where another rank has been silent for long. A limit on
the time of collectives would also end runs in which a rank is busy by itself, with a checkpoint on a slow disk say.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.data_manifests.terminal.stops import leave_at_once

_EVERY_S = 4.0
_SILENT_S = 36.0  # after which a rank is gone
_START_S = 600.0  # within which each rank has to be heard of: imports take long on a slow disk
_AGAIN = "the same command goes on from the last checkpoint, on fewer machines too"


class Store(Protocol):
    """What a heartbeat needs of `torch.distributed.Store`."""

    def set(self, key: str, value: str) -> None:
        """Set the value of a key."""

    def check(self, keys: list[str]) -> bool:
        """Say whether all keys have a value."""

    def multi_get(self, keys: list[str]) -> Sequence[bytes]:
        """Return the values of keys that all have one."""


@dataclass(frozen=True)
class _Sign:
    """The last sign of life of a rank.

    Attributes:
        said: The number of its beat, its host, and how it ended: "" well, else a line, None not yet.
        heard_s: When it was heard of first.
    """

    said: tuple[int, str, str | None]
    heard_s: float


class Heartbeat:
    """The signs of life of this rank, and those of the others."""

    def __init__(
        self, store: Store, rank: int, ranks: int, every_s: float = _EVERY_S, silent_s: float = _SILENT_S
    ) -> None:
        """Begin to tell the others that this rank is alive.

        Args:
            store: The store that all ranks share; its calls may wait for ever.
            rank: Number of this rank.
            ranks: How many there are.
            every_s: Time between beats.
            silent_s: Time after which a rank that isn't heard of is gone.
        """
        self._store, self._rank, self._every_s, self._silent_s = store, rank, every_s, silent_s
        self._reached_s = time.monotonic()
        self._others = {other: _Sign((0, "", None), self._reached_s) for other in range(ranks) if other != rank}
        self._host, self._ends = printable(socket.gethostname()), threading.Event()
        self._ended: str | None = None
        self._beating = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._beating.start()

    def end(self, line: str | None = None) -> None:
        """Tell the others that this rank has ended, well or with a line on what failed; return soon in any case."""
        self._ended = line or ""
        self._ends.set()
        self._beating.join(2 * self._every_s)

    def loss(self, silent_s: float | None = None) -> str | None:
        """Return a line on a rank that is gone or failed; None where there is none.

        Args:
            silent_s: Another time after which a rank that isn't heard of is gone.
        """
        limit_s, now_s = silent_s or self._silent_s, time.monotonic()
        for sign in self._others.values():
            if ended := sign.said[2]:
                return ended
        if now_s - self._reached_s > limit_s:
            return f"{self._name} can't reach the store of torchrun, on the first node"
        for rank, sign in self._others.items():
            beat, host, ended = sign.said
            # Up to when the store was reached: what it couldn't be asked isn't the silence of a rank.
            if ended is None and self._reached_s - sign.heard_s > (limit_s if beat else _START_S):
                return f"rank {rank}{f' on {host}' * bool(host)} isn't heard of any more"
        return None

    def loss_behind(self, error: Exception) -> str | None:
        """Return a line on the rank whose loss an error is due to; wait until it is known. None for other errors."""
        if not _is_lost_connection(error):
            return None
        until_s = time.monotonic() + self._silent_s
        while (line := self.loss(3 * self._every_s)) is None and time.monotonic() < until_s:
            time.sleep(self._every_s / 20)
        return line

    def failure(self, error: BaseException) -> str:
        """Return the line on an error of this rank."""
        return f"{self._name} has ended: {next(iter(str(error).splitlines()), '') or type(error).__name__}"

    @property
    def _name(self) -> str:
        return f"rank {self._rank} on {self._host}"

    def _beat(self) -> None:
        """Tell the store of this rank, and ask it about the others, until this rank ends."""
        beat, known = 0, set[int]()
        # Where the store fails, which is a RuntimeError of torch's, its silence says so.
        with contextlib.suppress(RuntimeError):
            while True:
                beat, ended = beat + 1, self._ended
                self._store.set(_key(self._rank), json.dumps([beat, self._host, ended]))
                known |= {rank for rank in self._others.keys() - known if self._store.check([_key(rank)])}
                for rank, value in zip(sorted(known), self._store.multi_get([*map(_key, sorted(known))]), strict=True):
                    said = tuple(json.loads(value))
                    if said != self._others[rank].said:
                        self._others[rank] = _Sign(said, time.monotonic())
                self._reached_s = time.monotonic()
                if ended is not None:
                    return
                self._ends.wait(self._every_s)


def is_first_rank() -> bool:
    """Say whether this process runs alone, or is the first of those that torchrun started: it speaks for all."""
    return not _is_started_by_torchrun() or os.environ["RANK"] == "0"


@contextmanager
def ranks_watched() -> Iterator[None]:
    """End this rank of a run where another one is gone; nothing where it runs alone. All that it does goes within.

    Raises:
        Problem: An error of what is within is due to another rank that is gone, or failed.
    """
    if not _is_started_by_torchrun() or os.environ["WORLD_SIZE"] == "1":
        yield
        return
    heart = Heartbeat(_torchrun_store(), int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))
    ends = threading.Event()
    threading.Thread(target=_watch, args=(heart, ends), name="watch of the ranks", daemon=True).start()
    try:
        yield
    except BaseException as error:
        ends.set()
        gone = heart.loss_behind(error) if isinstance(error, Exception) else None
        heart.end(gone or heart.failure(error))
        if gone is None:
            raise
        raise Problem(f"{gone}: {_AGAIN}") from error
    ends.set()
    heart.end()


def _watch(heart: Heartbeat, ends: threading.Event) -> None:
    """End this process where another rank is gone, unless it ends by itself."""
    while not ends.wait(_EVERY_S / 4):
        if heart.loss() and not ends.wait(2 * _EVERY_S):  # within which it may find out by itself
            leave_at_once(f"{heart.loss()}: {_AGAIN}", 1)


def _is_started_by_torchrun() -> bool:
    return "TORCHELASTIC_RUN_ID" in os.environ  # as torch itself tells, which isn't imported yet


def _torchrun_store() -> Store:
    """Return a connection of one's own to the store of torchrun: calls of one connection wait for one another."""
    from torch.distributed import PrefixStore, TCPStore  # type: ignore[attr-defined]  # public, and not in its __all__

    address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    store = TCPStore(address, port, is_master=False, wait_for_workers=False, timeout=timedelta(seconds=_SILENT_S))
    # Of an earlier round of the same run the store may have what ranks said then.
    round_number = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    return PrefixStore(f"bgfg/heartbeat/{round_number}", store)


def _key(rank: int) -> str:
    return f"rank/{rank}"


def _is_lost_connection(error: Exception) -> bool:
    """Say whether an error is one of those by which a collective fails when another rank is gone."""
    from torch.distributed import DistError

    return isinstance(error, DistError) or (isinstance(error, RuntimeError) and "gloo" in str(error))
