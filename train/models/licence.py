"""The licence of a trained network, in words: what its weights state, or what all that is in them asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bgfg.depth_teacher.ops.started_from import StartedFrom, licence_in_full, started_from
from bgfg.train.models.network import BaseNetwork
from bgfg.train.models.registry import model_entry


def licence_of(net: BaseNetwork, description: Mapping[str, Any]) -> str:
    """Return the licence of a trained network.

    Args:
        net: The network.
        description: That of its checkpoint.

    Returns:
        What its weights state, if they state any; else the licence of its code, then what its encoder started from, and
        what the whole network started from, with their licences.
    """
    if stated := description.get("licence"):
        return str(stated)
    encoder = [] if net.origin is None else [f"its encoder started from {net.origin}"]
    return licence_in_full("; ".join([model_entry(net.name).licence, *encoder]), description.get("started_from", ()))


def started_from_network(net: BaseNetwork, description: Mapping[str, Any]) -> StartedFrom:
    """Return the record of a training that starts from a trained network; what its encoder started from is its own."""
    if stated := description.get("licence"):
        return started_from(net.name, str(stated))
    return started_from(net.name, model_entry(net.name).licence, description.get("started_from", ()))
