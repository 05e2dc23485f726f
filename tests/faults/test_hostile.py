"""Readers are handed some damaged inputs each; `make soak` hands them 100,000 each."""

from __future__ import annotations

import mmap
import random
import signal
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from tests.faults.hostile import batch, server
from tests.faults.hostile.batch import DamagedInput, judge
from tests.faults.hostile.damage import WAYS, ways_for
from tests.faults.hostile.play import BATCH, HostileServer, hostile_rounds, play_hostile
from tests.faults.hostile.readers import Reader, Stock, Target, in_file
from tests.faults.hostile.table import READERS
from tests.faults.rounds import Round

# Those whose libraries the suite imports anyway, and that are quick.
_QUICK = ("corpus.json", "done-marks", "samples.parquet", "options", "frames", "npy", "npz", "pfm", "archives")


def test_readers_take_damaged_input_or_refuse_it_in_a_line(hostile: HostileServer) -> None:
    tallies = {name: hostile.play(name, range(60)) for name in _QUICK}
    assert {name: tally.wrong for name, tally in tallies.items() if tally.wrong} == {}
    assert all(tally.inputs == 60 for tally in tallies.values())
    assert play_hostile(hostile, Round("hostile", "frames", "frame/bits", 3 * BATCH)) == []


def test_an_input_depends_on_reader_and_number_alone() -> None:
    targets = [Target("a", b'{"a": [1, 2], "b": {"c": "d"}}', [len]), Target("b", bytes(range(256)), [len])]
    drawn = [[DamagedInput.draw("r", targets, number) for number in range(300)] for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert {each.way for each in drawn[0]} >= {"a/structure", "a/numbers", "a/bits", "b/fields", "b/cut"}
    assert drawn[0] != [DamagedInput.draw("s", targets, number) for number in range(300)]


@pytest.mark.parametrize("way", WAYS)
def test_each_way_damages_what_it_suits(way: str) -> None:
    whole = b'{"a": [1, 2, {"b": null}], "c": "text"}'
    assert way in (*ways_for(whole), *ways_for(b"\xff\x00"))
    assert sum(WAYS[way](whole, random.Random(seed)) != whole for seed in range(50)) > 30


def refuse(*lines: str) -> Callable[[bytes], object]:
    def read(_: bytes) -> None:
        raise Problem(*lines)

    return read


def raise_it(_: bytes) -> None:
    raise RuntimeError("unexpected")


def warn(_: bytes) -> None:
    warnings.warn("odd", stacklevel=1)


def test_only_a_line_and_silence_are_right() -> None:
    reader = Reader("r", Stock("s", make_stock), lambda _: [])
    assert judge(refuse("a.json: damaged"), b"", reader) == ("a.json: damaged", [])
    assert judge(len, b"", reader) == ("", [])
    assert "too many values to unpack" in judge(refuse("one", "two"), b"", reader)[1][0]
    assert "RuntimeError" in judge(raise_it, b"", reader)[1][0]
    assert judge(warn, b"", reader)[1] == ["warned: odd"]
    assert judge(warn, b"", replace(reader, is_loud=True))[1] == []


def make_stock(folder: Path) -> None:
    (folder / "a").write_bytes(b"abc")


def harm(way: str) -> None:
    """Do what a library may do to the process that it runs in, by the means of the system alone."""
    if way == "ends":
        signal.raise_signal(signal.SIGKILL)
    elif way == "hangs":
        time.sleep(60)
    elif way == "fills memory":
        mmap.mmap(-1, 80_000_000).write(bytes(80_000_000))  # pages of its own, not what the heap has left


@pytest.mark.parametrize("way", ["ends", "hangs", "fills memory"])
def test_what_a_process_does_not_outlive_is_the_fault_of_one_input_and_the_others_are_played(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "hangs":
        monkeypatch.setattr(server, "_WAIT_S", 2.0)  # the others may wait as long for a busy processor
    monkeypatch.setattr(batch, "MEMORY_BYTES", 50_000_000)
    stock, file = Stock("s", make_stock), tmp_path / "s/a"
    server._make(stock, tmp_path)
    bad = DamagedInput.draw("r", [in_file(file, int)], 2).content
    reader = Reader("r", stock, lambda _: [in_file(file, lambda: harm(way if file.read_bytes() == bad else ""))])
    tally = server._play(reader, tmp_path, range(5))
    assert tally.inputs == 5
    [(_, number, fault)] = tally.wrong
    assert number == 2
    assert {"ends": "killed", "hangs": "hung", "fills memory": "took"}[way] in fault
    assert file.read_bytes() == b"abc"


def test_batches_are_numbered_by_the_seed() -> None:
    first, other = (hostile_rounds(["frames", "mat-doors"], seed) for seed in (0, 1))
    assert len(first) == 200 + 1
    assert not set(first) & set(other)


def test_all_readers_have_names_that_rounds_can_have() -> None:
    assert all(":" not in name and partial(Round, "hostile", name)("batch", 0) for name in READERS)
