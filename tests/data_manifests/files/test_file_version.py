"""A file has another version once it was written anew."""

import os
from pathlib import Path

from bgfg.data_manifests.files.file_version import FileVersion


def test_a_file_keeps_its_version_until_it_is_written_or_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    first = FileVersion.of(path)
    with path.open("rb") as file:
        assert FileVersion.of(file.fileno()) == FileVersion.of(path) == first
    os.utime(path, ns=(0, first.modified_ns + 1))
    assert FileVersion.of(path) != first
    (tmp_path / "other").write_text("one")
    os.utime(tmp_path / "other", ns=(0, first.modified_ns))
    (tmp_path / "other").replace(path)
    assert FileVersion.of(path) != first
