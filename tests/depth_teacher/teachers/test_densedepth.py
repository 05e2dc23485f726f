"""The DenseDepth network: sizes, parameters, and what makes its variants differ."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch

from bgfg.depth_teacher.teachers.densedepth import HEAD, OFFICIAL, DenseDepthVariant, fuse_batch_norms
from bgfg.depth_teacher.teachers.keras_weights import empty_network, layer_mappings
from tests.support.thin_densedepth import thin_densedepth


@pytest.mark.parametrize(("variant", "count"), [(OFFICIAL, 42_816_089), (HEAD, 21_523_805)])
def test_parameters_with_statistics_are_as_many_as_the_original_has(variant: DenseDepthVariant, count: int) -> None:
    assert sum(values.numel() for values in empty_network(variant).state_dict().values()) == count


def test_every_weight_of_the_network_has_a_place_in_keras_files() -> None:
    names = [f"{place.module}.{own}" for place in layer_mappings() for own in place.variables.values()]
    assert len(names) == len(set(names))
    assert set(names) == {name for name in empty_network(OFFICIAL).state_dict() if "num_batches" not in name}


@pytest.mark.usefixtures("thin_encoder")
def test_the_output_has_half_the_size_of_the_input() -> None:
    net = thin_densedepth()
    assert net(torch.rand(2, 3, 64, 96)).shape == (2, 1, 32, 48)
    with pytest.raises(ValueError, match="96x65: both sides must be multiples of 32"):
        net(torch.rand(1, 3, 65, 96))


@pytest.mark.usefixtures("thin_encoder")
@pytest.mark.parametrize(
    "other",
    [
        DenseDepthVariant(width=16, leaky_after_a=True),
        DenseDepthVariant(width=16, final_relu=False),
        DenseDepthVariant(width=16, resize="half_pixel"),
        DenseDepthVariant(width=16, slope=0.01),
    ],
    ids=["leaky_after_a", "final_relu", "resize", "slope"],
)
def test_each_part_of_a_variant_changes_the_output(other: DenseDepthVariant) -> None:
    rgb = torch.rand(1, 3, 64, 64)
    net, changed = thin_densedepth(), thin_densedepth(variant=other)
    changed.load_state_dict(net.state_dict())
    raw = net(rgb)
    assert float((changed(rgb) - raw).norm() / (raw - raw.mean()).norm()) > 2e-6


@pytest.mark.usefixtures("thin_encoder")
def test_the_fused_network_is_the_same_to_rounding() -> None:
    net = thin_densedepth()
    for name, values in net.state_dict().items():
        if name.endswith(("running_mean", "norm2.bias")):
            values.normal_(0, 0.3)
        elif name.endswith("running_var"):
            values.uniform_(0.5, 2)
    rgb = torch.rand(1, 3, 64, 64)
    raw = net(rgb)
    assert torch.allclose(fuse_batch_norms(net)(rgb), raw, rtol=1e-4, atol=1e-4)
    assert torch.equal(net(rgb), raw)  # and the network itself is as it was


@pytest.mark.parametrize("wrong", [{"width": 40}, {"width": 0}, {"slope": 2.0}, {"resize": "nearest"}])
def test_a_variant_that_cannot_be_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is"):
        DenseDepthVariant(**wrong)


@pytest.mark.usefixtures("thin_encoder")
def test_a_pictures_depth_does_not_depend_on_its_batch() -> None:
    net, rgb = thin_densedepth(), torch.rand(3, 3, 32, 64)
    together = net(rgb)
    assert torch.allclose(together[1:2], net(rgb[1:2]), atol=1e-4)
