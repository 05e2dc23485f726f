"""`bgfg evaluate`: tests a trained network on what it never saw, and writes the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from bgfg.data_manifests.places.place_type import CORPUS_OR_PICTURES, NETWORK_PLACE, PICTURES_READ, RESULTS_PLACE
from bgfg.data_manifests.terminal.cli_types import BATCH
from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.synth.cli.options import CLUSTERS, address_option, make_executor
from bgfg.train.cli.cache_options import cache_options, chunk_cache
from bgfg.train.cli.folder_options import mask_options


@click.command()
@click.argument("run", metavar="MODEL", type=NETWORK_PLACE)
@click.argument("corpus", type=CORPUS_OR_PICTURES, required=False)
@click.option(
    "--out",
    type=RESULTS_PLACE,
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
    type=PICTURES_READ,
    metavar="FOLDER",
    help="Folder of real pictures and masks to test on too, or alone where CORPUS is left out, with their second shots "
    "(backgrounds) and depth, if any.",
)
@click.option(
    "--outline",
    type=click.Choice(["pet", "background", "ignore"]),
    help="What the outline in the masks of Oxford-IIIT Pets counts as.  [default: as in training]",
)
@mask_options
@click.option("--batch", type=BATCH, help="Samples of a corpus at a time.  [default: 64]")
@click.option(
    "--device", type=click.Choice(["cuda", "mps", "cpu"]), help="Device to run on.  [default: the best there is]"
)
@click.option(
    "--backend", type=click.Choice(CLUSTERS), help="Cluster that tests the samples of CORPUS.  [default: this machine]"
)
@address_option
@cache_options
def evaluate(
    run: Path,
    corpus: str | None,
    out: Path | None,
    samples: int | None,
    full: bool,
    real: Path | None,
    outline: str | None,
    masks: str | None,
    turn_masks: str | None,
    batch: int | None,
    device: str | None,
    backend: str | None,
    address: str | None,
    cache: Path | None,
    cache_gb: float | None,
) -> None:
    """Test a trained network on backgrounds and people that it never saw, and under stress, beside simple baselines.

    Each is a cell: known pictures, new people, new backgrounds, both new, and those disturbed.

    MODEL is a run's folder, a checkpoint, or the URL of one, or a network that comes with bgfg, by name (bgfg models).
    CORPUS is a folder or a URL, or a folder of images and masks. The report, report.md, report.json and cases.png, goes
    to a folder evaluation-DIGEST-of-SHA256 of the run, or beside the checkpoint, by the digest of CORPUS and the
    SHA-256 of the weights; of a network that comes with bgfg to NAME-evaluation-DIGEST-of-SHA256 here. A report on
    other weights is never written over. The split val is only used to choose thresholds. Where a network of masks
    was trained on Pets, --outline counts the outline another way. A network that finds people one by one is tested by
    COCO's AP of boxes and masks, one that finds classes pixel by pixel by the IoU of each.

    --real FOLDER tests on real pictures too, each at its own size as bgfg predict works, and adds the figures and
    real.png to the report; without CORPUS the report is of these alone. They are images/NAME with masks/NAME, and for
    a network of two shots backgrounds/NAME, or one shot of each scene (bgfg check-data FOLDER says what is found);
    depth/NAME where there is some. What the network was trained on is left out. The folder of such a report is
    evaluation-DIGEST-real-DIGEST-of-SHA256, or evaluation-real-DIGEST-of-SHA256.

    Example: bgfg evaluate runs/first corpus --real photos
    """
    from bgfg.train.folders.discovery import is_folder_of_pairs
    from bgfg.train.models.shipped import require_model

    if full and samples is not None:
        raise Problem("--full, --samples: give one of them", exit_code=2)
    if corpus is None and real is None:
        raise Problem("nothing to test on: give CORPUS, or --real FOLDER, or both", exit_code=2)
    if batch is not None and (corpus is None or is_folder_of_pairs(corpus)):
        raise Problem(
            f"--batch {batch}: is of the samples of a corpus, and none is tested on: leave it out", exit_code=2
        )
    require_model(run)
    # What is imported from here on takes seconds.
    from bgfg.data_manifests.files.checksum import file_sha256
    from bgfg.data_manifests.terminal.progress import show_progress
    from bgfg.synth.store.outputs import require_place
    from bgfg.train.evaluation.by_target import evaluate_by_target
    from bgfg.train.evaluation.folder import evaluate_folder
    from bgfg.train.evaluation.real import evaluate_real
    from bgfg.train.evaluation.result import EvaluationReport, EvaluationResult, require_report_folder
    from bgfg.train.evaluation.running import DEFAULT_BATCH, DEFAULT_SAMPLES
    from bgfg.train.models.checkpoint import model_file

    kept = chunk_cache(cache, cache_gb)
    cluster = None if backend is None and address is None else make_executor(1, backend or "loky", address)
    if cluster is not None and (corpus is None or is_folder_of_pairs(corpus)):
        what = f"and {corpus} is none" if corpus else "and none is tested on"
        raise Problem(f"--backend {backend}: tests on a corpus, {what}: leave it out", exit_code=2)
    given = {"outline": outline, "masks": masks, "turn_masks": turn_masks}
    settings = {name: value for name, value in given.items() if value is not None}
    if settings and real is None and corpus is not None and not is_folder_of_pairs(corpus):
        name, value = next(iter(settings.items()))
        line = f"--{name.replace('_', '-')} {value}: is for folders of masks, and {corpus} is none"
        raise Problem(f"{line}: leave it out, or give --real", exit_code=2)
    weights_sha256 = file_sha256(model_file(run))
    if out is not None:
        require_report_folder(out, weights_sha256)
    else:  # which of the folders there, is known when the data have been read
        require_place(_report_folder(run, weights_sha256, settings, "DIGEST"), "--out")
    max_samples = None if full else samples or DEFAULT_SAMPLES
    # First, since what is wrong with the folder is told in seconds.
    of_real = None if real is None else evaluate_real(run, real, settings, device, max_samples, show_progress)
    tested: EvaluationResult[EvaluationReport] | None = None
    if corpus is not None and is_folder_of_pairs(corpus):
        tested = evaluate_folder(run, Path(corpus), device, max_samples, show_progress, settings)
    elif corpus is not None:
        tested = evaluate_by_target(
            run, corpus, device, max_samples, batch or DEFAULT_BATCH, show_progress, cluster, kept
        )
    result = of_real if tested is None else replace(tested, real=of_real)
    assert result is not None
    digest, digest_of_real = (None if each is None else each.report.digest for each in (tested, of_real))
    paths = result.save(out or _report_folder(run, weights_sha256, settings, digest, digest_of_real))
    click.echo(result.summary())
    click.echo("\n".join(printable(str(path)) for path in paths))


def _report_folder(
    run: Path, weights_sha256: str, settings: Mapping[str, str], digest: str | None, real: str | None = None
) -> Path:
    """Return where a report goes: into its run, beside its checkpoint, or here under the name of a shipped network.

    Args:
        run: The run, the checkpoint, or the name.
        weights_sha256: Of its weights: a report on those that a run has later takes no other's place.
        settings: How masks are read otherwise than in training: such a report has a folder of its own.
        digest: Digest of the data; None where real pictures alone are tested on.
        real: Digest of the real pictures; None for none.
    """
    from bgfg.train.models.shipped import is_shipped

    tested = [digest[:12]] if digest else []
    name = "-".join(["evaluation", *tested, *settings.values(), *([f"real-{real[:12]}"] if real else [])])
    name += f"-of-{weights_sha256[:12]}"
    if is_shipped(run):
        return Path(f"{run}-{name}")
    return (run if run.is_dir() else run.parent) / name
