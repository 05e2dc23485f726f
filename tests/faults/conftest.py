"""A ground for the rounds of the suite, where they can be played at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import shim
from tests.faults.ground import Ground, new_ground


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    if reason := shim.why_not():
        pytest.skip(reason)
    with new_ground() as ground:
        yield ground
