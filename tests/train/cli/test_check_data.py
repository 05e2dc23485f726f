"""The command `check-data` of somebody who has installed the core alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.paired_folders import make_pets, make_plain
from tests.support.project import ROOT

# What the extra [train] brings.
_TRAINING = ("torch", "torchvision", "timm", "segmentation_models_pytorch", "safetensors", "lightning_fabric")


@pytest.mark.parametrize(("make", "read_as"), [(make_plain, "mask"), (make_pets, "classes")])
def test_a_folder_is_checked_without_what_training_needs(
    tmp_path: Path, make: Callable[[Path], Path], read_as: str
) -> None:
    code = f"import sys; sys.modules.update(dict.fromkeys({_TRAINING})); from bgfg.cli import main; main()"
    words = ("check-data", str(make(tmp_path / "photos")), "--json")
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout)["read_as"] == read_as, done.stderr
