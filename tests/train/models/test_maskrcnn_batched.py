"""Mask R-CNN on a batch finds what torchvision finds in each picture alone, in PyTorch and in ONNX Runtime."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch
from torch import Tensor

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.export import onnx, onnx_maskrcnn
from bgfg.train.export.onnx import export_onnx
from bgfg.train.inference.onnx_model import OnnxModel
from bgfg.train.inference.torch_model import DecodedInstanceNetwork
from bgfg.train.models.model_card import DETECTION_OUTPUTS
from bgfg.train.models.registry import build_model
from tests.support.instance_corpus import LIGHT_MASKRCNN
from tests.support.saved_runs import save_net

Parts = dict[str, np.ndarray]


def pictures(count: int, height_px: int, width_px: int) -> Tensor:
    """Return noise, but for one picture in three, the second of two or more, which is of one colour."""
    noise = torch.rand(count, 3, height_px, width_px, generator=torch.Generator().manual_seed(0))
    noise[1::3] = 0.5
    return noise


def fresh(classes: int = 2, input_px: int = 64) -> DecodedInstanceNetwork:
    """Return a network whose guesses differ in how sure it is of them, so that their order is clear.

    Its blocks, which begin as their shortcuts, all add something, as a trained network's do.
    """
    torch.manual_seed(0)
    net: Any = build_model(
        "maskrcnn", ("instances",), **{**LIGHT_MASKRCNN, "classes": classes, "input_px": input_px, "detections": 30}
    )
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.weight.fill_(1)
        net.network.rpn.head.cls_logits.weight.mul_(30)
        net.network.roi_heads.box_predictor.cls_score.weight.mul_(3)
    return DecodedInstanceNetwork(net).eval()


def parted(found: tuple[Tensor, ...] | list[np.ndarray], count: int) -> list[Parts]:
    """Return what was found in a batch by its pictures."""
    parts = dict(zip(DETECTION_OUTPUTS, (np.asarray(part) for part in found), strict=True))
    at = parts.pop("batch_index")
    assert (np.diff(at) >= 0).all()
    return [{name: part[at == i] for name, part in parts.items()} for i in range(count)]


def require_same(found: list[Parts], wanted: list[dict[str, Tensor]]) -> None:
    for ours, theirs in zip(found, wanted, strict=True):
        for name, part in ours.items():
            np.testing.assert_allclose(part, theirs[name].numpy(), atol=1e-4, err_msg=name)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize(("count", "height_px", "width_px"), [(1, 64, 64), (2, 96, 64), (3, 64, 160)])
def test_a_batch_gives_what_its_pictures_give_alone(classes: int, count: int, height_px: int, width_px: int) -> None:
    finished, batch = fresh(classes), pictures(count, height_px, width_px)
    with torch.no_grad():
        found = parted(finished(batch), count)
        require_same(found, finished.detect_each(batch))
    assert all(len(each["scores"]) > 0 for each in found)
    assert found[0]["masks"].shape[1:] == (1, height_px, width_px)
    assert classes == 2 or len(np.unique(found[0]["labels"])) > 1


def test_a_picture_without_anybody_stands_between_others_and_alone() -> None:
    finished, batch = fresh(), pictures(3, 64, 96)
    with torch.no_grad():
        least = float(finished.detect_each(batch[1:2])[0]["scores"].max())
        finished.net.network.roi_heads.score_thresh = least + 1e-3
        found, wanted = parted(finished(batch), 3), finished.detect_each(batch)
        nobody = parted(finished(batch[1:2]), 1)[0]
    require_same(found, wanted)
    assert [len(each["scores"]) > 0 for each in found] == [True, False, True]
    assert [nobody[name].shape for name in DETECTION_OUTPUTS[1:]] == [(0, 4), (0,), (0,), (0, 1, 64, 96)]


def test_a_box_that_fills_the_picture_has_torchvisions_mask_to_the_pixel() -> None:
    finished = fresh(input_px=224)  # 8 times the side of a mask: what is laid there ends on whole pixels
    with torch.no_grad():
        finished.net.network.roi_heads.box_predictor.bbox_pred.bias.copy_(torch.tensor([0, 0, 0, 0, 0, 0, 20.0, 20.0]))
        found = parted(finished(pictures(1, 224, 224)), 1)
        require_same(found, finished.detect_each(pictures(1, 224, 224)))
    assert [0, 0, 224, 224] in found[0]["boxes"].tolist()


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of four classes; one of two is in the test of pictures without anybody."""
    pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")
    folder = tmp_path_factory.mktemp("exported")
    export = export_onnx(save_net(folder / "run", fresh(classes=4).net), folder / "m.onnx")
    assert list(export.differences) == ["boxes", "labels", "scores", "masks"]
    assert max(export.differences.values()) < 1e-4
    assert OnnxModel(folder / "m.onnx", "cpu").card == export.card
    return folder / "m.onnx"


