"""Start or resume a run: checks first, then its parts are built, then the loop of trainer.py runs."""

from __future__ import annotations

import platform
import socket
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric

from bgfg.data_manifests.objects.chunk_cache import ChunkCache
from bgfg.data_manifests.terminal.errors import Problem, counted
from bgfg.data_manifests.terminal.progress import Progress, no_progress
from bgfg.data_manifests.terminal.version import BGFG_VERSION
from bgfg.depth_teacher.ops.torch_threads import TORCH_THREADS
from bgfg.synth.open_corpus import open_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.train.config.options import TrainOptions, flag_of
from bgfg.train.engine.build import RunBuilder
from bgfg.train.engine.corpus_source import CorpusSource
from bgfg.train.engine.data_source import DataSource
from bgfg.train.engine.folder_source import FolderSource
from bgfg.train.engine.learner import Learner
from bgfg.train.engine.loggers import (
    CsvLogger,
    Logger,
    Loggers,
    TensorBoardLogger,
    WandbLogger,
    require_loggers,
)
from bgfg.train.engine.precision import fastest_precision
from bgfg.train.engine.progress import ProgressDisplay, no_train_progress, print_note
from bgfg.train.engine.run_dir import RunDir, RunRecord
from bgfg.train.engine.time_budget import steps_within
from bgfg.train.engine.trainer import Trainer, TrainState
from bgfg.train.folders.discovery import is_folder_of_pairs
from bgfg.train.folders.findings.pictures import decided_about_pictures
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.models.checkpoint import Checkpoint
from bgfg.train.models.stored_network import kept_weights
from bgfg.train.models.trial_pass import in_one_line
from bgfg.train.ops.device import AUTO, Device, fabric_on

# How many of the files of a folder that are left out are named.
_MAX_FINDINGS = 20

# Columns of metrics.csv beside the losses and the scores of validation.
_COLUMNS = ("epoch", "lr", "samples_per_s", "wait_share")


def train(
    data: Corpus | ImageMaskFolder,
    run_path: Path,
    options: TrainOptions,
    device: Device,
    resume: bool = True,
    display: ProgressDisplay = no_train_progress,
    also: Sequence[Corpus] = (),
    mix: ImageMaskFolder | None = None,
    given: Collection[str] = (),
) -> TrainState:
    """Train a network on a corpus, or on a folder of images and masks; resume the run where there is one.

    Args:
        data: What to train on.
        run_path: The folder of the run.
        options: All options of the run.
        device: What to train on, of each rank.
        resume: False refuses a folder that holds a run.
        display: Shows progress.
        also: Other corpora, whose samples join the batches, as many as `options.also` says of each. Their depth counts
            but for a scale and a shift of its inverse; nothing else can be learnt of them.
        mix: Real pictures that join the batches of a corpus, `options.share` of them; None for none.
        given: Names of the options that were asked for, not left to a preset: of these none may be without effect.

    Returns:
        The state of the run at its end.

    Raises:
        Problem: Where the corpus isn't made as far as the targets need it, the folder holds another run, an option is
            wrong, a loss is no finite number, or the disk is full.
    """
    require_loggers(options.log)
    source = source_of(data, {} if mix is not None else options.data)
    options = replace(options, data=source.settings if mix is None else mix.settings)
    others = [CorpusSource(corpus, {}) for corpus in also]
    run = RunDir(run_path)
    run.require_own()
    fabric = fabric_on(device, _precision(options, device))
    writes = fabric.is_global_zero
    with ExitStack() as stack:
        stack.enter_context(TORCH_THREADS.during(options.threads if device.kind == "cpu" else None))
        if writes:
            stack.enter_context(run.only_writer())
        record, checkpoint = run.load_for_resume(options, source, resume, others, mix)
        # Until here every rank has only read: rank 0 may write from here on.
        _require_same_run(fabric, run_path, source.digest, record, checkpoint)
        kept = None if checkpoint is None else kept_weights(run.last_checkpoint, checkpoint.description["model"])

        def builder_at(precision: str) -> RunBuilder:
            return RunBuilder(source, options, fabric_on(device, precision), others, kept, mix)

        if options.precision == AUTO:
            begun_with = None if record is None else record.options.precision or device.precision
            found = begun_with or fastest_precision(device, options, builder_at)
            options, fabric = replace(options, precision=found), fabric_on(device, found)
        builder = RunBuilder(source, options, fabric, others, kept, mix)
        if begun := record is None:
            record = _new_record(options, builder, source, others, _run_steps(options, builder, fabric), device)
        record = replace(record, options=options)  # some of them may change when a run is resumed
        learner = builder.learner(record.steps, fresh=checkpoint is None)
        if begun:
            record = replace(record, started_from=learner.started_from)
        batches, validator = builder.training_batches(), builder.validator()
        if validator is None:
            # A run that was begun with it can't go on without, and so takes it.
            _refuse_of_validation(options, source, set(given) if begun else set(given) - {"validation_samples"})
        # Now that no option can be refused any more, which another call would have to repeat.
        folder = data if isinstance(data, ImageMaskFolder) else mix
        if writes and folder is not None:
            folder.keep_scans(run.scans_file)
        if begun and writes:
            run.write_record(record)
        step = int(checkpoint.description["standing"]["step"]) if checkpoint is not None else 0
        columns = [*_COLUMNS, *learner.objective.loss_names, *(validator.metric_names if validator else ())]
        loggers = stack.enter_context(Loggers(_open_loggers(run, record, columns, step) if writes else ()))
        trainer = Trainer(run, record, learner, batches, validator, loggers)
        if checkpoint is not None:
            _restore(trainer, checkpoint, run.last_checkpoint)
        if writes:
            print_note(_describe_run(record, learner, device, step))
            for note in (*source.notes, *(builder.mix.notes if builder.mix is not None else ())):
                print_note(note)
            if checkpoint is None and options.start is None and learner.origin:
                print_note(learner.origin)
            for each in record.started_from if checkpoint is None else ():
                print_note(f"it starts from {each['name']}, licence: {each['licence']}")
        trainer.train(display if writes else no_train_progress)
    if fabric.world_size > 1:
        torch.distributed.destroy_process_group()
    return trainer.state


