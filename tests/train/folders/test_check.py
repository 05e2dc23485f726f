"""`bgfg check-data`: layouts, values, what is broken, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.cli.check_data import check_data
from bgfg.train.cli.folder_options import FOLDER_SETTINGS
from bgfg.train.engine.launch import open_data
from bgfg.train.folders.check import check_folder
from bgfg.train.folders.discovery import ImageMaskPair
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.folders.scan import PairScan
from bgfg.train.folders.settings import SETTING_NAMES
from tests.support.paired_folders import make_aisegment, make_pets, make_plain, save
from tests.support.project import ROOT

PORTRAITS = ROOT.parent / "shared" / "portraits"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(check_data, [*map(str, arguments)], catch_exceptions=True)


def test_a_sound_folder_is_described_and_exits_with_0(tmp_path: Path) -> None:
    done = call(make_plain(tmp_path, 10))
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[:2] == [
        "layout        images and masks matched by name",
        "pairs         10, 0 left out, of 10 groups that stay together",
    ]
    assert lines[2:4] == [
        "groups        by names and looks, each pair by itself (--groups names|none for others)",
        "split         8 train, 1 val, 1 test",
    ]
    assert "read as       binary: 0 background, 255 mask" in lines
    assert "to be learnt  --targets mask or --targets matte" in lines
    assert lines[-1] == "0 errors, 0 warnings, 0 notes"


def test_what_was_read_is_kept_for_a_run_to_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, run = make_plain(tmp_path / "data", 10), tmp_path / "runs/first"
    said = call(data, "--keep", run).stdout
    assert [path.name for path in run.iterdir()] == ["scans.json"]

    def scan(root: Path, pair: ImageMaskPair, *rest: Any) -> PairScan:
        raise AssertionError(f"{pair.mask} is read again")

    monkeypatch.setattr("bgfg.train.folders.scan.scan_pair", scan)
    assert isinstance(open_data(str(data), {}, run), ImageMaskFolder)
    assert call(data, "--keep", run).stdout == said


def test_pets_and_aisegment_are_named_with_their_shares(tmp_path: Path) -> None:
    pets = check_folder(make_pets(tmp_path / "pets"), {}).content()
    assert pets["layout"] == "pets"
    assert pets["shares"].keys() == {"pet", "background", "outline"}
    assert sum(pets["shares"].values()) == pytest.approx(1)
    assert pets["values"].keys() == {"1", "2", "3"}
    mattes = check_folder(make_aisegment(tmp_path / "mattes"), {}).content()
    assert (mattes["layout"], mattes["groups"], mattes["targets"]) == ("aisegment", 5, ["matte", "mask"])
    assert mattes["how"].startswith("alpha channel, soft")


def test_all_that_is_wrong_is_said_with_exit_code_1(tmp_path: Path) -> None:
    make_plain(tmp_path, 10)
    (tmp_path / "images/1.png").write_bytes(b"")
    (tmp_path / "masks/2.png").unlink()
    save(np.zeros((13, 40), np.uint8), tmp_path / "masks/3.png")
    save(np.zeros((13, 17), np.uint8), tmp_path / "masks/4.png")
    (tmp_path / "images/5.png").write_bytes((tmp_path / "images/6.png").read_bytes())
    done = call(tmp_path, "--json", "--val", 2, "--test", 2)
    assert done.exit_code == 1
    content = json.loads(done.stdout)
    assert (content["pairs"], content["left_out"]) == (7, 2)
    found = {(finding["severity"], finding["check"], finding["path"]) for finding in content["findings"]}
    assert found >= {
        ("error", "broken", "images/1.png"), ("warning", "orphan-image", "images/2.png"),
        ("error", "other-shape", "masks/3.png"), ("warning", "one-value", "masks/4.png"),
    }  # fmt: skip
    assert call(tmp_path).exit_code == 1


def test_the_same_image_in_two_splits_is_warned_of(tmp_path: Path) -> None:
    for split in ("train", "test"):
        make_plain(tmp_path / split, 2)
    assert ("warning", "same-image") in {(f.severity, f.check) for f in check_folder(tmp_path, {}).findings}


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["none"], "none: no such folder: give a folder of images and masks"),
        (["{}", "--split", "80/10"], "--split 80/10: give train/val/test in per cent"),
        (["{}", "--split", "80/10/10", "--val", "2"], "--split, --val, --test: give shares, or counts"),
        (["{}", "--val", "-3"], "--val -3: give 0 or more"),
        (["{}", "--val", "many"], "Invalid value for '--val': 'many' is not a valid integer."),
        (["{}", "--outline", "cat"], "Invalid value for '--outline': 'cat' is not one of"),
        (["{}", "--outline", "pet"], "--outline pet: {} has no trimaps"),
        (["{}", "--masks", "blue"], "Invalid value for '--masks': 'blue' is not one of"),
        (["{}/images"], "{}/images: holds 4 pictures and no image with a mask"),
        ([], "Missing argument 'FOLDER'."),
    ],
)
def test_a_wrong_call_is_one_clear_line(tmp_path: Path, arguments: list[str], line: str) -> None:
    make_plain(tmp_path, 4)
    given = [argument.format(tmp_path) for argument in arguments]
    with pytest.raises((Problem, click.UsageError)) as caught:
        check_data.main(given, standalone_mode=False)
    error: Any = caught.value
    said = list(error.lines) if isinstance(error, Problem) else [error.format_message()]
    assert len(said) == 1
    assert said[0].startswith(line.format(tmp_path))
    assert error.exit_code == 2


def test_the_options_are_the_settings_and_help_imports_no_torch() -> None:
    assert FOLDER_SETTINGS == SETTING_NAMES
    assert {parameter.name for parameter in check_data.params} == {"folder", "run", "as_json", *SETTING_NAMES}
    code = (
        "import sys; sys.modules['torch'] = None; import bgfg.train.cli.check_data as c; c.check_data.main(['--help'])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Example: bgfg check-data photos" in done.stdout
    assert "www.robots.ox.ac.uk" in done.stdout


@pytest.mark.skipif(not PORTRAITS.is_dir(), reason="../shared/portraits is not there")
def test_the_portraits_are_twenty_sound_pairs_some_with_masks_of_another_size() -> None:
    found = check_folder(PORTRAITS, {"val": 0, "test": 4})
    content = found.content()
    assert (content["pairs"], content["left_out"]) == (20, 0)
    assert content["split"] == {"train": 16, "val": 0, "test": 4}
    assert sum(finding.check == "other-size" for finding in found.findings) == 14
    (line,) = (finding for finding in found.folded_findings() if finding.check == "other-size")
    assert line.message.endswith("(14 such: masks/121.png, masks/136.png, masks/151.png and 11 more)")


@pytest.mark.parametrize(("clips", "empty"), [(1, "val and test"), (2, "val")])
def test_splits_that_clips_leave_empty_are_one_note_whose_advice_works(tmp_path: Path, clips: int, empty: str) -> None:
    make_aisegment(tmp_path, clips)
    [finding] = (each for each in check_folder(tmp_path, {}).findings if each.check == "empty-split")
    assert (finding.severity, finding.path) == ("note", empty)
    assert "--groups none splits them one by one" in finding.message
    followed = check_folder(tmp_path, {"groups": "none", "val": 1, "test": 1})
    assert followed.content()["split"] == {"train": 3 * clips - 2, "val": 1, "test": 1}
