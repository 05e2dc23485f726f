"""Single pictures and their people, disturbed together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.synth.store.corpus import Corpus
from bgfg.train.augment.config import SINGLE_IMAGE_CONFIG, AugmentConfig
from bgfg.train.augment.single import ImageAugmentation
from bgfg.train.engine.label_maps import instance_arrays, instance_maps
from bgfg.train.engine.single_transform import LabelMapTransform
from bgfg.train.stream.stream import Stream
from bgfg.train.targets.instances import InstancesTarget
from bgfg.train.targets.objective import Objective
from tests.support.instance_corpus import SIDE_PX, make_instance_corpus


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_instance_corpus(tmp_path_factory.mktemp("crowd"))


def batches(corpus: Corpus, config: AugmentConfig) -> list:
    stream = Stream(corpus, batch=8, arrays=instance_arrays(corpus), shuffle=False)
    objective = Objective({"instances": InstancesTarget()})
    prepare = LabelMapTransform(ImageAugmentation(SIDE_PX, config), objective, (SIDE_PX, SIDE_PX), None, True)
    return [prepare(raw, 0) for raw in stream]


def test_undisturbed_the_truth_is_the_array_of_the_corpus(crowd: Corpus) -> None:
    for batch in batches(crowd, AugmentConfig()):
        assert batch.inputs == (batch.bg_fg, batch.truths)
        for i, sample in enumerate(batch.samples.tolist()):
            assert np.array_equal(batch.truths["instances"][i, 0].numpy(), crowd.read("instance", sample))
            assert np.allclose(batch.bg_fg[i].permute(1, 2, 0).numpy() * 255, crowd.read("image", sample), atol=1e-3)


def test_people_move_with_their_picture_and_numbers_are_never_mixed(crowd: Corpus) -> None:
    plain = torch.cat([batch.truths["instances"] for batch in batches(crowd, AugmentConfig())])
    moved = batches(crowd, SINGLE_IMAGE_CONFIG)
    truth = torch.cat([batch.truths["instances"] for batch in moved])
    assert not torch.equal(plain, truth)
    assert set(np.unique(truth.numpy())) <= set(np.unique(plain.numpy()))
    picture = torch.cat([batch.bg_fg for batch in moved])
    redness = picture[:, :1] - picture[:, 1:].amax(dim=1, keepdim=True)
    assert redness[truth > 0].mean() > redness[truth == 0].mean() + 0.2  # the people are red, the rooms aren't


def test_of_a_single_cut_out_the_mask_is_the_instance(tmp_path: Path) -> None:
    corpus = make_instance_corpus(tmp_path, people="1")
    assert instance_arrays(corpus) == ("image", "mask")
    mask = torch.tensor([[[[0, 127, 128, 255]]]], dtype=torch.uint8)
    assert instance_maps({"mask": mask}).tolist() == [[[[0, 0, 1, 1]]]]
    assert all(batch.truths["instances"].max() == 1 for batch in batches(corpus, AugmentConfig()))
