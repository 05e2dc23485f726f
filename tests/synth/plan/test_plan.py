"""Plans on disk."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Advance
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.drawing import Drawing
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.lock import writer_folder
from bgfg.synth.verify.verify_plan import find_plan_problems
from tests.support import references
from tests.support.executors import IN_PROCESS
from tests.support.killed import tree
from tests.support.tiny_corpus import CUTOUT_HEIGHT, B, C, H, K, W


def test_the_tables_have_a_row_for_everything(planned: Path) -> None:
    assets = pq.read_table(planned / "manifest/assets.parquet").to_pylist()
    assert [(a["kind"], a["id"], a["name"], a["flip_of"]) for a in assets] == [
        ("background", 0, "bg001.jpeg", None),
        ("background", 1, "bg002.jpeg", None),
        ("background", 2, "bg003.jpeg", None),
        ("cutout", 0, "fg001.png", None),
        ("cutout", 1, "fg001_01.png", 0),
        ("cutout", 2, "fg002.png", None),
        ("cutout", 3, "fg002_01.png", 2),
    ]
    samples = pq.read_table(planned / "manifest/samples.parquet").to_pylist()
    assert [s["sample"] for s in samples] == list(range(B * 2 * C * K))
    for s in samples:
        assert s["sample"] == (s["background"] * 2 * C + s["cutout"]) * K + s["placement"]
        assert s["flipped"] == (s["cutout"] % 2 == 1)
        assert 0 <= s["x_px"] <= W - s["width_px"]
        assert 0 <= s["y_px"] <= H - s["height_px"] == H - CUTOUT_HEIGHT
    assert samples[K]["image_name"] == "bg001_fg001_01_001.jpeg"


def test_splits_are_by_identity(planned: Path) -> None:
    assets = pq.read_table(planned / "manifest/assets.parquet").to_pylist()
    of = {(a["kind"], a["id"]): a["split"] for a in assets}
    assert {of["background", b] for b in range(B)} == {"train", "val", "test"}
    for s in pq.read_table(planned / "manifest/samples.parquet").to_pylist():
        background, cutout = of["background", s["background"]], of["cutout", s["cutout"]]
        expected = background if background == cutout else "mixed"
        assert s["split"] == ("seen" if expected == "train" and s["placement"] == K - 1 else expected)


def test_corpus_json_says_what_the_format_asks(planned: Path) -> None:
    content = json.loads((planned / "manifest/corpus.json").read_text())
    assert (content["format"], content["version"]) == ("bgfg-corpus", 1)
    assert [content[letter] for letter in "BCFKN"] == [B, C, 2 * C, K, B * 2 * C * K]
    assert content["size_px"] == [H, W]
    assert (content["cutout_height_px"], content["placement_rule"], content["seed"]) == (CUTOUT_HEIGHT, "random", 0)
    assert content["tables"].keys() == {"assets.parquet", "samples.parquet"}
    assert len(content["digest"]) == 64


def test_the_flip_is_the_mirror_within_its_own_width(planned: Path) -> None:
    cutouts = Corpus(planned).array("cutout")[:]
    sizes = [row["width_px"] for row in pq.read_table(planned / "manifest/assets.parquet").to_pylist()[B:]]
    for f in range(0, 2 * C, 2):
        width = sizes[f]
        assert np.array_equal(cutouts[f + 1, :, :width], cutouts[f, :, :width][:, ::-1])
        assert not cutouts[f : f + 2, :, width:].any()


def test_the_same_plan_again_changes_nothing(planned: Path, options: PlanOptions) -> None:
    before = {p: p.read_bytes() for p in planned.rglob("*") if p.is_file() and p.name != ".lock"}
    assert plan_corpus(planned, options, replace=False, workers=2).unchanged
    assert {p: p.read_bytes() for p in planned.rglob("*") if p.is_file() and p.name != ".lock"} == before


def test_planning_and_checking_a_plan_count_what_is_done_to_its_end(tmp_path: Path, options: PlanOptions) -> None:
    said: dict[str, tuple[int, list[int]]] = {}

    @contextmanager
    def noted(title: str, total: int, done: int) -> Iterator[Advance]:
        assert done == 0
        said[title] = total, []
        yield said[title][1].append

    plan_corpus(tmp_path / "corpus", options, False, 1, noted)
    assert {title: (total, sum(steps)) for title, (total, steps) in said.items()} == {
        "backgrounds": (B, B),
        "cut-outs": (C, C),
        "placements": (B * 2 * C * K, B * 2 * C * K),
    }
    assert len(said["placements"][1]) == B
    said.clear()
    assert not list(find_plan_problems(Corpus(tmp_path / "corpus"), Drawing(progress=noted)))
    assert sum(said["placements"][1]) == B * 2 * C * K


def test_the_digest_knows_pixels_and_positions_but_no_paths(
    tmp_path: Path, planned: Path, sources: Path, options: PlanOptions
) -> None:
    moved = Path(shutil.copytree(sources, tmp_path / "moved"))
    elsewhere = dataclasses.replace(options, bg=moved / "bg", fg=moved / "fg", bg_depth=None)
    digest = load_manifest(planned / "manifest/corpus.json").digest
    assert plan_corpus(tmp_path / "a", elsewhere, False, 1).manifest.digest == digest
    other_seed = dataclasses.replace(elsewhere, seed=1)
    assert plan_corpus(tmp_path / "b", other_seed, False, 1).manifest.digest != digest
    cv2.imwrite(str(moved / "bg/room1.png"), references.picture(H, W, 9))
    assert plan_corpus(tmp_path / "c", elsewhere, False, 1).manifest.digest != digest


def test_more_backgrounds_leave_the_samples_there_were(
    tmp_path: Path, planned: Path, sources: Path, options: PlanOptions
) -> None:
    grown = Path(shutil.copytree(sources, tmp_path / "grown"))
    cv2.imwrite(str(grown / "bg/room10.png"), references.picture(H, W, 10))
    plan_corpus(tmp_path / "corpus", dataclasses.replace(options, bg=grown / "bg", bg_depth=None), False, 1)
    columns = ["x_px", "y_px", "image_name", "visible_px"]
    before, after = (pq.read_table(path / "manifest/samples.parquet", columns=columns).to_pylist()
                     for path in (planned, tmp_path / "corpus"))  # fmt: skip
    assert after[: len(before)] == before
    assert len(after) == len(before) * 4 // 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 3}, r"--seed 3 \(was 0\)"),
        ({"split": "100/0/0"}, r"--split 100/0/0 \(was "),
        ({"placements": 2}, r"--placements 2 \(was "),
        ({"cutout_height_px": 5}, r"--cutout-height 5 \(was "),
        ({"fix_cutouts": True}, r"--fix-cutouts given \(was not given\)"),
        ({"bg_depth": None}, r"--bg-depth\)"),
        ({"depth_scale_m": 0.002}, r"--bg-depth or --depth-scale\)"),
        ({"height_px": H + 2}, rf"--size {W}x{H + 2} \(was {W}x{H}\)\)"),
    ],
)
def test_another_plan_is_refused_and_replaces_when_told(
    composed: Path, copy_of: Callable[[Path], Path], options: PlanOptions, change: dict[str, Any], said: str
) -> None:
    corpus = copy_of(composed)
    changed = dataclasses.replace(options, **change)
    with pytest.raises(Problem, match=rf"another plan \(different: .*{said}.*--replace"):
        plan_corpus(corpus, changed, replace=False, workers=1)
    assert (corpus / "done/image/0.json").exists()
    plan_corpus(corpus, changed, replace=True, workers=1)
    assert not (corpus / "done").exists()
    assert not (corpus / "data.zarr/image/c").exists()
    assert sorted(p.name for p in corpus.iterdir()) == [".lock", "data.zarr", "manifest"]


def test_where_pictures_are_new_extending_is_told_first(
    composed: Path, tmp_path: Path, sources: Path, options: PlanOptions
) -> None:
    grown = Path(shutil.copytree(sources, tmp_path / "grown"))
    folders = {"bg": grown / "bg", "fg": grown / "fg", "bg_depth": grown / "depth"}
    cv2.imwrite(str(grown / "bg/more.png"), references.picture(H, W, 10))
    shutil.copy(grown / "depth/room1.png", grown / "depth/more.png")
    more = dataclasses.replace(options, **folders)  # type: ignore[arg-type]
    with pytest.raises(Problem, match="of these pictures without 1 background: give --extend to add what is new"):
        plan_corpus(composed, more, replace=False, workers=1)
    with pytest.raises(Problem, match=r"different: --seed 3 \(was 0\), pictures of --bg\): "):
        plan_corpus(composed, dataclasses.replace(more, seed=3), replace=False, workers=1)
    (grown / "bg/room1.png").unlink()
    with pytest.raises(Problem, match=r"different: pictures of --bg\): "):
        plan_corpus(composed, more, replace=False, workers=1)


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path, options: PlanOptions) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(Problem, match=r"holds other things \(thesis.tex\)") as caught:
        plan_corpus(tmp_path, options, replace=True, workers=1)
    assert caught.value.exit_code == 2
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("replace", [False, True])
def test_folders_of_others_are_never_emptied(tmp_path: Path, options: PlanOptions, replace: bool) -> None:
    for name in ("data.zarr", "manifest", "done"):
        (tmp_path / "corpus" / name).mkdir(parents=True)
        (tmp_path / "corpus" / name / "precious.txt").write_text("x")
    with pytest.raises(Problem, match=r"holds other things \(data.zarr, done, manifest\) and no manifest/corpus.json"):
        plan_corpus(tmp_path / "corpus", options, replace, workers=1)
    assert len(list((tmp_path / "corpus").rglob("precious.txt"))) == 3


@pytest.mark.parametrize("lost", ["manifest/corpus.json", "manifest", "manifest/corpus.json cut", "a bit of it"])
@pytest.mark.parametrize("replace", [False, True])
def test_a_lost_manifest_is_written_again_by_the_same_plan_and_what_was_made_stays(
    labelled: Path, copy_of: Callable[[Path], Path], options: PlanOptions, lost: str, replace: bool
) -> None:
    corpus = copy_of(labelled)
    manifest = corpus / "manifest/corpus.json"
    if lost == "manifest":
        shutil.rmtree(corpus / lost)
    elif lost == "manifest/corpus.json":
        manifest.unlink()
    else:
        whole = manifest.read_text()
        manifest.write_text(whole[:99] if "cut" in lost else whole.replace('"seed": 0', '"seed": 1'))
    with pytest.raises(Problem, match=r"corpus\.json.* `bgfg plan .*` *again|not a planned corpus"):
        Corpus(corpus)
    planned = plan_corpus(corpus, options, replace=replace, workers=1)
    assert planned.unchanged
    assert (
        f"{manifest}: was {'missing' if lost.startswith('manifest') and 'cut' not in lost else 'damaged'}"
        in (planned.notes[0])
    )
    assert tree(corpus) == tree(labelled)


@pytest.mark.parametrize("change", [{"seed": 3}, {"split": "100/0/0"}, {"depth_scale_m": 0.002}])
def test_a_lost_manifest_is_not_written_by_another_plan_which_removes_nothing_unless_told(
    labelled: Path, copy_of: Callable[[Path], Path], options: PlanOptions, change: dict[str, Any]
) -> None:
    corpus = copy_of(labelled)
    (corpus / "manifest/corpus.json").unlink()
    before = tree(corpus)
    other = dataclasses.replace(options, **change)
    with pytest.raises(Problem, match="which the same plan writes again, and keeps what was made") as caught:
        plan_corpus(corpus, other, replace=False, workers=1)
    assert caught.value.exit_code == 2
    assert tree(corpus) == before
    assert not plan_corpus(corpus, other, replace=True, workers=1).unchanged
    assert not (corpus / "done").exists()


def test_without_a_manifest_depth_that_nobody_knows_the_teacher_of_is_named(
    labelled: Path, copy_of: Callable[[Path], Path], options: PlanOptions
) -> None:
    corpus = copy_of(labelled)
    (corpus / "manifest/corpus.json").unlink()
    (corpus / "data.zarr/depth/zarr.json").write_text("{")
    with pytest.raises(Problem, match=r"depth/zarr\.json: is lost or damaged, .* then makes depth anew"):
        plan_corpus(corpus, options, replace=False, workers=1)
    assert (corpus / "done/depth/0.json").exists()


def test_what_is_half_composed_goes_on_after_its_manifest_was_lost(
    composed: Path, copy_of: Callable[[Path], Path], options: PlanOptions
) -> None:
    corpus = copy_of(composed)
    (corpus / "manifest/corpus.json").unlink()
    (corpus / "done/mask/1.json").unlink()
    assert plan_corpus(corpus, options, replace=False, workers=1).unchanged
    assert Corpus(corpus).manifest.statistics.keys() == {"image"}
    compose_corpus(corpus, IN_PROCESS)
    assert tree(corpus) == tree(composed)


def test_replace_keeps_a_sound_corpus_of_the_same_plan(
    composed: Path, copy_of: Callable[[Path], Path], options: PlanOptions
) -> None:
    corpus = copy_of(composed)
    assert plan_corpus(corpus, options, replace=True, workers=1).unchanged
    assert (corpus / "done/image/0.json").exists()


@pytest.mark.parametrize(
    "damaged",
    ["manifest/samples.parquet", "manifest/assets.parquet", "data.zarr/cutout/c/0/0/0/0", "data.zarr/background_depth"],
)
@pytest.mark.parametrize("replace", [False, True])
def test_what_is_lost_of_a_plan_is_written_again_by_the_same_one_and_what_was_made_stays(
    labelled: Path, copy_of: Callable[[Path], Path], options: PlanOptions, damaged: str, replace: bool
) -> None:
    corpus = copy_of(labelled)
    if (corpus / damaged).is_dir():
        shutil.rmtree(corpus / damaged)
    else:
        (corpus / damaged).write_bytes(b"x")
    with pytest.raises(Problem, match=r"--replace|zarr\.json: missing"):
        Corpus(corpus).check_plan()
    planned = plan_corpus(corpus, options, replace=replace, workers=1)
    assert planned.unchanged
    assert any(note.startswith(f"{corpus / damaged}") and note.endswith("written again") for note in planned.notes)
    assert tree(corpus) == tree(labelled)


def test_a_damaged_corpus_of_another_plan_is_not_mended(
    composed: Path, copy_of: Callable[[Path], Path], options: PlanOptions
) -> None:
    corpus = copy_of(composed)
    (corpus / "manifest/samples.parquet").unlink()
    other = dataclasses.replace(options, seed=7)
    with pytest.raises(Problem, match=r"samples\.parquet: missing"):
        plan_corpus(corpus, other, replace=False, workers=1)
    assert not (corpus / "manifest/samples.parquet").exists()
    assert not plan_corpus(corpus, other, replace=True, workers=1).unchanged


@pytest.mark.parametrize("file", ["manifest/samples.parquet", "data.zarr/cutout/c/0/0/0/0"])
def test_a_folder_in_the_place_of_a_file_is_named(
    composed: Path, copy_of: Callable[[Path], Path], options: PlanOptions, file: str
) -> None:
    corpus = copy_of(composed)
    (corpus / file).unlink()
    (corpus / file).mkdir()
    with pytest.raises(Problem, match=f"^{re.escape(str(corpus / file))}: ") as caught:
        plan_corpus(corpus, options, replace=False, workers=1)
    assert len(caught.value.lines) == 1


def test_a_refused_plan_leaves_no_folder(tmp_path: Path, options: PlanOptions) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Problem, match="holds no pictures"):
        plan_corpus(tmp_path / "corpus", dataclasses.replace(options, fg=tmp_path / "empty"), False, 1)
    assert not (tmp_path / "corpus").exists()


def test_a_refused_plan_leaves_an_empty_folder_empty(tmp_path: Path, options: PlanOptions) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "mine").mkdir()
    with pytest.raises(Problem, match="holds no pictures"):
        plan_corpus(tmp_path / "mine", dataclasses.replace(options, fg=tmp_path / "empty"), False, 1)
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_plan_that_is_refused_for_another_writer_leaves_what_that_one_makes(
    tmp_path: Path, options: PlanOptions
) -> None:
    with writer_folder(tmp_path / "corpus"):
        with pytest.raises(Problem, match="is writing to this corpus"):
            plan_corpus(tmp_path / "corpus", options, replace=False, workers=1)
        assert (tmp_path / "corpus").is_dir()


def test_other_pictures_are_named_by_their_folder(
    tmp_path: Path, planned: Path, copy_of: Callable[[Path], Path], sources: Path, options: PlanOptions
) -> None:
    moved = Path(shutil.copytree(sources, tmp_path / "moved"))
    (moved / "fg" / sorted(path.name for path in (moved / "fg").iterdir())[0]).rename(moved / "fg/a.png")
    cv2.imwrite(str(moved / "bg/room1.png"), references.picture(H, W, 9))
    changed = dataclasses.replace(options, bg=moved / "bg", fg=moved / "fg")
    said = r"\(different: pictures of --bg, names of the pictures of --fg\)"
    with pytest.raises(Problem, match=said):
        plan_corpus(copy_of(planned), changed, replace=False, workers=1)


def test_cutouts_that_are_higher_than_the_frame_are_warned_of(tmp_path: Path, options: PlanOptions) -> None:
    given = dataclasses.replace(options, cutout_height_px=H + 1)
    (line,) = plan_corpus(tmp_path / "corpus", given, replace=False, workers=1).warnings
    assert line.startswith(f"--cutout-height {H + 1}: --size {W}x{H} is less high")
    assert line.endswith(f"give less, such as --cutout-height {round(H * 110 / 224)}")
    assert dataclasses.replace(options, cutout_height_px=H).warnings == ()


def test_the_same_split_in_other_words_is_the_same_plan(planned: Path, options: PlanOptions) -> None:
    assert plan_corpus(planned, dataclasses.replace(options, split="34.0/33/33.0"), False, 1).unchanged
    assert f'split = "{options.split}"' in (planned / "manifest/recipe.toml").read_text()


def test_bad_files_are_listed_at_once_or_left_out(tmp_path: Path, sources: Path, options: PlanOptions) -> None:
    messy = Path(shutil.copytree(sources, tmp_path / "messy"))
    (messy / "bg/broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    cv2.imwrite(str(messy / "fg/opaque.png"), np.full((9, 9, 4), 255, np.uint8))
    given = dataclasses.replace(options, bg=messy / "bg", fg=messy / "fg", bg_depth=None)
    with pytest.raises(Problem) as caught:
        plan_corpus(tmp_path / "corpus", given, replace=False, workers=1)
    assert [str(messy / "bg/broken.png") in caught.value.lines[0], "opaque.png" in caught.value.lines[1]] == [True] * 2
    planned = plan_corpus(tmp_path / "corpus", dataclasses.replace(given, skip_bad=True), replace=False, workers=1)
    assert [Path(file).name for file, _ in planned.manifest.left_out] == ["broken.png", "opaque.png"]
    assert planned.manifest.geometry.backgrounds == B
