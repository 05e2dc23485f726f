"""A trial pass through a network that others wrote: what it can't take shows when it is built, not in a first step."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

# What networks of other packages raise for options that they don't have and for sizes that they can't take.
FOREIGN_ERRORS = (
    ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip


class UnfitNetwork(ValueError):
    """A network can't take pictures of a size; the text says why, in one line."""


def trial_pass(network: nn.Module, *shapes: Sequence[int]) -> list[Tensor]:
    """Pass zeros through a network once, without a trace in its state or in any generator.

    Args:
        network: The network, on any device but the meta device.
        *shapes: The shape of each of its inputs.

    Returns:
        What it gives, a tensor or several, as a list.

    Raises:
        UnfitNetwork: It can't take such inputs.
    """
    device = next(network.parameters()).device
    training = network.training
    network.eval()  # batch norm keeps its statistics, dropout draws nothing
    try:
        with torch.no_grad():
            found = network(*(torch.zeros(*shape, device=device) for shape in shapes))
    except FOREIGN_ERRORS as error:
        raise UnfitNetwork(in_one_line(error)) from error
    finally:
        network.train(training)
    if isinstance(found, Tensor):
        return [found]
    return list(found.values() if isinstance(found, dict) else found)


def can_run(network: nn.Module) -> bool:
    """Say whether a network has weights to run with: on the meta device, where some are only described, it has none."""
    return not any(parameter.is_meta for parameter in network.parameters())


def in_one_line(error: Exception) -> str:
    """Return the first line of an error's text without its full stop, or its kind where it has no text."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(" .")