def _refuse_of_validation(options: TrainOptions, source: DataSource, given: Collection[str]) -> None:
    """Raise Problem where an option was given that does nothing in a run without validation."""
    for name in ("patience", "validation_samples", "sheet_rows"):
        if name in given or (name == "patience" and options.patience is not None):
            line = f"{flag_of(name)} {getattr(options, name)}: of {source.location} nothing is validated"
            raise Problem(f"{line}, its split val is too small: leave it out", exit_code=2)


def open_data(
    location: str,
    settings: Mapping[str, Any],
    run_path: Path | None = None,
    progress: Progress = no_progress,
    cache: ChunkCache | None = None,
) -> Corpus | ImageMaskFolder:
    """Open a corpus, in a folder or at a URL, or a folder of images and masks, and say what was found in the latter.

    Args:
        location: The folder or URL.
        settings: How a folder of images and masks is split and read, by the names of folders/folder.py.
        run_path: The folder of the run: what it knows already of the folder of images and masks isn't read again.
        progress: Shows how far the reading of a folder is.
        cache: Where what is read of a corpus under a URL is kept.
    """
    if not is_folder_of_pairs(location):
        return open_corpus(location, cache)
    return open_folder(Path(location), settings, run_path, progress)


def open_folder(
    path: Path, settings: Mapping[str, Any], run_path: Path | None = None, progress: Progress = no_progress
) -> ImageMaskFolder:
    """Open a folder of images and masks, and say what was found in it; arguments are those of `open_data`."""
    scans_file = None if run_path is None else RunDir(run_path).scans_file
    folder = ImageMaskFolder(path, settings, progress=progress, scans_file=scans_file, counts_held=True)
    for finding in (*folder.left_out[:_MAX_FINDINGS], *folder.group_notes):
        print_note(f"{finding.path}: {finding.message}")
    for line in decided_about_pictures(folder.findings):
        print_note(line)
    print_note(folder.describe())
    return folder


def source_of(data: Corpus | ImageMaskFolder, settings: Mapping[str, Any]) -> DataSource:
    """Return the data as a DataSource; raise Problem where a corpus is given settings of folders."""
    return FolderSource(data) if isinstance(data, ImageMaskFolder) else CorpusSource(data, settings)


