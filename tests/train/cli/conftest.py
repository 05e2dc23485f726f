"""Calls of commands, and a model for them that needs no file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.train.inference import runtime
from tests.support.stub_models import DifferenceModel


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DifferenceModel:
    """Whatever file is named, it is the model without a network."""
    made = DifferenceModel(tmp_path / "weights")
    monkeypatch.setattr(runtime, "load_model", lambda *_: made)
    return made
