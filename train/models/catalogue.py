"""Every network by its name. Listing them needs no torch; building one imports what it needs."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from data_manifests.problem import Problem

if TYPE_CHECKING:
    from train.models.pair_net import PairNet

TARGETS = ("mask", "depth")


@dataclass(frozen=True)
class Entry:
    """A network that has a name: where its class is, what it is, and the options that differ from the class's own."""

    network: str
    about: str
    options: Mapping[str, Any] = field(default_factory=dict)


_SMP = "smp:NAME"

MODELS = {
    "two_stream": Entry("train.models.two_stream:TwoStream", "bgfg's own, for a GPU: 192 px in, 96 px out"),
    "basic_net": Entry("train.models.mask_nets:BasicNet", "five 3×3 convolutions without padding: 64 px in, 24 px out"),
    "two_branch_net": Entry("train.models.mask_nets:TwoBranchNet", "a branch a shot, then plain convolutions"),
    "unet_valid": Entry("train.models.unet:UnetValid", "U-Net without padding on the way up: 224 px in, 98 px out"),
    "compact": Entry("train.models.compact:Compact", "the compact depth teacher: of the composite alone"),
    _SMP: Entry("train.models.outside:OutsideNet", "of segmentation_models_pytorch: smp:unet, smp:fpn:resnet34, ..."),
}


def build(name: str, targets: Sequence[str] = TARGETS, **options: Any) -> PairNet:
    """Build a network by its name, with fresh weights.

    targets: what it is to predict, of TARGETS. options: what the network's class takes; the rest has its defaults.
    The network's `name` and `options` (plain data, `targets` among them) build the same one again, without a download.
    Raises Problem for an unknown name, target or option, and for an input size that the network can't take.
    """
    entry = MODELS.get(_SMP if name.startswith("smp:") else name)
    if entry is None:
        raise Problem(f"--model {name}: no such network: choose one of {', '.join(MODELS)}", exit_code=2)
    if not targets or len(set(targets)) < len(targets) or set(targets) - set(TARGETS):
        given, choice = ",".join(targets), f"{TARGETS[0]}, {TARGETS[1]} or {','.join(TARGETS)}"
        raise Problem(f"--targets {given}: choose {choice}", exit_code=2)
    module, _, cls = entry.network.partition(":")
    network: type[PairNet] = getattr(importlib.import_module(module), cls)
    defaults = {
        parameter.name: parameter.default
        for parameter in inspect.signature(network).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    unknown = sorted(options.keys() - defaults)
    if unknown:
        raise Problem(f"{name}: has no option {unknown[0]!r}; it has {', '.join(defaults)}", exit_code=2)
    chosen = defaults | dict(entry.options) | options
    net = network(name, targets, **chosen)
    net.output_px(net.input_px, net.input_px)
    net.options = {"targets": list(targets)} | chosen | network.without_download
    return net
