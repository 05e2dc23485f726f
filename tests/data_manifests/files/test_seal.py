"""A seal holds for the file that was sealed, and for no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.data_manifests.files.seal import UNSEALED, holds_seal, seal

MARK = b"digest: "


def sealed(content: bytes) -> bytes:
    return seal(b"before " + MARK + UNSEALED.encode() + content, MARK)


@pytest.mark.parametrize("content", [b"", b"numbers", b"\x00" * 100_000])
def test_a_seal_holds_for_what_was_sealed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f").write_bytes(sealed(content))
    assert holds_seal(tmp_path / "f", MARK) is True


@pytest.mark.parametrize("content", [b"", b"numbers", b"digest 0123"])
def test_a_file_without_a_seal_says_neither(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f").write_bytes(content)
    assert holds_seal(tmp_path / "f", MARK) is None


def test_every_flipped_bit_breaks_the_seal_but_in_its_mark_which_takes_it_away(tmp_path: Path) -> None:
    path, whole = tmp_path / "f", sealed(b"numbers")
    for place in range(len(whole)):
        for bit in range(8):
            flipped = bytearray(whole)
            flipped[place] ^= 1 << bit
            path.write_bytes(flipped)
            assert holds_seal(path, MARK) is (None if 7 <= place < 7 + len(MARK) else False)


def test_every_cut_breaks_the_seal(tmp_path: Path) -> None:
    whole = sealed(b"numbers")
    for length in range(7 + len(MARK), len(whole)):
        (tmp_path / "f").write_bytes(whole[:length])
        assert holds_seal(tmp_path / "f", MARK) is False
