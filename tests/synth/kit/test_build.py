"""The kit on disk: whole, resumable, the same whatever the number of workers."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.executor import Executor
from bgfg.synth.kit.build import KitConfig, background_files, build_kit, cutout_file, draw_background, is_outdoors
from bgfg.synth.kit.render.renderer import render
from bgfg.synth.kit.render.tone_mapping import auto_exposure, tone_map
from bgfg.synth.kit.scenes.offices import office_scene
from bgfg.synth.store.lock import writer_folder
from tests.support.killed import steps_killed, tree


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "kit"
    build_kit(out, backgrounds=3, cutouts=2, size_px=32, seed=5)
    return out


def test_the_kit_holds_what_was_asked_for(kit: Path) -> None:
    names = set(contents(kit))
    assert names == {
        *(f"bg/bg00{k}.jpeg" for k in (1, 2, 3)),
        *(f"depth/bg00{k}.png" for k in (1, 2, 3)),
        *(f"fg/fg00{k}.png" for k in (1, 2)),
        "kit.json",
    }
    notes = json.loads((kit / "kit.json").read_text())
    asked = {"seed": 5, "size_px": 32, "backgrounds": 3, "cutouts": 2, "scenes": "indoor"}
    assert notes == {**asked, "version": 2, "complete": True}


def test_depth_is_sixteen_bit_millimetres(kit: Path) -> None:
    with Image.open(kit / "depth/bg002.png") as picture:
        depth = np.asarray(picture)
    assert depth.dtype == np.uint16
    assert depth.shape == (32, 32)
    np.testing.assert_array_equal(depth, draw_background(5, 1, 32)[1])
    assert depth.min() >= 300
    assert depth.max() <= 9900


def test_pictures_have_their_size_and_kind(kit: Path) -> None:
    with Image.open(kit / "bg/bg001.jpeg") as room, Image.open(kit / "fg/fg001.png") as person:
        assert (room.size, room.mode, room.format) == ((32, 32), "RGB", "JPEG")
        assert (person.height, person.mode) == (16, "RGBA")


def test_two_workers_write_the_same_bytes_as_one(kit: Path, tmp_path: Path) -> None:
    build_kit(tmp_path / "kit", backgrounds=3, cutouts=2, size_px=32, seed=5, executor=Executor(2))
    assert contents(tmp_path / "kit") == contents(kit)


def test_an_interrupted_kit_is_finished_and_the_rest_kept(tmp_path: Path) -> None:
    out = tmp_path / "kit"
    build_kit(out, backgrounds=2, cutouts=1, size_px=32)
    before = contents(out)
    kept = background_files(out, 0)[0]
    stamp = kept.stat().st_mtime_ns
    background_files(out, 1)[0].unlink()
    cutout_file(out, 0).unlink()
    (out / "bg" / ".0123456789ab.partial.jpeg").write_bytes(b"half a picture")
    (out / ".lock").touch()
    build_kit(out, backgrounds=2, cutouts=1, size_px=32)
    assert contents(out) == before
    assert kept.stat().st_mtime_ns == stamp


@pytest.mark.parametrize("every", [7, pytest.param(3, marks=pytest.mark.slow)])
def test_a_kit_that_is_killed_at_any_change_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    out, scene = tmp_path / "kit", (np.zeros((16, 16, 3), np.uint8), np.ones((16, 16), np.uint16))
    monkeypatch.setattr("bgfg.synth.kit.build.draw_background", lambda *_args: scene)
    monkeypatch.setattr("bgfg.synth.kit.build.draw_person", lambda *_args: np.zeros((8, 4, 4), np.uint8))
    build_kit(tmp_path / "undisturbed", backgrounds=1, cutouts=1, size_px=16)
    steps = 0
    for _ in steps_killed(out, lambda: build_kit(out, backgrounds=1, cutouts=1, size_px=16), every):
        build_kit(out, backgrounds=1, cutouts=1, size_px=16)
        assert tree(out) == tree(tmp_path / "undisturbed")
        shutil.rmtree(out)
        steps += 1
    assert steps > 21 // every


def test_an_empty_picture_is_drawn_again_and_a_second_writer_refused(tmp_path: Path) -> None:
    out = tmp_path / "kit"
    build_kit(out, backgrounds=0, cutouts=1, size_px=16)
    before = contents(out)
    cutout_file(out, 0).write_bytes(b"")
    with writer_folder(out, "kit"), pytest.raises(Problem, match="is writing to this kit"):
        build_kit(out, backgrounds=0, cutouts=1, size_px=16)
    build_kit(out, backgrounds=0, cutouts=1, size_px=16)
    assert contents(out) == before


def test_a_kit_grows_and_keeps_what_it_has(kit: Path, tmp_path: Path) -> None:
    out = tmp_path / "kit"
    build_kit(out, backgrounds=1, cutouts=2, size_px=32, seed=5)
    build_kit(out, backgrounds=3, cutouts=2, size_px=32, seed=5)
    assert contents(out) == contents(kit)
    with pytest.raises(Problem, match=r"--backgrounds 2 \(was 3\)"):
        build_kit(out, backgrounds=2, cutouts=2, size_px=32, seed=5)


def test_a_picture_that_can_not_be_drawn_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_seed: int, index: int, _height_px: int) -> None:
        raise ZeroDivisionError(f"person {index}")

    monkeypatch.setattr("bgfg.synth.kit.build.draw_person", fail)
    with pytest.raises(Problem, match=r"picture 1: ZeroDivisionError: person 0; run the same command again"):
        build_kit(tmp_path / "kit", backgrounds=1, cutouts=1, size_px=32)
    assert not json.loads((tmp_path / "kit/kit.json").read_text())["complete"]


def test_another_kit_in_the_folder_is_refused(kit: Path) -> None:
    before = contents(kit)
    with pytest.raises(Problem, match=r"--seed 6 \(was 5\).*another folder"):
        build_kit(kit, backgrounds=3, cutouts=2, size_px=32, seed=6)
    assert contents(kit) == before


def test_a_kit_of_other_scenes_is_refused(kit: Path) -> None:
    with pytest.raises(Problem, match=r"--scenes mixed \(was indoor\).*another folder"):
        build_kit(kit, backgrounds=3, cutouts=2, size_px=32, seed=5, scenes="mixed")
    with pytest.raises(Problem, match=r"--scenes garden: give one of indoor, outdoor, mixed"):
        KitConfig(5, 64, 3, 2, "garden")


def test_notes_from_before_there_was_a_choice_are_of_rooms(kit: Path, tmp_path: Path) -> None:
    out = tmp_path / "kit"
    build_kit(out, backgrounds=1, cutouts=0, size_px=32, seed=5)
    notes = json.loads((out / "kit.json").read_text())
    del notes["scenes"]
    (out / "kit.json").write_text(json.dumps(notes))
    build_kit(out, backgrounds=2, cutouts=0, size_px=32, seed=5)
    assert background_files(out, 1)[0].read_bytes() == background_files(kit, 1)[0].read_bytes()


def test_the_default_kit_shows_the_rooms_it_always_showed() -> None:
    """A picture made step by step as it was when there was nothing but rooms: no haze, no lean, no far depths."""
    scene, camera = office_scene(3, 2, 24)
    assert scene.haze is None
    assert camera.roll_deg == 0
    seen = render(scene, camera, light_step=2)
    middle = np.random.default_rng([3, 2, 0x657870]).uniform(0.24, 0.42)
    colour, depth_mm = draw_background(3, 2, 24)
    np.testing.assert_array_equal(colour, tone_map(seen.colour, auto_exposure(seen.colour, float(middle))))
    np.testing.assert_array_equal(depth_mm, np.round(seen.depth_m * 1000).astype(np.uint16))


def test_mixed_scenes_are_about_half_of_each_and_outdoor_ones_the_same_as_alone() -> None:
    numbers = range(200)
    outside = [is_outdoors(0, index, "mixed") for index in numbers]
    assert 70 < sum(outside) < 130
    assert not any(is_outdoors(0, index, "indoor") for index in numbers)
    assert all(is_outdoors(0, index, "outdoor") for index in numbers)
    first = outside.index(True)
    for one, two in zip(draw_background(0, first, 24, "mixed"), draw_background(0, first, 24, "outdoor"), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_mixed_kit_sees_its_rooms_by_another_camera() -> None:
    first = next(index for index in range(20) if not is_outdoors(0, index, "mixed"))
    assert (draw_background(0, first, 24, "mixed")[1] != draw_background(0, first, 24)[1]).any()


def test_a_kit_of_homes_says_so_and_holds_their_pictures(tmp_path: Path) -> None:
    out = tmp_path / "kit"
    build_kit(out, backgrounds=1, cutouts=0, size_px=32, seed=5, scenes="home")
    notes = json.loads((out / "kit.json").read_text())
    assert (notes["scenes"], notes["version"]) == ("home", 2)
    with Image.open(background_files(out, 0)[1]) as picture:
        np.testing.assert_array_equal(np.asarray(picture), draw_background(5, 0, 32, "home")[1])
    assert not any(is_outdoors(0, index, "home") for index in range(20))


def test_pictures_that_are_no_kit_are_left_alone(tmp_path: Path) -> None:
    for name in ("bg", "photo.jpg"):
        out = tmp_path / f"of {name}"
        (out / name).mkdir(parents=True)
        with pytest.raises(
            Problem, match=f"holds other things \\({name}\\) and isn't a kit: give an empty or a new folder"
        ):
            build_kit(out, 1, 1, 32)
        assert [path.name for path in out.iterdir()] == [name]


@pytest.mark.parametrize(
    ("file", "content", "what"),
    [
        ("manifest/corpus.json", "{}", "a corpus"),
        ("export.json", '{"format": "bgfg-export"}', "an export"),
        ("run.json", '{"format": "bgfg-run"}', "a run"),
    ],
)
def test_what_is_something_else_already_gets_no_kit(tmp_path: Path, file: str, content: str, what: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(content)
    with pytest.raises(Problem, match=f"OUT .*: is {what}: give another OUT"):
        build_kit(tmp_path, 1, 1, 32)
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()] == [file]
    if what != "a run":
        with pytest.raises(Problem, match=f"OUT .*kit: lies in .*, which is {what}: give another OUT"):
            build_kit(tmp_path / "new/kit", 1, 1, 32)


def test_damaged_notes_are_named(tmp_path: Path) -> None:
    counts = '"seed": 0, "size_px": 32, "backgrounds": 1'
    for text in (
        "{",
        "[]",
        "[" * 10_000,
        f"{{{counts}}}",
        f'{{{counts}, "cutouts": "1"}}',
        f'{{{counts}, "cutouts": -1}}',
    ):
        (tmp_path / "kit.json").write_text(text)
        with pytest.raises(Problem, match=r"kit\.json: not a kit's notes"):
            build_kit(tmp_path, 1, 1, 32)


@pytest.mark.parametrize(("field", "value"), [("seed", -1), ("size_px", 8), ("backgrounds", -1), ("cutouts", 10**7)])
def test_numbers_out_of_range_are_named(field: str, value: int) -> None:
    numbers: dict[str, Any] = {"seed": 0, "size_px": 64, "backgrounds": 1, "cutouts": 1, field: value}
    with pytest.raises(Problem, match=f"--{field.removesuffix('_px')} {value}: give a number from"):
        KitConfig(**numbers)


def test_a_kit_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        Problem, match=r"^--backgrounds 0 --cutouts 0: nothing is to be drawn: give 1 or more"
    ) as caught:
        build_kit(tmp_path / "kit", backgrounds=0, cutouts=0)
    assert caught.value.exit_code == 2
    assert not (tmp_path / "kit").exists()


def test_names_count_from_one_with_three_digits_or_more() -> None:
    assert background_files(Path(), 0)[0].name == "bg001.jpeg"
    assert background_files(Path(), 999)[1].name == "bg1000.png"
    assert cutout_file(Path(), 41).name == "fg042.png"


@pytest.mark.parametrize("scenes", ["outdoor", "home"])
def test_a_background_depends_on_seed_and_number_alone(scenes: str) -> None:
    one, depth_one = draw_background(3, 4, 40, scenes)
    other, _ = draw_background(4, 4, 40, scenes)
    two, depth_two = draw_background(3, 4, 40, scenes)
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(depth_one, depth_two)
    assert (other != one).any()
