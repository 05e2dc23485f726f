"""The target of mattes."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.terminal.errors import Problem  # noqa: E402
from bgfg.train.targets.matte import MatteTarget  # noqa: E402
from tests.support.paired_folders import disc, picture  # noqa: E402

H, W = 13, 17
MASK = torch.from_numpy(disc(1).astype(np.uint8) * 255)[None, None]
PICTURE = torch.from_numpy(picture(1)).permute(2, 0, 1)[None] / 255


def test_the_truth_is_the_cut_out_from_minus_one_to_one() -> None:
    truth = MatteTarget().encode(MASK, PICTURE, (H, W))
    assert truth.shape == (1, 4, H, W)
    rgba = MatteTarget().decode(truth)[0]
    inside = MASK[0, 0] > 0
    assert torch.allclose(rgba[:3][:, inside], PICTURE[0][:, inside], atol=1e-6)
    assert not rgba[:, ~inside].any()
    assert torch.equal(rgba[3] == 1, inside)


@pytest.mark.parametrize(("reduction", "factor"), [("sum", 4 * H * W), ("mean", 1)])
def test_the_loss_is_the_squared_error_summed_up_or_averaged(reduction: str, factor: int) -> None:
    target = MatteTarget(reduction)
    truth = target.encode(MASK, PICTURE, (H, W))
    assert target.loss(truth, truth).tolist() == [0.0]
    assert target.loss(truth + 0.5, truth).tolist() == pytest.approx([0.25 * factor])


def test_another_reduction_is_refused() -> None:
    with pytest.raises(Problem, match="--matte-loss median: give one of sum, mean"):
        MatteTarget("median")


def test_what_is_followed_is_the_error_of_alpha() -> None:
    target = MatteTarget()
    truth = target.encode(MASK, PICTURE, (H, W))
    found = truth.clone()
    found[:, 3] = 0.0  # alpha of a half
    summary = target.summary(target.measure(found, truth), None)
    assert dict(summary.metrics) == pytest.approx({"alpha_mae": 0.5, "alpha_mse": 0.25})
    assert summary.ranking_scores == pytest.approx((0.5,))
    assert list(target.panels(found, truth, 0)) == ["true matte", "predicted matte", "predicted alpha"]
