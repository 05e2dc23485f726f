"""Whether this machine may have a GPU that PyTorch knows, told without PyTorch, whose import takes seconds."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

_NVIDIA_DRIVER = "libcuda.so.1"
_AMD_DEVICE = Path("/dev/kfd")


def may_have_accelerator() -> bool:
    """Say whether it is worth asking PyTorch: False where neither a driver of NVIDIA's nor a device of AMD's is there.

    Other systems than Linux are always worth it.
    """
    if sys.platform != "linux" or _AMD_DEVICE.exists():
        return True
    try:
        ctypes.CDLL(_NVIDIA_DRIVER)
    except OSError:
        return False
    return True
