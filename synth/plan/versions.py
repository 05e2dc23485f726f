"""The versions of what decides the bytes of a corpus."""

from __future__ import annotations

import platform
from importlib.metadata import version

import cv2
import numcodecs
import numpy as np
import pyarrow as pa
import zarr

from bgfg.data_manifests.terminal.version import BGFG_VERSION


def library_versions() -> dict[str, str]:
    """Return the versions of what decides the bytes of a corpus."""
    modules = {"numpy": np, "opencv": cv2, "zarr": zarr, "numcodecs": numcodecs, "pyarrow": pa}
    return {"bgfg": BGFG_VERSION, "python": platform.python_version(), "pillow": version("pillow")} | {
        name: module.__version__ for name, module in modules.items()
    }
