"""`bgfg convert`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bgfg.depth_teacher.cli.convert import convert


def run(*arguments: object) -> Result:
    return CliRunner().invoke(convert, [str(argument) for argument in arguments])


@pytest.mark.usefixtures("thin_encoder")
def test_convert_writes_safetensors_that_load_again(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from bgfg.depth_teacher.teachers.densedepth_weights import load_weights
    from tests.support import keras_files
    from tests.support.thin_densedepth import thin_densedepth

    keras_files.write(tmp_path / "kitti.h5", thin_densedepth())
    done = run(tmp_path / "kitti.h5", tmp_path / "kitti.safetensors")
    assert done.exit_code == 0, done.output
    assert "DenseDepth of width 16, LeakyReLU after convB, align_corners, 1 to 80 m" in done.output
    assert load_weights(tmp_path / "kitti.safetensors").range_m == (1.0, 80.0)
    refused = run(tmp_path / "kitti.h5", tmp_path / "kitti.pt")
    assert "give a name that ends in .safetensors" in str(refused.exception)
