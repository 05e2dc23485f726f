"""The folder of a run: where its files are, what the run began with, and whether it may be resumed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.atomic_write import clear_partials, replace_text
from bgfg.data_manifests.files.json_form import is_count, is_distance_m, misfit, read_json
from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.started_from import STARTED_FROM_FORM, StartedFrom
from bgfg.synth.store.lock import writer_folder
from bgfg.synth.store.outputs import RUN, require_apart, require_no_strangers, require_place
from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.data_source import DataSource
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.folders.kept_scans import SCANS_FILE
from bgfg.train.models.checkpoint import BEST, LAST, Checkpoint, checkpoint_path
from bgfg.train.models.description import MIX_FORM

FORMAT = "bgfg-run"
VERSION = 1

# What a record has to be; its options are checked as those of a command are.
_FORM = {
    "options": {"data?": {str: object}, "model_options?": {str: object}},
    "digest": str,
    "steps": is_count,
    "device": str,
    "versions": {str: str},
    "depth": (None, {"near_m": is_distance_m, "far_m": is_distance_m}),
    "files": [str],
    "classes?": (None, [str]),
    "masks?": (None, {str: object}),
    "also?": [str],
    "mix?": (None, MIX_FORM),
    "started_from?": STARTED_FROM_FORM,
    "identity?": str,
}

# Parts of a checkpoint, and entries of its description, without which no run goes on.
_GOES_ON_FROM = {"net", "average", "optimizer", "scaler", "stream", "standing", "step", "model"}


@dataclass(frozen=True)
class RunRecord:
    """The content of run.json: what a run began with, and what it keeps to when it is resumed.

    Attributes:
        options: The options of its first start.
        digest: Digest of the data.
        steps: Optimizer steps of the whole run.
        device: The device of its first start, in words.
        versions: Versions of the packages that trained it.
        depth: The range by which the network's depth is decoded, `near_m` and `far_m`, and the `kind` of the corpus's
            coding; None where no depth is learnt.
        files: SHA-256 of the source files of the pictures that are learnt from or validated on, the first 16 digits of
            each, so that a test can tell what is new.
        classes: Names of the classes that are learnt, None where none are.
        masks: What was decided on how the masks of a folder are read, of MaskEncoding.record; None for a corpus.
        mix: The real pictures of a folder that join the batches: its digest, how many of them "train" and "val" have,
            and how many, "joined", are in a "batch" of how many; None without.
        also: Digests of the other corpora whose samples join the batches, in the order of `options.also`.
        started_from: Record of the trained networks that its weights were taken from, with their licences; empty where
            they were fresh, and in runs of before.
        identity: A random identifier of the run.
    """

    options: TrainOptions
    digest: str
    steps: int
    device: str
    versions: Mapping[str, str]
    depth: Mapping[str, Any] | None
    files: Sequence[str]
    classes: Sequence[str] | None = None
    masks: Mapping[str, Any] | None = None
    mix: Mapping[str, Any] | None = None
    also: Sequence[str] = field(default_factory=list)
    started_from: StartedFrom = field(default_factory=list)
    identity: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    def content(self) -> dict[str, Any]:
        """Return the record as run.json and a checkpoint's description have it."""
        return {**asdict(self), "options": self.options.content()}


