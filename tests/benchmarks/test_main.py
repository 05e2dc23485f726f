"""The benchmarks measure what they say, and run through; no speed is held to anything here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.store import Corpus

from benchmarks import peers
from benchmarks.inputs import made_up_depth
from benchmarks.machine import describe, file_system
from benchmarks.nearer import beside_ratio
from benchmarks.peers import WRITERS, FileJob, decoded_blocks, picture_path, spread_blocks, write_files
from benchmarks.read import JPEG_READERS, READERS, ReadJob
from benchmarks.table import Row, Section, as_json, markdown
from benchmarks.timing import ROOT, Spread, interleaved, timed_process
from tests.support import references


def test_contestants_take_turns_and_each_keeps_its_values() -> None:
    turns: list[str] = []

    def contestant(name: str) -> float:
        turns.append(name)
        return float(len(turns))

    values = interleaved({"a": lambda: contestant("a"), "b": lambda: contestant("b")}, repeats=3)
    assert "".join(turns) == "ababab"
    assert values == {"a": (1, 3, 5), "b": (2, 4, 6)}


def test_a_failing_command_is_named_with_its_last_line() -> None:
    with pytest.raises(Problem, match=r"-c import sys; sys.exit.*: too bad"):
        timed_process(sys.executable, "-c", "import sys; sys.exit('too bad')")


def test_a_ratio_is_the_median_of_those_of_the_same_turn(tmp_path: Path) -> None:
    row = Row("job", "us", "samples/s", (10.0, 40.0, 90.0), {"them": (10.0, 10.0, 30.0)}, 123.4)
    machine, sections = describe(tmp_path), [Section((row,), ("noted",))]
    assert "| job | us | 40 (10–90) samples/s | 3.00 (1.00–4.00) × them | 123 |" in markdown(machine, sections)
    assert as_json(machine, sections)["rows"][0]["against"]["them"]["ratio"] == {"median": 3, "least": 1, "most": 4}
    assert Spread.of([4.0, 1.0, 2.0]) == Spread(2, 1, 4)


def test_the_disk_is_that_of_the_deepest_mount() -> None:
    mounts = [("a", "/", "ext4"), ("b", "/tmp", "tmpfs"), ("c", "/tmp/x/y", "xfs")]
    assert [file_system(Path(p), mounts) for p in ("/home", "/tmpfile", "/tmp/x", "/tmp/x/y/z")] == [
        "ext4", "ext4", "tmpfs", "xfs"
    ]  # fmt: skip


def test_made_up_depth_is_millimetres_of_a_room() -> None:
    depth_mm = made_up_depth(13, 17, seed=1)
    assert depth_mm.shape == (13, 17)
    assert depth_mm.dtype == np.uint16
    assert 700 < depth_mm.min() < 2_000 < 4_000 < depth_mm.max() < 9_000


def test_the_peers_blocks_are_distinct_and_never_too_many(composed: Path) -> None:
    corpus = Corpus(composed)
    assert len(set(spread_blocks(corpus, 17))) == 5
    assert spread_blocks(corpus, 10**6) == tuple(range(len(corpus) // corpus.geometry.placements))


@pytest.mark.parametrize("writer", WRITERS)
def test_the_peers_make_the_very_samples_of_the_corpus(
    composed: Path, tmp_path: Path, writer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "QUALITY", 100)
    corpus, numbers = Corpus(composed), (1, 2, 7)
    for kind in ("image", "mask"):
        (tmp_path / kind).mkdir()
    for _ in WRITERS[writer](decoded_blocks(corpus, numbers), tmp_path):
        pass
    K = corpus.geometry.placements
    for sample in (number * K + k for number in numbers for k in range(K)):
        image = cv2.imread(str(picture_path(tmp_path, "image", sample)), cv2.IMREAD_GRAYSCALE)
        suffix = "png" if writer == "PIL loop" else "jpeg"
        mask = cv2.imread(str(picture_path(tmp_path, "mask", sample, suffix)), cv2.IMREAD_UNCHANGED)
        true = corpus[sample]
        assert image is not None
        assert mask is not None
        assert np.abs(mask.astype(int) - true.mask).max() <= 3
        luma = cv2.cvtColor(true.image, cv2.COLOR_RGB2GRAY)  # chroma is subsampled
        assert np.abs(image.astype(int) - luma).mean() < 4


def test_every_reader_gives_the_same_blocks(composed: Path, tmp_path: Path) -> None:
    corpus = Corpus(composed)
    job = ReadJob(composed, (0, 5, 11), tmp_path / "jpegs")
    write_files(FileJob(composed, job.numbers, job.jpegs, "PIL loop"), workers=2)
    K = corpus.geometry.placements
    for name, reader in READERS.items():
        read = reader(job)
        for number in job.numbers:
            block, true = read(number), corpus.array("image")[number * K : (number + 1) * K]
            assert block.shape == true.shape
            assert block.dtype == np.uint8
            assert block.flags.c_contiguous
            if name in JPEG_READERS:
                assert np.abs(block.astype(int).mean((1, 2)) - true.mean((1, 2))).max() < 12, name
            else:
                np.testing.assert_array_equal(block, true, err_msg=name)


def test_quick_measures_every_job_and_leaves_nothing_behind(tmp_path: Path) -> None:
    for folder in ("bg", "fg", "work"):
        (tmp_path / folder).mkdir()
    for number in range(2):
        cv2.imwrite(str(tmp_path / f"bg/{number}.png"), references.picture(41, 37, number))
        cutout = cv2.cvtColor(references.cutout(23, 11, number), cv2.COLOR_RGBA2BGRA)
        cv2.imwrite(str(tmp_path / f"fg/{number}.png"), cutout)
    options = ["--bg", tmp_path / "bg", "--fg", tmp_path / "fg", "--work", tmp_path / "work"]
    limits = ["--quick", "--repeats", 1, "--workers", 1, "--only", "compose,read,commands"]
    command = [sys.executable, "-m", "benchmarks", *options, *limits, "--json", tmp_path / "results.json"]
    done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "work").iterdir()) == []
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    expected = {"bgfg compose", "bgfg label", *WRITERS, *READERS, "bgfg --help", "bgfg plan"}
    assert expected < {row["contestant"] for row in rows}
    for row in rows:
        assert min(row["values"]) > 0
        assert f"| {row['job']} | {row['contestant']} |" in done.stdout
        assert row["bytes_per_sample"] is None or row["bytes_per_sample"] > 0
        assert all(against["ratio"]["least"] > 0 for against in row["against"].values())


def test_what_cannot_be_measured_is_refused_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "bg").mkdir()
    for options, said in ((["--bg", str(tmp_path / "bg")], "go together"), (["--only", "dreams"], "'dreams'")):
        command = [sys.executable, "-m", "benchmarks", "--quick", *options]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert said in done.stderr


def test_people_are_compared_with_what_is_beside_them_row_by_row() -> None:
    depth_m = np.repeat(np.linspace(9, 1, 26)[:, None], 34, axis=1)  # a floor that recedes
    mask = np.zeros((52, 68), np.uint8)
    mask[11:40, 30:41] = 255
    assert beside_ratio(depth_m, mask) == pytest.approx(1)
    on = cv2.resize(mask, (34, 26), interpolation=cv2.INTER_AREA) >= 128
    assert beside_ratio(np.where(on, 0.6 * depth_m, depth_m), mask) == pytest.approx(0.6)
    assert beside_ratio(np.where(on, 1.5 * depth_m, depth_m), mask) == pytest.approx(1.5)
    assert np.isnan(beside_ratio(depth_m, np.full((52, 68), 255, np.uint8)))


def test_the_share_of_people_before_what_is_beside_them_is_told(labelled: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.nearer", labelled, "--samples", "9"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    shares = (
        r"of 9 samples people are nearer than what is beside them in \d+%, farther in \d+%; .* median \d\.\d\d, .*\n"
    )
    assert re.fullmatch(shares, told)
