"""A ground for the rounds of the suite, where they can be played at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import shim
from tests.faults.ground import Ground


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    if reason := shim.why_not():
        pytest.skip(reason)
    ground = Ground(tmp_path_factory.mktemp("faults"))
    yield ground
    ground.runner.close()
