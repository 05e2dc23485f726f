import time
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.synth.kit.figures.people import VIEWS_DEG, draw_person, fit_camera, person_scene, sample_people
from bgfg.synth.kit.figures.poses import FRONT_ONLY_POSES, PAIR_POSES, SOLO_POSES

SEED, HEIGHT_PX = 7, 110


@cache
def drawn_once(index: int) -> NDArray[np.uint8]:
    return draw_person(SEED, index, HEIGHT_PX)


def test_the_same_arguments_give_the_same_bytes() -> None:
    for index in (0, 9):  # one person, and two
        assert draw_person(SEED, index, HEIGHT_PX).tobytes() == drawn_once(index).tobytes()


def test_another_index_or_seed_gives_another_person() -> None:
    drawn = [drawn_once(0), drawn_once(3), draw_person(SEED + 1, 0, HEIGHT_PX)]
    assert len({one.tobytes() for one in drawn}) == 3


@pytest.mark.parametrize(
    ("index", "height_px"), [(0, 32), (1, 37), (5, 64), (12, HEIGHT_PX), (24, HEIGHT_PX), (34, 61)]
)
def test_a_cut_out_has_its_height_a_margin_and_feet_at_the_bottom(index: int, height_px: int) -> None:
    drawn = drawn_once(index) if height_px == HEIGHT_PX else draw_person(SEED, index, height_px)
    assert drawn.dtype == np.uint8
    assert drawn.shape[0] == height_px
    assert drawn.shape[2] == 4
    alpha = drawn[..., 3]
    assert alpha[0].max() == 0
    assert alpha[:4].max() > 0
    assert alpha[-3:].max() > 0
    for edge, beside in ((alpha[:, 0], alpha[:, :5]), (alpha[:, -1], alpha[:, -5:])):
        assert edge.max() == 0
        assert beside.max() > 0


@pytest.mark.parametrize("index", range(0, 36, 3))
def test_the_mask_has_a_body_a_background_and_soft_edges(index: int) -> None:
    alpha = drawn_once(index)[..., 3]
    assert 0.15 < (alpha == 255).mean() < 0.85
    assert (alpha == 0).mean() > 0.1
    levels = np.unique(alpha)
    assert len(levels) >= 15
    assert 0.02 < ((alpha > 0) & (alpha < 255)).mean() < 0.3


def test_edges_have_the_colour_of_the_figure_and_no_halo() -> None:
    drawn = drawn_once(0).astype(float)
    alpha, colour = drawn[..., 3], drawn[..., :3].mean(axis=2)
    for y, x in np.argwhere((alpha > 0) & (alpha < 255)):
        near = np.s_[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3]
        solid = colour[near][alpha[near] == 255]
        if len(solid) > 8:
            assert solid.min() - 70 < colour[y, x] < solid.max() + 70
    assert drawn[..., :3][(alpha == 0) & (np.roll(alpha, 1, axis=1) > 0)].max() > 0


def test_a_figure_does_not_depend_on_how_many_are_made() -> None:
    alone = sample_people(SEED, 61)
    for index in range(60, 63):
        sample_people(SEED, index)
    assert sample_people(SEED, 61) == alone


def test_the_first_hundred_hold_every_pose_and_pairs() -> None:
    groups = [sample_people(SEED, index) for index in range(100)]
    assert 10 < sum(len(group) == 2 for group in groups) < 40
    alone = {group[0].pose.name for group in groups if len(group) == 1}
    assert alone == set(SOLO_POSES)
    assert len(PAIR_POSES) >= 6
    assert len({round(group[0].appearance.complexion.skin[0], 2) for group in groups}) > 8


def test_people_are_seen_from_all_sides() -> None:
    views = [abs((sample_people(SEED, index)[0].yaw_deg + 180) % 360 - 180) for index in range(50)]
    assert min(views) < 20
    assert max(views) > 140
    assert any(70 < view < 120 for view in views)
    assert max(abs(view) for view in VIEWS_DEG) == 180


def test_what_happens_in_front_of_the_body_is_not_seen_from_behind() -> None:
    for index in range(60):
        person = sample_people(SEED, index)[0]
        if person.pose.name in FRONT_ONLY_POSES and len(sample_people(SEED, index)) == 1:
            assert abs(person.yaw_deg) < 110


def test_partners_stand_side_by_side_without_running_into_each_other() -> None:
    for index in range(40):
        group = sample_people(SEED, index)
        if len(group) == 2:
            first, second = (np.array(person.offset_m) for person in group)
            assert 0.5 < np.linalg.norm(first - second) < 1.2


def test_a_scene_stands_on_the_floor_and_its_box_holds_it() -> None:
    scene, box = person_scene(SEED, 12)
    points = np.concatenate([part.world_vertices() for part in scene.meshes])
    assert box.low[2] == pytest.approx(0, abs=0.03)
    assert 1.5 < box.high[2] < 2.1
    assert (points >= box.low - 1e-6).all()
    assert (points <= box.high + 1e-6).all()


def test_the_camera_frames_every_vertex() -> None:
    scene, _ = person_scene(SEED, 20)
    camera = fit_camera(scene, 97)
    at, _ = camera.project(np.concatenate([part.world_vertices() for part in scene.meshes]).astype(float))
    assert at.min() > 1
    assert at[:, 1].max() == pytest.approx(97 - 1.5, abs=0.1)
    assert at[:, 0].max() < camera.width_px - 1


def test_a_tiny_figure_is_quick() -> None:
    start = time.process_time()
    draw_person(SEED, 2, 32)
    assert time.process_time() - start < 2
