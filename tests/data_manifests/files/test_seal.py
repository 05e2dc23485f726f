"""A seal holds for the file that was sealed, and for no other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from bgfg.data_manifests.files.seal import SAFETENSORS_MARK, SEAL_KEY, UNSEALED, holds_seal, seal, seal_safetensors

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


def as_safetensors(metadata: Mapping[str, str], tensors: bytes) -> bytes:
    """What the package writes of one tensor, with its metadata in the order given."""
    about = {"dtype": "U8", "shape": [len(tensors)], "data_offsets": [0, len(tensors)]}
    header = json.dumps({"__metadata__": metadata, "weights": about}, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + tensors


def test_weights_are_the_same_bytes_whatever_the_order_of_their_metadata(tmp_path: Path) -> None:
    metadata = {"b": 'é "quoted"', SEAL_KEY: UNSEALED, "a": "1"}
    orders = [metadata, dict(sorted(metadata.items())), dict(sorted(metadata.items(), reverse=True))]
    written = {seal_safetensors(as_safetensors(order, b"\x00\x01\x02")) for order in orders}
    assert len(written) == 1
    (tmp_path / "f").write_bytes(content := written.pop())
    assert holds_seal(tmp_path / "f", SAFETENSORS_MARK) is True
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    assert length % 8 == 0
    assert list(header["__metadata__"]) == ["a", "b", SEAL_KEY]
    assert header["__metadata__"]["b"] == metadata["b"]
    assert header["weights"]["data_offsets"] == [0, 3]
    assert content[8 + length :] == b"\x00\x01\x02"
