"""Scans that were kept are used as they were, and made anew where one bit of them is another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bgfg.train.folders.alike import LOOK_SIDE
from bgfg.train.folders.discovery import ImageMaskPair
from bgfg.train.folders.kept_scans import KeptScans, _sha256, save_scans
from bgfg.train.folders.scan import PairScan

PAIR = ImageMaskPair("a.jpg", "a.png", "a")
LOOK = "01" * LOOK_SIDE**2
SCAN = PairScan((4, 6), (4, 6), image_digest="d", look=LOOK, scene_look=LOOK, turn_vote=0.1)


def kept(folder: Path) -> PairScan | None:
    return KeptScans.load(folder / "scans.json", folder, False).get(PAIR, True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in (PAIR.image, PAIR.mask):
        (tmp_path / file).write_bytes(b"x")
    save_scans(tmp_path / "scans.json", tmp_path, {PAIR: SCAN}, False)
    return tmp_path


def test_a_scan_is_kept_until_its_files_change(folder: Path) -> None:
    assert kept(folder) == SCAN
    (folder / PAIR.mask).write_bytes(b"xy")
    assert kept(folder) is None


@pytest.mark.parametrize("content", [b"", b"[", b"[]", b"{}", b"\xff", b"[" * 10_000, b'{"made": [], "scans": 3}'])
def test_what_is_no_list_of_scans_is_made_anew(folder: Path, content: bytes) -> None:
    (folder / "scans.json").write_bytes(content)
    assert kept(folder) is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("mask_px",), "4x7"),
        (("mask", "counts"), [[0, 1], 5]),
        (("mask", "edge"), [[99, 1]]),
        (("look",), "zz"),
        (("scene_look",), ""),
        (("findings",), [{"severity": "loud"}]),
        (("orientation",), 9),
        (("said",), 1),
    ],
)
def test_a_scan_that_says_what_none_says_is_made_anew_though_the_digest_is_right(
    folder: Path, path: tuple[str, ...], value: object
) -> None:
    content = json.loads((folder / "scans.json").read_text())
    changed = content["scans"][PAIR.mask]["scan"]
    for name in path[:-1]:
        changed = changed[name]
    changed[path[-1]] = value
    content["sha256"] = _sha256(content["scans"])
    (folder / "scans.json").write_text(json.dumps(content))
    assert kept(folder) is None


def test_scans_of_which_one_number_is_another_are_made_anew(folder: Path) -> None:
    content = json.loads((folder / "scans.json").read_text())
    content["scans"][PAIR.mask]["scan"]["mask_px"] = [4, 7]
    (folder / "scans.json").write_text(json.dumps(content))
    assert kept(folder) is None
