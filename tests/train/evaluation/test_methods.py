"""The network as a method, and the ceiling of its output's size."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

from torch.nn.functional import interpolate  # noqa: E402

from bgfg.synth.store.depth_code import LogDepth  # noqa: E402
from bgfg.train.evaluation.methods import AT_CORPUS, AT_OUTPUT, EvalBatch, NetworkMethod, ResolutionCeiling, resize_to  # noqa: E402
from bgfg.train.targets.depth import DepthTarget  # noqa: E402
from tests.support import references_evaluation  # noqa: E402
from tests.support import references_targets as slow  # noqa: E402
from tests.support.difference_net import DifferenceNet  # noqa: E402

H, W = 19, 23


def noise_batch(height_px: int = H, width_px: int = W) -> EvalBatch:
    draw = torch.Generator().manual_seed(0)
    bg, bg_fg = torch.randint(0, 256, (2, 3, 3, height_px, width_px), generator=draw, dtype=torch.uint8)
    mask = torch.zeros(3, 1, height_px, width_px, dtype=torch.uint8)
    mask[:, :, 4:13, 6:15] = 255
    mask[:, :, 3, 6:15] = 100
    return EvalBatch(torch.tensor([0, 2, 1]), bg, bg_fg, mask)


def test_the_network_sees_what_it_was_made_for_and_is_decoded() -> None:
    code = LogDepth(far_m=20.0)
    target = DepthTarget.from_depth_code(code)
    net = DifferenceNet(input_px=24)
    shown = noise_batch()
    assert shown.bg is not None
    found = NetworkMethod(net, target, 0.4).predict(shown)
    shots = (interpolate(shot, (24, 24), mode="bilinear", antialias=True) for shot in (shown.bg, shown.bg_fg))
    raw = net(*(shot.float() / 255 for shot in shots))
    assert torch.allclose(found.masks[AT_OUTPUT], torch.sigmoid(raw["mask"]), atol=1e-6)
    assert found.depth_m is not None
    assert torch.allclose(found.depth_m, target.decode(raw["depth"]))
    assert found.masks[AT_OUTPUT].shape == found.depth_m.shape == (3, 1, 12, 12)
    assert found.masks[AT_CORPUS].shape == (3, 1, H, W)


def test_a_network_finds_what_it_was_trained_for() -> None:
    assert NetworkMethod(DifferenceNet(["mask"]), None, 0.4).predict(noise_batch()).depth_m is None
    assert (
        NetworkMethod(DifferenceNet(["depth"]), DepthTarget.from_depth_code(LogDepth()), None)
        .predict(noise_batch())
        .masks
        == {}
    )


def test_its_threshold_without_val_is_that_of_its_training_or_a_half() -> None:
    assert NetworkMethod(DifferenceNet(), None, 0.4).fallback_threshold == 0.4
    assert NetworkMethod(DifferenceNet(), None, None).fallback_threshold == 0.5


@pytest.mark.parametrize(("input_px", "side_px"), [(24, 64), (64, 24)])
def test_a_network_and_pictures_of_unlike_sizes_meet(input_px: int, side_px: int) -> None:
    found = NetworkMethod(DifferenceNet(input_px=input_px), DepthTarget.from_depth_code(LogDepth()), None).predict(
        noise_batch(side_px, side_px)
    )
    assert found.masks[AT_OUTPUT].shape[-1] == input_px // 2
    assert found.masks[AT_CORPUS].shape[-1] == side_px


def test_enlarging_is_bilinear_and_shrinking_by_area() -> None:
    maps = torch.rand(2, 1, 7, 9, generator=torch.Generator().manual_seed(2))
    larger, smaller = resize_to(maps, (H, W)), resize_to(maps, (5, 4))
    for i in range(2):
        picture = maps[i, 0].double().numpy()
        np.testing.assert_allclose(larger[i, 0], references_evaluation.bilinear(picture, H, W), atol=1e-6)
        np.testing.assert_allclose(smaller[i, 0], slow.area(picture, 5, 4), atol=1e-6)


def test_the_ceiling_is_the_true_mask_there_and_back() -> None:
    shown = noise_batch()
    found = ResolutionCeiling((8, 10)).predict(shown)
    assert list(found.masks) == [AT_CORPUS]
    there = slow.area(shown.mask[0, 0].double().numpy() / 255, 8, 10)
    np.testing.assert_allclose(found.masks[AT_CORPUS][0, 0], references_evaluation.bilinear(there, H, W), atol=1e-6)
