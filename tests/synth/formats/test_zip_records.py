"""Packs of our own records are what zipfile and unzip take for zip files, beyond 65,535 members and 4 GiB too."""

from __future__ import annotations

import shutil
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest

from bgfg.synth.formats.zip_records import ZipMember, central_directory


def packed(contents: dict[str, bytes]) -> bytes:
    members = [ZipMember.of(name, content) for name, content in contents.items()]
    bodies = [member.local_header() + contents[member.name] for member in members]
    return b"".join(bodies) + central_directory(members)


@pytest.fixture
def contents() -> dict[str, bytes]:
    return {"bg/bg001.jpeg": b"\xff\xd8 not really", "mask/empty.png": b"", "mask/b.png": bytes(range(256)) * 9}


def assert_reads_back(path: Path, contents: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path) as pack:
        assert pack.testzip() is None
        assert pack.namelist() == list(contents)
        for info in pack.infolist():
            assert pack.read(info) == contents[info.filename]
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert stat.S_ISREG(info.external_attr >> 16)
            assert stat.S_IMODE(info.external_attr >> 16) == 0o644


def test_a_pack_reads_back(tmp_path: Path, contents: dict[str, bytes]) -> None:
    (tmp_path / "pack.zip").write_bytes(packed(contents))
    assert_reads_back(tmp_path / "pack.zip", contents)


def test_a_pack_of_more_members_than_a_plain_zip_can_count_reads_back(tmp_path: Path) -> None:
    contents = {f"mask/{number}.png": b"%d" % number for number in range(65_535 + 9)}
    (tmp_path / "pack.zip").write_bytes(packed(contents))
    with zipfile.ZipFile(tmp_path / "pack.zip") as pack:
        assert len(pack.namelist()) == len(contents)
        assert pack.read("mask/65543.png") == b"65543"


def test_a_member_beyond_4_gib_is_found(tmp_path: Path) -> None:
    big = [ZipMember(f"image/{number}.jpeg", 0, 3 << 30) for number in range(2)]
    last = ZipMember.of("mask/last.png", b"found")
    with (tmp_path / "pack.zip").open("wb") as file:  # the contents of the big ones are holes in the file
        for member in big:
            file.write(member.local_header())
            file.seek(member.size_bytes, 1)
        file.write(last.local_header() + b"found" + central_directory([*big, last]))
    with zipfile.ZipFile(tmp_path / "pack.zip") as pack:
        assert pack.getinfo("mask/last.png").header_offset > 6 << 30
        assert pack.read("mask/last.png") == b"found"


def test_an_empty_directory_is_an_empty_pack(tmp_path: Path) -> None:
    (tmp_path / "pack.zip").write_bytes(central_directory([]))
    with zipfile.ZipFile(tmp_path / "pack.zip") as pack:
        assert pack.namelist() == []


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip isn't installed")
def test_unzip_takes_it(tmp_path: Path, contents: dict[str, bytes]) -> None:
    (tmp_path / "pack.zip").write_bytes(packed(contents))
    subprocess.run(["unzip", "-tq", "pack.zip"], cwd=tmp_path, check=True, capture_output=True)
