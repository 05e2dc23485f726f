"""`bgfg plan --extend`: what it prints, what it refuses, and what the other commands say meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from bgfg.data_manifests.cli.show import show
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.cli.label import label
from bgfg.synth.cli.compose import compose
from bgfg.synth.cli.plan import plan
from bgfg.synth.cli.status import status
from bgfg.synth.verify.audit import audit_path
from tests.support.executors import IN_PROCESS
from tests.support.tiny_corpus import B, C, H, K, W

N = B * 2 * C * K
Copy = Callable[[Path], Path]


def run(command: object, *words: object) -> str:
    done = CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=False)  # type: ignore[arg-type]
    assert done.exit_code == 0
    return done.output


def test_it_says_what_is_added_and_what_to_do(copy_of: Copy, labelled: Path, more: Path, sources: Path) -> None:
    path = copy_of(labelled)
    given = ("--bg", more / "bg", "--bg-depth", more / "depth", "--workers", 1)
    said = run(plan, path, "--extend", *given)
    assert f"{path}: extended by 2 backgrounds: 32 samples more, from {N} on\n" in said
    assert "Then 5 backgrounds x 2 cut-outs x 2 (flips) x 4 placements = 80 samples of 17x13\n" in said
    assert f"Next: `bgfg compose {path}`, then `bgfg label {path}`; until all of it is made, the corpus is read" in said
    assert "already planned: extended by" in run(plan, path, "--extend", *given)
    assert "nothing to add: it has these pictures already" in run(plan, path, "--extend", "--fg", sources / "fg")


def test_other_commands_say_what_is_being_added(copy_of: Copy, labelled: Path, more: Path) -> None:
    path = copy_of(labelled)
    assert [entry["being_added"] for entry in json.loads(run(status, path, "--json"))] == [False] * 3
    run(plan, path, "--extend", "--fg", more / "fg", "--workers", 1)
    assert "\nbeing added, and not read before all of it is made: 1 cut-out\n" in run(status, path)
    entries = json.loads(run(status, path, "--json"))
    assert [(e["array"], e["being_added"], e["samples_left"]) for e in entries if e["array"] == "image"] == [
        ("image", False, 0), ("image", True, B * 2 * K)
    ]  # fmt: skip
    assert "being added" in run(show, path)
    assert json.loads(run(show, path, "--json"))["being_added"] == "1 cut-out"
    findings = audit_path(path, IN_PROCESS).findings
    adding = [finding for finding in findings if finding.path.startswith("parts")]
    assert [finding.check for finding in adding] == ["being-extended"]
    assert adding[0].message.endswith(f"run `bgfg compose {path}`, then `bgfg label {path}`")
    assert not [finding for finding in findings if finding.severity == "error"]
    said = run(compose, path, "--workers", 1)
    assert f"extended by 1 cut-out, not read before all of it has depth too: run `bgfg label {path}`" in said
    left = next(each for each in audit_path(path, IN_PROCESS).findings if each.check == "being-extended")
    assert left.message.endswith(f"run `bgfg label {path}`")
    with pytest.raises(Problem, match=f"already: run `bgfg label {path}` to make them"):
        run(plan, path, "--extend", "--bg", more / "bg", "--bg-depth", more / "depth", "--workers", 1)


def test_depth_alone_isnt_all_that_is_new(copy_of: Copy, labelled: Path, more: Path) -> None:
    path = copy_of(labelled)
    run(plan, path, "--extend", "--fg", more / "fg", "--workers", 1)
    said = run(label, path, "--workers", 1)
    assert f"extended by 1 cut-out, not read before all of it is composed too: run `bgfg compose {path}`" in said
    assert "not read before" not in run(compose, path, "--workers", 1)


@pytest.mark.parametrize(
    "words",
    [
        ("--seed", "1"),
        ("--split", "98/1/1"),
        ("--cutouts-per-sample", "2"),
        ("--fov-deg", "60"),
        ("--scale", "0.5..1.5"),
        ("--fov-deg", "60", "--placements", "3"),
    ],
)
def test_what_a_corpus_was_planned_with_isnt_asked_anew(labelled: Path, more: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(Problem, match="an extension has what the corpus was planned with: leave ") as told:
        run(plan, labelled, "--extend", "--fg", more / "fg", *words)
    for option, value in zip(words[::2], words[1::2], strict=True):
        assert f"{option} {value} (is " in str(told.value)


def test_an_extension_takes_the_options_that_the_corpus_was_planned_with(
    copy_of: Copy, labelled: Path, more: Path
) -> None:
    same = ("--size", f"{W}x{H}", "--placements", K, "--seed", 0, "--scale", "1.0", "--cutouts-per-sample", 1)
    given = ("--fg", more / "fg", "--workers", 1)
    assert "extended by 1 cut-out" in run(plan, copy_of(labelled), "--extend", *given, *same)


def test_without_extend_both_folders_are_needed(tmp_path: Path, more: Path) -> None:
    done = CliRunner().invoke(plan, [str(tmp_path / "c"), "--bg", str(more / "bg")])
    assert (done.exit_code, "Missing option '--fg'" in done.output) == (2, True)
