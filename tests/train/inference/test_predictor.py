"""A prediction has its picture's own size, whatever the model looks at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.predictor import Predictor
from tests.support.composites import composite, far_from_edges
from tests.support.stub_models import DifferenceModel


def red_figure(height_px: int, width_px: int) -> NDArray[np.uint8]:
    """Return a black picture (36, 48, 3) with a red rectangle at its lower edge, right of its middle."""
    picture = np.zeros((36, 48, 3), np.uint8)
    picture[36 - height_px :, max(0, min(28, 48 - width_px)) :][:, :width_px, 0] = 255
    return picture


@pytest.mark.parametrize("size", [(13, 17), (122, 166), (149, 83)])
def test_the_person_and_the_depth_are_found_at_the_pictures_size(tmp_path: Path, size: tuple[int, int]) -> None:
    picture, background, mask = composite(*size, 1)
    found = Predictor(DifferenceModel(tmp_path / "w", input_px=72)).predict(picture, background)
    assert found.person is not None
    assert found.depth_m is not None
    assert found.person.alpha.shape == found.depth_m.shape == size
    assert found.person.cutout.shape == (*size, 4)
    sure = far_from_edges(mask, 5 if min(size) > 20 else 1)
    assert (found.person.mask[sure] == mask[sure]).mean() > 0.99
    assert np.abs(found.depth_m[sure] - np.where(mask[sure] > 0, 2, 4)).mean() < 0.05


def test_both_shots_are_brought_to_the_same_size_by_the_same_rule(tmp_path: Path) -> None:
    picture, _, _ = composite(61, 83, 1)
    model = DifferenceModel(tmp_path / "w", step_px=4)
    Predictor(model, shorter_px=20).predict(picture, picture)
    bg, bg_fg = model.seen[0]
    assert bg.shape == (1, 3, 20, 28)
    assert bg.dtype == np.float32
    np.testing.assert_array_equal(bg, bg_fg)
    assert 0 <= bg.min() <= bg.max() <= 1


def test_pictures_are_seen_mirrored_too_where_the_model_wants_that_and_frames_are_not(tmp_path: Path) -> None:
    class Leftward(DifferenceModel):
        """Sees a person where it is red, and in the left half of what it is shown."""

        def run(self, pictures: Sequence[NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
            found = super().run(pictures)
            found["mask"][..., : found["mask"].shape[-1] // 2] = 1
            return found

    picture = red_figure(20, 10)
    seen = {}
    for mirrored in (False, True):
        model = Leftward(tmp_path / "w", inputs=("image",), outputs=("mask",), mirrored=mirrored)
        predictor = Predictor(model)
        still, frame = predictor.predict(picture).person, predictor.for_frames().predict(picture).person
        assert still is not None
        assert frame is not None
        assert [shots[0].shape for shots in model.seen] == [(1, 3, 48, 64)] * (2 + mirrored)
        seen[mirrored] = [shots[0] for shots in model.seen], still.alpha, frame.alpha
    ((plain, _), one, frame_alpha), ((first, second, _), mean, other_alpha) = seen[False], seen[True]
    np.testing.assert_array_equal(first, plain)
    np.testing.assert_array_equal(second, plain[..., ::-1])
    np.testing.assert_array_equal(frame_alpha, other_alpha)
    sides = (slice(None), slice(2, 20)), (slice(None), slice(44, 46))
    assert [one[side].mean().round(2) for side in sides] == [1, 0]
    assert [mean[side].mean().round(2) for side in sides] == [0.5, 0.5]
    assert mean[20:32, 30:36].min() > 0.9


@pytest.mark.parametrize("shots", [1, 2])
@pytest.mark.parametrize(
    ("figure_px", "looks_px"),
    [
        ((12, 8), [(36, 48), (52, 44)]),
        ((0, 0), [(36, 48), (72, 96)]),
        ((36, 48), [(36, 48), (48, 64)]),
        ((34, 44), [(36, 48), (48, 64)]),
    ],
    ids=["small", "nobody", "all of it", "nearly all"],
)
def test_what_was_found_is_looked_at_closer(
    tmp_path: Path, figure_px: tuple[int, int], looks_px: list[tuple[int, int]], shots: int
) -> None:
    inputs = (("image",), ("bg", "bg_fg"))[shots - 1]
    model = DifferenceModel(tmp_path / "w", inputs=inputs, outputs=("mask",), closer_look=True)
    picture = red_figure(*figure_px)
    background = np.zeros_like(picture) if shots == 2 else None
    predictor = Predictor(model)
    found = predictor.predict(picture, background).person
    assert found is not None
    assert [shots[0].shape[-2:] for shots in model.seen] == looks_px
    assert np.abs(found.alpha - (picture[..., 0] > 0)).mean() < 0.05
    for once in (predictor.for_frames(), Predictor(model, shorter_px=36)):
        model.seen.clear()
        once.predict(picture, background)
        assert len(model.seen) == 1


class Doubtful(DifferenceModel):
    """Sees somebody from so many pixels a side on, and in parts of a picture what it is told."""

    def __init__(
        self, file: Path, least_px: int, in_parts: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    ) -> None:
        super().__init__(file, outputs=("mask",), inputs=("image",), closer_look=True)
        self._least_px, self._in_parts = least_px, in_parts

    def run(self, pictures: Sequence[NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        mask = super().run(pictures)["mask"]
        height_px, width_px = mask.shape[-2:]
        if 3 * width_px != 4 * height_px:  # a part of these pictures
            return {"mask": self._in_parts(mask)}
        return {"mask": mask * (height_px >= self._least_px)}


@pytest.mark.parametrize("in_parts", [np.zeros_like, np.ones_like], ids=["nobody in the part", "cut off at its sides"])
@pytest.mark.parametrize(
    ("least_px", "whole_px"), [(0, [(36, 48), (72, 96)]), (50, [(36, 48), (72, 96)])], ids=["at once", "larger"]
)
def test_the_closest_look_at_the_whole_counts_where_a_part_shows_something_else(
    tmp_path: Path,
    in_parts: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    least_px: int,
    whole_px: list[tuple[int, int]],
) -> None:
    model = Doubtful(tmp_path / "w", least_px, in_parts)
    picture = red_figure(12, 8)
    found = Predictor(model).predict(picture).person
    assert found is not None
    looks_px = [shots[0].shape[-2:] for shots in model.seen]
    assert [size for size in looks_px if 3 * size[1] == 4 * size[0]] == whole_px
    assert len(looks_px) == 3
    assert np.abs(found.alpha - (picture[..., 0] > 0)).mean() < 0.05


@pytest.mark.parametrize(
    "card", [{"step_px": None}, {"outputs": ("mask", "depth")}, {"outputs": ("matte",)}, {"closer_look": False}]
)
def test_models_of_one_size_and_of_more_than_masks_look_once(tmp_path: Path, card: dict[str, Any]) -> None:
    model = DifferenceModel(tmp_path / "w", **{"outputs": ("mask",), "closer_look": True} | card)
    Predictor(model).predict(red_figure(12, 8), red_figure(0, 0))
    assert len(model.seen) == 1


def test_a_model_of_one_picture_and_one_of_one_output(tmp_path: Path) -> None:
    picture, _, mask = composite(122, 166, 1)
    alone = Predictor(DifferenceModel(tmp_path / "w", input_px=72, inputs=("image",), outputs=("mask",))).predict(
        picture
    )
    assert alone.person is not None
    assert alone.depth_m is None
    assert (alone.person.mask[far_from_edges(mask, 6) & (mask == 255)] == 255).all()
    deep = Predictor(DifferenceModel(tmp_path / "w", outputs=("depth",))).predict(picture, picture)
    assert deep.person is None
    assert deep.depth_m is not None


def test_a_matte_gives_its_alpha(tmp_path: Path) -> None:
    picture, background, _ = composite(122, 166, 1)
    masked, matted = (
        Predictor(DifferenceModel(tmp_path / "w", outputs=outputs)).predict(picture, background).person
        for outputs in (("mask",), ("matte",))
    )
    assert masked is not None
    assert matted is not None
    np.testing.assert_array_equal(masked.cutout, matted.cutout)


def test_over_another_background_stands_the_person(tmp_path: Path) -> None:
    picture, background, mask = composite(122, 166, 1)
    person = Predictor(DifferenceModel(tmp_path / "w", input_px=72)).predict(picture, background).person
    assert person is not None
    blue = np.broadcast_to(np.array([10, 20, 250], np.uint8), picture.shape)
    edited, sure = person.over(blue), far_from_edges(mask, 6)
    assert (edited[sure & (mask == 0)] == [10, 20, 250]).all()
    assert (edited[sure & (mask == 255)] == picture[sure & (mask == 255)]).all()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.zeros((24, 32, 3)), r"^picture: is float64 \(24, 32, 3\): give \(H, W, 3\) uint8 RGB$"),
        (np.zeros((24, 32, 3), np.uint16), r"^picture: is uint16 "),
        (np.zeros((24, 32), np.uint8), r"^picture: is uint8 \(24, 32\): give "),
        (np.zeros((1, 24, 32, 3), np.uint8), r"^picture: is uint8 \(1, 24, 32, 3\): give "),
        (np.zeros((24, 32, 4), np.uint8), r"^picture: is uint8 \(24, 32, 4\): give "),
        (np.zeros((0, 32, 3), np.uint8), r"^picture: is uint8 \(0, 32, 3\): give "),
        ("photo.jpg", r"^picture: is of type str, no array: give .* np\.asarray\(PIL\.Image\.open\(path\)"),
        (Image.new("RGB", (32, 24)), r"^picture: is of type Image, no array: give .* np\.asarray\(image\.convert"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused_before_the_network_runs(tmp_path: Path, given: Any, said: str) -> None:
    model = DifferenceModel(tmp_path / "w")
    with pytest.raises(Problem, match=said) as caught:
        Predictor(model).predict(given, np.zeros((24, 32, 3), np.uint8))
    assert len(caught.value.lines) == 1
    assert not model.seen


def test_a_background_is_given_where_the_model_compares_and_at_the_pictures_size(tmp_path: Path) -> None:
    picture, small = np.zeros((24, 32, 3), np.uint8), np.zeros((12, 16, 3), np.uint8)
    two = Predictor(DifferenceModel(tmp_path / "w"))
    one = Predictor(DifferenceModel(tmp_path / "w", inputs=("image",), outputs=("mask",)))
    with pytest.raises(Problem, match=r"^background: differs compares two shots: give the one of the empty scene too"):
        two.predict(picture)
    with pytest.raises(Problem, match=r"^background: differs looks at the picture alone: leave it out$"):
        one.predict(picture, picture)
    with pytest.raises(Problem, match=r"^background: is \(12, 16, 3\), the picture \(24, 32, 3\): give shots of one"):
        two.predict(picture, small)
    person = two.predict(picture, picture).person
    assert person is not None
    with pytest.raises(Problem, match=r"^background: is \(12, 16, 3\): give it at the picture's size, \(24, 32, 3\)$"):
        person.over(small)
    with pytest.raises(Problem, match=r"^model='person': give what `bgfg\.load_model` returns$"):
        Predictor("person")  # type: ignore[arg-type]
