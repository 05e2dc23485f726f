"""Heartbeat: who lives is heard, who is silent is gone, who fails says so, and who ends well is left in peace."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from torch.distributed import DistNetworkError, HashStore  # type: ignore[attr-defined]

from bgfg.train.ops.heartbeat import Heartbeat, is_first_rank, ranks_watched

EVERY_S, SILENT_S = 0.02, 0.3


class StuckStore(HashStore):
    """A store whose machine is gone: its calls wait for ever, once it is."""

    def __init__(self) -> None:
        super().__init__()
        self.gone = threading.Event()

    def multi_get(self, keys: list[str]) -> list[bytes]:
        if self.gone.is_set():
            threading.Event().wait(3)
        return super().multi_get(keys)


def heart(store: HashStore, rank: int, ranks: int = 2) -> Heartbeat:
    return Heartbeat(store, rank, ranks, EVERY_S, SILENT_S)


def within_s(seconds: float, found: Callable[[], str | None]) -> str | None:
    until_s = time.monotonic() + seconds
    while (line := found()) is None and time.monotonic() < until_s:
        time.sleep(EVERY_S / 2)
    return line


def test_ranks_that_live_hear_one_another() -> None:
    store = HashStore()
    hearts = [heart(store, rank, 3) for rank in range(3)]
    time.sleep(2 * SILENT_S)
    assert [each.loss() for each in hearts] == [None] * 3
    for each in hearts:
        each.end()


def test_a_rank_that_is_silent_is_gone_for_all_others() -> None:
    store = HashStore()
    store.set("rank/1", '[7, "away", null]')  # its seventh and last beat
    hearts = [heart(store, rank, 3) for rank in (0, 2)]
    for each in hearts:
        assert within_s(3, each.loss) == "rank 1 on away isn't heard of any more"
        each.end()


def test_a_store_whose_machine_is_gone_is_named() -> None:
    stuck = StuckStore()
    hearts = [heart(stuck, rank) for rank in range(2)]
    time.sleep(4 * EVERY_S)
    stuck.gone.set()
    assert str(within_s(2, hearts[1].loss)).endswith("can't reach the store of torchrun, on the first node")


def test_what_failed_on_a_rank_is_said_by_the_others() -> None:
    store = HashStore()
    first, second = heart(store, 0), heart(store, 1)
    second.end(second.failure(OSError("the disk is full")))
    line = within_s(2, first.loss)
    assert line is not None
    assert line.startswith("rank 1 on ")
    assert line.endswith(" has ended: the disk is full")
    assert first.loss_behind(RuntimeError("[gloo/pair.cc:1] Connection closed by peer")) == line
    assert first.loss_behind(RuntimeError("of another kind")) is None
    first.end()


def test_a_connection_that_breaks_with_all_alive_is_no_loss() -> None:
    store = HashStore()
    hearts = [heart(store, rank) for rank in range(2)]
    assert hearts[0].loss_behind(DistNetworkError("reset")) is None
    for each in hearts:
        each.end()


def test_a_rank_that_ends_well_is_left_in_peace() -> None:
    store = HashStore()
    first, second = heart(store, 0), heart(store, 1)
    second.end()
    time.sleep(2 * SILENT_S)
    assert first.loss() is None
    first.end()


def test_a_process_that_runs_alone_is_not_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    threads = threading.active_count()
    with ranks_watched():
        assert threading.active_count() == threads
    assert is_first_rank()
