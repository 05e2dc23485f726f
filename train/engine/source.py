"""What training asks of its data, whatever they are: a corpus, or a folder of images and masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bgfg.train.config.options import Options
from bgfg.train.engine.loader import Samples, Supply
from bgfg.train.models.network import Net
from bgfg.train.targets.objective import Objective
from lightning_fabric import Fabric


class Source(Protocol):
    """Data to train on.

    kind: what they are, in a word. digest: changes where they do. shots: how many a sample has. settings: how they are
    split and read, of Options.data.
    """

    @property
    def kind(self) -> str:
        """What it is."""

    @property
    def location(self) -> str:
        """Where it is: a folder or a URL."""

    @property
    def digest(self) -> str:
        """The digest, in hexadecimal."""

    @property
    def shots(self) -> int:
        """How many shots of a scene there are."""

    @property
    def classes(self) -> Sequence[str] | None:
        """The names of its classes, None where it has no classes."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """How it is split and read."""

    def default_targets(self, learnt: Sequence[str]) -> tuple[str, ...]:
        """Return what there is to be learnt, of what a network can learn."""

    def objective(self, options: Options) -> Objective:
        """Return the targets of a run; raise Problem where there is nothing of one."""

    def samples(self, options: Options, net: Net, fabric: Fabric) -> Samples:
        """Open this rank's share of the training split for a network like `net`.

        Raises Problem where it is too small or not there.
        """

    def supply(self, samples: Samples, options: Options, objective: Objective, net: Net) -> Supply:
        """Prepare the training split for a network, disturbed unless the options say otherwise."""

    def validation(self, options: Options, objective: Objective, net: Net, fabric: Fabric) -> dict[str, Supply]:
        """Open this rank's share of the split val by condition, as the pictures are first; {} where it is too small."""

    def files(self) -> list[str]:
        """Return the SHA-256 of the source files of train and val, the first 16 digits of each, ascending."""

    def depth_range(self, objective: Objective) -> dict[str, Any] | None:
        """Return what a test needs to know of the depth that is learnt; None where none is."""
