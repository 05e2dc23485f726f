"""`bgfg evaluate`: tests a trained network on what it never saw, and writes the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from bgfg.data_manifests.terminal.cli_types import BATCH, CORPUS_OR_URL, NamedPath
from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.train.cli.folder_options import mask_options


@click.command()
@click.argument("run", metavar="MODEL", type=NamedPath(path_type=Path))
@click.argument("corpus", type=CORPUS_OR_URL)
@click.option(
    "--out",
    type=NamedPath(file_okay=False, path_type=Path),
    help="Folder of the report, new or of an earlier one.  [default: as above]",
)
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    help="Most samples of a cell, and most real pictures, that are tested.  [default: 2000]",
)
@click.option("--full", is_flag=True, help="Test all samples of every cell.")
@click.option(
    "--real",
    type=NamedPath(path_type=Path),
    metavar="FOLDER",
    help="Folder of real pictures and masks to test on too, with their second shots (backgrounds) and depth, if any.",
)
@click.option(
    "--outline",
    type=click.Choice(["pet", "background", "ignore"]),
    help="What the outline in the masks of Oxford-IIIT Pets counts as.  [default: as in training]",
)
@mask_options
@click.option("--batch", default=64, show_default=True, type=BATCH, help="Samples at a time.")
@click.option(
    "--device", type=click.Choice(["cuda", "mps", "cpu"]), help="Device to run on.  [default: the best there is]"
)
def evaluate(
    run: Path,
    corpus: str,
    out: Path | None,
    samples: int | None,
    full: bool,
    real: Path | None,
    outline: str | None,
    masks: str | None,
    turn_masks: str | None,
    batch: int,
    device: str | None,
) -> None:
    """Test a trained network on backgrounds and people that it never saw, and under stress, beside simple baselines.

    Each is a cell: known pictures, new people, new backgrounds, both new, and those disturbed.

    MODEL is a run's folder, a checkpoint, or a network that comes with bgfg, by name (bgfg models). CORPUS is a folder
    or a URL, or a folder of images and masks. The report, report.md, report.json and cases.png, goes to a folder
    evaluation-DIGEST of the run, or beside the checkpoint, by the digest of CORPUS; of a network that comes with bgfg
    to NAME-evaluation-DIGEST here. The split val is only used to choose thresholds. Where a network of masks was
    trained on Pets, --outline counts the outline another way. A network that finds people one by one is tested by
    COCO's AP of boxes and masks.

    --real FOLDER tests on real pictures too, each at its own size as bgfg predict works, and adds the figures and
    real.png to the report: images/NAME with masks/NAME, and for a network of two shots backgrounds/NAME, or one shot
    of each scene (bgfg check-data FOLDER says what is found); depth/NAME where there is some. What the network was
    trained on is left out. The folder of such a report is evaluation-DIGEST-real-DIGEST.

    Example: bgfg evaluate runs/first corpus --real photos
    """
    from bgfg.data_manifests.terminal.progress import show_progress
    from bgfg.synth.store.outputs import require_place
    from bgfg.train.evaluation.config import DEFAULT_SAMPLES
    from bgfg.train.evaluation.corpus import evaluate_run
    from bgfg.train.evaluation.folder import evaluate_folder
    from bgfg.train.evaluation.instances import evaluate_instances, finds_instances
    from bgfg.train.evaluation.real import evaluate_real
    from bgfg.train.evaluation.result import EvaluationReport, EvaluationResult, require_report_folder
    from bgfg.train.folders.discovery import is_folder_of_pairs
    from bgfg.train.models.shipped import require_model

    if full and samples is not None:
        raise Problem("--full, --samples: give one of them", exit_code=2)
    require_model(run)
    given = {"outline": outline, "masks": masks, "turn_masks": turn_masks}
    settings = {name: value for name, value in given.items() if value is not None}
    if settings and real is None and not is_folder_of_pairs(corpus):
        name, value = next(iter(settings.items()))
        line = f"--{name.replace('_', '-')} {value}: is for folders of masks, and {corpus} is none"
        raise Problem(f"{line}: leave it out, or give --real", exit_code=2)
    if out is not None:
        require_report_folder(out)
    else:  # which of the folders there, is known when the data have been read
        require_place(_report_folder(run, "DIGEST", settings), "--out")
    max_samples = None if full else samples or DEFAULT_SAMPLES
    # First, since what is wrong with the folder is told in seconds.
    of_real = None if real is None else evaluate_real(run, real, settings, device, max_samples, show_progress)
    result: EvaluationResult[EvaluationReport]
    if is_folder_of_pairs(corpus):
        result = evaluate_folder(run, Path(corpus), device, max_samples, show_progress, settings)
    elif finds_instances(run):
        result = evaluate_instances(run, corpus, device, max_samples, batch, show_progress)
    else:
        result = evaluate_run(run, corpus, device, max_samples, batch, show_progress)
    result = replace(result, real=of_real)
    digest_of_real = None if of_real is None else of_real.report.digest
    paths = result.save(out or _report_folder(run, result.report.digest, settings, digest_of_real))
    click.echo(result.summary())
    click.echo("\n".join(printable(str(path)) for path in paths))


def _report_folder(run: Path, digest: str, settings: Mapping[str, str], real: str | None = None) -> Path:
    """Return where a report goes: into its run, beside its checkpoint, or here under the name of a shipped network.

    Args:
        run: The run, the checkpoint, or the name.
        digest: Digest of the data.
        settings: How masks are read otherwise than in training: such a report has a folder of its own.
        real: Digest of the real pictures; None for none.
    """
    from bgfg.train.models.shipped import is_shipped

    name = "-".join(["evaluation", digest[:12], *settings.values(), *([f"real-{real[:12]}"] if real else [])])
    if is_shipped(run):
        return Path(f"{run}-{name}")
    return (run if run.is_dir() else run.parent) / name
