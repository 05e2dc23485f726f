"""A call that fails says nothing of a file: it is told by its own reason, and is no damage."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from bgfg.data_manifests.files.failing_call import call_line, failed_call, raise_failed_call
from bgfg.data_manifests.files.flush import make_folder
from tests.support.refused_opens import MACHINE_ERRORS


def error_of(number: int | None, name: str | None = None) -> OSError:
    return OSError("truncated") if number is None else OSError(number, os.strerror(number), name)


@pytest.mark.parametrize("number", MACHINE_ERRORS)
def test_the_machines_errors_are_found_behind_what_libraries_make_of_them(number: int) -> None:
    try:
        try:
            raise error_of(number, "a.npz")
        except OSError as error:
            raise ValueError("not an archive") from error
    except ValueError as error:
        found = failed_call(error)
        assert found is not None
        assert found.errno == number
        with pytest.raises(OSError, match=r"a\.npz") as raised:
            raise_failed_call(error, Path("b.npz"))
    assert (raised.value.errno, raised.value.filename) == (number, "a.npz")


@pytest.mark.parametrize("number", [None, errno.ENOENT, errno.EINVAL, errno.EISDIR, errno.ELOOP])
def test_what_says_something_of_the_file_is_none(number: int | None) -> None:
    assert failed_call(error_of(number)) is None
    raise_failed_call(error_of(number), "a.npz")
    assert failed_call(ValueError("damaged")) is None


def test_an_error_that_was_put_aside_on_purpose_is_none() -> None:
    def look_up() -> None:
        try:
            raise error_of(errno.EACCES)
        except OSError:
            raise KeyError("gone") from None

    with pytest.raises(KeyError) as caught:
        look_up()
    assert failed_call(caught.value) is None


def test_memory_and_threads_that_are_refused_are_calls_too() -> None:
    memory, thread = (failed_call(e) for e in (MemoryError(), RuntimeError("can't start new thread")))
    assert memory is not None
    assert thread is not None
    assert "Cannot allocate memory; free memory, or give fewer workers and" in call_line(memory)
    assert "can't start new thread; raise `ulimit -u`" in call_line(thread)


def test_the_line_has_the_systems_reason_and_what_to_do() -> None:
    again = "and run the same command again"
    assert call_line(error_of(errno.EACCES, "a")) == f"a: Permission denied; mend that {again}"
    assert call_line(error_of(errno.EMFILE)) == f"disk: Too many open files; raise `ulimit -n` {again}"
    long = OSError(errno.EACCES, "[Errno 13] Unable to open file (unable to lock ...)", b"a\xff")
    assert call_line(long) == f"a\udcff: Permission denied; mend that {again}"


def test_a_link_to_nothing_is_told_as_that_whoever_makes_a_folder_there(tmp_path: Path) -> None:
    for name, target in (("dangling", "nowhere"), ("loop", "loop")):
        link = tmp_path / name
        link.symlink_to(target)
        with pytest.raises(OSError, match=name) as caught:
            make_folder(link / "out")
        assert call_line(caught.value) == f"{link}: is a link to nothing: remove it, or give another name"
    assert "File exists; mend that" in call_line(error_of(errno.EEXIST, str(tmp_path)))
