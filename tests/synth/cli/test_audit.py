"""`bgfg audit` as a person and as a program call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.cli.audit import audit
from bgfg.synth.store.lock import results_folder
from tests.data_manifests.audit.test_tree import touch


def run(*arguments: object) -> Result:
    return CliRunner().invoke(audit, [str(argument) for argument in arguments])


def test_a_table_for_people_and_exit_code_1_for_errors(tmp_path: Path) -> None:
    touch(tmp_path, "bg_fg/bg001_fg001_001.jpeg", "bg_fg/bg001_fg001_002.jpeg", "mask/bg001_fg001_001_mask.png")
    done = run(tmp_path)
    assert done.exit_code == 1
    assert done.stdout.splitlines()[0].split() == [
        "error", "missing-mask", "bg_fg/bg001_fg001_002.jpeg:", "a", "composite", "without", "its", "composite", "mask",
    ]  # fmt: skip
    assert done.stdout.splitlines()[-1].startswith("1 error, 0 warnings,")


def test_warnings_are_no_failure(tmp_path: Path) -> None:
    done = run(touch(tmp_path, "bg/bg1.jpeg"))
    assert done.exit_code == 0
    assert "1 warning," in done.stdout


def test_json_alone_and_whole(tmp_path: Path) -> None:
    touch(tmp_path, *(f"bg_fg/bg001_fg001_{k:03d}.jpeg" for k in range(1, 31)), "mask/bg001_fg001_001_mask.png")
    done = run(tmp_path, "--json")
    assert done.exit_code == 1
    content = json.loads(done.stdout)
    assert content["what"] == "folder"
    assert content["counts"]["error"] == 29
    assert sum(finding["check"] == "missing-mask" for finding in content["findings"]) == 29


def test_a_corpus_is_told_from_a_folder(planned: Path) -> None:
    done = run(planned)
    assert done.exit_code == 1
    assert "shards aren't made" in done.stdout
    assert "bgfg compose" in done.stdout


def test_names_are_fixed_in_a_copy(tmp_path: Path) -> None:
    root = touch(tmp_path / "tree", "bg/bg1.jpeg", "bg/bg002.jpeg")
    done = run(root, "--fix-names", tmp_path / "out")
    assert (done.exit_code, done.stderr) == (0, f"{tmp_path / 'out' / 'renames.csv'}: 1 of 1 can be renamed\n")
    assert not (tmp_path / "out/renamed").exists()
    assert run(root, "--fix-names", tmp_path / "out", "--apply").exit_code == 0
    assert sorted(path.name for path in (tmp_path / "out/renamed/bg").iterdir()) == ["bg001.jpeg", "bg002.jpeg"]


def test_where_no_name_needs_to_be_mended_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run(tmp_path / "empty", "--fix-names", tmp_path / "out", "--apply")
    assert "no name needs to be mended: nothing is written" in done.stderr
    assert not (tmp_path / "out").exists()


def test_wrong_calls_are_one_line(tmp_path: Path, planned: Path) -> None:
    done = run(tmp_path, "--apply")
    assert done.exit_code == 2
    assert "--apply goes with --fix-names OUT" in done.stderr
    assert isinstance(run(planned, "--fix-names", tmp_path / "out").exception, Problem)
    with pytest.raises(Problem, match="no such folder"):
        CliRunner().invoke(audit, [str(tmp_path / "nothing")], catch_exceptions=False)


def test_two_copies_under_new_names_are_not_made_in_one_folder(tmp_path: Path) -> None:
    root = touch(tmp_path / "tree", "bg/bg1.jpeg", "bg/bg002.jpeg")
    with results_folder(tmp_path / "out"):
        refused = run(root, "--fix-names", tmp_path / "out", "--apply")
    assert isinstance(refused.exception, Problem)
    assert "is writing to this folder" in str(refused.exception)
    assert not (tmp_path / "out/renamed").exists()
