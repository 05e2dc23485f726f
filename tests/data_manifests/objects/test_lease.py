"""One writer at a time: the store's own clock says who is gone, and the store lets one of two who try."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bgfg.data_manifests.objects import lease as lease_module
from bgfg.data_manifests.objects.lease import LEASE_KEY, lease
from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.data_manifests.terminal.errors import Problem
from tests.support.stored_corpus import contents, remove

URL = "memory://leases/corpus"


@pytest.fixture
def store() -> Iterator[ObjectStore]:
    yield ObjectStore(URL)
    remove(URL)


def held_by(store: ObjectStore, **changes: Any) -> None:
    content = lease_module._this_process() | {"token": "t", "renewed": 0} | changes
    store.write(LEASE_KEY, json.dumps(content).encode())


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Make the clock of the store say that the lease was written so long ago."""
    before = ObjectStore.read_version

    def read(store: ObjectStore, key: str) -> Any:
        found = before(store, key)
        if found is None or key != LEASE_KEY:
            return found
        return found[0], replace(found[1], modified=found[1].modified - timedelta(seconds=seconds))

    monkeypatch.setattr(ObjectStore, "read_version", read)


def test_the_second_writer_is_told_whom_to_wait_for_and_nothing_is_left_at_the_end(store: ObjectStore) -> None:
    with lease(store, "corpus"):
        with pytest.raises(
            Problem, match=rf"^{URL}: another bgfg \(process {os.getpid()} on .*\) is writing to this corpus"
        ):
            lease(store, "corpus").__enter__()
        assert [*contents(URL)] == [LEASE_KEY]
    assert contents(URL) == {}


def test_a_writer_of_another_machine_counts_until_the_clock_of_the_store_says_that_it_is_gone(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_by(store, host="elsewhere")
    later(monkeypatch, 59)
    monkeypatch.setattr(time, "time", lambda: 0.0)  # the clock of this machine is of no account
    with pytest.raises(Problem, match="on elsewhere"), lease(store, "corpus"):
        pass
    later(monkeypatch, 2)
    with lease(store, "corpus"):
        pass


def test_a_killed_writer_of_this_machine_counts_no_more_at_once(store: ObjectStore) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    held_by(store, process=child.pid)
    with lease(store, "corpus"):
        pass
    held_by(store, process=child.pid, processes="pid:[1]")  # of another container, where that number is another process
    with pytest.raises(Problem, match="another bgfg"), lease(store, "corpus"):
        pass


def test_a_lease_is_renewed_and_who_lost_it_is_told(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_module, "_RENEWED_EVERY_S", 0.01)
    with lease(store, "corpus") as held:
        until = time.monotonic() + 20
        while json.loads(contents(URL)[LEASE_KEY])["renewed"] < 2:
            assert time.monotonic() < until
        held.require()
        held_by(store, host="elsewhere")
        while time.monotonic() < until and not held._lost.is_set():
            time.sleep(0.01)
        with pytest.raises(Problem, match="its lock ran out: run the same command again"):
            held.require()
    assert json.loads(contents(URL)[LEASE_KEY])["host"] == "elsewhere"  # it is another's, and stays


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff"])
def test_a_damaged_lease_counts_for_its_time(store: ObjectStore, content: bytes) -> None:
    store.write(LEASE_KEY, content)
    with pytest.raises(Problem, match="of another version"), lease(store, "corpus"):
        pass
