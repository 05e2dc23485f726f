"""An export makes the same bytes by any executor, after any death; a full disk is one line; nothing is there by half.

Real processes, real signals, a real small file system.
"""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest
from click.testing import CliRunner

from bgfg.data_manifests.corpus.selection import Selection
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.cli.export import export
from bgfg.synth.compose.executor import Executor
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.export.atomic_writer import AtomicWriter
from bgfg.synth.export.format import ExportJob
from bgfg.synth.export.forms import registry
from bgfg.synth.export.forms.registry import EXPORT_FORMATS
from bgfg.synth.export.part import ExportPart
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from tests.support import references
from tests.support.executors import IN_PROCESS
from tests.support.full_disk import mounted_disk

KILLED = ("folder", "hdf5")  # files with names of their own; pieces of one file


def hashes(out: Path) -> dict[str, str]:
    files = [path for path in out.rglob("*") if path.is_file()]
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of 2,400 samples without depth: parts of some 100 ms, enough of them to be in the middle of one."""
    folder = tmp_path_factory.mktemp("big")
    for kind in ("bg", "fg"):
        (folder / kind).mkdir()
    for number in range(10):
        cv2.imwrite(str(folder / f"bg/{number}.png"), references.picture(48, 64, number))
    for number in range(6):
        cv2.imwrite(str(folder / f"fg/{number}.png"), references.cutout(24, 18, number))
    plan_corpus(folder / "corpus", PlanOptions(folder / "bg", folder / "fg", None, 0.001, 48, 64, 24, 20), False, 2)
    compose_corpus(folder / "corpus", Executor(1, "threading"))
    return folder / "corpus"


@pytest.fixture(scope="module")
def undisturbed(big: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, str]]:
    """The files of an export that nothing disturbed, made in this process by one worker."""
    found: dict[str, dict[str, str]] = {}

    def export(export_format: str) -> dict[str, str]:
        if export_format not in found:
            out = tmp_path_factory.mktemp(export_format) / "out"
            export_corpus(big, out, ExportRequest(export_format, Selection()), Executor(1, "threading"))
            found[export_format] = hashes(out)
        return found[export_format]

    return export


def start_export(corpus: Path, out: Path, export_format: str, workers: int = 2) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bgfg", "export", str(corpus), str(out), "--as", export_format, "--depth", "none"]
    command += ["--workers", str(workers)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def wait_for_middle(out: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a part is done while others are in the middle."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if list(out.glob(".partial/done/[0-9]*.json")) and list(out.glob(".partial/part-*/file")):
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.001)
    pytest.fail("the export never got to the middle")


def finish(process: subprocess.Popen[str]) -> list[str]:
    _, stderr = process.communicate(timeout=60)
    return [line for line in stderr.splitlines() if line and not line.startswith(("export: ", "checking "))]


def assert_nothing_is_there_by_half(out: Path, undisturbed: dict[str, str]) -> None:
    """Whatever has a final name already has its final bytes, but for the manifest, which says it isn't complete."""
    there = {name: sha for name, sha in hashes(out).items() if not name.startswith(".")}
    assert json.loads((out / "export.json").read_text())["complete"] is False
    del there["export.json"]
    assert {name: undisturbed[name] for name in there} == there


def assert_goes_on(corpus: Path, out: Path, export_format: str, undisturbed: dict[str, str]) -> None:
    export_corpus(corpus, out, ExportRequest(export_format, Selection()), Executor(2, "threading"))
    assert hashes(out) == undisturbed


@pytest.mark.parametrize("export_format", KILLED)
def test_killed_in_the_middle_it_goes_on_to_the_same_bytes(
    big: Path, tmp_path: Path, export_format: str, undisturbed: Callable[[str], dict[str, str]]
) -> None:
    out = tmp_path / "out"
    process = start_export(big, out, export_format)
    wait_for_middle(out, process)
    process.kill()
    process.communicate()
    assert_nothing_is_there_by_half(out, undisturbed(export_format))
    done = {path: path.stat().st_mtime_ns for path in out.glob(".partial/done/[0-9]*.json")}
    assert done
    assert_goes_on(big, out, export_format, undisturbed(export_format))


def test_stopping_is_one_line(big: Path, tmp_path: Path) -> None:
    process = start_export(big, tmp_path / "out", "zips")
    wait_for_middle(tmp_path / "out", process)
    process.send_signal(signal.SIGINT)
    assert finish(process) == ["Error: stopped; what is finished is kept, run the same command again to go on"]
    assert process.returncode == 130


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted_disk(tmp_path / "disk", "3m") as disk:
        yield disk


