"""What a checkpoint says of itself, held to its form when it is read: a file may be damaged, or of anybody.

The licence of a trained network is worked out here alone, from what its weights state and what they started from.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bgfg.data_manifests.files.json_form import is_count, is_distance_m, is_line, is_share, misfit, parse_json
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.started_from import STARTED_FROM_FORM, StartedFrom, licence_in_full, started_from
from bgfg.train.folders.mask_encoding import MaskEncoding
from bgfg.train.models.model_card import misfit_of_legend
from bgfg.train.models.registry import model_entry

if TYPE_CHECKING:
    from bgfg.train.models.network import BaseNetwork

CHECKPOINT_FORMAT = "bgfg-checkpoint"
CHECKPOINT_VERSION = 1

# Of the real pictures that were mixed in, as run.json has it too.
MIX_FORM = {"digest": str, "train": is_count, "val": is_count, "joined": is_count, "batch": is_count}

_FORM = {
    "model?": {"name": str, "options": {str: object}},
    "standing?": {
        "step?": is_count,
        "epoch?": is_count,
        "score?": (None, float),
        "best_step?": is_count,
        "stale?": is_count,
        "threshold?": (None, is_share),
        "figures?": {str: float},
    },
    "options?": {"data?": {str: object}},
    "depth?": (None, {"near_m": is_distance_m, "far_m": is_distance_m, "kind": str}),
    "digest?": str,
    "files?": [str],
    "classes?": (None, [str]),
    "masks?": (None, {"how?": str}),
    "mix?": (None, MIX_FORM),
    "closer_look?": bool,
    "licence?": is_line,
    "started_from?": STARTED_FROM_FORM,
    "versions?": {str: str},
    "stream?": {str: object},
    "scaler?": {str: object},
}


def parse_description(path: Path, text: str | None) -> dict[str, Any]:
    """Read the description of a checkpoint.

    Args:
        path: The checkpoint, for error messages.
        text: What its header holds as the description; None where it holds none.

    Raises:
        Problem: It isn't one that this version of bgfg can read.
    """
    try:
        described = parse_json(text or "")
        sound = described["format"] == CHECKPOINT_FORMAT
        version = described["version"]
    except (KeyError, TypeError, ValueError):
        sound, version = False, None
    if not sound:
        raise Problem(f"{path}: a safetensors file, but no checkpoint of bgfg: give another file, or a run's folder")
    if version != CHECKPOINT_VERSION:
        knows = f"this bgfg knows version {CHECKPOINT_VERSION} only: give another file"
        raise Problem(f"{path}: checkpoint version {version!r:.20}; {knows}")
    wrong = misfit(described, _FORM, "description") or _misfit_of_meaning(described)
    if wrong:
        raise Problem(f"{path}: its description is damaged ({wrong}): restore the file, or give another one")
    return dict(described)


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


def started_from_network(called: str, net: BaseNetwork, description: Mapping[str, Any]) -> StartedFrom:
    """Return the record of a training that starts from a trained network; what its encoder started from is its own.

    Args:
        called: What the network is called: its name of bgfg, or that of its file.
        net: The network.
        description: That of its checkpoint.
    """
    if stated := description.get("licence"):
        return started_from(called, str(stated))
    return started_from(called, model_entry(net.name).licence, description.get("started_from", ()))


def _misfit_of_meaning(described: dict[str, Any]) -> str:
    """Say what is of the right form and makes no sense; "" where all does."""
    depth, masks = described.get("depth"), described.get("masks")
    if depth and not depth["near_m"] < depth["far_m"]:
        return f"description.depth is from {depth['near_m']} to {depth['far_m']} m"
    if wrong := misfit_of_legend((masks or {}).get("classes", [])):
        return f"description.masks.{wrong}"
    try:
        MaskEncoding.of(masks or {})
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        return f"description.masks: {error}"
    return ""
