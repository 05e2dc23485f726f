"""A ground for the rounds of the suite, where they can be played at all."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.faults import shim
from tests.faults.ground import Ground, new_ground
from tests.faults.hostile.play import HostileServer


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    if reason := shim.why_not():
        pytest.skip(reason)
    with new_ground() as ground:
        yield ground


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileServer]:
    if sys.platform != "linux":
        pytest.skip("it needs Linux")
    with HostileServer(tmp_path_factory.mktemp("hostile")) as server:
        yield server
