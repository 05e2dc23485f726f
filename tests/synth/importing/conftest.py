"""What several tests of imports share."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.synth.export.forms.registry import export_request
from bgfg.synth.export.runner import export_corpus
from tests.support.executors import IN_PROCESS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, labelled: Path) -> Path:
    """The tiny corpus as files of all kinds, composites lossless."""
    out = tmp_path_factory.mktemp("exported") / "folder"
    export_corpus(labelled, out, export_request("folder", image="png", depth="16"), IN_PROCESS)
    return out
