"""`bgfg train`: begins a run on a corpus or a folder, or goes on with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.places.place_type import CORPUS_OR_PICTURES, PICTURES_READ, RUN_PLACE
from bgfg.data_manifests.terminal.cli_types import NamedText, combine_options
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, printable
from bgfg.train.cli.cache_options import cache_options, chunk_cache
from bgfg.train.cli.folder_options import FOLDER_SETTINGS, folder_options
from bgfg.train.cli.training_options import given_options, recipe_options, require_effect, runtime_options
from bgfg.train.config.options import PARALLAX_SOURCES
from bgfg.train.config.presets import PRESETS, with_preset
from bgfg.train.models.registry import learnable_targets
from bgfg.train.ops.heartbeat import is_first_rank, ranks_watched

_network_options = combine_options(
    click.option("--preset", type=click.Choice(list(PRESETS)),
                 help="Values of all options that aren't given.  [default: the device's]"),
    click.option("--model", metavar="NAME", type=NamedText(),
                 help="Name of the network: two_stream, person, unet, maskrcnn, smp:unet ...: see `bgfg models`."),
    click.option("--targets", type=NamedText(),
                 help="What is learnt, of mask, depth, classes, matte, instances, with commas between.  "
                      "[default: what is there]"),
)  # fmt: skip

_pair_options = combine_options(
    click.option("--start", metavar="MODEL", type=NamedText(),
                 help="Trained network to go on from with its weights: a run's folder, a checkpoint, or one that comes "
                      "with bgfg, by name."),
    click.option("--repaint", type=float, metavar="SHARE",
                 help="Share of training pairs whose people are painted anew with parts of other backgrounds."),
    click.option("--crowd", type=float, metavar="SHARE",
                 help="Share of training pairs into which a person of another shape is put too: to find shapes that "
                      "the corpus has nothing like."),
    click.option("--parallax", type=click.Choice(PARALLAX_SOURCES),
                 help="What parallax of second shots is of: nearness drawn at random, or the depth that the corpus has "
                      "of its backgrounds (plan --bg-depth), by a camera up to 3 cm aside.  [default: drawn]"),
)  # fmt: skip

_real_options = combine_options(
    click.option("--mix", type=PICTURES_READ, metavar="FOLDER",
                 help="Folder of real pictures and masks, with second shots (backgrounds) for networks of two, whose "
                      "pictures join each batch of a corpus."),
    click.option("--share", type=float, metavar="SHARE",
                 help="Share of each batch that the pictures of --mix have.  [default: 0.1]"),
)  # fmt: skip

_DEFAULT_SHARE = 0.1


@click.command()
@click.argument("corpus", type=CORPUS_OR_PICTURES)
@click.argument("run", type=RUN_PLACE)
@_network_options
@recipe_options
@_pair_options
@_real_options
@folder_options
@runtime_options
@cache_options
@ranks_watched()
def train(
    corpus: str,
    run: Path,
    device: str | None,
    preset: str | None,
    resume: str,
    mix: Path | None,
    cache: Path | None,
    cache_gb: float | None,
    **given: Any,
) -> None:
    """Train a network on a corpus, or on images and masks; the same command again goes on where it was.

    RUN is a folder or a URL: run.json, metrics.csv, curves.png, sheets of predictions, and checkpoints, the last and
    the best.
    CORPUS is a folder or a URL, or a folder of images and masks (`bgfg check-data` says how it will be read).
    Options that aren't given are those of the preset: run.json has them all.
    --mix lets real pictures join the composites of a corpus; how their folder is split and its masks are read, the same
    options say as of CORPUS. Those of its split val are validated on by themselves.
    Several GPUs: torchrun --nproc-per-node 8 -m bgfg train corpus runs/first; several machines: see docs/training.md.

    Example: bgfg train corpus runs/first
    """
    from bgfg.data_manifests.places.run_place import network_place
    from bgfg.data_manifests.terminal.progress import show_progress
    from bgfg.train.config.options import TrainOptions, require_values
    from bgfg.train.config.presets import preset_for
    from bgfg.train.engine.launch import open_data, open_folder, source_of
    from bgfg.train.engine.launch import train as train_run
    from bgfg.train.engine.loggers import require_loggers
    from bgfg.train.engine.progress import show_train_progress
    from bgfg.train.engine.run_dir import RunDir
    from bgfg.train.folders.discovery import is_folder_of_pairs
    from bgfg.train.models.checkpoint import model_options_of
    from bgfg.train.models.shipped import require_model
    from bgfg.train.ops.device import AUTO, pick, require_precision

    RunDir(run).require_own(("CORPUS", corpus), *([("--mix", str(mix))] if mix is not None else []))
    settings = {name: given.pop(name) for name in FOLDER_SETTINGS}
    settings = {name: value for name, value in settings.items() if value is not None}
    on = pick(device)
    chosen = given_options(given)
    require_values(chosen)
    if chosen.get("precision", AUTO) != AUTO:
        require_precision(on, chosen["precision"])
    if mix is not None:
        chosen.setdefault("share", _DEFAULT_SHARE)
        if is_folder_of_pairs(corpus):
            line = f"--mix {mix}: joins a corpus, and {corpus} is a folder itself: put the pictures of both into one"
            raise Problem(line, exit_code=2)
    elif "share" in chosen:
        raise Problem(f"--share {chosen['share']:g}: is of the pictures of --mix: give that too", exit_code=2)
    require_loggers(chosen.get("log", ()))
    if "model" in chosen:
        learnable_targets(chosen["model"])  # which knows the networks by name
    if "start" in chosen:
        with network_place(chosen["start"]) as start:
            require_model(start)
            chosen = {**model_options_of(start), **chosen}
    opened = open_data(corpus, settings if mix is None else {}, run, show_progress, chunk_cache(cache, cache_gb))
    source = source_of(opened, settings if mix is None else {})
    made = with_preset(preset or preset_for(on.kind, source.shots, chosen.get("model")), chosen)
    made.setdefault("model", TrainOptions.model)
    made.setdefault("targets", source.default_targets(learnable_targets(made["model"])))
    if mix is not None and "instances" in made["targets"]:
        settings.setdefault("masks", "classes")  # each number is a person
    options = TrainOptions(**made, data=settings)
    require_effect(chosen, options)
    real = None if mix is None else open_folder(mix, settings, run, show_progress)
    state = train_run(opened, run, options, on, resume == "auto", show_train_progress, mix=real, given=chosen)
    if not is_first_rank():
        return
    click.echo(f"{printable(str(run))}: {state.summary()}")
    tested_too = () if mix is None else ("--real", mix)
    click.echo(f"Next: {bgfg_command('evaluate', run, corpus, *tested_too)}")
