"""A teacher scored on pictures with measured depth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from bgfg.data_manifests.images.image_reading import read_depth_values
from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.depth_teacher.evaluation.depth_eval import evaluate_depth
from bgfg.depth_teacher.evaluation.metrics import METRICS, EvalProtocol, depth_metrics, mean_metrics
from bgfg.depth_teacher.evaluation.rgbd import open_rgbd
from bgfg.depth_teacher.teachers.baselines import baseline_teachers
from bgfg.depth_teacher.teachers.compact_weights import open_weights_pair
from bgfg.depth_teacher.teachers.teacher import DepthBatch, RgbBatch
from tests.support.brightness_teacher import BrightnessTeacher, H, UnitlessTeacher, W, save_rgbd_pairs
from tests.support.rgbd_pairs import pairs_of


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    return save_rgbd_pairs(tmp_path / "pairs")


def test_an_evaluation_is_the_scores_of_each_image_and_their_mean(tmp_path: Path, pairs: Path) -> None:
    teacher, protocol = BrightnessTeacher(), EvalProtocol(far_m=25.0)
    done = evaluate_depth(teacher, open_rgbd(pairs, 1 / 5000), protocol, no_progress, tmp_path / "sheet.png")
    wanted = {}
    for pair in pairs_of(open_rgbd(pairs, 1 / 5000)):
        estimate = cv2.resize(
            next(teacher.predict_batches([pair.rgb[None]]))[0], (W, H), interpolation=cv2.INTER_LINEAR
        )
        wanted[pair.name] = depth_metrics(np.clip(estimate, 1e-3, 25), pair.depth_m, protocol.valid_mask(pair.depth_m))
    assert done.images.keys() == wanted.keys()
    for name, image in wanted.items():
        assert done.images[name] == pytest.approx(image)
    assert done.average() == pytest.approx(mean_metrics(wanted.values()))
    content = json.loads(done.as_json())
    assert content["average"] == pytest.approx(done.average())
    assert content["protocol"] == {"near_m": 1e-3, "far_m": 25.0, "crop": None, "align": False}
    assert content["teacher"]["name"] == "brightness"
    lines = done.markdown().splitlines()
    assert lines[0] == f"| image | {' | '.join(METRICS)} |"
    assert [line.split(" | ")[0] for line in lines[2:6]] == ["| 0", "| 1", "| 2", "| **average**"]
    scored = sum(int(protocol.valid_mask(pair.depth_m).sum()) for pair in pairs_of(open_rgbd(pairs, 1 / 5000)))
    assert content["scored"]["pixels"] == scored
    assert content["scored"]["share"] == pytest.approx(scored / (3 * H * W))
    assert lines[-2] == "teacher: brightness, no weights"
    assert lines[-1].startswith(f"scored: {100 * scored / (3 * H * W):.1f} % of the pixels with measured depth")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.height == 3 * 164


def test_depth_without_a_unit_must_be_aligned(pairs: Path) -> None:
    found = open_rgbd(pairs, 1 / 5000)
    with pytest.raises(Problem, match="--align: this teacher's depth has no unit"):
        evaluate_depth(UnitlessTeacher(), found, EvalProtocol(), no_progress)
    done = evaluate_depth(UnitlessTeacher(), found, EvalProtocol(far_m=25.0, align=True), no_progress)
    assert 0 <= done.average()["delta1"] <= 1


def test_those_beside_are_scored_on_the_same_images(pairs: Path) -> None:
    found, protocol = open_rgbd(pairs, 1 / 5000), EvalProtocol(far_m=25.0)
    done = evaluate_depth(
        BrightnessTeacher(), found, protocol, no_progress, baselines=baseline_teachers(open_weights_pair().metadata)
    )
    alone = {teacher.describe()["name"]: teacher for teacher in baseline_teachers(open_weights_pair().metadata)}
    assert list(done.baselines) == list(alone) == ["mean depth", "linear in height"]
    for name, teacher in alone.items():
        assert done.baselines[name] == pytest.approx(evaluate_depth(teacher, found, protocol, no_progress).average())
    assert [line.split(" | ")[0] for line in done.markdown().splitlines()[-5:-3]] == [
        "| mean depth",
        "| linear in height",
    ]
    assert json.loads(done.as_json())["beside"].keys() == alone.keys()


def test_an_image_without_measured_depth_has_no_figures(pairs: Path) -> None:
    cv2.imwrite(str(pairs / "depth/1.png"), np.zeros((H, W), np.uint16))
    done = evaluate_depth(BrightnessTeacher(), open_rgbd(pairs, 1 / 5000), EvalProtocol(far_m=25.0), no_progress)
    assert json.loads(done.as_json())["images"]["1"]["delta1"] is None
    assert "| 1 |  |" in done.markdown()
    assert done.decided == ("1 picture of which no depth is measured: 1",)


class ReversedTeacher(BrightnessTeacher):
    """The same, with near for far."""

    def predict_batches(self, batches: Iterable[RgbBatch]) -> Iterator[DepthBatch]:
        for depth_m in super().predict_batches(batches):
            yield 26 - depth_m


@pytest.fixture
def smooth_pairs(pairs: Path) -> Path:
    """The same, of pictures that grow brighter from left to right: what BrightnessTeacher sees is nearly the truth."""
    for i in range(3):
        red = np.broadcast_to(20 + 6 * np.arange(W, dtype=np.uint8), (H, W))
        save_png(np.stack([red] * 3, axis=2), pairs / f"rgb/{i}.png")
        cv2.imwrite(str(pairs / f"depth/{i}.png"), red.astype(np.uint16) * 500)
    return pairs


def test_a_reversed_estimate_is_not_turned_by_aligning(smooth_pairs: Path) -> None:
    found, protocol = open_rgbd(smooth_pairs, 1 / 5000), EvalProtocol(far_m=25.0, align=True)
    right = evaluate_depth(BrightnessTeacher(), found, protocol, no_progress)
    turned = evaluate_depth(ReversedTeacher(), found, protocol, no_progress)
    assert right.decided == ()
    assert right.average()["ordinal"] > 0.5 > turned.average()["ordinal"]
    assert right.average()["ordinal"] + turned.average()["ordinal"] == pytest.approx(1, abs=0.02)
    assert turned.decided == (
        "3 estimates: farther where the truth is nearer, which no positive scale aligns: scored as one depth",
    )


def test_order_is_that_before_aligning(smooth_pairs: Path) -> None:
    found = open_rgbd(smooth_pairs, 1 / 5000)
    plain, aligned = (
        evaluate_depth(BrightnessTeacher(), found, EvalProtocol(far_m=25.0, align=align), no_progress)
        for align in (False, True)
    )
    for name, image in plain.images.items():
        assert aligned.images[name]["ordinal"] == image["ordinal"]
    # Inverse depth of the same pixels has the same order, but for what is farther in it being less.
    unitless = evaluate_depth(UnitlessTeacher(), found, EvalProtocol(far_m=25.0, align=True), no_progress)
    assert unitless.average()["ordinal"] == pytest.approx(1 - plain.average()["ordinal"], abs=0.02)


@pytest.mark.parametrize(
    ("scale_m", "protocol", "message"),
    [
        (0.01, EvalProtocol(), r"are out of range, beyond 10 m, .* give --depth-scale, .* or a larger --cap"),
        (1 / 5000, EvalProtocol(far_m=6), "scored, less than half: .* give --depth-scale"),
        (1e-6, EvalProtocol(), r"a median of 0\.0.* m, too near to be: give --depth-scale"),
        (1 / 5000, EvalProtocol(far_m=25, crop=(0, 3, 0, 17)), "the others are outside the crop: give --crop none"),
    ],
)
def test_a_unit_or_range_that_leaves_little_to_score_is_an_error(
    pairs: Path, scale_m: float, protocol: EvalProtocol, message: str
) -> None:
    with pytest.raises(Problem, match=message) as caught:
        evaluate_depth(BrightnessTeacher(), open_rgbd(pairs, scale_m), protocol, no_progress)
    assert str(pairs) in str(caught.value)


def test_depth_that_is_nowhere_measured_is_an_error(pairs: Path) -> None:
    for i in range(3):
        cv2.imwrite(str(pairs / f"depth/{i}.png"), np.zeros((H, W), np.uint16))
    with pytest.raises(Problem, match="no pixel has measured depth"):
        evaluate_depth(BrightnessTeacher(), open_rgbd(pairs), EvalProtocol(), no_progress)


def test_pictures_of_which_little_is_scored_are_named(pairs: Path) -> None:
    values = read_depth_values(pairs / "depth/1.png")
    np.save(pairs / "depth/1.npy", values.astype(np.float32))  # in another unit than the others
    (pairs / "depth/1.png").unlink()
    done = evaluate_depth(BrightnessTeacher(), open_rgbd(pairs, 1 / 5000), EvalProtocol(far_m=25.0), no_progress)
    assert done.decided == ()
    np.save(pairs / "depth/1.npy", values * 100.0)
    done = evaluate_depth(BrightnessTeacher(), open_rgbd(pairs, 1 / 5000), EvalProtocol(far_m=25.0), no_progress)
    assert done.decided == ("1 picture of which less than half of the measured depth is scored: 1",)


def test_all_pairs_that_cannot_be_used_are_named_and_left_out_when_asked(pairs: Path) -> None:
    (pairs / "rgb/0.png").write_bytes(b"no picture")
    cv2.imwrite(str(pairs / "depth/2.png"), np.ones((H + 8, W), np.uint16))
    protocol = EvalProtocol(far_m=25.0)
    with pytest.raises(Problem) as caught:
        evaluate_depth(BrightnessTeacher(), open_rgbd(pairs, 1 / 5000), protocol, no_progress)
    first, second = caught.value.lines
    assert first.startswith(f"{pairs}/rgb/0.png: not a picture")
    assert second.startswith(f"{pairs}/depth/2.png: a depth map of 17x21 px")
    assert first.endswith("Save it as PNG or JPEG, or pass --skip-bad")
    done = evaluate_depth(BrightnessTeacher(), open_rgbd(pairs, 1 / 5000), protocol, no_progress, skip_bad=True)
    assert list(done.images) == ["1"]
    assert [line.endswith(": left out") for line in done.decided] == [True, True]
    for pair in (pairs / "rgb/1.png", pairs / "rgb/2.png"):
        pair.write_bytes(b"no picture")
    with pytest.raises(Problem) as caught:
        evaluate_depth(BrightnessTeacher(), open_rgbd(pairs, 1 / 5000), protocol, no_progress, skip_bad=True)
    assert [line.endswith("Save it as PNG or JPEG") for line in caught.value.lines] == [True] * 3


def test_many_that_cannot_be_used_are_folded_into_their_number(pairs: Path) -> None:
    for i in range(3, 12):
        for name in ("rgb", "depth"):
            (pairs / name / f"{i}.png").write_bytes(b"no picture")
    with pytest.raises(Problem) as caught:
        evaluate_depth(BrightnessTeacher(), open_rgbd(pairs, 1 / 5000), EvalProtocol(far_m=25.0), no_progress)
    assert len(caught.value.lines) == 6
    assert caught.value.lines[5] == f"{pairs}: 4 more like these"