@pytest.mark.parametrize(
    ("export_format", "workers"),
    [("parquet", 1), *(pytest.param(form, 2, marks=pytest.mark.slow) for form in ("folder", "parquet"))],
)
def test_a_full_disk_is_one_line_and_leaves_nothing_by_half(
    big: Path, small_disk: Path, export_format: str, workers: int, undisturbed: Callable[[str], dict[str, str]]
) -> None:
    process = start_export(big, small_disk / "out", export_format, workers)
    lines = finish(process)
    assert process.returncode == 1
    assert len(lines) == 1, lines
    assert "No space left on device" in lines[0]
    assert_nothing_is_there_by_half(small_disk / "out", undisturbed(export_format))
    subprocess.run(["mount", "-o", "remount,size=90m", str(small_disk)], check=True)
    assert_goes_on(big, small_disk / "out", export_format, undisturbed(export_format))


@pytest.mark.parametrize("export_format", [name for name in EXPORT_FORMATS if name != "coco"])
def test_any_executor_makes_the_same_bytes(
    labelled: Path, tmp_path: Path, export_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        registry.EXPORT_FORMATS, export_format, replace(EXPORT_FORMATS[export_format], samples_per_part=20)
    )
    for workers in (1, 3):
        request = ExportRequest(export_format, Selection(), depth_bits=16)
        export_corpus(labelled, tmp_path / str(workers), request, Executor(workers, "threading"))
    assert hashes(tmp_path / "1") == hashes(tmp_path / "3")


def test_a_complete_export_is_left_alone(labelled: Path, tmp_path: Path) -> None:
    request = ExportRequest("zips", Selection(), depth_bits=8)
    first = export_corpus(labelled, tmp_path / "out", request, IN_PROCESS)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    second = export_corpus(labelled, tmp_path / "out", request, IN_PROCESS)
    assert second == replace(first, unchanged=True)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()} == times
    with pytest.raises(Problem, match=r"different: --quality 80 \(was 95\)"):
        export_corpus(labelled, tmp_path / "out", replace(request, quality=80), IN_PROCESS)


@pytest.mark.parametrize("damage", ["emptied", "missing", "no sums"])
def test_a_complete_export_that_lost_files_is_written_again(labelled: Path, tmp_path: Path, damage: str) -> None:
    out, request = tmp_path / "out", ExportRequest("coco", Selection(), depth_bits=8)
    first = export_corpus(labelled, out, request, IN_PROCESS)
    undisturbed = hashes(out)
    lost = out / "SHA256SUMS" if damage == "no sums" else next((out / "images/train").iterdir())
    lost.unlink()
    if damage == "emptied":
        lost.touch()
    second = export_corpus(labelled, out, request, IN_PROCESS)
    assert second == replace(first, notes=("files were missing or had other sizes: all were written again",))
    assert hashes(out) == undisturbed


