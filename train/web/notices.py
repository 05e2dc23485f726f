"""Notices of a page: whose its parts are, and under which licences, as these ask to say beside them."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from pathlib import Path

from bgfg.data_manifests.files.regular_file import read_regular
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.version import BGFG_VERSION
from bgfg.train.web.networks import WebNetwork

NOTICE_FILE = "NOTICE.txt"

# Files of the page, and those of Python's onnxruntime that they are: npm's package of the same sources has none.
_OF_RUNTIME = {"LICENSE-onnxruntime.txt": "LICENSE", "ThirdPartyNotices-onnxruntime.txt": "ThirdPartyNotices.txt"}


def notices(networks: Mapping[str, WebNetwork], runtime: str) -> dict[str, str]:
    """Return the text of each file that says whose the parts of a page are.

    Args:
        networks: By the files of the page.
        runtime: Name and version of what runs them.
    """
    lines = [
        f"This page was made by bgfg {BGFG_VERSION}, MIT licence.",
        "",
        f"runtime/: {runtime}, copyright (c) Microsoft Corporation, MIT licence; see {' and '.join(_OF_RUNTIME)}.",
    ]
    for file, network in networks.items():
        lines += ["", f"{file}: {network.card.licence}."]
    return {NOTICE_FILE: "\n".join(lines) + "\n"} | {file: _installed(name) for file, name in _OF_RUNTIME.items()}


def _installed(name: str) -> str:
    """Return a file of Python's onnxruntime."""
    for file in importlib.metadata.files("onnxruntime") or ():
        if file.parts == ("onnxruntime", name):
            return read_regular(Path(file.locate())).decode("utf-8")
    raise Problem(f"onnxruntime: its {name} isn't installed, which belongs beside its files: install it again")
