"""The command `models`, as a new user would try it."""

from __future__ import annotations

import json

import pytest

from bgfg.train.cli.models import models
from tests.support.command_calls import run_command


def test_models_are_listed_for_people_and_for_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="the extra [train] isn't installed")
    from bgfg.train.models import listing

    once = list(listing.list_models())  # both calls would build each network
    monkeypatch.setattr(listing, "list_models", lambda: once)
    table = run_command(models)
    assert table.exit_code == 0, table.output
    lines = table.output.splitlines()
    assert lines[0].split()[:3] == ["model", "parameters", "shots"]
    assert max(map(len, lines)) <= 100
    assert [line.split()[0] for line in lines[1:]] == [model.model for model in once]
    assert {line.rsplit("  ", 1)[1] for line in lines[1:]} == {"MIT", "MIT ...", "BSD-3-Clause ..."}
    listed = {row["model"]: row for row in json.loads(run_command(models, "--json").output)}
    assert listed["two_branch_net"]["parameters"] == 386_816
    whole = run_command(models, "person").output
    trained = json.loads(run_command(models, "person", "--json").output)
    assert [row["trained"] for row in trained] == [False, True]
    assert all(row["licence"] in whole and row["about"] in whole for row in trained)
    assert "'nothing' is not one of 'two_stream', " in run_command(models, "nothing").output
