"""`bgfg plan` as a person calls it: what it says of pictures that are alike, or wrong alike."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.cli.plan import plan
from tests.support.tiny_corpus import CUTOUT_HEIGHT, H, W


def arguments(corpus: Path, backgrounds: Path, cutouts: Path, *more: str) -> list[str]:
    sizes = ("--size", f"{W}x{H}", "--cutout-height", str(CUTOUT_HEIGHT), "--placements", "1", "--split", "34/33/33")
    return [str(corpus), "--bg", str(backgrounds), "--fg", str(cutouts), *sizes, "--workers", "1", *more]


@pytest.fixture
def partly_opaque(sources: Path, tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(sources / "fg", tmp_path / "fg"))
    for n in range(7):
        cv2.imwrite(str(folder / f"photo{n}.png"), np.full((9, 9, 3), 20 * n, np.uint8))
    return folder


def test_a_near_duplicate_is_named_with_what_it_is_like(sources: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sources / "bg", tmp_path / "bg"))
    shutil.copy(folder / "room1.png", folder / "room4.png")
    done = CliRunner().invoke(plan, arguments(tmp_path / "corpus", folder, sources / "fg"), catch_exceptions=False)
    assert "near-duplicates, kept in one split: room4.png of room1.png\n" in done.stdout
    assert " x 1 placement =" in done.stdout


def test_pictures_that_are_wrong_alike_share_a_line(sources: Path, partly_opaque: Path, tmp_path: Path) -> None:
    given = arguments(tmp_path / "corpus", sources / "bg", partly_opaque)
    with pytest.raises(Problem) as caught:
        CliRunner().invoke(plan, given, catch_exceptions=False)
    [line] = caught.value.lines
    assert line.startswith(f"7 pictures ({partly_opaque}/photo0.png, ")
    assert " and 2 more): RGB image without transparency; a cut-out needs an alpha channel. Save it as RGBA" in line
    done = CliRunner().invoke(plan, [*given, "--skip-bad"], catch_exceptions=False)
    [line] = [line for line in done.stderr.splitlines() if line.startswith("Left out: ")]
    assert line.startswith(f"Left out: 7 pictures ({partly_opaque}/photo0.png, ")
