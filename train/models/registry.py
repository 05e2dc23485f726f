"""Every network by its name. Listing them needs no torch; building one imports what it needs."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bgfg.data_manifests.terminal.errors import Problem

if TYPE_CHECKING:
    from bgfg.train.models.network import Net


@dataclass(frozen=True)
class Entry:
    """A network that has a name: where its class is, what it is, and the options that differ from the class's own.

    licence: of its code and of the published weights that it may start from. example: the name to build it by, where
    its own stands for many.
    """

    network: str
    about: str
    options: Mapping[str, Any] = field(default_factory=dict)
    licence: str = "MIT"
    example: str | None = None


_SMP = "smp:NAME"

MODELS = {
    "two_stream": Entry("bgfg.train.models.two_stream:TwoStream", "bgfg's own, for a GPU: 192 px in, 96 px out"),
    "basic_net": Entry(
        "bgfg.train.models.mask_nets:BasicNet", "five 3×3 convolutions without padding: 64 px in, 24 px out"
    ),
    "two_branch_net": Entry("bgfg.train.models.mask_nets:TwoBranchNet", "a branch a shot, then plain convolutions"),
    "unet_valid": Entry(
        "bgfg.train.models.unet:UnetValid", "U-Net without padding on the way up: 224 px in, 98 px out"
    ),
    "unet": Entry("bgfg.train.models.unet:Unet", "U-Net of one picture, for masks or classes: 256 px in and out"),
    "matting_unet": Entry("bgfg.train.models.matting_unet:MattingUnet", "one picture in, RGBA out: 128 px in and out"),
    "compact": Entry(
        "bgfg.train.models.compact_depth:Compact", "the compact depth teacher, of one picture: 160 px in, 80 px out"
    ),
    "maskrcnn": Entry(
        "bgfg.train.models.maskrcnn:MaskRCNNNet",
        "torchvision's Mask R-CNN, ResNet-50 FPN v2, of one picture: every person by themselves",
        licence="BSD-3-Clause; published weights, of COCO, have their own terms",
    ),
    _SMP: Entry(
        "bgfg.train.models.smp:OutsideNet",
        "of segmentation_models_pytorch: smp:unet, smp:fpn:resnet34, ...",
        licence="MIT; published encoders have their own",
        example="smp:unet",
    ),
}


def build(name: str, targets: Sequence[str] | None = None, given_shots: int | None = None, **options: Any) -> Net:
    """Build a network by its name, with fresh weights.

    targets: what it is to predict, of what it learns; None for what its class says. given_shots: how many shots of a
    scene it will be given, which a network that takes one as well as two is made for; None for its own number. options:
    what the network's class takes; the rest has its defaults.
    The network's `name` and `options` (plain data, `targets` among them) build the same one again, without a download.
    Raises Problem for an unknown name, target or option, for an input size that the network can't take, and for more
    shots than are given.
    """
    entry = entry_of(name)
    network = _class(entry)
    targets = network.by_default if targets is None else targets
    if not targets or len(set(targets)) < len(targets) or set(targets) - set(network.learns):
        learns = ", ".join(network.learns)
        raise Problem(f"--targets {','.join(targets)}: {name} learns {learns}: choose of these, each once", exit_code=2)
    defaults = {
        parameter.name: parameter.default
        for parameter in inspect.signature(network).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    unknown = sorted(options.keys() - defaults)
    if unknown:
        raise Problem(f"{name}: has no option {unknown[0]!r}; it has {', '.join(defaults)}", exit_code=2)
    chosen = defaults | dict(entry.options) | options
    if "shots" in defaults and "shots" not in options:
        chosen["shots"] = given_shots or defaults["shots"]
    net = network(name, targets, **chosen)
    if given_shots is not None and net.shots > given_shots:
        takes = "takes two shots of a scene, without and with the person, and here is one"
        raise Problem(f"--model {name}: {takes}: choose unet, matting_unet or smp:NAME", exit_code=2)
    net.output_px(net.input_px, net.input_px)
    net.options = {"targets": list(targets)} | chosen | network.without_download
    return net


def learnt_by(name: str) -> tuple[str, ...]:
    """Return the targets that a network can learn; raise Problem for an unknown name."""
    return _class(entry_of(name)).learns


def entry_of(name: str) -> Entry:
    """Return the entry of a network by its name; raise Problem for an unknown one."""
    entry = MODELS.get(_SMP if name.startswith("smp:") else name)
    if entry is None:
        raise Problem(f"--model {name}: no such network: choose one of {', '.join(MODELS)}", exit_code=2)
    return entry


def _class(entry: Entry) -> type[Net]:
    module, _, cls = entry.network.partition(":")
    network: type[Net] = getattr(importlib.import_module(module), cls)
    return network
