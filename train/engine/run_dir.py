"""The folder of a run: where its files lie, what it began with, and whether it may go on."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bgfg.data_manifests.corpus.manifest import write_whole
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.lock import only_writer
from bgfg.train.config.options import Options
from bgfg.train.engine.source import Source
from bgfg.train.models.checkpoint import BEST, LAST, Checkpoint, checkpoint_path

FORMAT = "bgfg-run"
VERSION = 1


@dataclass(frozen=True)
class Record:
    """The content of run.json: what a run began with, and what it keeps to when it goes on.

    digest: of the data. steps: of the whole run. versions: of what trained it. depth: the range by which the
    network's depth is decoded, `near_m` and `far_m`, and the `kind` of the corpus's coding; None where no depth is
    learnt. files: SHA-256 of the source files of the pictures that it learns from or chooses by, the first 16 digits
    of each, so that a test can tell what is new. classes: the names of those that are learnt, None where none are.
    identity: its name among all runs.
    """

    options: Options
    digest: str
    steps: int
    device: str
    versions: Mapping[str, str]
    depth: Mapping[str, Any] | None
    files: Sequence[str]
    classes: Sequence[str] | None = None
    identity: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    def content(self) -> dict[str, Any]:
        """Return what run.json and a checkpoint's description hold of it."""
        return {**asdict(self), "options": self.options.content()}


@dataclass(frozen=True)
class Run:
    """The folder of a run."""

    path: Path

    @property
    def last(self) -> Path:
        """The checkpoint to go on from."""
        return checkpoint_path(self.path, LAST)

    @property
    def best(self) -> Path:
        """The weights with the best validation."""
        return checkpoint_path(self.path, BEST)

    @property
    def metrics(self) -> Path:
        """The figures."""
        return self.path / "metrics.csv"

    @property
    def curves(self) -> Path:
        """The figures, drawn."""
        return self.path / "curves.png"

    def sheet(self, step: int) -> Path:
        """The predictions after a step."""
        return self.path / "sheets" / f"step_{step:07}.png"

    def bad_batch(self, step: int) -> Path:
        """The batch whose loss wasn't a number."""
        return self.path / f"bad_batch_{step:07}.safetensors"

    def only_writer(self) -> AbstractContextManager[None]:
        """Create the folder and hold it for writing; raise Problem where another process holds it."""
        self.path.mkdir(parents=True, exist_ok=True)
        return only_writer(self.path, "run")

    def begin(self, record: Record) -> None:
        """Write run.json."""
        content = {"format": FORMAT, "version": VERSION, **record.content()}
        write_whole(self.path / "run.json", json.dumps(content, indent=1) + "\n", self.path)

    def record(self) -> Record | None:
        """Return what the run began with, None where none has begun here; raise Problem where run.json is damaged."""
        path = self.path / "run.json"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise Problem(f"{path}: not readable as JSON ({error}): restore it, or give another folder") from error
        if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
            raise Problem(f"{path}: not the record of a bgfg run: give another folder")
        version = content.pop("version", None)
        if version != VERSION:
            raise Problem(f"{path}: run version {version}; this bgfg knows version {VERSION} only: give another folder")
        try:
            return Record(**content | {"options": Options.of(content["options"])})
        except (KeyError, TypeError, AttributeError) as error:
            raise Problem(f"{path}: changed by hand ({error}): restore it, or give another folder") from error

    def to_go_on(self, options: Options, source: Source, resume: bool) -> tuple[Record | None, Checkpoint | None]:
        """Return what the run here began with and its last checkpoint, None each where there is none yet.

        Raises Problem where there is a run and `resume` is false, or it has other options or another corpus.
        """
        record = self.record()
        if record is None and self.last.exists():
            raise Problem(f"{self.path}: has checkpoints and no run.json: restore it, or give another folder")
        if record is None:
            return None, None
        if not resume:
            raise Problem(f"{self.path}: holds a run already: go on with --resume auto, or give another folder")
        if record.digest != source.digest:
            raise Problem(
                f"{self.path}: trained on the {source.kind} of digest {record.digest[:12]}, and {source.location} is "
                f"{source.digest[:12]}: give that {source.kind}, or another folder for the run"
            )
        different = options.differing(record.options)
        if different:
            says = ", ".join(
                f"{name} {getattr(record.options, name)}, not {getattr(options, name)}" for name in different
            )
            raise Problem(f"{self.path}: began with {says}: give the same options, or another folder", exit_code=2)
        return record, Checkpoint.load(self.last) if self.last.exists() else None