def _require_same_run(
    fabric: Fabric, path: Path, digest: str, record: RunRecord | None, checkpoint: Checkpoint | None
) -> None:
    """Wait for all ranks; raise Problem where this one, on another machine, sees another run or data than rank 0."""
    step = None if checkpoint is None else int(checkpoint.description["standing"]["step"])
    mine: list[Any] = [digest, record and record.identity, step]
    first: list[Any] = fabric.broadcast(mine)
    if mine == first:
        return
    if digest != first[0]:
        raise Problem(
            f"{socket.gethostname()}: the data here are {digest[:12]}, and those of rank 0 {first[0][:12]}: give all "
            "machines the same"
        )
    here, there = (f"step {step}" if step is not None else "no checkpoint" for step in (mine[2], first[2]))
    raise Problem(
        f"{path}: has {here} on {socket.gethostname()} and {there} where rank 0 runs: give a folder that all machines "
        "share"
    )


def _new_record(
    options: TrainOptions,
    builder: RunBuilder,
    source: DataSource,
    others: Sequence[DataSource],
    steps: int,
    device: Device,
) -> RunRecord:
    """Return the record of a run that begins."""
    files = {digest for each in (source, *others) for digest in each.file_digests()}
    depth, masks, mix = source.depth_range(builder.objective), source.masks, builder.mix
    if mix is not None:
        files |= set(mix.file_digests())
        masks = mix.masks
    return RunRecord(
        options, source.digest, steps, str(device), _versions(), depth, sorted(files), source.classes, masks,
        None if mix is None else mix.record(options), [each.digest for each in others],
    )  # fmt: skip


def _run_steps(options: TrainOptions, builder: RunBuilder, fabric: Fabric) -> int:
    """Return the length of the run in steps; the same on all ranks."""
    if options.steps is not None:
        return options.steps
    if options.epochs is not None:
        return max(1, round(options.epochs * builder.steps_an_epoch))
    if fabric.is_global_zero:
        print_note(f"measuring how many steps {options.minutes:g} minutes allow ...")
    return int(fabric.broadcast(steps_within(options.minutes or 0.0, builder, options)))


def _restore(trainer: Trainer, checkpoint: Checkpoint, path: Path) -> None:
    """Return a run to where its checkpoint was written; raise Problem where that doesn't fit the run."""
    try:
        trainer.restore(checkpoint)
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        again = "restore it, or begin anew in another folder"
        raise Problem(f"{path}: the run can't go on from it ({in_one_line(error)}): {again}") from error


def _open_loggers(run: RunDir, record: RunRecord, columns: Sequence[str], step: int) -> list[Logger]:
    loggers: list[Logger] = [CsvLogger(run.metrics_file, columns, step)]
    if "tensorboard" in record.options.log:
        loggers.append(TensorBoardLogger(run.path, step))
    if "wandb" in record.options.log:
        loggers.append(WandbLogger(run.path, record.identity, record.options.content()))
    return loggers


def _describe_run(record: RunRecord, learner: Learner, device: Device, step: int) -> str:
    """Return a line that says on what device which network is trained, and for how long."""
    o, ranks = record.options, learner.fabric.world_size
    where = f"{device}, {_precision(o, device)}" + (f", {ranks} ranks" if ranks > 1 else "")
    what = f"{o.model} ({learner.parameters / 1e6:.2f} M parameters) for {' and '.join(o.targets)}"
    beside = f", {sum(o.also) * o.accumulate} of other corpora beside them" if o.also else ""
    if record.mix is not None:
        beside = f", {counted(record.mix['joined'] * o.accumulate, 'real picture')} beside them"
    long = f"{record.steps:,} steps of {o.batch * o.accumulate} samples{beside}"
    idle = f"; {device.count - ranks} more GPUs are idle: start it with torchrun" if device.count > ranks else ""
    return f"{where}: {what}, {long}{f', from step {step:,} on' if step else ''}{idle}"


def _precision(options: TrainOptions, device: Device) -> str:
    """Return the precision that is asked for, or the device's own, which is also what others are measured beside."""
    return device.precision if options.precision in (None, AUTO) else options.precision


def _versions() -> dict[str, str]:
    packages = ("torch", "torchvision", "timm", "lightning-fabric", "safetensors", "numpy")
    return {"bgfg": BGFG_VERSION, "python": platform.python_version(), **{name: version(name) for name in packages}}