@dataclass(frozen=True)
class RunDir:
    """The folder of a run.

    Attributes:
        path: Where it is.
    """

    path: Path

    @classmethod
    def holding(cls, source: Path) -> RunDir:
        """Return the folder of a run that is given as such, or by a checkpoint, which lies in a folder of it."""
        return cls(source.parent.parent if source.is_file() else source)

    @property
    def last_checkpoint(self) -> Path:
        """The checkpoint to resume from."""
        return checkpoint_path(self.path, LAST)

    @property
    def best_checkpoint(self) -> Path:
        """The weights with the best validation."""
        return checkpoint_path(self.path, BEST)

    @property
    def metrics_file(self) -> Path:
        """metrics.csv, the figures of the run."""
        return self.path / "metrics.csv"

    @property
    def scans_file(self) -> Path:
        """What was found in the pairs of a folder, so that they are read once."""
        return self.path / SCANS_FILE

    @property
    def curves_file(self) -> Path:
        """The figures, drawn as curves."""
        return self.path / "curves.png"

    def sheet(self, step: int) -> Path:
        """The sheet of predictions after a step."""
        return self.path / "sheets" / f"step_{step:07}.png"

    def bad_batch(self, step: int) -> Path:
        """The batch of a step whose loss wasn't a finite number."""
        return self.path / f"bad_batch_{step:07}.safetensors"

    def require_own(self, *inputs: tuple[str, str]) -> None:
        """Check the folder before anything is read for a run.

        Args:
            *inputs: Options and the data that they name, a folder or a URL.

        Raises:
            Problem: It is something else, lies in a corpus, an export or a kit, or it and the data lie within one
                another.
        """
        require_place(self.path, "RUN", RUN)
        require_apart(self.path, "RUN", *inputs)
        if self.path.exists() and not self.path.is_dir():
            raise Problem(f"RUN {self.path}: is a file: give the name of a folder", exit_code=2)
        if not (self.path / "run.json").exists() and not self.last_checkpoint.exists():
            require_no_strangers(self.path, RUN, [SCANS_FILE])

    def only_writer(self) -> AbstractContextManager[None]:
        """Create the folder and lock it for writing; raise Problem where another process has locked it."""
        return writer_folder(self.path, "run")

    def bring(self) -> None:
        """Bring to where the run lies what was written meanwhile, if that is under a URL: figures, which grow in place.

        Raises:
            Problem: It can't be written there, or another training has taken the run over.
        """
        there = mirrored(self.path)
        if there is not None:
            there.publish()

    def write_record(self, record: RunRecord) -> None:
        """Write run.json; clear what a killed run left of it."""
        clear_partials(self.path)
        content = {"format": FORMAT, "version": VERSION, **record.content()}
        replace_text(self.path / "run.json", json.dumps(content, indent=1) + "\n")

    def read_record(self) -> RunRecord | None:
        """Read run.json; return None where no run has got anywhere here, raise Problem where the file is damaged."""
        path = self.path / "run.json"
        again = "restore it, or give another folder"
        try:
            content = read_json(path)
        except FileNotFoundError:
            return None
        except ValueError as error:
            if not self.last_checkpoint.exists():
                return None  # torn before anything was learnt: begun anew, nothing is lost
            raise Problem(f"{path}: not readable as JSON ({error}): {again}") from error
        if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
            raise Problem(f"{path}: not the record of a bgfg run: give another folder")
        version = content.pop("version", None)
        if version != VERSION:
            knows = f"this bgfg knows version {VERSION} only: give another folder"
            raise Problem(f"{path}: run version {version!r:.20}; {knows}")
        if wrong := misfit(content, _FORM, "the record"):
            raise Problem(f"{path}: changed by hand ({wrong}): {again}")
        try:
            return RunRecord(**content | {"options": TrainOptions.of(content["options"])})
        except (TypeError, AttributeError, ValueError, OverflowError, Problem) as error:
            raise Problem(f"{path}: changed by hand ({error!s:.200}): {again}") from error

    def load_for_resume(
        self,
        options: TrainOptions,
        source: DataSource,
        resume: bool,
        also: Sequence[DataSource] = (),
        mix: ImageMaskFolder | None = None,
    ) -> tuple[RunRecord | None, Checkpoint | None]:
        """Return the record of the run that is here and its last checkpoint, None each where there is none yet.

        Raises:
            Problem: Where there is a run and `resume` is false, and where it has other options or other data.
        """
        record = self.read_record()
        if record is None and self.last_checkpoint.exists():
            raise Problem(f"{self.path}: has checkpoints and no run.json: restore it, or give another folder")
        if record is None:
            return None, None
        if not resume:
            line = f"{self.path}: holds a run already: go on with --resume auto, or give another folder"
            raise Problem(line, exit_code=2)
        for trained_on, given in zip((record.digest, *record.also), (source, *also), strict=False):
            if trained_on != given.digest and trained_on in given.former_digests:
                raise Problem(
                    f"{self.path}: trained on {given.location} before it was extended, on fewer pictures: begin a run "
                    "in another folder, on all that is there now",
                    exit_code=2,
                )
            if trained_on != given.digest:
                raise Problem(
                    f"{self.path}: trained on the {given.kind} of digest {trained_on[:12]}, and {given.location} is "
                    f"{given.digest[:12]}: give that {given.kind}, or another folder for the run",
                    exit_code=2,
                )
        if record.mix is not None and mix is not None and record.mix["digest"] != mix.digest:
            line = (
                f"{self.path}: real pictures of digest {record.mix['digest'][:12]} were mixed in, and --mix {mix.path}"
            )
            advice = "give that folder, or another folder for the run"
            raise Problem(f"{line} is {mix.digest[:12]}: {advice}", exit_code=2)
        if list(record.classes or ()) != list(source.classes or ()):
            began, now = (", ".join(names or ["none"]) for names in (record.classes, source.classes))
            line = f"{self.path}: began with the classes {began}, and {source.location} is read as {now}"
            raise Problem(f"{line}: give --masks as the run needs it, or another folder for the run", exit_code=2)
        different = options.differing(record.options)
        if different:
            line = f"{self.path}: holds a run of other options (different: {', '.join(different)})"
            raise Problem(f"{line}: give the same ones to go on with it, or another folder", exit_code=2)
        return record, self._load_last() if self.last_checkpoint.exists() else None

    def _load_last(self) -> Checkpoint:
        """Read the last checkpoint; raise Problem where it doesn't hold all that a run goes on from."""
        checkpoint = Checkpoint.load(self.last_checkpoint)
        described = checkpoint.description
        held = checkpoint.parts.keys() | described.keys() | described.get("standing", {}).keys()
        if missing := sorted(_GOES_ON_FROM - held):
            advice = "restore it, or give another folder"
            raise Problem(f"{self.last_checkpoint}: has no {missing[0]}, from which the run would go on: {advice}")
        return checkpoint
