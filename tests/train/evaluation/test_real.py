"""Evaluation on real pictures: figures held to slow ones, what is left out, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.evaluation.bootstrap import PigeonholeBootstrap
from bgfg.train.evaluation.real import evaluate_real
from bgfg.train.evaluation.real_labels import ClassesScorer, InstancesScorer
from bgfg.train.evaluation.real_pictures import RealTruth
from bgfg.train.evaluation.result import RealResult
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.inference.inputs import InputFiles, InputImages
from bgfg.train.inference.predictor import Prediction, Predictor
from bgfg.train.inference.runtime import load_model
from bgfg.train.models.checkpoint import BEST, Checkpoint, checkpoint_path
from bgfg.train.ops.instances import Instance
from bgfg.train.targets.mask import THRESHOLDS
from tests.support.instance_corpus import LIGHT_MASKRCNN
from tests.support.paired_folders import make_aisegment, make_pets, save
from tests.support.project import ROOT
from tests.support.real_folder import depth_mm, inside, make_real
from tests.support.saved_runs import save_run
from tests.support.stub_models import stub_card

ENCODER = "mobilenetv4_conv_small_050"
PORTRAITS = ROOT.parent / "shared" / "portraits"


@pytest.fixture(scope="module", autouse=True)
def few_replicates() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        few = partial(PigeonholeBootstrap, replicates=50)
        patch.setattr("bgfg.train.evaluation.real_pictures.PigeonholeBootstrap", few)
        yield


@pytest.fixture(scope="module")
def two_shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_run(tmp_path_factory.mktemp("runs") / "pairs", input_px=32)


@pytest.fixture(scope="module")
def one_shot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_run(tmp_path_factory.mktemp("runs") / "single", "person", ("mask",), input_px=32, encoder=ENCODER)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_real(tmp_path_factory.mktemp("data") / "real", depth=True)


@pytest.fixture(scope="module")
def result(two_shots: Path, real: Path) -> RealResult:
    return evaluate_real(two_shots, real, {}, "cpu")


def iou(found: NDArray, true: NDArray) -> float:
    return float((found & true).sum() / (found | true).sum())


def figures(result: RealResult, method: str) -> dict[str, float | None]:
    row = next(row for row in result.report.rows if row.contestant.startswith(method))
    return {name: estimate.mean for name, estimate in row.figures.items()}


def test_figures_are_those_of_predict_picture_by_picture(result: RealResult, two_shots: Path, real: Path) -> None:
    predictor = Predictor(load_model(two_shots, "cpu"))
    ious, errors, near = [], [], []
    for seed in range(8):
        picture, background = (read_rgb(real / kind / f"{seed:03}.png") for kind in ("images", "backgrounds"))
        found = predictor.predict(picture, background)
        assert found.person is not None
        assert found.depth_m is not None
        ious.append(iou(found.person.alpha >= 0.48, inside(seed)))
        errors.append(np.abs(found.person.alpha - inside(seed)).mean())
        true_m = depth_mm(seed) / 1000
        known = true_m > 0
        ratio = found.depth_m[known] / true_m[known]
        near.append((np.maximum(ratio, 1 / ratio) < 1.25).mean())
    of_network = figures(result, "two_branch_net")
    assert of_network["mask.iou"] == pytest.approx(np.mean(ious))
    assert of_network["mask.mae"] == pytest.approx(np.mean(errors), rel=1e-5)
    assert of_network["depth.delta1"] == pytest.approx(np.mean(near))


def test_the_difference_has_the_threshold_that_is_best_for_these_pictures(result: RealResult, real: Path) -> None:
    each = []
    for seed in range(8):
        shots = [read_rgb(real / kind / f"{seed:03}.png").astype(int) for kind in ("images", "backgrounds")]
        root = np.sqrt(np.abs(shots[0] - shots[1]).max(axis=2) / 255).astype(np.float32)
        each.append([iou(root >= np.float32(threshold), inside(seed)) for threshold in THRESHOLDS])
    assert figures(result, "difference")["mask.iou"] == pytest.approx(np.max(np.mean(each, axis=0)))
    assert "mask.boundary_f" not in figures(result, "difference")


def test_one_depth_for_all_of_a_picture_is_its_true_median(result: RealResult) -> None:
    medians = [depth_mm(seed)[depth_mm(seed) > 0] for seed in range(8)]
    expected = np.mean([np.sqrt(((each - np.median(each)) ** 2).mean()) / 1000 for each in medians])
    assert figures(result, "its median")["depth.rmse_m"] == pytest.approx(expected, rel=1e-4)


def test_beside_a_network_of_one_picture_all_is_foreground(one_shot: Path, real: Path) -> None:
    found = evaluate_real(one_shot, real, {}, "cpu")
    share = np.mean([inside(seed).mean() for seed in range(8)])
    assert figures(found, "all foreground")["mask.iou"] == pytest.approx(share)
    assert len(found.report.rows) == 2


def test_a_matte_has_its_own_errors(tmp_path: Path) -> None:
    run = save_run(tmp_path / "run", "matting_unet", ("matte",), input_px=64)
    found = evaluate_real(run, make_aisegment(tmp_path / "mattes"), {}, "cpu", 4)
    assert {"mask.matte_sad", "mask.matte_mse", "mask.matte_grad", "mask.matte_conn"} <= figures(
        found, "matting"
    ).keys()
    assert "### Real pictures: matte" in found.report.markdown()


def known_files(run: Path, files: list[Path], **more: object) -> None:
    """Make a run's network one that was trained on these files."""
    kept = Checkpoint.load(checkpoint_path(run, BEST))
    hashes = [file_sha256(file)[:16] for file in files]
    Checkpoint(kept.parts, {**kept.description, "files": hashes, **more}).save(checkpoint_path(run, BEST))


