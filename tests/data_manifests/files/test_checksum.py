"""SHA-256 of files and arrays."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from bgfg.data_manifests.files.checksum import array_sha256, file_sha256


def test_the_hash_of_an_array_is_that_of_its_values_in_order() -> None:
    array = np.arange(12, dtype=np.uint16).reshape(3, 4)
    assert array_sha256(array.T.copy().T) == array_sha256(array)
    assert array_sha256(array.T) != array_sha256(array)


def test_the_hash_of_a_file_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert file_sha256(tmp_path / "f") == hashlib.sha256(b"abc").hexdigest()
