"""The command `evaluate`: parse, one call, print."""

from __future__ import annotations

from pathlib import Path

import click

from bgfg.data_manifests.terminal.errors import Problem, printable


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("corpus")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder of the report.")
@click.option("--samples", type=click.IntRange(min=1), help="At most so many samples of a cell.  [default: 2000]")
@click.option("--full", is_flag=True, help="All samples of every cell.")
@click.option(
    "--outline",
    type=click.Choice(["pet", "background", "ignore"]),
    help="What the outline of Pets counts as in a mask.  [default: as in training]",
)
@click.option("--batch", default=64, show_default=True, type=click.IntRange(min=1), help="Samples at a time.")
@click.option(
    "--device", type=click.Choice(["cuda", "mps", "cpu"]), help="Device to run on.  [default: the best there is]"
)
def evaluate(
    run: Path,
    corpus: str,
    out: Path | None,
    samples: int | None,
    full: bool,
    outline: str | None,
    batch: int,
    device: str | None,
) -> None:
    """Test a trained network on backgrounds and people that it never saw, and under stress, beside simple baselines.

    RUN is a run's folder, or a checkpoint file. CORPUS is a folder or a URL, or a folder of images and masks. The
    report, report.md, report.json and cases.png, goes to a folder `evaluation-DIGEST` of the run, by the digest of
    CORPUS. `val` is only used to choose thresholds. Where a network of masks was trained on Pets, --outline counts the
    outline another way. A network that finds people one by one is tested by COCO's AP of boxes and masks.

    Example: bgfg evaluate runs/first corpus
    """
    from bgfg.data_manifests.terminal.progress import show_progress
    from bgfg.train.evaluation.config import DEFAULT_SAMPLES
    from bgfg.train.evaluation.corpus import evaluate_run
    from bgfg.train.evaluation.folder import evaluate_folder
    from bgfg.train.evaluation.instances import evaluate_instances, finds_instances
    from bgfg.train.evaluation.result import EvaluationReport, EvaluationResult
    from bgfg.train.folders.discovery import is_folder_of_pairs

    if full and samples is not None:
        raise Problem("--full, --samples: give one of them", exit_code=2)
    max_samples = None if full else samples or DEFAULT_SAMPLES
    result: EvaluationResult[EvaluationReport]
    if is_folder_of_pairs(corpus):
        result = evaluate_folder(run, Path(corpus), device, max_samples, show_progress, outline)
    elif outline is not None:
        raise Problem(
            f"--outline {outline}: is for folders of trimaps, and {corpus} is none: leave it out", exit_code=2
        )
    elif finds_instances(run):
        result = evaluate_instances(run, corpus, device, max_samples, batch, show_progress)
    else:
        result = evaluate_run(run, corpus, device, max_samples, batch, show_progress)
    kind = f"-{outline}" if outline else ""
    folder = out or (run if run.is_dir() else run.parent) / f"evaluation-{result.report.digest[:12]}{kind}"
    paths = result.save(folder)
    click.echo(result.report.summary())
    click.echo("\n".join(printable(str(path)) for path in paths))