def test_what_was_trained_on_is_left_out_by_content_and_named(tmp_path: Path) -> None:
    run, root = save_run(tmp_path / "run", targets=("mask",), input_px=32), make_real(tmp_path / "real", 5, 5)
    known_files(run, [root / "images/001.png", root / "images/003.png"])
    (root / "images/003.png").rename(root / "images/9.png")  # another name, the same picture
    (root / "masks/003.png").rename(root / "masks/9.png")
    (root / "backgrounds/003.png").rename(root / "backgrounds/9.png")
    found = evaluate_real(run, root, {}, "cpu")
    assert found.report.pictures == 3
    assert "Left out: 2 of 5 pictures were trained on (001.png, 9.png)." in found.report.notes
    known_files(run, sorted((root / "images").iterdir()))
    with pytest.raises(Problem, match=r"--real .*real: no picture to test on is left: all were trained on: give"):
        evaluate_real(run, root, {}, "cpu")


def test_pictures_whose_second_shot_was_trained_on_are_left_out_too(tmp_path: Path) -> None:
    run, root = save_run(tmp_path / "run", targets=("mask",), input_px=32), make_real(tmp_path / "real", 6, 3)
    known_files(run, [root / "backgrounds/001.png"])
    assert evaluate_real(run, root, {}, "cpu").report.pictures == 4  # two show this scene
    known_files(run, sorted((root / "backgrounds").iterdir()))
    found = evaluate_real(run, root, {}, "cpu")
    assert found.report.pictures == 6
    assert any(note.startswith("Not new: the second shots of all pictures") for note in found.report.notes)


def test_of_a_folder_that_was_trained_on_the_split_test_is_tested(tmp_path: Path) -> None:
    run, root = save_run(tmp_path / "run", targets=("mask",), input_px=32), make_real(tmp_path / "real", 10)
    data = {"test": 3, "groups": "none"}
    folder = ImageMaskFolder(root, data)
    mix = {"digest": folder.digest, "train": 5, "val": 2, "joined": 1, "batch": 9}
    known_files(run, [], mix=mix, options={"data": data})
    assert evaluate_real(run, root, {}, "cpu").report.pictures == 3