def test_one_onnx_file_takes_any_number_of_pictures_of_any_size(exported: Path) -> None:
    finished, model = fresh(classes=4), OnnxModel(exported, "cpu")
    for count, height_px, width_px in ((1, 64, 64), (2, 64, 128), (3, 96, 64)):
        batch = pictures(count, height_px, width_px)
        given = model.run([batch.numpy()])
        with torch.no_grad():
            found = parted([given[name] for name in DETECTION_OUTPUTS], count)
            require_same(found, finished.detect_each(batch))
        assert sum(len(each["scores"]) for each in found) > 0


@pytest.mark.slow
def test_pictures_without_anybody_come_out_of_onnx_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")
    finished, batch = fresh(), pictures(3, 64, 96)
    with torch.no_grad():
        least = float(finished.detect_each(batch[1:2])[0]["scores"].max()) + 1e-3
    finished.net.network.roi_heads.score_thresh = least
    monkeypatch.setattr("bgfg.train.models.maskrcnn._LEAST_SCORE", least)
    export_onnx(save_net(tmp_path / "run", finished.net), tmp_path / "m.onnx")
    exported = OnnxModel(tmp_path / "m.onnx", "cpu")
    given = exported.run([batch.numpy()])
    with torch.no_grad():
        found = parted([given[name] for name in DETECTION_OUTPUTS], 3)
        require_same(found, finished.detect_each(batch))
    assert [len(each["scores"]) > 0 for each in found] == [True, False, True]
    assert exported.run([batch[1:2].numpy()])["masks"].shape == (0, 1, 64, 96)


def found_by_hand(*scores: float) -> Parts:
    count = len(scores)
    return {
        "boxes": np.tile(np.array([2, 3, 20, 30], np.float32), (count, 1)) + 4 * np.arange(count)[:, None],
        "labels": np.ones(count, np.int64), "scores": np.array(scores, np.float32),
        "masks": np.zeros((count, 1, 64, 64), np.float32),
    }  # fmt: skip


def test_who_is_found_by_one_alone_is_a_difference_of_1_unless_hardly_told() -> None:
    finished = fresh()
    both, one, nobody = found_by_hand(0.9, 0.4), found_by_hand(0.9), found_by_hand()
    for here, there in ((both, one), (one, both), (one, nobody), (nobody, one)):
        apart = list(onnx_maskrcnn.detection_differences(finished, here, there))
        assert max(max(each.values()) for each in apart) > 0.05
    assert not list(onnx_maskrcnn.detection_differences(finished, found_by_hand(0.05004), nobody))
    same = list(onnx_maskrcnn.detection_differences(finished, both, found_by_hand(0.9, 0.4)))
    assert len(same) == 4
    assert {value for each in same for value in each.values()} == {0.0}


def test_another_mask_is_a_difference_unless_its_box_is_laid_into_other_pixels() -> None:
    finished, here, there = fresh(), found_by_hand(0.9), found_by_hand(0.9)
    there["masks"][0, 0, 5:9, 5:9] = 0.25
    assert [each["masks"] for each in onnx_maskrcnn.detection_differences(finished, here, there)] == [0.25, 0.25]
    here["boxes"][:], there["boxes"][:] = [28, 28, 56 + 1e-4, 56], [28, 28, 56 - 1e-4, 56]  # 27..57.0001, 27..56.9999
    assert [each["masks"] for each in onnx_maskrcnn.detection_differences(finished, here, there)] == [0, 0]


@pytest.mark.parametrize(("here", "there", "apart"), [((0.9,), (), False), ((), (0.9,), True), ((), (), False)])
def test_of_a_picture_of_one_patch_only_who_is_seen_by_one_alone_where_nobody_is_counts(
    monkeypatch: pytest.MonkeyPatch, here: tuple[float, ...], there: tuple[float, ...], apart: bool
) -> None:
    finished, picture = fresh(), np.full((1, 3, 64, 64), 0.5, np.float32)
    wanted = {name: torch.from_numpy(part) for name, part in found_by_hand(*here).items()}
    monkeypatch.setattr(DecodedInstanceNetwork, "detect_each", lambda self, batch: [wanted])
    given = found_by_hand(*there) | {"batch_index": np.zeros(len(there), np.int64)}
    exported: Any = SimpleNamespace(run=lambda pictures: given)
    alike = onnx_maskrcnn._differences(finished, exported, [((1,), picture)]) == {}
    assert alike != apart


def test_a_file_that_finds_something_else_is_not_written(
    tmp_path: Path, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = save_net(tmp_path / "run", fresh(classes=4).net)

    def only_one(finished: DecodedInstanceNetwork, batch: Tensor) -> list[dict[str, Tensor]]:
        return [{name: part[:1] for name, part in each.items()} for each in finished.net.network(list(batch))]

    monkeypatch.setattr(DecodedInstanceNetwork, "detect_each", only_one)
    monkeypatch.setattr(onnx, "_write", lambda _onnx, _decoded, _card, path, _half: shutil.copy(exported, path))
    with pytest.raises(Problem, match=r"m\.onnx: .* differs from PyTorch's by .*: not written"):
        export_onnx(run, tmp_path / "m.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
