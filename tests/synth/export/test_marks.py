"""Done marks of an export are read as they were written, and damaged ones are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.synth.export.atomic_writer import SEGMENT, WrittenFile
from bgfg.synth.export.marks import ExportMarks


def test_marks_name_the_files_that_were_written_without_segments(tmp_path: Path) -> None:
    marks = ExportMarks(tmp_path)
    image = WrittenFile("image", "bg_fg/a.jpeg", 3, "0" * 64)
    mask, segment = WrittenFile("mask", "a.png", 2, "1" * 64), WrittenFile(SEGMENT, "7.bin", 9, "2" * 64)
    marks.save("7", [image, segment])
    marks.save("all", [mask])
    assert set(marks.names()) == {"7", "all"}
    assert marks.read("7") == [image, segment]
    assert list(marks.files(["all", "7"])) == [mask, image]
    marks.remove("7")
    assert set(marks.names()) == {"all"}


@pytest.mark.parametrize("left", ["", "[", "{}", '[["image", "a.png", 2]]', '[["image", "a.png", true, "0"]]'])
def test_what_a_power_cut_left_of_a_mark_is_none(tmp_path: Path, left: str) -> None:
    marks = ExportMarks(tmp_path)
    marks.path_of("0").write_text(left)
    with pytest.raises(ValueError, match=r"the mark|Expecting value"):
        marks.read("0")
