"""Libraries that were compiled of C when bgfg was installed where there is a C compiler; all works without them."""

from __future__ import annotations

import ctypes
import importlib.util


def compiled_library(module: str, interface_version: int) -> ctypes.CDLL | None:
    """Return a compiled library; None where nothing was compiled, or something else than is to be called.

    Args:
        module: Its full name.
        interface_version: What its `interface_version` must return.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return None
    found = ctypes.CDLL(spec.origin)
    return found if found.interface_version() == interface_version else None
