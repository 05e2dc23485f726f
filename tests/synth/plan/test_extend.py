"""A corpus is extended: what there is stays as it is, and what is new is read once all of it is made."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import zarr

from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.by_layers import relabel_layered
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.extend import extend_corpus
from bgfg.synth.plan.options import ExtendOptions, PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.status import corpus_status
from bgfg.synth.verify.verify import verify_corpus
from tests.support import references
from tests.support.crowd_corpus import STAGE_CUTOUT_HEIGHT, STAGE_H, STAGE_W, make_crowd_corpus
from tests.support.executors import IN_PROCESS
from tests.support.extended_corpus import MORE_B, MORE_C, contents, extend, finish, more_options, more_sources
from tests.support.tiny_corpus import CUTOUT_HEIGHT, B, C, K

N = B * 2 * C * K
MORE_N = (B + MORE_B) * 2 * (C + MORE_C) * K
Copy = Callable[[Path], Path]


def rows(corpus: Path) -> dict[tuple[int, int, int], tuple[object, ...]]:
    """The box and the names of each sample, by background, cut-out and placement, from all tables of samples."""
    parts = [corpus, *sorted(corpus.glob("parts/*"))]
    found = [row for part in parts for row in pq.read_table(part / "manifest/samples.parquet").to_pylist()]
    assert [row["sample"] for row in found] == list(range(len(found)))
    names = ("x_px", "y_px", "width_px", "height_px", "visible_px", "image_name", "mask_name", "depth_name")
    return {(row["background"], row["cutout"], row["placement"]): tuple(row[n] for n in names) for row in found}


def assert_sound(corpus: Path) -> None:
    """Everything is as composing and labelling it once more would make it, and nothing is left to be made."""
    verdict = verify_corpus(corpus, IN_PROCESS, recompose=True, relabel=relabel_layered)
    assert (verdict.problems, verdict.strangers) == ([], ())
    assert not any(verdict.unfinished.values())


def test_what_there_is_keeps_every_byte_and_is_read_until_all_that_is_new_is_made(
    copy_of: Copy, labelled: Path, more: Path
) -> None:
    path = copy_of(labelled)
    before, old = contents(path), Corpus(path)
    stored, first = zarr.open_array(path / "data.zarr/image", mode="r"), old[0].image
    for step in (lambda: extend(path, more), lambda: compose_corpus(path, IN_PROCESS)):
        step()
        assert contents(path).items() >= before.items()
        assert len(Corpus(path)) == N == stored.shape[0]
    label_corpus(path, "layered", IN_PROCESS)
    after = contents(path)
    assert {name for name in before if after[name] != before[name]} == {"manifest/corpus.json"}
    # Readers that were open, of whatever kind, see what they saw.
    assert (len(old), stored.shape[0]) == (N, N)
    assert np.array_equal(old[0].image, first)
    assert old[N - 1].row["sample"] == N - 1
    assert len(Corpus(path)) == MORE_N
    assert_sound(path)


def test_samples_are_numbered_on_named_alike_and_found_by_name(extended: Path, labelled: Path) -> None:
    corpus, old, told = Corpus(extended), rows(labelled), rows(extended)
    assert told.items() >= old.items()
    assert set(told) == {(b, f, k) for b in range(B + MORE_B) for f in range(2 * (C + MORE_C)) for k in range(K)}
    images = corpus.read("image", slice(None))
    for i in (0, N - 1, N, MORE_N - 1):
        sample = corpus[i]
        assert corpus.sample_of(str(sample.row["image_name"])) == sample.row["sample"] == i
        assert np.array_equal(sample.image, images[i])
        assert sample.depth_m is not None
    assert np.array_equal(corpus.read("image", slice(N + 3, N - 3, -1)), images[N + 3 : N - 3 : -1])
    assert [corpus.geometry.index.sample(*ids) for ids in told] == list(range(MORE_N))


def test_an_addition_is_drawn_as_one_plan_of_all_would_draw_it(
    tmp_path: Path, sources: Path, more: Path, options: PlanOptions, extended: Path
) -> None:
    """Placements are keyed by (seed, b, f, k): whoever comes later stands where they would have stood."""
    for name in ("bg", "fg", "depth"):
        shutil.copytree(sources / name, tmp_path / name)
        for file in (more / name).iterdir():
            shutil.copy(file, tmp_path / name / f"z{file.name}")
    at_once = replace(options, bg=tmp_path / "bg", fg=tmp_path / "fg", bg_depth=tmp_path / "depth")
    plan_corpus(tmp_path / "corpus", at_once, replace=False, workers=1)
    assert rows(tmp_path / "corpus") == rows(extended)


def test_the_digest_is_that_of_the_steps_whoever_takes_them(
    copy_of: Copy, tmp_path: Path, composed: Path, more: Path, extended: Path
) -> None:
    path = copy_of(composed)
    for kinds in ({"fg": False}, {"bg": False}):
        extend(path, more, **kinds)
        compose_corpus(path, IN_PROCESS)
    both, one_by_one = Corpus(extended).manifest, Corpus(path).manifest
    assert both.digest == one_by_one.digest != both.until(1).digest == Corpus(composed).manifest.digest
    assert [part.extends for part in both.parts] == ["", *(part.digest for part in both.parts[:-1])]
    # Labelled only now: that makes depth of all parts.
    label_corpus(path, "layered", IN_PROCESS)
    assert_sound(path)
    other = Path(shutil.copytree(composed, tmp_path / "other"))
    extend(other, more, bg=False)
    compose_corpus(other, IN_PROCESS)
    assert Corpus(other).manifest.digest not in {part.digest for part in both.parts}


def test_a_half_made_corpus_is_extended_and_all_of_it_made(copy_of: Copy, planned: Path, more: Path) -> None:
    path = copy_of(planned)
    extend(path, more)
    assert [(a.array, a.being_added, a.samples_done, a.samples_left) for a in corpus_status(Corpus(path, pending=True))
            if a.array == "image"] == [("image", False, 0, N), ("image", True, 0, MORE_N - N)]  # fmt: skip
    compose_corpus(path, IN_PROCESS)
    assert len(Corpus(path)) == MORE_N
    assert not any(a.samples_left for a in corpus_status(Corpus(path, pending=True)) if a.array != "depth")
    assert_sound(path)


@pytest.mark.parametrize("rule", ["random", "perspective"])
def test_crowds_and_people_on_floors_are_extended(tmp_path: Path, rule: str) -> None:
    path = make_crowd_corpus(tmp_path, rule, CutoutsPerSample(1, 3))
    before = contents(path)
    size = (STAGE_H, STAGE_W, STAGE_CUTOUT_HEIGHT) if rule == "perspective" else (19, 23, 11)
    pictures = more_sources(tmp_path / "more", *size)
    if rule == "perspective":  # rooms with floors
        for file in (pictures / "depth").iterdir():
            shutil.copy(tmp_path / "sources/depth/room.png", file)
    counted = Corpus(path).manifest.statistics["instances"]["samples_with"]
    extend(path, pictures)
    finish(path)
    after = contents(path)
    assert {name for name in before if after[name] != before[name]} == {"manifest/corpus.json"}
    assert_sound(path)
    corpus = Corpus(path)
    assert sum(counted.values()) < sum(corpus.manifest.statistics["instances"]["samples_with"].values()) == len(corpus)
    last = corpus[-1]
    assert last.instance is not None
    assert last.instance.max() <= len(last.pastes)


def test_a_background_without_a_floor_isnt_added_to_people_on_floors(tmp_path: Path) -> None:
    path = make_crowd_corpus(tmp_path, "perspective", CutoutsPerSample(1, 2))
    pictures = more_sources(tmp_path / "more", STAGE_H, STAGE_W, STAGE_CUTOUT_HEIGHT)
    with pytest.raises(Problem, match=r"more0.png: .*Move it away, or pass --skip-bad") as caught:
        extend(path, pictures, fg=False)
    assert len(caught.value.lines) == MORE_B
    shutil.copy(tmp_path / "sources/depth/room.png", pictures / "depth/more1.png")
    result = extend_corpus(path, replace(more_options(pictures, fg=False), skip_bad=True), False, workers=1)
    assert [asset.file for asset in result.assets] == ["more1.png"]
    assert [file for file, _ in result.left_out] == ["more0.png"]
    # It lies in the very room of the first background, so that its floor lets expect the same camera.
    assert [(a.focal_px, a.focal_from) for a in result.assets] == [(Corpus(path).focal_px[0], "floor")]


def test_what_is_there_already_is_counted_and_passed_over(
    copy_of: Copy, tmp_path: Path, labelled: Path, sources: Path, more: Path
) -> None:
    path, given = copy_of(labelled), tmp_path / "given"
    for name in ("bg", "fg", "depth"):
        shutil.copytree(sources / name, given / name)
    before = contents(path)
    result = extend(path, given)
    assert (result.unchanged, result.assets, result.manifest) == (True, (), result.before)
    assert (result.left_out, result.notes) == ((), ("5 pictures are in the corpus already",))
    assert contents(path) == before
    for name in ("bg", "depth"):
        shutil.copy(more / name / "more0.png", given / name)
    grown = extend(path, given)
    assert ([asset.file for asset in grown.assets], grown.manifest.parts[-1].left_out) == (["more0.png"], ())


def test_near_duplicates_go_with_what_they_look_like(
    copy_of: Copy, tmp_path: Path, labelled: Path, sources: Path
) -> None:
    import cv2

    path, given = copy_of(labelled), tmp_path / "given"
    for name in ("bg", "depth"):
        (given / name).mkdir(parents=True)
    there = {row["file"]: row for row in Corpus(path).assets.to_pylist()}
    for number in (1, 2, 3):  # mirrored
        for name in ("bg", "depth"):
            pixels = cv2.imread(str(sources / name / f"room{number}.png"), cv2.IMREAD_UNCHANGED)
            cv2.imwrite(str(given / name / f"mirrored{number}.png"), np.ascontiguousarray(np.asarray(pixels)[:, ::-1]))
    result = extend(path, given, fg=False)
    assert {a.file: (a.group, a.split) for a in result.assets} == {
        f"mirrored{n}.png": (there[f"room{n}.png"]["group"], there[f"room{n}.png"]["split"]) for n in (1, 2, 3)
    }


def test_the_same_again_is_known_and_another_extension_is_refused_until_it_may_replace_it(
    copy_of: Copy, labelled: Path, more: Path
) -> None:
    path = copy_of(labelled)
    planned = extend(path, more, fg=False)
    there = contents(path)
    again = extend(path, more, fg=False)
    assert (again.unchanged, again.manifest.digest) == (True, planned.manifest.digest)
    assert contents(path) == there
    with pytest.raises(
        Problem, match=r"is being extended by 2 backgrounds already: run .*compose.* give --replace .* --undo"
    ):
        extend(path, more, bg=False)
    assert contents(path) == there
    other = extend(path, more, bg=False, replace=True)
    assert [part.added for part in other.manifest.extensions] == [other.manifest.geometry.added[0]]
    finish(path)
    assert len(Corpus(path)) == B * 2 * (C + MORE_C) * K
    assert_sound(path)


@pytest.mark.parametrize("is_whole", [False, True])
def test_the_same_again_writes_what_was_lost_of_it(
    copy_of: Copy, labelled: Path, extended: Path, more: Path, is_whole: bool
) -> None:
    path = copy_of(extended if is_whole else labelled)
    if not is_whole:
        extend(path, more)
    sound = contents(path)
    (path / "parts/1/manifest/samples.parquet").unlink()
    (path / "parts/2/data.zarr/cutout/c/0/0/0/0").write_bytes(b"?")
    (path / "parts/1/manifest/part.json").write_text("{}")
    if is_whole:
        with pytest.raises(Problem, match=r"parts/1/manifest/samples.parquet: missing: .* --extend \.\.\.` again"):
            Corpus(path)[N]
    result = extend(path, more)
    assert result.unchanged
    assert sum("written again" in note for note in result.notes) == 3
    assert contents(path) == sound


def test_another_extension_doesnt_mend(copy_of: Copy, extended: Path, more: Path) -> None:
    path = copy_of(extended)
    (path / "parts/1/manifest/samples.parquet").unlink()
    there = contents(path)
    with pytest.raises(Problem, match=r"samples.parquet: missing"):
        extend(path, more, bg=False)
    assert contents(path) == there


def test_the_plan_of_before_is_known_and_writes_a_lost_manifest_to_which_composing_adds_the_parts(
    copy_of: Copy, extended: Path, options: PlanOptions
) -> None:
    path = copy_of(extended)
    again = plan_corpus(path, options, replace=False, workers=1)
    assert again.unchanged
    assert f"{path}: was extended since by 2 backgrounds and 1 cut-out: that stays" in again.notes
    whole = contents(path)
    (path / "manifest/corpus.json").unlink()
    assert plan_corpus(path, options, replace=False, workers=1).unchanged
    assert len(Corpus(path)) == N
    compose_corpus(path, IN_PROCESS)
    assert contents(path) == whole


def test_another_plan_replaces_all_parts(copy_of: Copy, extended: Path, options: PlanOptions) -> None:
    path = copy_of(extended)
    plan_corpus(path, replace(options, seed=9), replace=True, workers=1)
    assert not (path / "parts").exists()
    assert len(Corpus(path)) == N


def test_what_makes_no_sense_is_refused_in_a_line(copy_of: Copy, labelled: Path, more: Path, tmp_path: Path) -> None:
    path = copy_of(labelled)
    before = contents(path)
    with pytest.raises(Problem, match="give the pictures to add"):
        ExtendOptions()
    with pytest.raises(Problem, match="goes with new backgrounds"):
        ExtendOptions(fg=more / "fg", bg_depth=more / "depth")
    with pytest.raises(Problem, match="have depth maps: give --bg-depth DIR"):
        extend_corpus(path, ExtendOptions(bg=more / "bg"), False, workers=1)
    with pytest.raises(Problem, match="not a planned corpus"):
        extend(tmp_path / "nothing", more)
    assert contents(path) == before


def test_a_corpus_of_version_1_stays_one_and_an_extended_one_says_2(labelled: Path, extended: Path) -> None:
    assert '"version": 1,' in (labelled / "manifest/corpus.json").read_text()
    assert '"version": 2,' in (extended / "manifest/corpus.json").read_text()
    manifest = load_manifest(extended / "manifest/corpus.json")
    assert manifest.until(1).to_dict() | {"statistics": 0} == Corpus(labelled).manifest.to_dict() | {"statistics": 0}


def test_new_classes_are_numbered_on_and_those_there_keep_their_numbers(
    tmp_path: Path, copy_of: Copy, labelled: Path
) -> None:
    path, given = copy_of(labelled), more_sources(tmp_path / "more")
    for c, label in enumerate(("zebra", "ant", "foreground")):
        (given / "classes" / label).mkdir(parents=True)
        save_png(references.cutout(CUTOUT_HEIGHT, 6, 70 + c), given / "classes" / label / f"{label}.png")
    extend_corpus(path, ExtendOptions(fg=given / "classes"), False, workers=1)
    assert Corpus(path).classes == ("foreground",)
    finish(path)
    assert_sound(path)
    corpus = Corpus(path)
    assert corpus.classes == ("foreground", "ant", "zebra")
    assert corpus.manifest.until(1).classes is None
    labels = {row["file"]: row["label"] for row in corpus.assets.to_pylist() if row["kind"] == "cutout"}
    assert labels["person1.png"] == labels["foreground/foreground.png"] == "foreground"
    assert corpus.cutout_classes.tolist() == [1] * 2 * C + [{"foreground": 1, "ant": 2, "zebra": 3}[labels[f]] for f in
                                                          list(labels)[C:] for _ in range(2)]  # fmt: skip
    extend_corpus(path, ExtendOptions(fg=given / "fg", label="ant"), False, workers=1)
    finish(path)
    assert (Corpus(path).classes, Corpus(path)[-1].row["label"]) == (corpus.classes, "ant")
    assert_sound(path)


def test_an_extended_corpus_is_labelled_anew_as_a_whole(copy_of: Copy, extended: Path, more: Path) -> None:
    path = copy_of(extended)
    extend(path, more_sources(path.parent / "still_more", seed=80), fg=False)
    label_to = len(Corpus(path))
    with pytest.raises(Problem, match="a corpus has one teacher"):
        label_corpus(path, "in_front", IN_PROCESS)
    compose_corpus(path, IN_PROCESS)
    label_corpus(path, "in_front", IN_PROCESS, replace=True)
    assert len(Corpus(path)) > label_to
    assert (Corpus(path).manifest.teacher or {})["name"] == "in_front"
    assert_sound(path)


def test_backgrounds_deeper_than_the_codes_of_the_corpus_are_told(
    copy_of: Copy, tmp_path: Path, labelled: Path, more: Path
) -> None:
    path, far = copy_of(labelled), replace(more_options(more, fg=False), depth_scale_m=0.01)
    extend_corpus(path, far, False, workers=1)
    compose_corpus(path, IN_PROCESS)
    notes = label_corpus(path, "layered", IN_PROCESS)
    assert [note for note in notes if "2 backgrounds being added reach farther" in note and "10 m" in note]
    assert_sound(path)


def test_what_varies_in_a_corpus_varies_in_what_is_added(tmp_path: Path, options: PlanOptions, more: Path) -> None:
    path = tmp_path / "corpus"
    varied = replace(options, variety=Variety(scale=(0.7, 1.2), rotate_deg=20.0, distractors=(0, 2), shadow=(0.2, 0.9)))
    plan_corpus(path, varied, replace=False, workers=1)
    compose_corpus(path, IN_PROCESS)
    extend(path, more)
    assert (path / "parts/2/manifest/distractors.parquet").exists()
    finish(path)
    assert_sound(path)
    assert len({row["scale"] for row in pq.read_table(path / "parts/1/manifest/samples.parquet").to_pylist()}) > 8
