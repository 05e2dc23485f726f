"""The start of a run, and its going on: checks first, then the parts, then the loop of train/engine/trainer.py."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from bgfg.data_manifests.terminal.version import BGFG
from bgfg.synth.store.store import Corpus
from bgfg.train.config.options import Options
from bgfg.train.engine.build import Workshop
from bgfg.train.engine.corpus_source import CorpusSource
from bgfg.train.engine.folder_source import FolderSource
from bgfg.train.engine.learner import Learner
from bgfg.train.engine.loggers import Log, Logs, Metrics, TensorBoard, WeightsAndBiases
from bgfg.train.engine.progress import Display, note, silent
from bgfg.train.engine.run_dir import Record, Run
from bgfg.train.engine.source import Source
from bgfg.train.engine.time_budget import steps_within
from bgfg.train.engine.trainer import Fit, Standing
from bgfg.train.folders.discovery import is_folder_of_pairs
from bgfg.train.folders.folder import Folder
from bgfg.train.ops.device import Device, fabric_on
from bgfg.train.stream.remote import open_corpus
from lightning_fabric import Fabric

# Of the files of a folder that are left out, so many are named.
_LINES = 20

# Beside the losses and the scores of validation.
_COLUMNS = ("epoch", "lr", "samples_per_s", "wait_share")


def train(
    data: Corpus | Folder,
    run_path: Path,
    options: Options,
    device: Device,
    resume: bool = True,
    display: Display = silent,
) -> Standing:
    """Train a network on a corpus, or on a folder of images and masks, or go on with the run that is there.

    run_path: the folder of the run. resume: False refuses one that holds a run. Returns how the run stands at its end.
    Raises Problem for whatever is to be mended: a corpus that isn't made as far as the targets need it, another run in
    the folder, a wrong option, a loss that is no number, a disk that is full.
    """
    if options.threads is not None and device.kind == "cpu":
        torch.set_num_threads(options.threads)
    source = source_of(data, options.data)
    options = replace(options, data=source.settings)
    run = Run(run_path)
    fabric = fabric_on(device, options.precision or device.precision)
    writes = fabric.is_global_zero
    with ExitStack() as stack:
        if writes:
            stack.enter_context(run.only_writer())
        record, checkpoint = run.to_go_on(options, source, resume)
        fabric.barrier()  # until here every rank only looked
        workshop = Workshop(source, options, fabric)
        if record is None:
            steps, depth = _steps(options, workshop, fabric), source.depth_range(workshop.objective)
            record = Record(
                options, source.digest, steps, str(device), _versions(), depth, source.files(), source.classes
            )
            if writes:
                run.begin(record)
        record = replace(record, options=options)  # those that may be chosen anew
        learner = workshop.learner(record.steps, fresh=checkpoint is None)
        supply, validation = workshop.supply(), workshop.validation()
        step = int(checkpoint.description["standing"]["step"]) if checkpoint is not None else 0
        columns = [*_COLUMNS, *learner.objective.names, *(validation.names if validation else ())]
        logs = stack.enter_context(Logs(_logs(run, record, columns, step) if writes else ()))
        fit = Fit(run, record, learner, supply, validation, logs)
        if checkpoint is not None:
            fit.restore(checkpoint)
        if writes:
            note(_introduction(record, learner, device, step))
            if checkpoint is None and options.start is None and learner.origin:
                note(learner.origin)
        fit.train(display if writes else silent)
    if fabric.world_size > 1:
        torch.distributed.destroy_process_group()
    return fit.standing


def open_data(location: str, settings: Mapping[str, Any]) -> Corpus | Folder:
    """Open a corpus, in a folder or under a URL, or a folder of images and masks, by settings of folders/folder.py."""
    if not is_folder_of_pairs(location):
        return open_corpus(location)
    folder = Folder(Path(location), settings)
    for finding in folder.left_out[:_LINES]:
        note(f"{finding.path}: {finding.message}")
    note(folder.describe())
    return folder


def source_of(data: Corpus | Folder, settings: Mapping[str, Any]) -> Source:
    """Return the data as training asks for them; raise Problem where a corpus is given settings of folders."""
    return FolderSource(data) if isinstance(data, Folder) else CorpusSource(data, settings)


def _steps(options: Options, workshop: Workshop, fabric: Fabric) -> int:
    """Return how many steps the run is to take; the same on all ranks."""
    if options.steps is not None:
        return options.steps
    if options.epochs is not None:
        return max(1, round(options.epochs * workshop.steps_an_epoch))
    if fabric.is_global_zero:
        note(f"measuring how many steps {options.minutes:g} minutes allow ...")
    return int(fabric.broadcast(steps_within(options.minutes or 0.0, workshop, options)))


def _logs(run: Run, record: Record, columns: Sequence[str], step: int) -> list[Log]:
    logs: list[Log] = [Metrics(run.metrics, columns, step)]
    if "tensorboard" in record.options.log:
        logs.append(TensorBoard(run.path, step))
    if "wandb" in record.options.log:
        logs.append(WeightsAndBiases(run.path, record.identity, record.options.content()))
    return logs


def _introduction(record: Record, learner: Learner, device: Device, step: int) -> str:
    """Say in a line on what is trained, what, and for how long."""
    o, ranks = record.options, learner.fabric.world_size
    where = f"{device}, {o.precision or device.precision}" + (f", {ranks} ranks" if ranks > 1 else "")
    what = f"{o.model} ({learner.parameters / 1e6:.2f} M parameters) for {' and '.join(o.targets)}"
    long = f"{record.steps:,} steps of {o.batch * o.accumulate} samples"
    idle = f"; {device.count - ranks} more GPUs are idle: start it with torchrun" if device.count > ranks else ""
    return f"{where}: {what}, {long}{f', from step {step:,} on' if step else ''}{idle}"


def _versions() -> dict[str, str]:
    packages = ("torch", "torchvision", "timm", "lightning-fabric", "safetensors", "numpy")
    return {"bgfg": BGFG, "python": platform.python_version(), **{name: version(name) for name in packages}}
