"""The network as a contestant, and the ceiling of its output's size."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.synth.store.depth_code import LogDepth  # noqa: E402
from bgfg.train.evaluation.methods import CORPUS, OUTPUT, Ceiling, Network, Scene, enlarged  # noqa: E402
from bgfg.train.targets.depth import DepthTarget  # noqa: E402
from torch.nn.functional import interpolate  # noqa: E402

from tests.support import references_targets as slow  # noqa: E402
from tests.support import slow_evaluation  # noqa: E402
from tests.support.looking import Looking  # noqa: E402

H, W = 19, 23


def scene(height_px: int = H, width_px: int = W) -> Scene:
    draw = torch.Generator().manual_seed(0)
    bg, bg_fg = torch.randint(0, 256, (2, 3, 3, height_px, width_px), generator=draw, dtype=torch.uint8)
    mask = torch.zeros(3, 1, height_px, width_px, dtype=torch.uint8)
    mask[:, :, 4:13, 6:15] = 255
    mask[:, :, 3, 6:15] = 100
    return Scene(torch.tensor([0, 2, 1]), bg, bg_fg, mask)


def test_the_network_sees_what_it_was_made_for_and_is_decoded() -> None:
    code = LogDepth(far_m=20.0)
    target = DepthTarget.of(code)
    net = Looking(input_px=24)
    shown = scene()
    found = Network(net, target, 0.4).find(shown)
    shots = (interpolate(shot, (24, 24), mode="bilinear", antialias=True) for shot in (shown.bg, shown.bg_fg))
    raw = net(*(shot.float() / 255 for shot in shots))
    assert torch.allclose(found.mask[OUTPUT], torch.sigmoid(raw["mask"]), atol=1e-6)
    assert found.depth_m is not None
    assert torch.allclose(found.depth_m, target.decode(raw["depth"]))
    assert found.mask[OUTPUT].shape == found.depth_m.shape == (3, 1, 12, 12)
    assert found.mask[CORPUS].shape == (3, 1, H, W)


def test_a_network_finds_what_it_was_trained_for() -> None:
    assert Network(Looking(["mask"]), None, 0.4).find(scene()).depth_m is None
    assert Network(Looking(["depth"]), DepthTarget.of(LogDepth()), None).find(scene()).mask == {}


def test_its_threshold_without_val_is_that_of_its_training_or_a_half() -> None:
    assert Network(Looking(), None, 0.4).fallback == 0.4
    assert Network(Looking(), None, None).fallback == 0.5


@pytest.mark.parametrize(("input_px", "side_px"), [(24, 64), (64, 24)])
def test_a_network_and_pictures_of_unlike_sizes_meet(input_px: int, side_px: int) -> None:
    found = Network(Looking(input_px=input_px), DepthTarget.of(LogDepth()), None).find(scene(side_px, side_px))
    assert found.mask[OUTPUT].shape[-1] == input_px // 2
    assert found.mask[CORPUS].shape[-1] == side_px


def test_enlarging_is_bilinear_and_shrinking_by_area() -> None:
    maps = torch.rand(2, 1, 7, 9, generator=torch.Generator().manual_seed(2))
    larger, smaller = enlarged(maps, (H, W)), enlarged(maps, (5, 4))
    for i in range(2):
        picture = maps[i, 0].double().numpy()
        np.testing.assert_allclose(larger[i, 0], slow_evaluation.bilinear(picture, H, W), atol=1e-6)
        np.testing.assert_allclose(smaller[i, 0], slow.area(picture, 5, 4), atol=1e-6)


def test_the_ceiling_is_the_true_mask_there_and_back() -> None:
    shown = scene()
    found = Ceiling((8, 10)).find(shown)
    assert list(found.mask) == [CORPUS]
    there = slow.area(shown.mask[0, 0].double().numpy() / 255, 8, 10)
    np.testing.assert_allclose(found.mask[CORPUS][0, 0], slow_evaluation.bilinear(there, H, W), atol=1e-6)
