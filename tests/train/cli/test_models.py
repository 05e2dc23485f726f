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
    assert table.output.splitlines()[0].split()[:3] == ["model", "parameters", "inputs"]
    listed = {row["model"]: row for row in json.loads(run_command(models, "--json").output)}
    assert listed["two_branch_net"]["parameters"] == 386_816
