"""HDF5 files on a disk that fails at any call."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from bgfg.synth.formats.hdf5_file import create_hdf5
from tests.support.full_disk import longest_file

NOISE = np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8)


def write(path: Path) -> None:
    with create_hdf5(path) as (file, require_sound):
        noise = file.create_dataset("noise", NOISE.shape, "u1", maxshape=(None, 8, 8), chunks=(1, 8, 8))
        for i, each in enumerate(NOISE):
            noise[i] = each
            require_sound()
        file["names"] = np.array(["a", "bc"], "S")
        file.attrs["format"] = "some"
        file.flush()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5") as file:
        np.testing.assert_array_equal(file["noise"], NOISE)
        assert file["names"][:].tolist() == [b"a", b"bc"]
        assert file.attrs["format"] == "some"


@pytest.mark.parametrize("onwards", [False, True])
def test_a_call_that_fails_is_its_own_error_wherever_it_is(
    tmp_path: Path, onwards: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pwrite, calls, failing_call = os.pwrite, 0, 0

    def fail(descriptor: int, data: bytes, position: int) -> int:
        nonlocal calls
        calls += 1
        if calls == failing_call or (onwards and calls > failing_call > 0):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return pwrite(descriptor, data, position)

    monkeypatch.setattr(os, "pwrite", fail)
    write(tmp_path / "a.h5")
    for number in range(1, calls + 1):
        calls, failing_call = 0, number
        with pytest.raises(OSError, match="Input/output error") as caught:
            write(tmp_path / "a.h5")
        assert (caught.value.errno, caught.value.filename) == (errno.EIO, str(tmp_path / "a.h5"))


def test_a_disk_that_fills_up_is_told_by_its_number(tmp_path: Path) -> None:
    write(tmp_path / "a.h5")
    for size_bytes in (0, 100, 3000, (tmp_path / "a.h5").stat().st_size - 1):
        with longest_file(size_bytes), pytest.raises(OSError, match="File too large") as caught:
            write(tmp_path / "a.h5")
        assert caught.value.errno == errno.EFBIG
