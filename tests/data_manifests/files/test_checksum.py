"""SHA-256 of files and arrays."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.files import checksum
from bgfg.data_manifests.files.checksum import array_sha256, file_sha256, version_sha256


def test_the_hash_of_an_array_is_that_of_its_values_in_order() -> None:
    array = np.arange(12, dtype=np.uint16).reshape(3, 4)
    assert array_sha256(array.T.copy().T) == array_sha256(array)
    assert array_sha256(array.T) != array_sha256(array)


def test_the_hash_of_a_file_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert file_sha256(tmp_path / "f") == hashlib.sha256(b"abc").hexdigest()


def test_the_hash_of_a_file_is_kept_until_the_file_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"abc")
    assert version_sha256(path) == hashlib.sha256(b"abc").hexdigest()
    with monkeypatch.context() as patch:
        patch.setattr(checksum, "file_sha256", None)
        assert version_sha256(path) == hashlib.sha256(b"abc").hexdigest()
    path.write_bytes(b"abcd")
    assert version_sha256(path) == hashlib.sha256(b"abcd").hexdigest()
