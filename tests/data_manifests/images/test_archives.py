"""Archives are listed, never unpacked; what would leave its folder is told."""

from __future__ import annotations

import contextlib
import io
import stat
import tarfile
import zipfile
from pathlib import Path
from typing import ClassVar, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bgfg.data_manifests.images.archives import ArchiveMember, DamagedArchive, list_members, tar_headers
from tests.support.doors import damaged


def zipped(path: Path, names: list[str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return path


def tarred(path: Path, infos: list[tarfile.TarInfo]) -> Path:
    with tarfile.open(path, "w") as archive:
        for info in infos:
            archive.addfile(info, io.BytesIO(bytes(info.size)))
    return path


def test_files_are_listed_in_order_and_folders_are_not(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ["bg/", "bg/bg001.jpeg", "fg/fg001.png"])
    assert list(list_members(path)) == [ArchiveMember("bg/bg001.jpeg", ""), ArchiveMember("fg/fg001.png", "")]


@pytest.mark.parametrize("name", ["../x.png", "bg/../../x.png", "/etc/x.png", "C:\\x.png", "..\\x.png", "C:x.png"])
def test_names_that_lead_out_are_dangerous(tmp_path: Path, name: str) -> None:
    (found,) = list_members(zipped(tmp_path / "a.zip", [name]))
    assert found.danger
    (found,) = list_members(tarred(tmp_path / "a.tar", [tarfile.TarInfo(name)]))
    assert found.danger


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_dangerous(tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("bg/bg001.jpeg")
    info.type = kind
    (found,) = list_members(tarred(tmp_path / "a.tar", [info]))
    assert found.danger == "a link or a device"


def test_links_in_a_zip_are_dangerous(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("bg/bg001.jpeg")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    (found,) = list_members(tmp_path / "a.zip")
    assert found.danger == "a link or a device"


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_what_is_no_archive_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(DamagedArchive):
        list(list_members(tmp_path / name))


def test_a_tar_that_is_cut_short_within_a_header_is_told(tmp_path: Path) -> None:
    infos = [tarfile.TarInfo(f"bg/bg{n:03d}.jpeg") for n in range(1, 9)]
    path = tarred(tmp_path / "a.tar", infos)
    path.write_bytes(path.read_bytes()[: 3 * 512 + 200])
    with pytest.raises(DamagedArchive):
        list(list_members(path))


class BackwardTar:
    """Stands for a tar file whose headers lead back: its members are at one and the same place, without an end."""

    members: ClassVar[list[tarfile.TarInfo]] = []

    def next(self) -> tarfile.TarInfo:
        info = tarfile.TarInfo("bg/bg001.jpeg")
        info.offset = 512
        return info


def test_a_tar_whose_headers_do_not_go_forward_ends_with_an_error() -> None:
    headers = tar_headers(cast("tarfile.TarFile", BackwardTar()))
    assert next(headers).offset == 512
    with pytest.raises(DamagedArchive, match="one behind the other"):
        next(headers)


@pytest.mark.parametrize("suffix", [".zip", ".tar"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_archive_is_listed_or_told(tmp_path: Path, suffix: str, data: st.DataObject) -> None:
    path = tmp_path / f"a{suffix}"
    if suffix == ".zip":
        zipped(path, ["bg/bg001.jpeg", "fg/ü.png"])
    else:
        tarred(path, [tarfile.TarInfo("bg/bg001.jpeg"), tarfile.TarInfo("fg/" + "ü" * 120 + ".png")])
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    with contextlib.suppress(DamagedArchive):
        assert all(isinstance(member, ArchiveMember) for member in list_members(path))
