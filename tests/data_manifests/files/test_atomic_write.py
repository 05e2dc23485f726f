"""Files that are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.data_manifests.files.atomic_write import write_text_atomically


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_text_atomically(tmp_path / "a", "\udc80", tmp_path)
    assert (tmp_path / "a").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1