def test_soft_masks_are_read_so_whatever_those_of_the_training_were(one_shot: Path, tmp_path: Path) -> None:
    binary, soft = make_real(tmp_path / "binary", 4), make_real(tmp_path / "soft", 4)
    for path in (soft / "masks").iterdir():
        save(cv2.blur(np.array(Image.open(path)), (7, 7)), path)
    trained = ImageMaskFolder(binary, {"masks": "binary"})
    known_files(one_shot, [], options={"data": trained.settings}, masks=trained.encoding.record())
    read = [evaluate_real(one_shot, root, {}, "cpu").report.about["pictures"] for root in (binary, soft)]
    assert "masks read as binary" in read[0]
    assert "masks read as soft" in read[1]


def test_without_second_shots_a_network_of_two_is_told_in_a_line(two_shots: Path, tmp_path: Path) -> None:
    root = make_real(tmp_path / "real", 4, 1)
    (root / "backgrounds/000.png").unlink()
    found = evaluate_real(two_shots, root, {}, "cpu")
    assert found.report.notes[0] == "Left out: 1 of 4 pictures have no second shot (000.png)."
    for path in (root / "backgrounds").iterdir():
        path.unlink()
    with pytest.raises(Problem, match="two_branch_net compares two shots, and there are no second shots: put them"):
        evaluate_real(two_shots, root, {}, "cpu")


def test_what_the_folder_lacks_is_told(tmp_path: Path) -> None:
    depth_alone = save_run(tmp_path / "depth", targets=("depth",), input_px=32)
    with pytest.raises(Problem, match="finds nothing but depth, and there is none of it in metres: put depth maps"):
        evaluate_real(depth_alone, make_real(tmp_path / "flat"), {}, "cpu")
    pets = save_run(tmp_path / "pets", "unet", ("classes",), input_px=32, classes=3)
    with pytest.raises(Problem, match=r"finds the classes .*: give pictures of these"):
        evaluate_real(pets, make_aisegment(tmp_path / "mattes"), {}, "cpu")


def test_pictures_that_cannot_be_read_are_left_out_and_named(two_shots: Path, tmp_path: Path) -> None:
    root = make_real(tmp_path / "real", 4)
    save(np.zeros((20, 28, 3), np.uint8), root / "backgrounds/002.png")
    found = evaluate_real(two_shots, root, {}, "cpu")
    assert found.report.pictures == 3
    (root / "backgrounds/001.png").unlink()
    (root / "backgrounds/001.png").symlink_to("nowhere")
    assert evaluate_real(two_shots, root, {}, "cpu").report.pictures == 2
    assert any("002.png 28×20" in note and "never stretched" in note for note in found.report.notes)


def test_intervals_are_over_what_belongs_together(two_shots: Path, tmp_path: Path) -> None:
    root = make_real(tmp_path / "real", 8, 2)
    for kind in ("images", "masks", "backgrounds"):
        for seed in range(8):
            name = f"bg{seed % 2 + 1:03}_fg{seed // 2 + 1:03}_001"
            new = {"masks": f"{name}_mask.png", "images": f"{name}.png"}.get(kind, f"bg{seed % 2 + 1:03}.png")
            (root / kind / f"{seed:03}.png").replace(root / kind / new)
    found = evaluate_real(two_shots, root, {}, "cpu")
    assert found.report.about["intervals"] == "over 2 scenes and 4 people, by the names of bgfg's grammar"
    row = found.report.rows[0].figures["mask.iou"]
    assert row.low is not None
    assert row.mean is not None
    assert row.low <= row.mean


def test_the_part_is_in_the_same_report(result: RealResult, tmp_path: Path) -> None:
    content = json.loads(json.dumps(result.report.content()))
    assert content["pictures"] == 8
    assert content["rows"][0]["figures"]["mask.iou"]["n"] == 8
    markdown = result.report.markdown()
    for title in ("mask", "depth", "depth of what the mask marks"):
        assert f"### Real pictures: {title}\n" in markdown
    assert "| two_branch_net |" in result.report.summary()
    assert cv2.countNonZero(cv2.cvtColor(result.picture, cv2.COLOR_RGB2GRAY)) > 0


def truth_of(root: Path, i: int, masks: str) -> tuple[RealTruth, ImageMaskFolder]:
    folder = ImageMaskFolder(root, {"masks": masks})
    files = InputFiles(Path(folder.pairs[i].image).stem, root / folder.pairs[i].image)
    return RealTruth(folder, i, files, folder.image(i).shape[:2]), folder


