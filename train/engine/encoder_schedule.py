"""How a pretrained encoder learns: at a rate of its own, and not at all in the first steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import nn

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.config.options import TrainOptions
from bgfg.train.models.network import BaseNetwork


class EncoderSchedule:
    """Holds the encoder of a network, or its first stages, still in the first steps: weights and batch normalisation.

    What it does at a step depends on the step alone, so that a resumed run goes on as it would have.

    Args:
        net: The network.
        options: Of the run: `encoder_lr_scale`, `freeze_steps` and `freeze_stages`.
        ranks: How many processes train together. With several, gradients are computed all the same and then left out:
            what is exchanged among them is settled at the start.

    Attributes:
        encoder: Its encoder; None where nothing sets it apart from the rest.

    Raises:
        Problem: The network has no encoder, or not so many stages.
    """

    def __init__(self, net: BaseNetwork, options: TrainOptions, ranks: int = 1) -> None:
        flags = {"--encoder-lr-scale": options.encoder_lr_scale != 1, "--freeze-steps": options.freeze_steps > 0}
        flag = next((name for name, is_given in flags.items() if is_given), None)
        self.encoder = None if flag is None else net.encoder_part()
        if flag is not None and self.encoder is None:
            line = f"{flag}: the network {net.name} has no encoder apart from the rest: leave the option out"
            raise Problem(line, exit_code=2)
        self._steps, self._learns_alone = options.freeze_steps, ranks == 1
        self._held: list[nn.Module] = []
        if self.encoder is not None and options.freeze_steps:
            count = options.freeze_stages
            self._held = [self.encoder] if count is None else _stages(self.encoder, count)
        self._is_still: bool | None = None

    def begin_step(self, step: int) -> None:
        """Bring the encoder into the state of a step."""
        still = step < self._steps
        if still is self._is_still:
            return
        self._is_still = still
        for module in self._held:
            module.train(not still)
            if self._learns_alone:
                module.requires_grad_(not still)

    def drop_gradients(self) -> None:
        """Leave out the gradients of what is held still, so that the optimizer doesn't touch it."""
        if self._is_still:
            for module in self._held:
                module.zero_grad(set_to_none=True)

    def parameter_groups(self, net: nn.Module, options: TrainOptions) -> list[dict[str, Any]]:
        """Return the parameters of a network in groups: weights of convolutions decay, biases and normalisations don't.

        The groups of the encoder have a share of the learning rate, "lr_scale".
        """
        if self.encoder is None or options.encoder_lr_scale == 1:
            return _by_decay(net.parameters(), options.weight_decay, 1.0)
        of_encoder = {id(parameter) for parameter in self.encoder.parameters()}
        others = [parameter for parameter in net.parameters() if id(parameter) not in of_encoder]
        own = _by_decay(self.encoder.parameters(), options.weight_decay, options.encoder_lr_scale)
        return [*_by_decay(others, options.weight_decay, 1.0), *own]


def _by_decay(parameters: Iterable[nn.Parameter], weight_decay: float, lr_scale: float) -> list[dict[str, Any]]:
    every = list(parameters)
    groups = (([p for p in every if p.ndim > 1], weight_decay), ([p for p in every if p.ndim <= 1], 0.0))
    return [{"params": params, "weight_decay": decay, "lr_scale": lr_scale} for params, decay in groups]


def _stages(encoder: nn.Module, count: int) -> list[nn.Module]:
    """Return the innermost modules of an encoder of timm that its first `count` feature maps need."""
    backbone: Any = next((module for module in encoder.modules() if hasattr(module, "feature_info")), None)
    if backbone is None:
        raise Problem("--freeze-stages: the stages of this encoder aren't known: leave the option out", exit_code=2)
    ends = [name.replace(".", "_") for name in backbone.feature_info.module_name()]
    if count > len(ends):
        raise Problem(f"--freeze-stages {count}: the encoder has {len(ends)}: give less", exit_code=2)
    named = [(name.removeprefix("model.").replace(".", "_"), module) for name, module in backbone.named_modules()]
    last = max(i for i, (name, _) in enumerate(named) if f"{name}_".startswith(f"{ends[count - 1]}_"))
    return [module for _, module in named[: last + 1] if not any(True for _ in module.children())]
