"""What the tests of the use of a model share: a model without a network, composites on disk, a small run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from bgfg.train.inference.runtime import Maps
from bgfg.train.models.model_card import DETECTION, Card
from numpy.typing import NDArray

from tests.support import references

Pixels = NDArray[np.uint8]


def card(**given: Any) -> Card:
    """Return the card of a model of two shots that finds mask and depth, some of it otherwise."""
    fields: dict[str, Any] = {
        "name": "differs",
        "options": {},
        "inputs": ("bg", "bg_fg"),
        "outputs": ("mask", "depth"),
        "input_px": 36,
        "step_px": 1,
        "parameters": 0,
        "licence": "MIT",
    }
    return Card(**fields | given)


class Differs:
    """A model without a network: the person is where two shots differ, or what is reddest; it is 2 m away of 4 m."""

    where = "nothing"

    def __init__(self, file: Path, **given: Any) -> None:
        self.file, self.card = file, card(**given)
        self.seen: list[list[Maps]] = []
        if not file.exists():
            file.write_bytes(b"weights")

    def run(self, pictures: Sequence[Maps]) -> dict[str, Maps]:
        self.seen.append(list(pictures))
        if len(pictures) == 2:
            differs = np.abs(pictures[1] - pictures[0]).max(axis=1, keepdims=True) > 0.02
        else:
            differs = pictures[0][:, :1] > pictures[0][:, 1:].max(axis=1, keepdims=True) + 0.2
        mask = differs.astype(np.float32)
        found = {"mask": mask, "depth": 4 - 2 * mask, "matte": np.concatenate([pictures[-1], mask], axis=1)}
        return {name: found[name] for name in self.card.outputs}


class DiffersAlone(Differs):
    """The same of single pictures, which gives the person as somebody found, and nobody where nothing is red."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, inputs=("image",), outputs=DETECTION)

    def run(self, pictures: Sequence[Maps]) -> dict[str, Maps]:
        picture = pictures[0]
        mask = (picture[:, :1] > picture[:, 1:].max(axis=1, keepdims=True) + 0.2).astype(np.float32)
        mask = mask[mask.mean(axis=(1, 2, 3)) > 0.1]
        rows, columns = np.nonzero(mask.any(axis=(0, 1))) if len(mask) else (np.zeros(1), np.zeros(1))
        box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], np.float32)
        values = (np.zeros(1, np.int64), box[None], np.ones(1, np.int64), np.full(1, 0.9, np.float32))
        return dict(zip(DETECTION, (*(value[: len(mask)] for value in values), mask), strict=True))


def composite(height_px: int, width_px: int, seed: int) -> tuple[Pixels, Pixels, Pixels]:
    """Return a picture with a person, its background, and the true mask (H, W) uint8."""
    background = (references.picture(height_px, width_px, seed) // 2 + 20).astype(np.uint8)
    person = references.cutout(2 * height_px // 3, width_px // 3, seed)
    person[..., :3] = np.clip(person[..., :3] // 4 + [190, 20, 30], 0, 255)
    picture, mask = references.compose(background, person, width_px // 4, height_px // 5)
    return picture, background, mask


def write(folder: Path, count: int = 2, height_px: int = 61, width_px: int = 83) -> tuple[Path, Path]:
    """Write pictures and their backgrounds as p0.png ...; return the two folders."""
    pictures, backgrounds = folder / "pictures", folder / "empty"
    for path in (pictures, backgrounds):
        path.mkdir(parents=True)
    for i in range(count):
        picture, background, _ = composite(height_px, width_px, i)
        cv2.imwrite(str(pictures / f"p{i}.png"), picture[..., ::-1])
        cv2.imwrite(str(backgrounds / f"p{i}.png"), background[..., ::-1])
    return pictures, backgrounds


def far_from_edges(mask: Pixels, reach_px: int) -> NDArray[np.bool_]:
    """Return the pixels farther than that from every one that is neither wholly the person's nor wholly not."""
    person = (mask == 255).astype(np.uint8)
    empty = (mask == 0).astype(np.uint8)
    kernel = np.ones((2 * reach_px + 1,) * 2, np.uint8)
    both = cv2.erode(person, kernel, borderValue=1) + cv2.erode(empty, kernel, borderValue=1)
    return np.asarray(both > 0)


def save_run(
    run: Path, name: str = "two_branch_net", targets: tuple[str, ...] = ("mask", "depth"), **options: Any
) -> Path:
    """Write the checkpoint of a network with fresh weights as a run's; needs PyTorch."""
    import torch
    from bgfg.train.models.registry import build

    torch.manual_seed(0)
    return save_net(run, build(name, targets, **options))


def save_net(run: Path, net: Any) -> Path:
    """Write the checkpoint of a network as a run's."""
    from bgfg.train.models.checkpoint import BEST, Checkpoint, checkpoint_path

    description = {
        "model": {"name": net.name, "options": net.options},
        "options": {},
        "standing": {"threshold": 0.48},
        "depth": {"kind": "log", "near_m": 0.1, "far_m": 10.0} if "depth" in net.targets else None,
    }
    Checkpoint({"average": net.state_dict()}, description).save(checkpoint_path(run, BEST))
    return run