@pytest.mark.parametrize("export_format", ["coco", "zips"])
def test_after_a_power_cut_what_is_missing_is_made_again(
    labelled: Path, tmp_path: Path, export_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one group the mark is torn, whose segments are gone; of another a segment is empty."""
    small = replace(EXPORT_FORMATS[export_format], samples_per_part=20)
    if export_format == "zips":
        small = replace(small, samples_per_pack=40)
    monkeypatch.setitem(registry.EXPORT_FORMATS, export_format, small)
    request = ExportRequest(export_format, Selection(), depth_bits=8)
    export_corpus(labelled, tmp_path / "undisturbed", request, IN_PROCESS)
    out, made = tmp_path / "out", []

    def stop(job: ExportJob, group: str, *rest: Any) -> None:
        made.append(group)
        assert small.assemble is not None
        small.assemble(job, group, *rest)
        if len(made) == 2:
            segments = sorted(job.manifest.segments.iterdir())
            segments[0].write_bytes(b"")
            (job.manifest.partial / f"done/{made[0]}.json").write_text("[")
            raise Problem("the power went")

    monkeypatch.setitem(registry.EXPORT_FORMATS, export_format, replace(small, assemble=stop))
    with pytest.raises(Problem, match="the power went"):
        export_corpus(labelled, out, request, IN_PROCESS)
    monkeypatch.setitem(registry.EXPORT_FORMATS, export_format, small)
    export_corpus(labelled, out, request, IN_PROCESS)
    assert hashes(out) == hashes(tmp_path / "undisturbed")


def test_export_json_says_what_was_written(labelled: Path, tmp_path: Path) -> None:
    export_corpus(
        labelled, tmp_path / "out", ExportRequest("folder", Selection(("val", "test")), depth_bits=8), IN_PROCESS
    )
    content = json.loads((tmp_path / "out/export.json").read_text())
    assert content["asked"]["split"] == ["val", "test"]
    assert content["corpus"]["digest"] == json.loads((labelled / "manifest/corpus.json").read_text())["digest"]
    assert content["samples"] == sum(content["splits"].values()) == content["written"]["image"]["files"]
    assert content["depth"] | {"meaning": ""} == {"bits": 8, "scale_m": 10 / 255, "unknown": 0, "meaning": ""}
    for kind in ("image", "mask", "depth"):
        folder = tmp_path / "out" / {"image": "bg_fg", "mask": "bg_fg_mask", "depth": "bg_fg_depth"}[kind]
        assert content["written"][kind]["bytes"] == sum(path.stat().st_size for path in folder.iterdir())


@pytest.mark.parametrize(
    ("words", "is_told"),
    [("coco", True), ("coco --segmentation rle", True), ("yolo", True), ("yolo --boxes", False), ("webdataset", False)],
)
def test_soft_edges_that_a_form_loses_are_told_once(labelled: Path, tmp_path: Path, words: str, is_told: bool) -> None:
    given = [str(labelled), str(tmp_path / "out"), "--samples", "0:4", "--as", *words.split(), "--workers", "1"]
    said = [CliRunner().invoke(export, given).stderr.count("Note: soft edges of masks are lost") for _ in range(2)]
    assert said == [is_told, 0]


def test_without_labels_depth_is_left_out_with_a_note(composed: Path, tmp_path: Path) -> None:
    done = export_corpus(composed, tmp_path / "out", ExportRequest("folder", Selection(), depth_bits=8), IN_PROCESS)
    assert len(done.notes) == 1
    assert done.notes[0].startswith("no depth maps: the corpus isn't labelled; run `bgfg label ")
    assert not (tmp_path / "out/bg_fg_depth").exists()
    assert json.loads((tmp_path / "out/export.json").read_text())["depth"] is None


def test_what_is_not_composed_or_not_wholly_labelled_is_refused_with_the_command(
    planned: Path, labelled: Path, copy_of: Callable[[Path], Path], tmp_path: Path
) -> None:
    request = ExportRequest("folder", Selection(samples=(0, 20)), depth_bits=8)
    with pytest.raises(Problem, match=r"shard 0 of image is not done: run `bgfg compose "):
        export_corpus(planned, tmp_path / "out", request, IN_PROCESS)
    corpus = copy_of(labelled)
    (corpus / "done/depth/1.json").unlink()
    with pytest.raises(Problem, match=r"shard 1 of depth is not done: run `bgfg label "):
        export_corpus(corpus, tmp_path / "out", request, IN_PROCESS)
    assert not (tmp_path / "out").exists()
    export_corpus(corpus, tmp_path / "out", replace(request, selection=Selection(samples=(0, 16))), IN_PROCESS)


def test_options_of_the_command_become_the_request(labelled: Path, tmp_path: Path) -> None:
    words = [str(labelled), str(tmp_path / "out"), "--as", "webdataset"]
    options = ["--samples", "3:40", "--where", "flipped=true", "--where", "placement!=0", "--grey", "--image", "png"]
    options += ["--depth-member", "npy"]
    done = CliRunner().invoke(export, [*words, *options, "--workers", "1"])
    assert "samples in" in done.stdout, done
    asked = json.loads((tmp_path / "out/export.json").read_text())["asked"]
    assert asked == {
        "as": "webdataset", "split": [], "samples": [3, 40], "where": ["flipped=true", "placement!=0"], "image": "png",
        "quality": 95, "grey": True, "depth_bits": 16, "licence": None, "depth_member": "npy",
        "normals": False, "fov_deg": None,
    }  # fmt: skip


@pytest.mark.parametrize("how", ["replaced", "being installed", "labelled anew"])
def test_a_corpus_that_changes_meanwhile_is_one_line_and_nothing_is_called_done(
    labelled: Path, copy_of: Callable[[Path], Path], tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, out, small = copy_of(labelled), tmp_path / "out", EXPORT_FORMATS["folder"]
    manifest = Corpus(corpus).manifest

    def write(job: ExportJob, part: ExportPart, writer: AtomicWriter) -> None:
        small.write(job, part, writer)
        match how:
            case "replaced":
                Corpus(corpus).save_manifest(replace(manifest, digest="0" * 64))
            case "being installed":
                (corpus / "manifest").rename(corpus / "old")
            case "labelled anew":
                Corpus(corpus).save_manifest(replace(manifest, teacher=dict(manifest.teacher or {}) | {"version": "0"}))

    monkeypatch.setitem(registry.EXPORT_FORMATS, "folder", replace(small, write=write))
    request = ExportRequest("folder", Selection(), depth_bits=8)
    with pytest.raises(Problem, match="planned or labelled anew while it was read") as caught:
        export_corpus(corpus, out, request, IN_PROCESS)
    assert len(caught.value.lines) == 1
    assert [path.name for path in (out / ".partial/done").iterdir()] == ["assets.json"]
    if how == "labelled anew":  # which an export without depth doesn't mind
        export_corpus(corpus, tmp_path / "plain", replace(request, depth_bits=None), IN_PROCESS)
