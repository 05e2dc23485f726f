"""A trained network with its decoders, in PyTorch: what is used as it stands, and exported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import torch
from bgfg.train.inference.runtime import Maps
from bgfg.train.models.checkpoint import load_model, model_file
from bgfg.train.models.maskrcnn import MaskRCNNNet
from bgfg.train.models.maskrcnn_batched import detections
from bgfg.train.models.model_card import ALONE, BACKGROUND, DETECTION, PICTURE, Card
from bgfg.train.models.network import MapNet
from bgfg.train.models.registry import entry_of
from bgfg.train.ops.device import pick
from bgfg.train.targets.depth import DepthTarget
from bgfg.train.targets.mask import MaskTarget
from bgfg.train.targets.matte import MatteTarget
from torch import Tensor, nn


class Finished(nn.Module):
    """A network and what decodes its outputs.

    It has the inputs and outputs of its card as positional tensors, and nothing in it depends on the values or the
    sizes that it is given, so that it can be traced.
    """

    def __init__(self, net: MapNet, card: Card) -> None:
        super().__init__()
        self.net = net
        self._decode = [_decoder(output, card) for output in card.outputs]

    def forward(self, *pictures: Tensor) -> tuple[Tensor, ...]:
        """Return the outputs, (n, channels, h', w') float32 each, for pictures (n, 3, h, w) in 0..1."""
        maps = torch.split(self.net.all_maps(*pictures), self.net.channels, dim=1)
        return tuple(decode(raw) for decode, raw in zip(self._decode, maps, strict=True))


class FinishedInstances(nn.Module):
    """A network that finds people one by one, as its card has it, so that it can be traced."""

    def __init__(self, net: MaskRCNNNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, picture: Tensor) -> tuple[Tensor, ...]:
        """Return what is found in pictures (n, 3, h, w) in 0..1, as DETECTION says."""
        return detections(self.net.network, picture)

    def one_by_one(self, pictures: Tensor) -> list[dict[str, Tensor]]:
        """Return what torchvision itself finds in each of the same pictures: all of DETECTION but the batch index."""
        found: list[dict[str, Tensor]] = self.net.network(list(pictures))
        return found


class TorchModel:
    """The network of a run, or of a checkpoint file, in PyTorch."""

    def __init__(self, source: Path, device: str | None = None, threads: int | None = None) -> None:
        chosen = pick(device)
        if threads is not None and chosen.kind == "cpu":
            torch.set_num_threads(threads)
        self.file = model_file(source)
        finished, self.card = load_finished(self.file)
        self._device = torch.device(chosen.kind)
        self._net = finished.to(self._device).to(memory_format=torch.channels_last)
        self.where = f"{chosen}, PyTorch {torch.__version__}"

    def run(self, pictures: Sequence[Maps]) -> dict[str, Maps]:
        """Return the outputs of the card by name."""
        with torch.inference_mode():
            given = [torch.from_numpy(np.ascontiguousarray(maps)).to(self._device) for maps in pictures]
            found = self._net(*(maps.contiguous(memory_format=torch.channels_last) for maps in given))
        return {name: maps.cpu().numpy() for name, maps in zip(self.card.outputs, found, strict=True)}


def load_finished(file: Path) -> tuple[Finished | FinishedInstances, Card]:
    """Return the network of a checkpoint file, set to evaluate, and its card; raise Problem where it can't be read."""
    net, description = load_model(file)
    depth = description.get("depth") or {}
    card = Card(
        net.name,
        net.options,
        (BACKGROUND, PICTURE) if net.shots == 2 else (ALONE,),
        DETECTION if isinstance(net, MaskRCNNNet) else net.targets,
        net.input_px,
        net.step_px,
        sum(parameter.numel() for parameter in net.parameters()),
        entry_of(net.name).licence,
        description["standing"]["threshold"] or 0.5,
        depth.get("near_m"),
        depth.get("far_m"),
    )
    if isinstance(net, MaskRCNNNet):
        return FinishedInstances(net).eval(), card
    return Finished(cast(MapNet, net), card).eval(), card


def _decoder(output: str, card: Card) -> Callable[[Tensor], Tensor]:
    """Return what makes a network's raw maps what the card says of this output."""
    if output == "depth" and card.near_m is not None and card.far_m is not None:
        return DepthTarget(np.zeros(1), card.near_m, card.far_m).decode
    return {"matte": MatteTarget().decode, "classes": _shares}.get(output, MaskTarget().decode)


def _shares(logits: Tensor) -> Tensor:
    """Return how sure a network is of each class: not the likeliest one, which the least difference may turn."""
    return torch.softmax(logits.float(), dim=1)
