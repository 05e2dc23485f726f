"""A reader in a process of its own: what it yields comes back, and whatever becomes of it is one line."""

from __future__ import annotations

import io
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.array_frames import BrokenFrame, read_frame, write_frame
from bgfg.depth_teacher.ops.limited_read import Items, read_limited


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "some.h5"
    path.touch()
    return path


def yields(path: str, count: int) -> Items:
    print("a library says something")
    for i in range(count):
        yield {"path": path, "i": i, "values": np.full((2, i), i, ">f4"), "process": os.getpid()}


def works_long(_path: str) -> Items:
    start = time.process_time()
    while time.process_time() < start + 0.3:
        pass
    yield {"of": "this item"}
    while True:
        pass


def takes_memory(_path: str) -> Items:
    yield {"size": np.ones(2**30, np.uint8).size}


def crashes(_path: str) -> Items:
    yield {"first": 1}
    os.kill(os.getpid(), signal.SIGSEGV)


def refuses(path: str) -> Items:
    if path:
        raise Problem(f"{path}: is none", exit_code=2)
    yield {}


def has_a_defect(_path: str) -> Items:
    yield {"share": 1 / 0}


def waits(_path: str) -> Items:
    yield {"process": os.getpid()}
    signal.pause()


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_items_come_back_from_another_process(file: Path) -> None:
    items = list(read_limited(file, yields, 3))
    assert [(item["path"], item["i"]) for item in items] == [(str(file), 0), (str(file), 1), (str(file), 2)]
    assert items[2]["values"].tolist() == [[2, 2], [2, 2]]
    assert items[2]["values"].dtype == ">f4"
    assert items[0]["process"] != os.getpid()
    assert not is_running(items[0]["process"])


@pytest.mark.parametrize(
    ("reader", "limits", "line", "before"),
    [
        (works_long, {"time_s": 0.6}, r"some\.h5: reading it doesn't end \(stopped after 0\.6 s\)", 1),
        (takes_memory, {"memory_bytes": 2**28}, r"some\.h5: reading it takes more than 0\.25 GiB of memory", 0),
        (crashes, {}, r"some\.h5: the library that reads it crashed \(SIGSEGV\): replace it", 1),
        (refuses, {}, r"some\.h5: is none", 0),
    ],
)
def test_what_becomes_of_a_reader_is_one_line(file: Path, reader: Any, limits: Any, line: str, before: int) -> None:
    items, came = read_limited(file, reader, **limits), 0
    with pytest.raises(Problem, match=line) as caught:  # noqa: PT012  what comes before it counts
        for _ in items:
            came += 1
    assert (len(caught.value.lines), came) == (1, before)
    assert caught.value.exit_code == (2 if reader is refuses else 1)


def test_a_defect_of_a_reader_is_told_as_such(file: Path) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)has_a_defect.*ZeroDivisionError"):
        list(read_limited(file, has_a_defect))


def test_leaving_early_leaves_no_process(file: Path) -> None:
    items = read_limited(file, waits)
    process = next(items)["process"]
    assert is_running(process)
    items.close()
    assert not is_running(process)


def test_a_frame_that_is_none_is_refused() -> None:
    def frames(data: bytes, most_bytes: int = 100) -> Iterator[Any]:
        stream = io.BytesIO(data)
        while (frame := read_frame(stream, most_bytes)) is not None:
            yield frame

    whole = io.BytesIO()
    write_frame(whole, {"a": np.arange(6).reshape(2, 3), "b": [1, None]})
    (frame,) = frames(whole.getvalue())
    assert frame["a"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert frame["b"] == [1, None]
    assert not list(frames(whole.getvalue()[:-1]))
    with pytest.raises(BrokenFrame, match="an array of int64"):
        list(frames(whole.getvalue(), most_bytes=40))
    arrays = (
        '"|O", [1]',
        '"<f8", [-1]',
        '"<f8", [0.5]',
        '"<f8", [0, 9007199254740992, 9007199254740992]',
        '"(2, f4", [1]',
    )
    headers = (f'{{"plain": {{}}, "arrays": [["a", {array}]]}}'.encode() for array in arrays)
    for header in (b"{}", b"[]", b"[" * 100_000, *headers):
        with pytest.raises(BrokenFrame):
            list(frames(len(header).to_bytes(8, "little") + header))
