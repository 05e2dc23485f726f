"""Depth networks in ONNX files: told by their signature, fed as they want it, and their numbers made metres."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.load_teacher import load_teacher
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.depth_teacher.teachers.teacher import PictureTeacher
from tests.support.depth_onnx import save_depth_onnx

METRIC3D = ("normal_confidence", "predicted_depth", "predicted_normal")
IMAGENET = (np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]))


def load(file: Path, said: list[str] | None = None, **given: Any) -> PictureTeacher:
    onnx = tuple(given.pop("onnx", {}).items())
    return load_teacher(
        TeacherOptions("onnx", str(file), onnx=onnx, **given), False, (said if said is not None else []).append
    )


def flat(level: int, height_px: int, width_px: int) -> NDArray[np.uint8]:
    return np.full((1, height_px, width_px, 3), level, np.uint8)


def depth_of(teacher: PictureTeacher, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    (found,) = teacher.predict_batches([pictures])
    assert found.shape == pictures.shape[:3]
    assert found.dtype == np.float32
    return found


@pytest.mark.parametrize(
    ("takes", "gives", "shape", "model"),
    [
        ("pixel_values", METRIC3D, ("n", 3, "h", "w"), "metric3d-v2"),
        ("image", ["pred_depth"], (1, 3, 616, 1064), "metric3d-v2"),
        ("pixel_values", ["predicted_depth", "domain_logits"], ("n", 3, "h", "w"), "zoedepth"),
        ("0", ["797"], (1, 3, 384, 384), "midas-v2.1"),
    ],
)
def test_a_signature_of_one_model_alone_is_enough(
    tmp_path: Path, takes: str, gives: list[str], shape: tuple[Any, ...], model: str
) -> None:
    said: list[str] = []
    teacher = load(save_depth_onnx(tmp_path / "m.onnx", takes, gives, shape), said, focal_px=500.0)
    assert teacher.describe()["onnx"] == {"model": model}
    [line] = said
    assert line.startswith(f"{tmp_path / 'm.onnx'}: read as {model}; licence not stated; of the published weights of ")


@pytest.mark.parametrize(
    ("takes", "gives", "fits"),
    [
        ("pixel_values", ["predicted_depth"], "depth-anything-v2, depth-anything-v2-metric, zoedepth, dpt do"),
        ("image", ["depth", "sky"], "depth-anything-3, depth-anything-3-metric do"),
        ("input", ["output"], "depth-anything-v2, depth-anything-v2-metric, depth-anything-3, "),
    ],
)
def test_a_signature_of_several_models_is_asked_about(tmp_path: Path, takes: str, gives: list[str], fits: str) -> None:
    file = save_depth_onnx(tmp_path / "m.onnx", takes, gives)
    with pytest.raises(Problem, match=f"as files of {fits}.*: say which it is, --onnx model=NAME") as caught:
        load(file)
    assert len(caught.value.lines) == 1
    assert load(file, onnx={"model": "depth-anything-v2"}).describe()["onnx"] == {"model": "depth-anything-v2"}


@pytest.mark.parametrize(
    ("config", "model"),
    [
        ({"model_type": "depth_anything"}, "depth-anything-v2"),
        ({"model_type": "depth_anything", "depth_estimation_type": "metric"}, "depth-anything-v2-metric"),
        ({"model_type": "dpt"}, "dpt"),
    ],
)
def test_the_configuration_above_a_file_tells_which_of_several_it_is(
    tmp_path: Path, config: dict[str, str], model: str
) -> None:
    (tmp_path / "onnx").mkdir()
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    file = save_depth_onnx(tmp_path / "onnx/model.onnx", "pixel_values", ["predicted_depth"])
    assert load(file).describe()["onnx"] == {"model": model}


def test_a_model_that_is_not_known_is_said_by_its_settings(tmp_path: Path) -> None:
    file = save_depth_onnx(tmp_path / "m.onnx", "x", ["y"], (1, 3, 40, 60))
    with pytest.raises(Problem, match=r"takes x and gives y, as no model that bgfg knows: give --onnx model=NAME"):
        load(file)
    with pytest.raises(Problem, match="give --onnx fit=, --onnx levels=, --onnx mean=, --onnx std= too"):
        load(file, onnx={"model": "other", "output": "metres"})
    settings = {"output": "metres", "fit": "stretch", "levels": 255, "mean": [0, 0, 0], "std": [10, 10, 10]}
    teacher = load(file, onnx={"model": "other", **settings, "far_m": 30})
    assert depth_of(teacher, flat(50, 31, 47)) == pytest.approx(5.0)
    assert (teacher.range_m, teacher.is_metric) == ((0.1, 30), True)


@pytest.mark.parametrize(
    ("model", "size_px", "wanted_px"),
    [
        ("depth-anything-v2", (240, 320), (518, 686)),
        ("depth-anything-v2-metric", (518, 518), (518, 518)),
        ("depth-anything-3", (480, 640), (378, 504)),
        ("metric3d-v2", (480, 640), (616, 1064)),
        ("moge-2", (37, 53), (37, 53)),
        ("zoedepth", (480, 640), (384, 512)),
        ("dpt", (480, 640), (384, 384)),
    ],
)
def test_pictures_are_brought_to_the_size_that_a_model_wants(
    tmp_path: Path, model: str, size_px: tuple[int, int], wanted_px: tuple[int, int]
) -> None:
    gives = ["mask", "metric_scale", "points"] if model == "moge-2" else ["depth"]
    file = save_depth_onnx(tmp_path / "m.onnx", "image", gives)
    assert load(file, onnx={"model": model}, focal_px=500.0).input_px(*size_px) == wanted_px


def test_an_input_of_one_size_takes_no_other(tmp_path: Path) -> None:
    file = save_depth_onnx(tmp_path / "m.onnx", "image", ["depth"], (1, 3, 28, 42))
    teacher = load(file, onnx={"model": "depth-anything-v2"})
    assert teacher.input_px(480, 640) == (28, 42)
    with pytest.raises(Problem, match=r"--input-size: .* takes 42x28 alone: leave the option out"):
        load(file, onnx={"model": "depth-anything-v2"}, input_px=(56, 56))


@pytest.mark.parametrize("half", [False, True])
def test_pictures_are_normalised_as_the_model_wants_and_inverse_depth_is_kept(tmp_path: Path, half: bool) -> None:
    file = save_depth_onnx(tmp_path / "m.onnx", "image", ["depth"], half=half)
    teacher = load(file, onnx={"model": "depth-anything-v2"}, input_px=(28, 42))
    found = depth_of(teacher, flat(200, 40, 61))
    mean, std = IMAGENET
    assert not teacher.is_metric
    assert found == pytest.approx(float(((200 / 255 - mean) / std).mean()), rel=2e-3 if half else 1e-5)


def test_a_model_of_depth_without_a_unit_gives_its_inverse_and_no_sky(tmp_path: Path) -> None:
    sky = np.zeros((1, 28, 42), np.float32)
    sky[:, :14] = 1
    file = save_depth_onnx(tmp_path / "m.onnx", "image", ["depth", "sky"], (1, 3, 28, 42), {"sky": sky})
    found = depth_of(load(file, onnx={"model": "depth-anything-3"}), flat(250, 28, 42))
    mean, std = IMAGENET
    assert found[0, :14] == pytest.approx(0.0)
    assert found[0, 14:] == pytest.approx(1 / float(((250 / 255 - mean) / std).mean()), rel=1e-5)


@pytest.mark.parametrize(("height_px", "width_px"), [(100, 150), (231, 77), (616, 1064)])
def test_metres_of_metric3d_are_of_the_cameras_focal_length_and_the_border_is_cut_off(
    tmp_path: Path, height_px: int, width_px: int
) -> None:
    file = save_depth_onnx(tmp_path / "m.onnx", "pixel_values", METRIC3D)
    found = depth_of(load(file, focal_px=400.0), flat(7, height_px, width_px))
    scale = min(616 / height_px, 1064 / width_px)  # the picture's within the input, and so its focal length's
    assert found == pytest.approx(7 * 400 * scale / 1000, rel=2e-2)
    assert np.ptp(found) < 1e-3


def test_metres_of_depth_anything_3_are_of_the_focal_length_at_its_input(tmp_path: Path) -> None:
    file = save_depth_onnx(tmp_path / "m.onnx", "image", ["depth", "sky"], (1, 3, 28, 42), {
        "sky": np.zeros((1, 28, 42), np.float32)
    })  # fmt: skip
    teacher = load(file, onnx={"model": "depth-anything-3-metric"}, focal_px=600.0)
    mean, std = IMAGENET
    raw = float(((250 / 255 - mean) / std).mean())
    assert depth_of(teacher, flat(250, 56, 84)) == pytest.approx(raw * 600 / 2 / 300, rel=1e-5)
    with pytest.raises(Problem, match="depth-anything-3-metric gives metres only for a focal length: give --focal"):
        load(file, onnx={"model": "depth-anything-3-metric"})


@pytest.mark.parametrize("focal_px", [None, 70.0])
def test_points_of_moge_become_metres(tmp_path: Path, focal_px: float | None) -> None:
    height_px, width_px, focal = 48, 64, 70.0
    y, x = np.mgrid[:height_px, :width_px].astype(np.float32)
    depth = (2 + 0.03 * y + 0.02 * np.sin(x / 5)).astype(np.float32)
    points = np.stack([(x + 0.5 - 32) / focal * depth, (y + 0.5 - 24) / focal * depth, depth - 1.3], axis=-1)
    mask = np.ones((1, height_px, width_px), np.float32)
    mask[:, :5] = 0
    constants = {"points": points[None].astype(np.float32), "mask": mask, "metric_scale": np.array([2.5], np.float32)}
    file = save_depth_onnx(
        tmp_path / "m.onnx", "image", ["points", "mask", "metric_scale"], constants=constants, beside=["num_tokens"]
    )
    teacher = load(file, focal_px=focal_px)
    assert teacher.describe()["onnx"] == {"model": "moge-2"}
    found = depth_of(teacher, flat(9, height_px, width_px))[0]
    assert np.isnan(found[:5]).all()
    assert found[5:] == pytest.approx(2.5 * depth[5:], rel=1e-3)


def test_the_licence_is_the_files_or_the_one_that_is_given(tmp_path: Path) -> None:
    said: list[str] = []
    file = save_depth_onnx(tmp_path / "m.onnx", "0", ["797"], (1, 3, 384, 384), properties={"license": "mit"})
    assert load(file, said).describe()["licence"] == "mit"
    assert load(file, said, licence="CC0-1.0").describe()["licence"] == "CC0-1.0"
    assert [line.partition("; ")[2] for line in said] == ["licence mit", "licence CC0-1.0"]


@pytest.mark.parametrize(
    ("onnx", "said"),
    [
        ({"model": "midas"}, "--onnx model=midas: no such model: give depth-anything-v2, "),
        ({"colour": 1}, "--onnx colour: no such setting: give model, output"),
        ({"fit": "crop"}, "--onnx fit=crop: give shorter, longer"),
        ({"std": [0, 1, 1]}, "--onnx std=.*: give three numbers above 0"),
        ({"far_m": float("nan")}, "--onnx far_m=nan: give a number within reason"),
        ({"multiple_px": 1.5}, "--onnx multiple_px=1.5: give a whole number"),
        ({"model": "moge-2"}, "gives no mask, as files of moge-2 do"),
    ],
)
def test_what_makes_no_sense_is_one_line(tmp_path: Path, onnx: dict[str, Any], said: str) -> None:
    file = save_depth_onnx(tmp_path / "m.onnx", "0", ["797"], (1, 3, 384, 384))
    with pytest.raises(Problem, match=said) as caught:
        load(file, onnx=onnx)
    assert (len(caught.value.lines), caught.value.exit_code) == (1, 2)


def test_files_that_are_no_such_networks_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "damaged.onnx").write_bytes(b"nothing")
    for file, said in (
        (tmp_path / "none.onnx", "no such file: check --weights"),
        (tmp_path / "damaged.onnx", "can't be read as ONNX"),
        (save_depth_onnx(tmp_path / "flat.onnx", "image", ["depth"], ("n", 3)), r"takes no pictures \(n, 3, h, w\)"),
        (save_depth_onnx(tmp_path / "two.onnx", "image", ["depth"], beside=["pose"]), "takes pose beside pictures"),
    ):
        with pytest.raises(Problem, match=said) as caught:
            load(file, onnx={"model": "depth-anything-v2"})
        assert len(caught.value.lines) == 1
    shaped = np.zeros((1, 2, 9, 9), np.float32)
    file = save_depth_onnx(tmp_path / "shaped.onnx", "image", ["depth"], constants={"depth": shaped})
    with pytest.raises(Problem, match=r"gives depth \(1, 2, 9, 9\), no map of one picture"):
        depth_of(load(file, onnx={"model": "depth-anything-v2"}), flat(9, 30, 30))


@pytest.mark.parametrize("given", [{"onnx": (("model", "dpt"),)}, {"focal_px": 5.0}, {"licence": "MIT"}])
def test_options_of_onnx_files_are_for_them_alone(given: dict[str, Any]) -> None:
    with pytest.raises(Problem, match="is for --teacher onnx: leave it out"):
        TeacherOptions("compact", **given)


@pytest.mark.parametrize("focal_px", [0.0, -1.0, float("nan"), 1e9])
def test_a_focal_length_is_a_number_of_pixels(focal_px: float) -> None:
    with pytest.raises(Problem, match="give pixels, from 1 to 1,000,000"):
        TeacherOptions("onnx", "m.onnx", focal_px=focal_px)
