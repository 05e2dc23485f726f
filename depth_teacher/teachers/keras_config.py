"""How the layers of a Keras model are joined, from the description that it carries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bgfg.data_manifests.files.json_form import parse_json
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.teachers.keras_file import KerasFile
from bgfg.depth_teacher.teachers.keras_hdf5 import WHOLE_COPY_ADVICE, canonical_name


@dataclass(frozen=True)
class KerasNode:
    """A layer in the model's own description.

    Attributes:
        kind: Its class.
        options: Its options.
        inputs: Names of the layers that it takes its inputs from.
    """

    kind: str
    options: Mapping[str, Any]
    inputs: tuple[str, ...]


def keras_nodes(file: KerasFile) -> dict[str, KerasNode] | None:
    """Return the layers by name; None where the file has weights alone.

    Raises:
        Problem: The description is damaged.
    """
    if file.config is None:
        return None
    try:
        layers = parse_json(file.config)["config"]["layers"]
        return {canonical_name(layer["config"]["name"]): _node(layer) for layer in layers}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        said = " ".join(str(error).split())[:160] or type(error).__name__
        raise Problem(f"{file.path}: its model_config can't be read ({said}): {WHOLE_COPY_ADVICE}") from error


def _node(layer: dict[str, Any]) -> KerasNode:
    kind, options = layer["class_name"], layer["config"]
    if not isinstance(kind, str) or not isinstance(options, dict):
        raise ValueError(f"a layer is {str(kind)[:80]!r}")
    return KerasNode(kind, options, tuple(_sources(layer.get("inbound_nodes", []))))


def _sources(found: Any) -> Iterator[str]:
    """Yield the layers that inbound nodes name: [layer, node, tensor, {}] in Keras 2, `keras_history` in Keras 3."""
    if isinstance(found, dict):
        if "keras_history" in found:
            yield canonical_name(found["keras_history"][0])
        else:
            for value in found.values():
                yield from _sources(value)
    elif isinstance(found, list):
        if len(found) >= 3 and isinstance(found[0], str) and isinstance(found[1], int):
            yield canonical_name(found[0])
        else:
            for value in found:
                yield from _sources(value)
