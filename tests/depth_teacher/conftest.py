"""What tests of networks that label share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def thin_encoder() -> Iterator[None]:
    """Thin out DenseDepth's encoder for the tests of a file; other processes have the whole one."""
    pytest.importorskip("torch", reason="the extra [train] isn't installed")
    from tests.support.thin_densedepth import thin_encoder

    with thin_encoder():
        yield
