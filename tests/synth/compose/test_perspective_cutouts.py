"""Corpora under the rule `perspective`, from the plan to the labels."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from bgfg.data_manifests.corpus.perspective_plan import PerspectivePlan
from bgfg.data_manifests.images.resampling.exact_resize import resize_rgba
from bgfg.data_manifests.placement.floor import Floor
from bgfg.data_manifests.placement.occlusion import foot_pixel
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.by_layers import relabel_layered
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.cli.plan import plan
from bgfg.synth.cli.preview import preview
from bgfg.synth.compose.executor import Executor
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.audit import audit_path
from bgfg.synth.verify.verify import VerifyResult, verify_corpus
from tests.support import references
from tests.support.executors import IN_PROCESS
from tests.support.room_depth import Pinhole, room_depth_mm

H, W, K = 48, 64, 5


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three rooms with a table, a pillar or nothing in them, and two people."""
    folder = tmp_path_factory.mktemp("stages")
    for name in ("bg", "fg", "depth"):
        (folder / name).mkdir()
    for b in range(3):
        depth_mm = room_depth_mm(Pinhole(H, W, eye_m=1.3 + 0.1 * b, pitch_deg=4 * b), table=b == 0, noise_mm=5)
        if b == 1:
            depth_mm[8:30, 20:28] = 1_200
        cv2.imwrite(str(folder / f"bg/room{b}.png"), references.picture(H, W, b)[..., ::-1])
        cv2.imwrite(str(folder / f"depth/room{b}.png"), depth_mm)
    for c in range(2):
        rgba = references.cutout(23, 9 + 2 * c, c)
        cv2.imwrite(str(folder / f"fg/person{c}.png"), cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    return folder


@pytest.fixture(scope="module")
def options(pictures: Path) -> PlanOptions:
    return PlanOptions(
        pictures / "bg", pictures / "fg", pictures / "depth", 0.001, H, W, 23, K, "perspective", split="34/33/33"
    )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, options: PlanOptions) -> Path:
    path = tmp_path_factory.mktemp("perspective") / "corpus"
    plan_corpus(path, options, False, 1)
    compose_corpus(path, IN_PROCESS)
    label_corpus(path, "layered", IN_PROCESS)
    return path


def files_of(corpus: Path) -> dict[str, bytes]:
    return {str(p.relative_to(corpus)): p.read_bytes() for p in (corpus / "data.zarr").rglob("*") if p.is_file()}


def test_the_store_alone_says_every_pixel(corpus: Path) -> None:
    opened = Corpus(corpus)
    depths, cutouts = opened.array("background_depth")[:], opened.array("cutout")[:]
    hidden = resized = 0
    for i in range(len(opened)):
        sample = opened[i]
        row = sample.row
        depth_mm = depths[row["background"]]
        h, w = opened.cutout_sizes_px[row["cutout"]]
        rgba = resize_rgba(cutouts[row["cutout"], :h, :w], row["height_px"], row["width_px"])
        whole = rgba[..., 3].copy()
        rgba[..., 3] = references.visible(depth_mm, whole, row["x_px"], row["y_px"])
        image, mask = references.compose(sample.background, rgba, row["x_px"], row["y_px"])
        assert (sample.image == image).all()
        assert (sample.mask == mask).all()
        assert row["visible_px"] == (mask >= 128).sum()
        assert 2 * row["visible_px"] >= (whole >= 128).sum()
        hidden += (rgba[..., 3] != whole).any()
        resized += (row["height_px"], row["width_px"]) != (h, w)
    assert hidden > 0.05 * len(opened)
    assert resized > 0.5 * len(opened)


