"""The pair of files of the compact teacher: whole, of one making, or one line."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.seal import SAFETENSORS_MARK, holds_seal
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.encoder_origin import EncoderOrigin
from bgfg.depth_teacher.teachers.compact_weights import (
    METADATA_KEY,
    SHIPPED_WEIGHTS,
    load_compact_net,
    open_weights_pair,
    sealed_safetensors,
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for suffix in (".safetensors", ".onnx"):
        shutil.copy(SHIPPED_WEIGHTS.with_suffix(suffix), tmp_path / f"mine{suffix}")
    return tmp_path / "mine.safetensors"


def test_what_ships_is_small_whole_and_says_what_it_is() -> None:
    pair = open_weights_pair()
    assert max(file.stat().st_size for file in (pair.safetensors, pair.onnx)) <= 8_000_000
    assert pair.sha256 == file_sha256(SHIPPED_WEIGHTS)
    assert holds_seal(SHIPPED_WEIGHTS, SAFETENSORS_MARK)
    assert pair.metadata.licence.startswith("MIT; attribution: ")
    assert 0 < pair.metadata.near_m < 1 < 5 < pair.metadata.far_m
    assert np.array(pair.metadata.mean_inverse).shape == (16, 16)


def test_the_readme_beside_the_weights_names_their_digests() -> None:
    readme = (SHIPPED_WEIGHTS.parent / "README.md").read_text(encoding="utf-8")
    assert all(file_sha256(SHIPPED_WEIGHTS.with_suffix(suffix)) in readme for suffix in (".safetensors", ".onnx"))


@pytest.mark.parametrize("suffix", [".safetensors", ".onnx"])
def test_either_name_finds_the_pair_and_a_missing_half_is_named(copy: Path, suffix: str) -> None:
    assert open_weights_pair(copy.with_suffix(suffix)).onnx == copy.with_suffix(".onnx")
    copy.with_suffix(suffix).unlink()
    with pytest.raises(Problem, match=rf"mine{suffix}: there is no such file, .*: check --weights$"):
        open_weights_pair(copy.with_suffix(suffix))
    other = ".onnx" if suffix == ".safetensors" else ".safetensors"
    with pytest.raises(Problem, match=rf"mine{other}: mine{suffix} isn't beside it, the other of the pair"):
        open_weights_pair(copy.with_suffix(other))


def test_a_file_that_is_neither_half_is_named_itself(copy: Path) -> None:
    note = copy.with_suffix(".json")
    note.write_text("{}")
    with pytest.raises(Problem, match=r"mine\.json: no weights of a compact teacher: give the \.safetensors or \.onnx"):
        open_weights_pair(note)


@pytest.mark.parametrize("suffix", [".safetensors", ".onnx"])
@pytest.mark.parametrize("place", [0.5, 0.999])
def test_a_flipped_bit_is_found_in_either(copy: Path, suffix: str, place: float) -> None:
    file = copy.with_suffix(suffix)
    content = bytearray(file.read_bytes())
    content[int(place * len(content))] ^= 1
    file.write_bytes(content)
    with pytest.raises(Problem, match=rf"mine{suffix}: .*damaged.*whole copies$"):
        open_weights_pair(copy)


@pytest.mark.parametrize(
    "content", [b"", b"1234567", b"\xff" * 64, b"\x02" + b"\0" * 7 + b"{}", b"\x04" + b"\0" * 7 + b"null"]
)
def test_what_is_no_safetensors_file_is_one_line(copy: Path, content: bytes) -> None:
    copy.write_bytes(content)
    with pytest.raises(Problem, match=r"mine.safetensors: damaged, or no weights of a compact teacher"):
        open_weights_pair(copy)


def test_half_a_file_is_one_line(copy: Path) -> None:
    copy.write_bytes(copy.read_bytes()[:1_000_000])
    with pytest.raises(Problem, match=r"mine.safetensors: is damaged"):
        open_weights_pair(copy)


def _described_otherwise(copy: Path, **other: object) -> None:
    content = copy.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"][METADATA_KEY] = json.dumps(json.loads(header["__metadata__"][METADATA_KEY]) | other)
    text = json.dumps(header).encode()
    copy.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])


def test_another_version_is_refused(copy: Path) -> None:
    _described_otherwise(copy, version=2)
    with pytest.raises(Problem, match=r"mine.safetensors: version 2; this bgfg knows version 1 only"):
        open_weights_pair(copy)


@pytest.mark.parametrize(
    "other",
    [
        {"format": "another"},
        {"colour": 1},
        {"near_m": "near"},
        {"near_m": 200.0},
        {"input_px": 0},
        {"mean_inverse": [[1.0], []]},
        {"mean_inverse": []},
        {"network": {"backbone": "mobilenetv4_conv_small"}},
        {"pretrained": {"source": "somewhere"}},
        {"network": {"backbone": "mobilenetv4_conv_small", "width": 16, "pretrained": True}},
    ],
)
def test_a_foreign_description_is_refused(copy: Path, other: dict[str, object]) -> None:
    _described_otherwise(copy, **other)
    with pytest.raises(Problem, match=r"mine.safetensors: its description is damaged"):
        open_weights_pair(copy)


def test_a_network_of_a_pretrained_encoder_is_normalised_as_that_expects_and_says_its_origin(copy: Path) -> None:
    pytest.importorskip("torch", reason="the extra [train] isn't installed")
    origin = EncoderOrigin("somewhere", "Apache-2.0", (0.5, 0.25, 0.125), (0.5, 1.0, 2.0))
    _described_otherwise(copy, pretrained=origin.content())
    pair = open_weights_pair(copy)
    assert pair.metadata.origin == origin
    assert pair.metadata.properties()["encoder_started_from"] == "somewhere (Apache-2.0)"
    net = load_compact_net(pair)
    assert net.standardise.mean.flatten().tolist() == [0.5, 0.25, 0.125]
    assert net.standardise.std.flatten().tolist() == [0.5, 1.0, 2.0]


def test_what_it_started_from_is_written_where_there_is_something_to_say_so_that_others_are_read_as_before(
    copy: Path,
) -> None:
    pytest.importorskip("torch", reason="the extra [train] isn't installed")
    from safetensors import safe_open
    from safetensors.torch import load_file

    metadata = open_weights_pair(copy).metadata
    for started_from in ((), ({"name": "first", "licence": "MIT"},)):
        changed = dataclasses.replace(metadata, started_from=started_from)
        copy.write_bytes(sealed_safetensors(load_file(copy), changed, "0" * 64))
        with safe_open(copy, "pt") as weights:
            written = json.loads(weights.metadata()[METADATA_KEY])
        assert written.get("started_from", "nothing") == (list(started_from) or "nothing")


@pytest.mark.parametrize(
    "network",
    [
        {"backbone": "hf-hub:nobody/nothing", "width": 16},
        {"backbone": "local-dir:/nowhere", "width": 16},
        {"backbone": "mobilenetv4_conv_small", "width": 4096},
    ],
)
def test_a_network_that_its_weights_are_not_of_is_one_line_and_nothing_is_fetched(
    copy: Path, network: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="the extra [train] isn't installed")
    monkeypatch.setattr("timm.models._factory.load_model_config_from_hf", None)
    monkeypatch.setattr("timm.models._factory.load_model_config_from_path", None)
    _described_otherwise(copy, network=network)
    with pytest.raises(Problem, match=r"mine.safetensors: its weights aren't those of .*whole copies$"):
        load_compact_net(open_weights_pair(copy))
