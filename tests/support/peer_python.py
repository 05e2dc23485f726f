"""Interpreters of environments that hold what can't be installed beside bgfg, named by variables of the environment."""

from __future__ import annotations

import json
import os
import subprocess
from importlib.util import find_spec
from pathlib import Path
from sys import executable
from typing import Any

import pytest

from tests.support.project import ROOT


def asked_of_peer(module: str, why_apart: str, script: str, *arguments: str | Path) -> Any:
    """Run a script of tests/support where a module is installed, and return the JSON that it prints.

    Skips the test where the module is neither here nor under the interpreter that BGFG_MODULE_PYTHON names.

    Args:
        module: The module.
        why_apart: Why it has an environment of its own, for the reason of skipping.
        script: Name of the script.
        *arguments: What it is called with.
    """
    variable = f"BGFG_{module.upper()}_PYTHON"
    python = os.environ.get(variable) or (executable if find_spec(module) else "")
    if not python:
        pytest.skip(f"{module} isn't here: {why_apart}: name the Python of an environment that has it in {variable}")
    done = subprocess.run(
        [python, "-P", str(ROOT / "tests" / "support" / script), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])
