"""What needs no training, held to slow versions from the samples themselves."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.synth.store.corpus import Corpus  # noqa: E402
from bgfg.train.evaluation.baselines import BackgroundDepthBaseline, DifferenceBaseline, MeanDepthBaseline  # noqa: E402
from bgfg.train.evaluation.methods import AT_CORPUS, AT_OUTPUT, EvalBatch  # noqa: E402
from bgfg.train.targets.depth import DepthTarget  # noqa: E402
from tests.support import references_evaluation  # noqa: E402
from tests.support import references_targets as slow  # noqa: E402
from tests.support.evaluation_corpus import H, W, make_evaluation_corpus  # noqa: E402

SIZE = (12, 14)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_evaluation_corpus(tmp_path_factory.mktemp("baselines"))


def noise_batch(background: list[int]) -> EvalBatch:
    draw = torch.Generator().manual_seed(0)
    bg, bg_fg = torch.randint(0, 256, (2, len(background), 3, H, W), generator=draw, dtype=torch.uint8)
    return EvalBatch(torch.tensor(background), bg, bg_fg, torch.zeros(len(background), 1, H, W, dtype=torch.uint8))


def test_the_difference_is_the_largest_of_the_channels_averaged_over_each_pixels_area() -> None:
    shown = noise_batch([0, 1])
    assert shown.bg is not None
    found = DifferenceBaseline(SIZE).predict(shown)
    for i in range(2):
        bg, bg_fg = (pictures[i].permute(1, 2, 0).double().numpy() for pictures in (shown.bg, shown.bg_fg))
        largest = np.array([[max(abs(bg_fg[y, x] - bg[y, x])) for x in range(W)] for y in range(H)]) / 255
        np.testing.assert_allclose(found.masks[AT_CORPUS][i, 0], np.sqrt(largest), atol=1e-6)
        np.testing.assert_allclose(found.masks[AT_OUTPUT][i, 0], np.sqrt(slow.area(largest, *SIZE)), atol=1e-6)


def test_the_backgrounds_depth_is_that_of_its_samples_where_nobody_stands(corpus: Corpus) -> None:
    target = DepthTarget.from_depth_code(corpus.depth_code())
    g = corpus.geometry
    backgrounds = [4, 0]
    found = BackgroundDepthBaseline(corpus, target, SIZE, torch.device("cpu")).predict(noise_batch(backgrounds)).depth_m
    assert found is not None
    for i, b in enumerate(backgrounds):
        bare = np.zeros(SIZE)
        for f in range(0, 2 * g.cutouts, 2):
            sample = g.index.sample(b, f, 0)
            nobody = references_evaluation.nearest(corpus[sample].mask.astype(np.float64), SIZE) < 128
            bare[nobody] = references_evaluation.true_depth_m(corpus, sample, SIZE)[nobody]
        known = bare > 0
        assert known.mean() > 0.9
        np.testing.assert_allclose(found[i, 0].numpy()[known], bare[known], rtol=1e-5)


def test_where_the_backgrounds_depth_is_unknown_the_mean_of_all_stands_in(corpus: Corpus) -> None:
    target = DepthTarget.from_depth_code(corpus.depth_code())
    found = (
        BackgroundDepthBaseline(corpus, target, SIZE, torch.device("cpu"))
        .predict(noise_batch([0, 1, 2, 3, 4, 5]))
        .depth_m
    )
    assert found is not None
    corner = found[:, 0, 0, 0]  # unknown in every background
    assert len(set(corner.tolist())) == 1
    assert corner[0] == pytest.approx(float(found[:, 0][found[:, 0] != corner[0]].mean()), rel=1e-4)


def test_the_mean_depth_is_the_mean_of_what_is_known_of_each_pixel(corpus: Corpus) -> None:
    target, samples = DepthTarget.from_depth_code(corpus.depth_code()), [3, 40, 77, 100]
    codes = torch.from_numpy(np.stack([corpus.read("depth", i) for i in samples]))[:, None]
    codes[:3, 0, 9, :] = 0
    codes[:, 0, -1, -1] = 0
    found = MeanDepthBaseline(codes.split(3), target, (H, W), torch.device("cpu")).predict(noise_batch([1, 2])).depth_m
    assert found is not None
    assert found.shape == (2, 1, H, W)
    metres = corpus.depth_code().decode(codes[:, 0].numpy()).astype(np.float64)
    expected = np.zeros((H, W))
    for y, x in np.ndindex(H, W):
        known = metres[:, y, x][metres[:, y, x] > 0]
        expected[y, x] = known.mean() if len(known) else metres[metres > 0].mean()
    np.testing.assert_allclose(found[1, 0], expected, rtol=1e-4)