def test_layered_depth_is_that_of_the_foot_where_it_is_seen_and_the_backgrounds_where_it_is_hidden(
    corpus: Path,
) -> None:
    opened = Corpus(corpus)
    code, depths, cutouts = opened.depth_code(), opened.array("background_depth")[:], opened.array("cutout")[:]
    for i in range(0, len(opened), 3):
        sample = opened[i]
        row = sample.row
        expected = code.encode(depths[row["background"]] / 1000)
        h, w = opened.cutout_sizes_px[row["cutout"]]
        foot = foot_pixel(resize_rgba(cutouts[row["cutout"], :h, :w], row["height_px"], row["width_px"])[..., 3])
        assert foot is not None
        expected[sample.mask >= 128] = expected[row["y_px"] + foot[0], row["x_px"] + foot[1]]
        assert np.array_equal(opened.array("depth")[i], expected)


def test_two_workers_write_the_bytes_of_one(tmp_path: Path, corpus: Path, options: PlanOptions) -> None:
    other = tmp_path / "corpus"
    plan_corpus(other, options, False, 2)
    compose_corpus(other, Executor(2))
    label_corpus(other, "layered", Executor(2))
    assert files_of(other) == files_of(corpus)


def test_more_backgrounds_leave_the_samples_there_were(
    tmp_path: Path, corpus: Path, pictures: Path, options: PlanOptions
) -> None:
    grown = Path(shutil.copytree(pictures, tmp_path / "grown"))
    cv2.imwrite(str(grown / "bg/room9.png"), references.picture(H, W, 9))
    shutil.copy(grown / "depth/room1.png", grown / "depth/room9.png")
    more = dataclasses.replace(options, bg=grown / "bg", bg_depth=grown / "depth")
    plan_corpus(tmp_path / "corpus", more, False, 1)
    columns = ["x_px", "y_px", "width_px", "height_px", "visible_px", "image_name"]
    before, after = (
        pq.read_table(path / "manifest/samples.parquet", columns=columns).to_pylist()
        for path in (corpus, tmp_path / "corpus")
    )
    assert after[: len(before)] == before
    assert len(after) == len(before) * 4 // 3


def test_a_sound_corpus_has_no_findings(corpus: Path) -> None:
    verdict = verify_corpus(corpus, IN_PROCESS, True, relabel_layered)
    assert verdict == VerifyResult([], {"image": 0, "mask": 0, "depth": 0})
    assert not [each for each in audit_path(corpus, IN_PROCESS, full=True).findings if each.severity == "error"]


def test_the_plan_says_what_it_found_and_the_same_plan_changes_nothing(corpus: Path, options: PlanOptions) -> None:
    again = plan_corpus(corpus, options, False, 1)
    assert again.unchanged
    assert again.placement_note.startswith(
        "perspective: people of 1.6 to 1.9 m stand on the floors of all 3 backgrounds"
    )
    assert "(estimated from the floors; --fov-deg N tells it)" in again.placement_note


def test_the_field_of_view_is_part_of_the_plan(tmp_path: Path, corpus: Path, options: PlanOptions) -> None:
    with pytest.raises(Problem, match=r"another plan \(different: .*--fov-deg"):
        plan_corpus(corpus, dataclasses.replace(options, fov_deg=70.0), False, 1)
    told = plan_corpus(tmp_path / "told", dataclasses.replace(options, fov_deg=70.0), False, 1)
    assert "70 degrees (as told)" in told.placement_note
    assert Corpus(tmp_path / "told").manifest.fov_deg == 70.0
    assert list(verify_corpus(tmp_path / "told", IN_PROCESS).problems) == []


@pytest.fixture
def without_a_floor(tmp_path: Path, pictures: Path, options: PlanOptions) -> PlanOptions:
    """The pictures with a wall in the place of the second room, and nothing known of a fourth one."""
    folder = Path(shutil.copytree(pictures, tmp_path / "pictures"))
    cv2.imwrite(str(folder / "depth/room1.png"), np.full((H, W), 2_000, np.uint16))
    cv2.imwrite(str(folder / "bg/room3.png"), references.picture(H, W, 7))
    cv2.imwrite(str(folder / "depth/room3.png"), np.pad(np.full((2, W), 2_000, np.uint16), ((0, H - 2), (0, 0))))
    return dataclasses.replace(options, bg=folder / "bg", bg_depth=folder / "depth")


