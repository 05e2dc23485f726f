"""`bgfg depth`, `depth-eval` and `convert`, and what they write."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from bgfg.data_manifests.images.pictures import read_depth
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import silent
from bgfg.depth_teacher.cli import label
from bgfg.depth_teacher.measured.depth_eval import evaluate_depth
from bgfg.depth_teacher.measured.depth_folder import SHEET, millimetres, write_depth
from bgfg.depth_teacher.measured.metrics import EIGEN_CROP, METRICS, Protocol, averaged, scores
from bgfg.depth_teacher.measured.rgbd import open_pairs
from bgfg.depth_teacher.teachers.compact_file import open_pair
from bgfg.depth_teacher.teachers.teacher import Depth, Pictures
from bgfg.depth_teacher.teachers.trivial import trivial_teachers
from click.testing import CliRunner, Result
from PIL import Image

from tests.support import references

H, W = 13, 17


class Brightness:
    """A teacher that takes the red channel for decimetres, at half the picture's size."""

    batch, where, is_metric, overlooks_people, range_m = 4, "cpu", True, False, (0.1, 25.5)

    def describe(self) -> dict[str, Any]:
        return {"name": "brightness", "version": 1}

    def input_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        return height_px, width_px

    def stream(self, batches: Iterable[Pictures]) -> Iterator[Depth]:
        for pictures in batches:
            yield (pictures[:, ::2, ::2, 0] / 10).astype(np.float32)


class Unitless(Brightness):
    is_metric = False


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    for name in ("rgb", "depth"):
        (tmp_path / "pairs" / name).mkdir(parents=True)
    for i in range(3):
        rgb = references.picture(H, W, i)
        cv2.imwrite(str(tmp_path / f"pairs/rgb/{i}.png"), rgb[..., ::-1])
        depth = (rgb[..., 0].astype(np.uint16) + 1) * 500  # 1/5000 m
        cv2.imwrite(str(tmp_path / f"pairs/depth/{i}.png"), depth)
    return tmp_path / "pairs"


