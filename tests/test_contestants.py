"""The network as a contestant, and the ceiling of its output's size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

from torch import Tensor  # noqa: E402

from synth.depth_code import LogDepth  # noqa: E402
from tests import references_targets as slow  # noqa: E402
from train.contestants import CORPUS, OUTPUT, Ceiling, Network, Scene, enlarged  # noqa: E402
from train.models.pair_net import PairNet  # noqa: E402
from train.targets.depth import DepthTarget  # noqa: E402

H, W = 19, 23


class Looking(PairNet):
    """Mask logits are 8 times what red differs by; depth the raw blue of the bare background; both at half the size."""

    def __init__(self, targets: Sequence[str] = ("mask", "depth"), input_px: int = 24) -> None:
        super().__init__("looking", targets, input_px)

    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        return height_px // 2, width_px // 2

    def maps(self, bg: Tensor, bg_fg: Tensor) -> Tensor:
        every = {"mask": 8 * (bg_fg[:, :1] - bg[:, :1]), "depth": bg[:, 2:]}
        return torch.cat([torch.nn.functional.avg_pool2d(every[name], 2) for name in self.targets], dim=1)


def scene(height_px: int = H, width_px: int = W) -> Scene:
    draw = torch.Generator().manual_seed(0)
    bg, bg_fg = torch.randint(0, 256, (2, 3, 3, height_px, width_px), generator=draw, dtype=torch.uint8)
    mask = torch.zeros(3, 1, height_px, width_px, dtype=torch.uint8)
    mask[:, :, 4:13, 6:15] = 255
    mask[:, :, 3, 6:15] = 100
    return Scene(torch.tensor([0, 2, 1]), bg, bg_fg, mask)


def slow_bilinear(picture: np.ndarray, height_px: int, width_px: int) -> np.ndarray:
    """Look each pixel's middle up between the middles of the four around it; at the frame the nearest goes on."""
    H, W = picture.shape
    found = np.zeros((height_px, width_px))
    for i, j in np.ndindex(height_px, width_px):
        y = np.clip((i + 0.5) * H / height_px - 0.5, 0, H - 1)
        x = np.clip((j + 0.5) * W / width_px - 0.5, 0, W - 1)
        top, left = int(y), int(x)
        below, right = min(top + 1, H - 1), min(left + 1, W - 1)
        v, u = y - top, x - left
        above = (1 - u) * picture[top, left] + u * picture[top, right]
        found[i, j] = (1 - v) * above + v * ((1 - u) * picture[below, left] + u * picture[below, right])
    return found


def test_the_network_sees_what_it_was_made_for_and_is_decoded() -> None:
    code = LogDepth(far_m=20.0)
    target = DepthTarget.of(code)
    net = Looking(input_px=24)
    shown = scene()
    found = Network(net, target, 0.4).find(shown)
    resized = [torch.nn.functional.interpolate(p, (24, 24), mode="bilinear", antialias=True) for p in (shown.bg, shown.bg_fg)]
    raw = net(*(pictures.float() / 255 for pictures in resized))
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
        np.testing.assert_allclose(larger[i, 0], slow_bilinear(picture, H, W), atol=1e-6)
        np.testing.assert_allclose(smaller[i, 0], slow.area(picture, 5, 4), atol=1e-6)


def test_the_ceiling_is_the_true_mask_there_and_back() -> None:
    shown = scene()
    found = Ceiling((8, 10)).find(shown)
    assert list(found.mask) == [CORPUS]
    there = slow.area(shown.mask[0, 0].double().numpy() / 255, 8, 10)
    np.testing.assert_allclose(found.mask[CORPUS][0, 0], slow_bilinear(there, H, W), atol=1e-6)
