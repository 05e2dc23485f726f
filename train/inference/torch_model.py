"""Trained networks with their decoders in PyTorch: to be used as they are, and to be exported."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bgfg.depth_teacher.ops.encoder_origin import EncoderOrigin
from bgfg.depth_teacher.ops.torch_threads import TORCH_THREADS
from bgfg.train.models.checkpoint import load_network, model_file
from bgfg.train.models.description import licence_of
from bgfg.train.models.maskrcnn import MaskRCNNNet
from bgfg.train.models.maskrcnn_batched import detect_batch
from bgfg.train.models.model_card import (
    BACKGROUND,
    COMPOSITE,
    DETECTION_OUTPUTS,
    PLAIN_NORMALISATION,
    SINGLE_IMAGE,
    ModelCard,
)
from bgfg.train.models.network import DenseNetwork
from bgfg.train.ops.device import pick
from bgfg.train.targets.depth import DepthTarget
from bgfg.train.targets.mask import MaskTarget
from bgfg.train.targets.matte import MatteTarget


class DecodedNetwork(nn.Module):
    """A network and the decoders of its outputs, as one module.

    Its inputs and outputs are those of the card, as positional tensors, and nothing in it depends on the values or the
    sizes of its inputs, so that it can be traced.
    """

    def __init__(self, net: DenseNetwork, card: ModelCard) -> None:
        super().__init__()
        self.net = net
        self._decode = [_decoder(output, card) for output in card.outputs]

    def forward(self, *pictures: Tensor) -> tuple[Tensor, ...]:
        """Return the outputs, (n, channels, h', w') float32 each, for pictures (n, 3, h, w) in 0..1."""
        maps = torch.split(self.net.raw_outputs(*pictures), self.net.channels, dim=1)
        return tuple(decode(raw) for decode, raw in zip(self._decode, maps, strict=True))


class DecodedInstanceNetwork(nn.Module):
    """A detection network with the inputs and outputs of its card, so that it can be traced."""

    def __init__(self, net: MaskRCNNNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, picture: Tensor) -> tuple[Tensor, ...]:
        """Return the detections in pictures (n, 3, h, w) in 0..1, as DETECTION_OUTPUTS says."""
        return detect_batch(self.net.network, picture)

    def detect_each(self, pictures: Tensor) -> list[dict[str, Tensor]]:
        """Return torchvision's own detections in each of the pictures: all of DETECTION_OUTPUTS but the batch index."""
        found: list[dict[str, Tensor]] = self.net.network(list(pictures))
        return found


class TorchModel:
    """The network of a run, or of a checkpoint file, in PyTorch.

    Args:
        source: Folder of the run, checkpoint file, or name of a network that comes with bgfg.
        device: cuda, mps or cpu; None for the best there is.
        threads: Threads on a CPU; None for PyTorch's own number.

    Raises:
        Problem: There is no such network, it can't be read, or the device isn't there.
    """

    def __init__(self, source: Path, device: str | None = None, threads: int | None = None) -> None:
        chosen = pick(device)
        if chosen.kind == "cpu":
            TORCH_THREADS.set(threads)
        self.file = model_file(source)
        decoded, self.card = load_decoded(self.file)
        self._device = torch.device(chosen.kind)
        # Frames may be predicted by several threads, whose passes on a processor would each have threads of their own.
        self._passes = threading.Lock()
        # Channels last: convolutions are faster so, on GPUs and CPUs.
        self._net = decoded.to(self._device).to(memory_format=torch.channels_last)
        self.where = f"{chosen}, PyTorch {torch.__version__}"

    def run(self, pictures: Sequence[NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """Return the outputs of the card by name."""
        with self._passes, torch.inference_mode():
            given = [torch.from_numpy(np.ascontiguousarray(maps)).to(self._device) for maps in pictures]
            found = self._net(*(maps.contiguous(memory_format=torch.channels_last) for maps in given))
        return {name: maps.cpu().numpy() for name, maps in zip(self.card.outputs, found, strict=True)}


def load_decoded(file: Path) -> tuple[DecodedNetwork | DecodedInstanceNetwork, ModelCard]:
    """Return the network of a checkpoint file with its decoders, in evaluation mode, and its card.

    Raises:
        Problem: The checkpoint can't be read.
    """
    net, description = load_network(file)
    depth = description.get("depth") or {}
    card = ModelCard(
        net.name,
        net.options,
        (BACKGROUND, COMPOSITE) if net.shots == 2 else (SINGLE_IMAGE,),
        DETECTION_OUTPUTS if isinstance(net, MaskRCNNNet) else net.targets,
        net.input_px,
        net.step_px,
        sum(parameter.numel() for parameter in net.parameters()),
        licence_of(net, description),
        description["standing"]["threshold"] or 0.5,
        depth.get("near_m"),
        depth.get("far_m"),
        classes=_legend(description) if {"classes", "instances"} & set(net.targets) else (),
        masks=(description.get("masks") or {}).get("how", ""),
        real_pictures=_real_pictures(description.get("mix")),
        closer_look=description.get("closer_look", False),
        mirrored=net.mirrored,
        normalisation=_normalisation(net.origin),
    )
    # The only family of networks whose outputs aren't maps.
    if isinstance(net, MaskRCNNNet):
        return DecodedInstanceNetwork(net).eval(), card
    return DecodedNetwork(cast(DenseNetwork, net), card).eval(), card


def _normalisation(origin: EncoderOrigin | None) -> str:
    """Return what the numbers of a picture are to be, and what an encoder of published weights makes of them."""
    if origin is None:
        return PLAIN_NORMALISATION
    mean, std = (", ".join(f"{value:g}" for value in values) for values in (origin.mean, origin.std))
    return f"{PLAIN_NORMALISATION}; the network itself subtracts {mean} and divides by {std}"


def _legend(description: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return what stands for each class: as masks said it; of a corpus the names of its classes.

    Of a network that learnt from a corpus with real pictures among it, masks are those of the pictures, whose values
    the corpus's classes stand for. Runs of before kept names alone.
    """
    masks = {} if description.get("mix") else description.get("masks") or {}
    names = description.get("classes") or ()
    return tuple(masks.get("classes") or ({"code": code, "name": name} for code, name in enumerate(names)))


def _real_pictures(mix: Mapping[str, Any] | None) -> str:
    """Return in words which real pictures were mixed into a corpus; "" for none."""
    if not mix:
        return ""
    return f"{mix['joined']} of {mix['batch']} in a batch, of {mix['train']:,} pictures (digest {mix['digest'][:12]})"


def _decoder(output: str, card: ModelCard) -> Callable[[Tensor], Tensor]:
    """Return what makes a network's raw maps what the card says of this output."""
    if output == "depth" and card.near_m is not None and card.far_m is not None:
        return DepthTarget(np.zeros(1), card.near_m, card.far_m).decode
    return {"matte": MatteTarget().decode, "classes": _shares}.get(output, MaskTarget().decode)


def _shares(logits: Tensor) -> Tensor:
    """Return the probability of each class: not the likeliest one, which the least difference may change."""
    return torch.softmax(logits.float(), dim=1)
