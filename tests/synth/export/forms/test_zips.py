"""Packs hold so many samples each, a subfolder per kind, the very files of a folder export, safe to unpack."""

from __future__ import annotations

import stat
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from bgfg.data_manifests.corpus.selection import Selection
from bgfg.synth.export.forms import registry
from bgfg.synth.export.forms.folder import FOLDER_OF_KIND
from bgfg.synth.export.forms.zips import ZIPS_FORMAT
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from tests.support.executors import IN_PROCESS


def test_packs_hold_the_files_of_a_folder_export(
    labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.EXPORT_FORMATS, "zips", replace(ZIPS_FORMAT, samples_per_pack=20, samples_per_part=7))
    export_corpus(labelled, tmp_path / "zips", ExportRequest("zips", Selection(), depth_bits=8), IN_PROCESS)
    export_corpus(labelled, tmp_path / "folder", ExportRequest("folder", Selection(), depth_bits=8), IN_PROCESS)
    assert sorted(path.name for path in tmp_path.joinpath("zips").iterdir()) == [
        "README.md", "SHA256SUMS", "croissant.json", "export.json", "pack_01.zip", "pack_02.zip", "pack_03.zip",
        "samples.csv",
    ]  # fmt: skip
    found: dict[str, bytes] = {}
    for number, samples, backgrounds in ((1, 20, 2), (2, 20, 2), (3, 8, 1)):
        with zipfile.ZipFile(tmp_path / f"zips/pack_0{number}.zip") as pack:
            assert pack.testzip() is None
            names = pack.namelist()
            assert len(names) == len(set(names)) == 3 * samples + backgrounds
            found |= {name: pack.read(name) for name in names}
            for info in pack.infolist():
                assert stat.S_ISREG(info.external_attr >> 16)
                assert info.date_time == (1980, 1, 1, 0, 0, 0)
    kinds = [FOLDER_OF_KIND[kind] for kind in ("bg", "image", "mask", "depth")]
    files = {
        f"{kind}/{path.name}": path.read_bytes() for kind in kinds for path in (tmp_path / "folder" / kind).iterdir()
    }
    assert found == files
