"""Registry of the networks by name. Listing them needs no PyTorch; building one imports what it needs."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.config.network_options import default_options, require_options

if TYPE_CHECKING:
    from bgfg.train.models.network import BaseNetwork


@dataclass(frozen=True)
class ModelEntry:
    """A named network of the registry.

    Attributes:
        network: Where its class is, "module:Class".
        about: One line for people.
        options: Options that differ from the defaults of the class.
        licence: Licence of its code, and of the published weights that it may start from.
        example: Name to build an example by, where the entry's own stands for many; None: its own.
    """

    network: str
    about: str
    options: Mapping[str, Any] = field(default_factory=dict)
    licence: str = "MIT"
    example: str | None = None


_SMP = "smp:NAME"

# The largest published encoders of timm have half as many.
_MOST_PARAMETERS = 2_000_000_000

MODELS = {
    "two_stream": ModelEntry("bgfg.train.models.two_stream:TwoStream", "bgfg's own, for a GPU: 192 px in, 96 px out"),
    "basic_net": ModelEntry(
        "bgfg.train.models.mask_nets:BasicNet", "five 3×3 convolutions without padding: 64 px in, 24 px out"
    ),
    "two_branch_net": ModelEntry(
        "bgfg.train.models.mask_nets:TwoBranchNet", "a branch a shot, then plain convolutions"
    ),
    "unet_valid": ModelEntry(
        "bgfg.train.models.unet:UnetValid", "U-Net without padding on the way up: 224 px in, 98 px out"
    ),
    "unet": ModelEntry("bgfg.train.models.unet:Unet", "U-Net of one picture, for masks or classes: 256 px in and out"),
    "person": ModelEntry(
        "bgfg.train.models.person:Person",
        "people in one photograph, by an encoder that may start pretrained: 192 px in, 96 px out",
        licence="MIT; published encoders have their own",
    ),
    "matting_unet": ModelEntry(
        "bgfg.train.models.matting_unet:MattingUnet", "one picture in, RGBA out: 128 px in and out"
    ),
    "compact": ModelEntry(
        "bgfg.train.models.compact_depth:CompactDepth",
        "the compact depth teacher, of one picture: 160 px in, 80 px out",
    ),
    "maskrcnn": ModelEntry(
        "bgfg.train.models.maskrcnn:MaskRCNNNet",
        "torchvision's Mask R-CNN, ResNet-50 FPN v2, of one picture: every person by themselves",
        licence="BSD-3-Clause; published weights, of COCO, have their own terms",
    ),
    _SMP: ModelEntry(
        "bgfg.train.models.smp:SmpNet",
        "of segmentation_models_pytorch: smp:unet, smp:fpn:resnet34, ...",
        licence="MIT; published encoders have their own",
        example="smp:unet",
    ),
}


def build_model(
    name: str, targets: Sequence[str] | None = None, given_shots: int | None = None, **options: Any
) -> BaseNetwork:
    """Build a network by its name, with fresh weights.

    Its `name` and `options` (plain data, `targets` among them) build the same network again, without a download.

    Args:
        name: A name of MODELS, or smp:NAME.
        targets: What it is to predict, of its learnable targets; None for the default ones of its class.
        given_shots: How many shots of a scene it will be given, for networks that take one as well as two; None for the
            class's own number.
        **options: Keyword options of the network's class; the others keep their defaults.

    Raises:
        Problem: The name, a target or an option isn't known, the network can't take pictures of the input size, or it
            needs more shots than are given.
    """
    entry = model_entry(name)
    network = network_class(name)
    targets = network.default_targets if targets is None else targets
    if not targets or len(set(targets)) < len(targets) or set(targets) - set(network.learnable_targets):
        learns = ", ".join(network.learnable_targets)
        line = f"--targets {','.join(targets)}: {name} learns {learns}: choose of these, each once"
        raise Problem(f"{line}, or another --model: `bgfg models` says what each learns", exit_code=2)
    require_options(name, network, options)
    defaults = default_options(network)
    chosen = defaults | dict(entry.options) | options
    # Networks with the option take as many shots as there are, unless told otherwise.
    if "shots" in defaults and "shots" not in options:
        chosen["shots"] = given_shots or defaults["shots"]
    if given_shots is not None and chosen.get("shots", network.shots) > given_shots:
        takes = "takes two shots of a scene, without and with the person, and here is one"
        raise Problem(f"--model {name}: {takes}: choose person, unet, matting_unet or smp:NAME", exit_code=2)
    net = network(name, targets, **chosen)
    net.output_px(net.input_px, net.input_px)  # raises where it can't take its own input size
    net.options = {"targets": list(targets)} | chosen | dict(net.settled_options) | network.offline_options
    if net.origin is not None:
        net.options["weights"] = net.origin.content()
    return net


def require_parameters(name: str, targets: Sequence[str], given_shots: int, options: Mapping[str, Any]) -> None:
    """Raise Problem (exit code 2) where a network would have more parameters than any machine trains, which takes long.

    It is described without memory, and without reading the weights that it may start from.

    Args:
        name: As in `build_model`.
        targets: As there.
        given_shots: As there.
        options: The options of its class that are given.
    """
    import torch

    offline = network_class(name).offline_options
    try:
        with torch.device("meta"):
            net = build_model(name, targets, given_shots, **{**options, **offline})
    except Problem:
        return  # some encoders can't be described so, and what is wrong otherwise is said when it is built
    count = sum(parameter.numel() for parameter in net.parameters())
    if count > _MOST_PARAMETERS:
        given = " ".join(f"{option}={value}" for option, value in options.items() if option not in offline)
        has = f"{name} would have {count:,} parameters, more than {_MOST_PARAMETERS:,}"
        raise Problem(f"--model-option {given}: {has}: give smaller numbers", exit_code=2)


def learnable_targets(name: str) -> tuple[str, ...]:
    """Return the targets that a network can learn; raise Problem for an unknown name."""
    return network_class(name).learnable_targets


def model_entry(name: str) -> ModelEntry:
    """Return the registry's entry for a network name; raise Problem for an unknown one."""
    entry = MODELS.get(_SMP if name.startswith("smp:") else name)
    if entry is None:
        raise Problem(f"--model {name}: no such network: choose one of {', '.join(MODELS)}", exit_code=2)
    return entry


def network_class(name: str) -> type[BaseNetwork]:
    """Return the class of a network by its name; raise Problem for an unknown one."""
    module, _, cls = model_entry(name).network.partition(":")
    network: type[BaseNetwork] = getattr(importlib.import_module(module), cls)
    return network
