"""Garbage collection where many rows and names are made that stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = (100_000, 20, 100)


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Look for garbage seldom within: each time all rows and names are looked through that were made since."""
    before = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
