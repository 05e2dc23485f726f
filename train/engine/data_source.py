"""The interface of data to train on: a corpus, or a folder of images and masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from lightning_fabric import Fabric

from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.loader import Batches, SampleStream
from bgfg.train.models.network import BaseNetwork
from bgfg.train.targets.objective import Objective


class DataSource(Protocol):
    """Data to train on: CorpusSource or FolderSource.

    Attributes:
        notes: What is to be said of the data when a run starts; known once `training_batches` was called.
    """

    notes: Sequence[str]

    @property
    def kind(self) -> str:
        """What the data are, in a word, as messages name them."""

    @property
    def location(self) -> str:
        """Where they are: a folder or a URL."""

    @property
    def former_digests(self) -> Sequence[str]:
        """Digests that the data had before more was added to them."""

    @property
    def digest(self) -> str:
        """Digest in hexadecimal, which changes where the data do."""

    @property
    def shots(self) -> int:
        """How many pictures of a scene a sample has: 2 with the bare background, else 1."""

    @property
    def classes(self) -> Sequence[str] | None:
        """Names of the classes, None where there are none."""

    @property
    def masks(self) -> Mapping[str, Any] | None:
        """What was decided on how masks are read, as run.json has it; None where nothing was to be decided."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """How the data are split and read, of TrainOptions.data."""

    def default_targets(self, learnt: Sequence[str]) -> tuple[str, ...]:
        """Return the targets that the data have of those that a network can learn, `learnt`."""

    def objective(self, options: TrainOptions) -> Objective:
        """Return the targets of a run; raise Problem where the data don't have one of them."""

    def open_stream(self, options: TrainOptions, net: BaseNetwork, fabric: Fabric) -> SampleStream:
        """Open this rank's share of the training split, at a size that suits `net`.

        Raises:
            Problem: Where the split is too small or its data aren't made.
        """

    def training_batches(
        self, stream: SampleStream, options: TrainOptions, objective: Objective, net: BaseNetwork
    ) -> Batches:
        """Return the batches of the training split for a network, augmented unless the options say otherwise."""

    def validation_batches(
        self, options: TrainOptions, objective: Objective, net: BaseNetwork, fabric: Fabric
    ) -> dict[str, Batches]:
        """Return this rank's share of the split val by condition, undisturbed first; {} where it is too small."""

    def file_digests(self) -> list[str]:
        """Return the SHA-256 of the source files of train and val, the first 16 digits of each, ascending."""

    def depth_range(self, objective: Objective) -> dict[str, Any] | None:
        """Return the entry `depth` of run.json, which decoding needs; None where no depth is learnt."""