def test_backgrounds_without_a_floor_are_named_and_never_filled_at_random(
    tmp_path: Path, without_a_floor: PlanOptions
) -> None:
    with pytest.raises(Problem) as caught:
        plan_corpus(tmp_path / "corpus", without_a_floor, False, 1)
    assert len(caught.value.lines) == 2
    assert "bg/room1.png: no plane below the camera is found in its depth. Move it away" in caught.value.lines[0]
    assert "bg/room3.png: its depth is unknown in nearly all of its lower part" in caught.value.lines[1]
    assert all("--skip-bad" in line and "--placement random" in line for line in caught.value.lines)
    assert not (tmp_path / "corpus").exists()


def test_backgrounds_without_a_floor_are_left_out_on_demand(tmp_path: Path, without_a_floor: PlanOptions) -> None:
    planned = plan_corpus(tmp_path / "corpus", dataclasses.replace(without_a_floor, skip_bad=True), False, 1)
    assert [file for file, _ in planned.manifest.left_out] == ["room1.png", "room3.png"]
    assert [asset.file for asset in planned.assets if asset.kind == "background"] == ["room0.png", "room2.png"]
    assert [asset.id for asset in planned.assets if asset.kind == "background"] == [0, 1]
    assert Corpus(tmp_path / "corpus").geometry.backgrounds == 2
    assert verify_corpus(tmp_path / "corpus", IN_PROCESS).problems == []


def test_where_no_background_has_a_floor_nothing_is_planned(
    tmp_path: Path, pictures: Path, options: PlanOptions
) -> None:
    flat = Path(shutil.copytree(pictures, tmp_path / "pictures")) / "depth"
    for path in flat.iterdir():
        cv2.imwrite(str(path), np.full((H, W), 2_000, np.uint16))
    with pytest.raises(Problem, match="no plane below the camera"):
        plan_corpus(tmp_path / "corpus", dataclasses.replace(options, bg_depth=flat, skip_bad=True), False, 1)


def test_the_command_line_plans_and_draws_beside(tmp_path: Path, pictures: Path) -> None:
    folders = [f"--{name}={pictures / folder}" for name, folder in (("bg", "bg"), ("fg", "fg"), ("bg-depth", "depth"))]
    sizes = ["--size", f"{W}x{H}", "--cutout-height", "23", "--placements", str(K), "--split", "34/33/33"]
    for rule, extra in (("perspective", ["--fov-deg", "60"]), ("random", [])):
        said = CliRunner().invoke(
            plan, [str(tmp_path / rule), *folders, *sizes, "--placement", rule, *extra], catch_exceptions=False
        )
        assert said.exit_code == 0
        assert ("field of view of 60 degrees (as told)" in said.output) == (rule == "perspective")
        compose_corpus(tmp_path / rule, IN_PROCESS)
    sheet = tmp_path / "sheet.png"
    said = CliRunner().invoke(
        preview, [str(tmp_path / "random"), str(sheet), "--beside", str(tmp_path / "perspective")],
        catch_exceptions=False,
    )  # fmt: skip
    assert said.exit_code == 0
    assert sheet.exists()


def test_a_plan_says_that_people_stand_by_the_floors_though_photos_say_other_views() -> None:
    floor = Floor((0.0, 0.004, 0.05), 60.0, np.ones((48, 64), np.bool_))
    found = PerspectivePlan(0, 1, None, [], [floor], np.ones((1, 48, 64), np.uint16))
    said = (
        f"a field of view of {floor.fov_deg:.0f} degrees (estimated from the floors; EXIF data of 2 photos, 44 to 51,"
    )
    assert f"{said} are kept as cameras and place nobody; --fov-deg N tells both)" in found.describe([60.0, 50.0])
