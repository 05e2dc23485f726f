"""The moving average of weights."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.ops.ema import EMA


def small_net() -> torch.nn.Module:
    torch.manual_seed(3)
    return torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3))


def changed(net: torch.nn.Module, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in net.state_dict().values():
            if value.is_floating_point():
                value.copy_(torch.randn(value.shape, generator=generator))
            else:
                value += 1


def test_the_average_is_that_of_the_slow_sum() -> None:
    net = small_net()
    average = EMA(net, 0.9)
    slow = {name: value.double() for name, value in net.state_dict().items()}
    for step in range(40):
        changed(net, step)
        average.update(step)
        decay = min(0.9, (1 + step) / (10 + step))
        for name, value in net.state_dict().items():
            slow[name] = slow[name] * decay + value.double() * (1 - decay)
    for name, value in average.net.state_dict().items():
        expected = slow[name] if value.is_floating_point() else net.state_dict()[name]
        assert torch.allclose(value.double(), expected.double(), atol=1e-5), name


def test_without_decay_it_is_the_network_itself() -> None:
    net = small_net()
    average = EMA(net, 0.0)
    changed(net, 1)
    average.update(500)
    assert all(torch.equal(value, net.state_dict()[name]) for name, value in average.net.state_dict().items())


def test_it_needs_no_gradients_and_evaluates_while_the_network_learns() -> None:
    net = small_net()
    average = EMA(net, 0.9)
    assert not any(parameter.requires_grad for parameter in average.net.parameters())
    assert all(parameter.requires_grad for parameter in net.parameters())
    assert (average.net.training, net.training) == (False, True)


def test_it_keeps_the_memory_order_of_the_weights() -> None:
    net = small_net().to(memory_format=torch.channels_last)
    weight = EMA(net, 0.9).net.state_dict()["0.weight"]
    assert weight.is_contiguous(memory_format=torch.channels_last)
