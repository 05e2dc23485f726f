"""Reading every pair before any training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.train.folders import scan as scan_module
from bgfg.train.folders.discovery import recognise_layout
from bgfg.train.folders.scan import PairScan, scan_pair, scan_pairs
from tests.support.paired_folders import H, W, disc, make_plain, picture, save
from tests.support.side_by_side import SideBySide


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_plain(tmp_path, count=4)


def scan(root: Path) -> list[PairScan]:
    return scan_pairs(root, recognise_layout(root).pairs, alpha=False, threads=2)


def checks(root: Path) -> list[tuple[str, str, str]]:
    return [(f.severity, f.check, f.path) for each in scan(root) for f in each.findings]


def test_a_sound_pair_gives_sizes_values_and_digest(root: Path) -> None:
    first = scan(root)[0]
    assert (first.image_px, first.mask_px, first.mask.kind) == ((H, W), (H, W), "grey")
    inside = int(disc(0).sum())
    assert first.mask.counts == {0: H * W - inside, 255: inside}
    assert len(first.image_digest) == 64
    assert first.usable
    assert first.findings == ()


def test_broken_files_are_errors_each_by_its_name(root: Path) -> None:
    (root / "images/0.png").write_bytes((root / "images/0.png").read_bytes()[:60])
    (root / "masks/1.png").write_bytes(b"")
    (root / "images/2.png").write_bytes(b"no picture")
    assert checks(root) == [
        ("error", "broken", "images/0.png"), ("error", "broken", "masks/1.png"), ("error", "broken", "images/2.png"),
    ]  # fmt: skip
    assert [each.usable for each in scan(root)] == [False, False, False, True]


def test_both_files_of_a_pair_can_be_broken(root: Path) -> None:
    (root / "images/0.png").write_bytes(b"")
    (root / "masks/0.png").write_bytes(b"")
    assert len(scan_pair(root, recognise_layout(root).pairs[0], alpha=False).findings) == 2


def test_a_mask_of_another_size_is_noted_and_one_of_another_shape_left_out(root: Path) -> None:
    save(disc(0, 2 * H, 2 * W).astype(np.uint8) * 255, root / "masks/0.png")
    save(disc(1, H, 2 * W).astype(np.uint8) * 255, root / "masks/1.png")
    save(disc(2, W, H).astype(np.uint8) * 255, root / "masks/2.png")
    found = scan(root)
    assert checks(root) == [
        ("note", "other-size", "masks/0.png"), ("error", "other-shape", "masks/1.png"),
        ("error", "other-shape", "masks/2.png"),
    ]  # fmt: skip
    assert found[0].usable
    assert found[0].findings[0].message.startswith("34×26, and its picture 17×13, of the same shape")
    assert "was the picture turned after it was made?" in found[2].findings[0].message


def test_a_photograph_for_a_mask_is_left_out(root: Path) -> None:
    save(picture(0), root / "masks/0.png")
    assert checks(root) == [("error", "not-a-mask", "masks/0.png")]


def test_of_some_pairs_the_mask_alone_is_read_and_what_is_known_is_not_read_again(root: Path) -> None:
    pairs = recognise_layout(root).pairs
    (root / "images/1.png").write_bytes(b"")
    found = scan_pairs(root, pairs, alpha=False, threads=2, image_step=2)
    assert [bool(each.image_digest) for each in found] == [True, False, True, False]
    assert [each.mask.counts for each in found] == [scan_pair(root, pair, False, False).mask.counts for pair in pairs]
    known = dict(zip(pairs, found, strict=True))
    again = scan_pairs(root / "gone", pairs, alpha=False, threads=2, known=lambda pair, _: known[pair])
    assert again == found


def test_a_turned_photograph_meets_its_upright_mask(root: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter to be upright
    Image.fromarray(np.rot90(picture(0))).save(root / "images/0.jpg", exif=exif)
    (root / "images/0.png").unlink()
    assert scan(root)[0].image_px == (H, W)
    assert scan(root)[0].usable


@pytest.mark.parametrize(("size_bytes", "side_by_side"), [(10**8, True), (6 * 10**8, False)])
def test_large_pairs_are_read_one_at_a_time(
    root: Path, monkeypatch: pytest.MonkeyPatch, size_bytes: int, side_by_side: bool
) -> None:
    count = SideBySide()
    monkeypatch.setattr(scan_module, "reading_bytes", lambda path: size_bytes)
    monkeypatch.setattr(scan_module, "scan_pair", count.counted(scan_pair))
    assert all(each.usable for each in scan_pairs(root, recognise_layout(root).pairs, alpha=False, threads=4))
    assert (count.most > 1) is side_by_side
