"""Headers of .npy files are read without evaluating them, and what isn't one of numbers is one line."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation.npy_arrays import npy_array, npy_frames, npy_header

NAME = Path("a.npy")


def stored(values: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, values, version, allow_pickle=True)
    return stream.getvalue()


def with_header(text: str, data: bytes = bytes(1000)) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + data


def read(data: bytes, ranks: tuple[int, ...] = (1, 2, 3, 4)) -> Any:
    return npy_array(NAME, io.BytesIO(data), ranks)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("dtype", ["u1", "i1", "<u2", ">u2", "<i8", "<f2", ">f4", "<f8", np.longdouble])
def test_arrays_of_numbers_are_those_that_were_stored(version: tuple[int, int], dtype: Any) -> None:
    values = np.arange(24).reshape(2, 3, 4).astype(dtype)
    for array in (values, np.asfortranarray(values)):
        found = read(stored(array, version))
        assert np.array_equal(found, values)
        assert found.dtype == values.dtype
        frames = list(npy_frames(NAME, io.BytesIO(stored(array, version)), 3))
        assert np.array_equal(frames, values)


@pytest.mark.parametrize(
    "text",
    [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }",  # of Python 2
        '{"shape":(2,3),"fortran_order":False,"descr":"<f4"}\n',  # of other writers
        "{'descr' : '<f4' , 'fortran_order' : False , 'shape' : ( 2 , 3 ) }",
    ],
)
def test_headers_of_other_writers_are_read(text: str) -> None:
    assert npy_header(NAME, io.BytesIO(with_header(text)), (2,)) == ((2, 3), False, np.dtype("<f4"))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, -3)}", "its header is damaged"),
        ("{'descr': '<f4', 'fortran_order': Fals, 'shape': (2, 3)}", "its header is damaged"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 0)}", r"an array of f4 \(2, 0\)"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4, 5, 6)}", "which holds no pictures"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999)}", "which holds no pictures"),
        ("{'descr': '<f3', 'fortran_order': False, 'shape': (2, 3)}", "an array of f3"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (2, 3)}", "an array of object"),
        ("{'descr': '<U99999999999', 'fortran_order': False, 'shape': (2, 3)}", "an array of text"),
        ("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2, 3)}", "an array of records"),
        ("(" * 9_000, "its header is damaged"),
        ("", "its header is damaged or cut short"),
    ],
)
def test_what_is_no_array_of_numbers_is_one_line(text: str, line: str) -> None:
    with pytest.raises(Problem, match=f"a.npy: .*{line}") as caught:
        read(with_header(text))
    assert len(caught.value.lines) == 1


def test_an_array_that_was_cut_anywhere_is_one_line() -> None:
    whole = stored(np.ones((20, 30)))
    for length in range(0, len(whole), 7):
        with pytest.raises(Problem, match=r"a\.npy: (not a whole|cut short)"):
            read(whole[:length])


def test_memory_is_taken_only_as_far_as_a_file_goes() -> None:
    text = "{'descr': '<f8', 'fortran_order': False, 'shape': (6000, 6000)}"  # 288 MB, if they were there
    with pytest.raises(Problem, match="cut short"):
        read(with_header(text))


@pytest.mark.parametrize("order", [False, True])
def test_an_array_that_takes_too_much_memory_is_refused_by_its_header(order: bool) -> None:
    text = f"{{'descr': '<f8', 'fortran_order': {order}, 'shape': (6200, 6200)}}"
    with pytest.raises(Problem, match="307,520,000 bytes that are read at once; at most 300,000,000 are: save it smal"):
        read(with_header(text))
