"""Checkpoints: whole or not at all, self-describing, without pickle."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.models.checkpoint import (
    BEST,
    LAST,
    Checkpoint,
    checkpoint_path,
    load_network,
    load_weights_from,
    model_options_of,
    optimizer_tensors,
    restore_optimizer,
)
from bgfg.train.models.registry import build_model
from tests.support.doors import damaged, refusal
from tests.support.full_disk import mounted_disk


def checkpoint(value: float = 1.0, size: int = 3) -> Checkpoint:
    weights = {"a.weight": torch.full((size, 2), value), "a.steps": torch.tensor(7)}
    return Checkpoint({"net": weights, "average": {"b": torch.arange(5)}}, {"standing": {"step": 12}})


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints" / "last.safetensors"
    checkpoint(0.1).save(path)
    loaded = Checkpoint.load(path)
    assert loaded.description["standing"] == {"step": 12}
    assert {part: list(named) for part, named in loaded.parts.items()} == {
        "net": ["a.steps", "a.weight"],
        "average": ["b"],
    }
    assert torch.equal(loaded.parts["net"]["a.weight"], torch.full((3, 2), 0.1))
    assert list(Checkpoint.load(path, ["average"]).parts) == ["average"]


def test_any_reader_of_safetensors_finds_the_description(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    checkpoint().save(path)
    with safe_open(path, framework="np") as file:
        assert json.loads(file.metadata()["bgfg"])["format"] == "bgfg-checkpoint"


def test_nothing_is_pickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("dump", "dumps", "load", "loads"):
        monkeypatch.setattr(pickle, name, None)
    monkeypatch.setattr(torch, "save", None)
    monkeypatch.setattr(torch, "load", None)
    checkpoint().save(tmp_path / "last.safetensors")
    assert Checkpoint.load(tmp_path / "last.safetensors").parts


@pytest.mark.parametrize("fails", ["write", "fsync", "replace"])
def test_what_dies_on_the_way_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    path = tmp_path / "last.safetensors"
    checkpoint(1.0).save(path)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    where = {"write": "bgfg.train.models.checkpoint.to_bytes", "fsync": "os.fsync", "replace": "pathlib.Path.replace"}[
        fails
    ]
    monkeypatch.setattr(where, die)
    with pytest.raises(KeyboardInterrupt):
        checkpoint(2.0).save(path)
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["last.safetensors"]
    assert Checkpoint.load(path).parts["net"]["a.weight"][0, 0] == 1.0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted_disk(tmp_path / "disk", "1m") as disk:
        yield disk


def test_a_full_disk_leaves_the_last_one_whole_and_is_one_line(small_disk: Path) -> None:
    path = small_disk / "last.safetensors"
    checkpoint(1.0, size=80_000).save(path)
    with pytest.raises(Problem, match=r"No space left on device\); the one before it is whole: mend that") as caught:
        checkpoint(2.0, size=80_000).save(path)
    assert len(caught.value.lines) == 1
    assert os.listdir(small_disk) == ["last.safetensors"]
    assert Checkpoint.load(path).parts["net"]["a.weight"][0, 0] == 1.0


def test_what_is_no_checkpoint_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    with pytest.raises(Problem, match="no such checkpoint: run `bgfg train CORPUS RUN`"):
        Checkpoint.load(path)
    path.write_bytes(b"12345678 nothing")
    with pytest.raises(Problem, match=r"can't be read, it is damaged \(.*\): restore it from a copy, or train again"):
        Checkpoint.load(path)
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(Problem, match="no checkpoint of bgfg"):
        Checkpoint.load(path)
    save_file({"a": torch.zeros(1)}, path, {"bgfg": json.dumps({"format": "bgfg-checkpoint", "version": 99})})
    with pytest.raises(Problem, match="version 99; this bgfg knows version 1 only"):
        Checkpoint.load(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_goes_unseen(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "m.safetensors"
    checkpoint().save(path)
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    line = refusal(lambda: Checkpoint.load(path))
    if line:
        assert line.startswith(f"{path}: ")
        return
    # The word before the digest itself was hit: then the file counts as one of before, and is whole otherwise.
    assert b'"bgfg_sha256":"' not in path.read_bytes()
    loaded = Checkpoint.load(path)
    assert torch.equal(loaded.parts["average"]["b"], torch.arange(5))
    assert loaded.description["standing"] == {"step": 12}


def test_a_checkpoint_of_before_has_no_digest_and_is_read_without_a_word(tmp_path: Path) -> None:
    described = {"format": "bgfg-checkpoint", "version": 1, "standing": {"step": 12}}
    save_file({"average/b": torch.arange(5)}, tmp_path / "m.safetensors", {"bgfg": json.dumps(described)})
    assert torch.equal(Checkpoint.load(tmp_path / "m.safetensors").parts["average"]["b"], torch.arange(5))


def test_a_path_that_safetensors_cannot_open_is_no_damaged_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9") / "m.safetensors"
    checkpoint().save(path)
    with pytest.raises(Problem, match=r"caf\\udce9/m\.safetensors: .* whose path isn't in UTF-8: rename") as caught:
        Checkpoint.load(path)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("damaged", "other", "said"),
    [
        (LAST, BEST, "or begin another run with the weights of best: `bgfg train DATA NEW_RUN --start {other}`"),
        (BEST, LAST, "or use {other}"),
        (LAST, None, "or train again"),
    ],
)
def test_a_damaged_checkpoint_offers_the_other_one_of_its_run(
    tmp_path: Path, damaged: str, other: str | None, said: str
) -> None:
    path = checkpoint_path(tmp_path, damaged)
    checkpoint().save(path)
    if other is not None:
        checkpoint().save(checkpoint_path(tmp_path, other))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(Problem) as caught:
        Checkpoint.load(path)
    ending = said.format(other=checkpoint_path(tmp_path, other or ""))
    assert caught.value.lines == (f"{path}: is damaged (not what its SHA-256 says): restore it from a copy, {ending}",)


def test_what_a_killed_run_left_behind_is_cleared(tmp_path: Path) -> None:
    left = tmp_path / ".0123456789ab.partial.safetensors"
    left.write_bytes(b"half")
    checkpoint().save(tmp_path / "last.safetensors")
    assert os.listdir(tmp_path) == ["last.safetensors"]


def stepped(seed: int) -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(seed)
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Conv2d(4, 5, 3)).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.1)
    for _ in range(seed):
        net(torch.rand(2, 3, 9, 9)).square().mean().backward()
        optimizer.step()
    return net, optimizer


def test_an_optimizer_goes_on_where_it_was_in_the_same_memory_order() -> None:
    (net, optimizer), (other, resumed) = stepped(3), stepped(1)
    other.load_state_dict(net.state_dict())
    restore_optimizer(resumed, {name: value.contiguous() for name, value in optimizer_tensors(optimizer).items()})
    strides = [state["exp_avg"].stride() for state in optimizer.state_dict()["state"].values()]
    assert [state["exp_avg"].stride() for state in resumed.state_dict()["state"].values()] == strides
    for each, steps in ((net, optimizer), (other, resumed)):
        steps.zero_grad()
        each(torch.ones(1, 3, 9, 9)).square().mean().backward()
        steps.step()
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), other.parameters(), strict=True))


def test_a_model_is_loaded_from_its_run_alone_the_best_before_the_last(tmp_path: Path) -> None:
    nets = {name: build_model("two_branch_net", ("mask", "depth"), input_px=16) for name in (LAST, BEST)}
    for name in (LAST, BEST):
        description = {"model": {"name": nets[name].name, "options": nets[name].options}}
        Checkpoint({"average": nets[name].state_dict()}, description).save(checkpoint_path(tmp_path, name))
        net, described = load_network(tmp_path)
        assert described["model"]["name"] == "two_branch_net"
        assert not net.training
        expected = nets[name].state_dict()
        assert all(torch.equal(value, expected[key]) for key, value in net.state_dict().items())
    assert load_network(checkpoint_path(tmp_path, LAST))[0].input_px == 16


def test_weights_of_another_network_are_one_line(tmp_path: Path) -> None:
    nets = [build_model(name, ("mask",), input_px=20) for name in ("two_branch_net", "basic_net")]
    description = {"model": {"name": nets[0].name, "options": nets[0].options}, "versions": {"bgfg": "0.0.9"}}
    Checkpoint({"average": nets[1].state_dict()}, description).save(tmp_path / "m.safetensors")
    with pytest.raises(
        Problem, match=r"m\.safetensors: its weights don't fit the two_branch_net .*or use bgfg 0\.0\.9"
    ) as c:
        load_network(tmp_path / "m.safetensors")
    assert len(c.value.lines) == 1


def test_a_network_begins_with_the_weights_of_another_run(tmp_path: Path) -> None:
    torch.manual_seed(0)
    trained = build_model("basic_net", ("mask",))
    model = {"name": trained.name, "options": trained.options}
    Checkpoint({"average": trained.state_dict()}, {"model": model}).save(checkpoint_path(tmp_path, BEST))
    torch.manual_seed(1)
    recipe = model_options_of(tmp_path)
    assert (recipe["model"], recipe["targets"]) == ("basic_net", ("mask",))
    net = build_model(recipe["model"], recipe["targets"], input_px=recipe["size_px"], **recipe["model_options"])
    load_weights_from(net, tmp_path)
    assert all(torch.equal(mine, its) for mine, its in zip(net.parameters(), trained.parameters(), strict=True))
    with pytest.raises(Problem, match=r"--start .*: it is basic_net .*, and this run's is unet_valid .*: give --model"):
        load_weights_from(build_model("unet_valid", ("mask",)), tmp_path)
