"""The guesses beside a trained network."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.train.augment.geometry import resize  # noqa: E402
from bgfg.train.evaluation.folder_baselines import AllBackgroundBaseline, CentreEllipseBaseline, NetworkClassifier  # noqa: E402
from bgfg.train.models.registry import build_model  # noqa: E402
from tests.support.paired_folders import picture  # noqa: E402

IMAGE = picture(1, 40, 30)


def test_all_background_says_so_everywhere() -> None:
    said = AllBackgroundBaseline(3, 1).probabilities(IMAGE, (13, 17))
    assert said.shape == (3, 13, 17)
    assert (said[1] == 1).all()
    assert said.sum() == 13 * 17


@pytest.mark.parametrize("share", [0.05, 0.25, 0.6])
def test_the_ellipse_lies_in_the_middle_and_is_as_large_as_it_is_to_be(share: float) -> None:
    said = CentreEllipseBaseline(3, 0, 2, share).probabilities(IMAGE, (130, 170))
    assert np.array_equal(said.sum(axis=0), np.ones((130, 170)))
    assert said[2].mean() == pytest.approx(share, rel=0.02)
    assert np.array_equal(said[2], said[2, ::-1, ::-1])
    y, x = np.nonzero(said[2])
    assert np.ptp(x) / np.ptp(y) == pytest.approx(170 / 130, rel=0.05)


@pytest.mark.parametrize(("targets", "options"), [(("mask",), {}), (("classes",), {"classes": 3})])
def test_a_network_is_given_the_stretched_picture_and_answers_at_the_masks_size(
    targets: tuple[str, ...], options: dict
) -> None:
    net = build_model("unet", targets, width=4, input_px=32, **options).eval()
    said = NetworkClassifier(net, torch.device("cpu")).probabilities(IMAGE, (32, 32))
    given = resize(torch.from_numpy(IMAGE).permute(2, 0, 1)[None], (32, 32)).float() / 255
    with torch.no_grad():
        raw = net(given)[targets[0]]
    expected = raw.softmax(1)[0] if options else torch.cat([1 - raw.sigmoid(), raw.sigmoid()], 1)[0]
    assert np.allclose(said, expected.numpy(), atol=1e-6)
    other = NetworkClassifier(net, torch.device("cpu")).probabilities(IMAGE, (13, 17))
    assert other.shape == (len(expected), 13, 17)
    assert np.allclose(other.sum(axis=0), 1, atol=1e-5)