def test_classes_that_are_right_have_an_iou_of_1(tmp_path: Path) -> None:
    root = make_pets(tmp_path / "pets")
    folder = ImageMaskFolder(root)
    files = InputFiles("x", root / folder.pairs[0].image)
    truth = RealTruth(folder, 0, files, folder.image(0).shape[:2])
    scorer = ClassesScorer(stub_card(name="unet"), folder.encoding.names, folder.encoding.background)
    scorer.add(InputImages(files, folder.image(0)), Prediction(None, None, truth.codes()), truth)
    (_, right), (name, nothing) = scorer.figures(PigeonholeBootstrap(np.zeros(1)))
    assert (right["classes.miou"].mean, right["classes.iou_pet"].mean) == (1.0, 1.0)
    assert (name, nothing["classes.iou_pet"].mean) == ("all background", 0.0)
    assert nothing["classes.accuracy"].mean == pytest.approx((truth.codes() == 1).mean())


def test_people_that_are_right_have_a_precision_of_1(tmp_path: Path) -> None:
    pytest.importorskip("pycocotools", reason="pycocotools isn't installed")
    for seed in range(3):
        numbers = np.zeros((40, 56), np.uint8)
        numbers[5:30, 4:16], numbers[8:33, 30 : 40 + seed] = 1, 2
        save(numbers, tmp_path / f"masks/{seed}.png")
        save(np.zeros((40, 56, 3), np.uint8), tmp_path / f"images/{seed}.png")
    truth, folder = truth_of(tmp_path, 0, "classes")
    codes = truth.codes()
    assert set(np.unique(codes)) == {0, 1, 2}
    people = [
        Instance((float(x.min()), float(y.min()), x.max() + 1.0, y.max() + 1.0), 1, 0.9, codes == number)
        for number in (1, 2)
        for y, x in [np.nonzero(codes == number)]
    ]
    scorer = InstancesScorer(stub_card(name="maskrcnn"))
    images = InputImages(truth.files, folder.image(0))
    scorer.add(images, Prediction(None, None, instances=people), truth)
    (_, right), (_, whole) = scorer.figures(PigeonholeBootstrap(np.zeros(1)))
    assert right["instances.mask_ap"].mean == pytest.approx(1.0)
    assert whole["instances.mask_ap50"].mean == 0.0
    assert set(scorer.panels(Prediction(None, None, instances=people), truth)) == {"true people", "found people"}


def test_a_network_of_people_one_by_one_needs_masks_that_number_them(tmp_path: Path, real: Path) -> None:
    pytest.importorskip("pycocotools", reason="pycocotools isn't installed")
    run = save_run(tmp_path / "run", "maskrcnn", ("instances",), input_px=64, **LIGHT_MASKRCNN)
    for seed in range(3):
        numbers = np.zeros((40, 56), np.uint8)
        numbers[5:30, 4:16], numbers[8:33, 30 : 40 + seed] = 1, 2
        save(numbers, tmp_path / f"real/masks/{seed}.png")
        save(np.full((40, 56, 3), 40 * seed, np.uint8), tmp_path / f"real/images/{seed}.png")
    found = evaluate_real(run, tmp_path / "real", {}, "cpu")
    assert figures(found, "maskrcnn").keys() == figures(found, "the whole picture").keys()
    assert "people one by one | mask AP |" in found.report.summary()
    for other in (real, make_pets(tmp_path / "pets")):
        with pytest.raises(Problem, match=r"--real .*: maskrcnn finds people one by one: give masks that number them"):
            evaluate_real(run, other, {}, "cpu")


@pytest.mark.skipif(not PORTRAITS.is_dir(), reason="../shared/portraits is not there")
def test_person_finds_portraits_better_than_all_foreground() -> None:
    found = evaluate_real(Path("person"), PORTRAITS, {}, "cpu", 3)
    right, baseline = (figures(found, name)["mask.iou"] for name in ("person", "all foreground"))
    assert right is not None
    assert baseline is not None
    assert right > 0.7 > baseline
