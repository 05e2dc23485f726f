"""The parts of an export: the samples that one worker writes in one go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.files.json_form import Form, is_count, misfit, read_json
from bgfg.data_manifests.terminal.errors import Problem

_PART: Form = {"number": is_count, "group": str, "index": is_count, "siblings": is_count, "samples": [is_count]}


@dataclass(frozen=True)
class ExportPart:
    """Ascending samples that are written together.

    Attributes:
        number: Number among all parts.
        group: The split or pack it belongs to.
        index: Number among the `siblings` parts of its group.
        siblings: How many parts its group has.
        samples: The numbers of its samples.
    """

    number: int
    group: str
    index: int
    siblings: int
    samples: tuple[int, ...]

    def save(self, folder: Path) -> None:
        """Write the part to a file of `folder`, where a worker finds it."""
        replace_text(folder / f"{self.number}.json", json.dumps(asdict(self)), durable=False)

    @classmethod
    def load(cls, folder: Path, number: int) -> ExportPart:
        """Read a part that `save` wrote; raise Problem where it is damaged."""
        content = read_left(folder / f"{number}.json", _PART)
        return cls(**{name: content[name] for name in _PART} | {"samples": tuple(content["samples"])})

    @property
    def sample_indices(self) -> NDArray[np.int64]:
        """The numbers of its samples as an array, (n,) int64."""
        return np.array(self.samples, np.int64)


def read_left(path: Path, form: Form) -> Any:
    """Read JSON that a process of an export left for another one, two folders below the export's folder.

    Raises:
        Problem: It isn't of the form: something else changed it meanwhile.
    """
    try:
        content = read_json(path)
        fault = misfit(content, form)
    except ValueError as error:
        fault = str(error)
    if fault:
        raise Problem(f"{path}: damaged ({fault}): remove {path.parent.parent}, and run the same export again")
    return content


def split_into_parts(groups: Mapping[str, NDArray[np.int64]], samples_per_part: int) -> list[ExportPart]:
    """Cut the samples of each group into parts, numbered in the order of the groups."""
    parts: list[ExportPart] = []
    for group, samples in groups.items():
        starts = range(0, len(samples), samples_per_part)
        for index, start in enumerate(starts):
            numbers = tuple(samples[start : start + samples_per_part].tolist())
            parts.append(ExportPart(len(parts), group, index, len(starts), numbers))
    return parts
