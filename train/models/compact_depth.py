"""The compact depth teacher as a network to be trained: depth from the composite alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor, nn

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.started_from import name_of_weights, started_from
from bgfg.depth_teacher.teachers.compact import STRIDE_PX
from bgfg.depth_teacher.teachers.compact_net import CompactNet
from bgfg.depth_teacher.teachers.compact_weights import WeightsPair, load_compact_net, open_weights_pair
from bgfg.train.models.encoder_weights import find_encoder_start
from bgfg.train.models.network import SingleImageNetwork
from bgfg.train.models.trial_pass import FOREIGN_ERRORS, UnfitNetwork, can_run, in_one_line, trial_pass

_DEFAULTS: Mapping[str, Any] = {"backbone": "mobilenetv4_conv_small", "width": 16}  # where no weights tell


class CompactDepth(SingleImageNetwork):
    """Monocular depth network: a picture in, its depth out at half the size.

    Args:
        name: Name in the registry.
        targets: "depth" alone.
        input_px: Side of the square pictures that it is meant for.
        encoder: Encoder, by its name in timm; None for that of `start`, else mobilenetv4_conv_small.
        width: Channels of the decoder; None for that of `start`, else 16.
        weights: What the encoder starts from: "imagenet" for published weights, or a file of them; None for fresh ones.
        start: Safetensors file of a compact teacher to continue from; None for fresh weights.
    """

    learnable_targets = ("depth",)
    default_targets = ("depth",)
    step_px = STRIDE_PX
    offline_options: ClassVar[dict[str, Any]] = {"weights": None, "start": None}
    former_options: ClassVar[dict[str, str]] = {"backbone": "encoder"}

    def __init__(
        self,
        name: str,
        targets: Sequence[str],
        *,
        input_px: int = 160,
        encoder: str | None = None,
        width: int | None = None,
        weights: str | Mapping[str, Any] | None = None,
        start: str | None = None,
    ) -> None:
        super().__init__(name, targets, input_px)
        self.output_px(input_px, input_px)  # raises where a trial would be of sides that it never takes
        if start is not None and weights is not None:
            raise Problem(f"{name}: weights and start both say what it starts from: leave one out", exit_code=2)
        taught = None if start is None else open_weights_pair(Path(start))
        told = taught.metadata.network if taught else _DEFAULTS
        encoder = str(told["backbone"]) if encoder is None else encoder
        width = int(told["width"]) if width is None else width
        self.settled_options = {"encoder": encoder, "width": width}
        begun = find_encoder_start(encoder, taught.metadata.pretrained if taught else weights)
        self.origin = begun.origin
        try:
            self.net = CompactNet(encoder, width, begun.mean, begun.std)
            raw = trial_pass(self.net, (1, 3, input_px, input_px)) if can_run(self.net) else []
            if any(map_.shape[-2:] != (input_px // 2, input_px // 2) for map_ in raw):
                raise UnfitNetwork(f"its maps don't halve the picture: {[tuple(map_.shape) for map_ in raw]}")
        except FOREIGN_ERRORS as error:
            again = "choose another, with maps of 1/2, 1/4 ... 1/32, such as mobilenetv4_conv_small"
            raise Problem(f"encoder {encoder!r}: {in_one_line(error)}: {again}", exit_code=2) from error
        if taught is not None:
            self._continue(taught)
        elif begun.origin is not None:
            begun.load_into(self.net.encoder)
            self.weights_origin = f"the encoder of {name} starts from {begun.origin}"

    def _continue(self, taught: WeightsPair) -> None:
        """Take the weights of a compact teacher; raise Problem where it is of another encoder or width."""
        if dict(taught.metadata.network) != self.net.options:
            theirs, mine = taught.metadata.network, self.net.options
            says, not_mine = (f"encoder={each['backbone']} and width={each['width']}" for each in (theirs, mine))
            options = f"--model-option encoder={theirs['backbone']} --model-option width={theirs['width']}"
            mend = f"give {options}, or neither"
            raise Problem(f"{taught.safetensors}: has {says}, not {not_mine}: {mend}", exit_code=2)
        self.net.load_state_dict(load_compact_net(taught).state_dict())
        self.started_from = started_from(
            name_of_weights(taught.safetensors), taught.metadata.licence, taught.metadata.started_from
        )

    def encoder_part(self) -> nn.Module:
        """Return the encoder."""
        return self.net.encoder

    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size of the map: half of the picture's."""
        if height_px % STRIDE_PX or width_px % STRIDE_PX:
            raise self.size_problem(height_px, width_px, f"sides that are multiples of {STRIDE_PX} px")
        return height_px // 2, width_px // 2

    def maps(self, picture: Tensor) -> Tensor:
        """Return the normalised inverse depth, (n, 1, h / 2, w / 2)."""
        raw: Tensor = self.net(picture)
        return raw