def run(command: Any, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_depth_of_a_folder_is_what_bg_depth_reads(tmp_path: Path, pairs: Path) -> None:
    assert write_depth(pairs / "rgb", tmp_path / "out", Brightness(), silent) == 3
    for i in range(3):
        depth_mm = read_depth(tmp_path / f"out/{i}.png")
        assert depth_mm.shape == (H, W)
        small = references.picture(H, W, i)[::2, ::2, 0].astype(np.float32) / 10
        wanted = cv2.resize(small, (W, H), interpolation=cv2.INTER_LINEAR)
        assert depth_mm == pytest.approx(wanted * 1000, abs=0.51)
    with Image.open(tmp_path / "out" / SHEET) as sheet:
        pair_px = 2 * round(W * 160 / H)
        assert sheet.size == (3 * (pair_px + 4) - 4, 164)


def test_two_pictures_of_one_name_and_depth_without_a_unit_are_refused(tmp_path: Path, pairs: Path) -> None:
    with pytest.raises(Problem, match="gives depth without a unit"):
        write_depth(pairs / "rgb", tmp_path / "out", Unitless(), silent)
    cv2.imwrite(str(pairs / "rgb/1.jpg"), references.picture(H, W, 1))
    with pytest.raises(Problem, match=r"another depth map would have the name 1\.png: rename it"):
        write_depth(pairs / "rgb", tmp_path / "out", Brightness(), silent)
    assert not (tmp_path / "out").exists()


def test_millimetres_keep_the_unknown_apart() -> None:
    metres = np.array([np.nan, -1, 0, 0.0001, 1.2344, 99, np.inf], np.float32)
    assert millimetres(metres).tolist() == [0, 0, 0, 1, 1234, 65535, 0]


def test_an_evaluation_is_the_scores_of_each_image_and_their_mean(tmp_path: Path, pairs: Path) -> None:
    teacher, protocol = Brightness(), Protocol(far_m=25.0)
    done = evaluate_depth(teacher, open_pairs(pairs, 1 / 5000), protocol, silent, tmp_path / "sheet.png")
    wanted = {}
    for pair in open_pairs(pairs, 1 / 5000).read():
        estimate = cv2.resize(next(teacher.stream([pair.rgb[None]]))[0], (W, H), interpolation=cv2.INTER_LINEAR)
        wanted[pair.name] = scores(np.clip(estimate, 1e-3, 25), pair.depth_m, protocol.valid(pair.depth_m))
    assert done.images.keys() == wanted.keys()
    for name, image in wanted.items():
        assert done.images[name] == pytest.approx(image)
    assert done.average() == pytest.approx(averaged(wanted.values()))
    content = json.loads(done.as_json())
    assert content["average"] == pytest.approx(done.average())
    assert content["protocol"] == {"near_m": 1e-3, "far_m": 25.0, "crop": None, "align": False}
    assert content["teacher"]["name"] == "brightness"
    lines = done.markdown().splitlines()
    assert lines[0] == f"| image | {' | '.join(METRICS)} |"
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| 0", "| 1", "| 2", "| **average**"]
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.height == 3 * 164


def test_depth_without_a_unit_must_be_aligned(pairs: Path) -> None:
    found = open_pairs(pairs, 1 / 5000)
    with pytest.raises(Problem, match="--align: this teacher's depth has no unit"):
        evaluate_depth(Unitless(), found, Protocol(), silent)
    done = evaluate_depth(Unitless(), found, Protocol(align=True), silent)
    assert 0 <= done.average()["delta1"] <= 1


def test_those_beside_are_scored_on_the_same_images(pairs: Path) -> None:
    found, protocol = open_pairs(pairs, 1 / 5000), Protocol(far_m=25.0)
    done = evaluate_depth(Brightness(), found, protocol, silent, beside=trivial_teachers(open_pair().about))
    alone = {teacher.describe()["name"]: teacher for teacher in trivial_teachers(open_pair().about)}
    assert list(done.beside) == list(alone) == ["mean depth", "linear in height"]
    for name, teacher in alone.items():
        assert done.beside[name] == pytest.approx(evaluate_depth(teacher, found, protocol, silent).average())
    assert [line.split(" | ")[0] for line in done.markdown().splitlines()[-2:]] == [
        "| mean depth",
        "| linear in height",
    ]
    assert json.loads(done.as_json())["beside"].keys() == alone.keys()


def test_the_compact_teacher_writes_and_scores_depth_by_default(tmp_path: Path, pairs: Path) -> None:
    done = run(label.depth_of_folder, pairs / "rgb", tmp_path / "out", "--device", "cpu")
    assert done.exit_code == 0, done.output
    assert "3 depth maps" in done.output
    scored = run(label.depth_eval, pairs, "--depth-scale", "1/5000", "--cap", 25, "--device", "cpu", "--json")
    assert json.loads(scored.stdout)["teacher"]["name"] == "compact"


def test_an_image_without_measured_depth_has_no_figures(pairs: Path) -> None:
    cv2.imwrite(str(pairs / "depth/1.png"), np.zeros((H, W), np.uint16))
    done = evaluate_depth(Brightness(), open_pairs(pairs, 1 / 5000), Protocol(far_m=25.0), silent)
    assert json.loads(done.as_json())["images"]["1"]["delta1"] is None
    assert "| 1 |  |" in done.markdown()


@pytest.mark.parametrize(("scale", "metres"), [("1/5000", 0.0002), ("0.001", 0.001), ("1/256", 0.00390625)])
def test_the_scale_of_depth_maps_may_be_a_fraction(scale: str, metres: float) -> None:
    assert label.Scale().convert(scale, None, None) == pytest.approx(metres)


@pytest.mark.parametrize("scale", ["0", "-1", "mm", "1/0", "nan"])
def test_a_scale_that_is_none_is_a_wrong_call(pairs: Path, scale: str) -> None:
    done = run(label.depth_eval, pairs, "--teacher", "densedepth", "--weights", "w.h5", "--depth-scale", scale)
    assert done.exit_code == 2
    assert "give metres such as 0.001, 1/5000 or 1/256" in done.output


def test_the_commands_call_the_teacher_that_was_chosen(
    tmp_path: Path, pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = []

    def load(choice: Any, for_corpus: bool, _say: Any) -> Brightness:
        chosen.append((choice.name, choice.weights, choice.input_px, for_corpus))
        return Brightness()

    monkeypatch.setattr(label, "load_teacher", load)
    given = ("--teacher", "densedepth", "--weights", "nyu.h5", "--input-size", "640x480")
    done = run(label.depth_of_folder, pairs / "rgb", tmp_path / "out", *given)
    assert done.exit_code == 0, done.output
    assert "3 depth maps" in done.output
    scored = run(label.depth_eval, pairs, *given, "--depth-scale", "1/5000", "--cap", 25, "--json")
    assert scored.exit_code == 0, scored.output
    assert json.loads(scored.stdout)["protocol"]["far_m"] == 25.0
    assert chosen == [("densedepth", "nyu.h5", (480, 640), False)] * 2
    cropped = run(label.depth_eval, pairs, *given, "--crop", "eigen")
    assert isinstance(cropped.exception, Problem)
    assert "a picture of 17x13: the crop is of 640x480" in str(cropped.exception)
    assert EIGEN_CROP == (45, 471, 41, 601)


def test_convert_writes_safetensors_that_load_again(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from bgfg.depth_teacher.teachers.weight_files import load_weights

    from tests.support import keras_files
    from tests.support.networks import thin_densedepth

    keras_files.write(tmp_path / "kitti.h5", thin_densedepth())
    done = run(label.convert, tmp_path / "kitti.h5", tmp_path / "kitti.safetensors")
    assert done.exit_code == 0, done.output
    assert "DenseDepth of width 16, LeakyReLU after convB, align_corners, 1 to 80 m" in done.output
    assert load_weights(tmp_path / "kitti.safetensors").range_m == (1.0, 80.0)
    refused = run(label.convert, tmp_path / "kitti.h5", tmp_path / "kitti.pt")
    assert "give a name that ends in .safetensors" in str(refused.exception)
