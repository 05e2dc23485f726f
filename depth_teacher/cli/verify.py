"""`bgfg verify`: every stored byte against checksums, marks and manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bgfg.data_manifests.places.place_type import CORPUS_PLACE
from bgfg.data_manifests.terminal.console import json_text
from bgfg.data_manifests.terminal.errors import Problem, counted, first_few, printable, told
from bgfg.depth_teacher.cli.options import echo_note, given_teacher_options, make_teacher_options, teacher_options
from bgfg.depth_teacher.labelling.load_teacher import load_teacher
from bgfg.depth_teacher.labelling.teacher_options import LAYERED_TEACHERS
from bgfg.synth.cli.options import cluster_options, make_executor, slice_option
from bgfg.synth.store.shard_slice import ShardSlice

if TYPE_CHECKING:
    from bgfg.synth.verify.verify import VerifyResult


@click.command()
@click.argument("corpus", type=CORPUS_PLACE)
@click.option("--recompose", is_flag=True, help="Make everything again and compare it, byte by byte.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@teacher_options
@slice_option("the others are verified by other commands, and what isn't of a shard by each.")
@cluster_options
def verify(
    corpus: Path,
    recompose: bool,
    as_json: bool,
    which: ShardSlice | None,
    workers: int | None,
    backend: str,
    address: str | None,
    **given: Any,
) -> None:
    """Hold every stored byte to checksums, marks and manifest; exit code 1 where something is wrong.

    With --recompose images, masks and layered depth are made again. Depth by a network rounds otherwise on another
    device: with the --weights that made it, a spread of samples is labelled again and may be one code apart.

    Example: bgfg verify corpus --recompose
    """
    from bgfg.depth_teacher.labelling.by_layers import relabel_layered
    from bgfg.synth.verify.verify import verify_corpus

    of_teacher = given_teacher_options(given)
    if of_teacher and not recompose:
        raise Problem(f"{of_teacher[0]}: nothing is labelled again without --recompose: give that too", exit_code=2)
    if of_teacher and _labelled_by(corpus) in LAYERED_TEACHERS:
        line = f"{of_teacher[0]} is for networks, and none labelled {corpus}: leave it out"
        raise Problem(line, exit_code=2)
    if given["weights"]:  # opened once before the work: what is wrong with them is told first
        load_teacher(make_teacher_options(_labelled_by(corpus), **given), True, lambda _line: None)
    executor = make_executor(workers, backend, address)
    corpus = executor.path_for_workers(corpus)
    verdict = verify_corpus(corpus, executor, recompose, relabel_layered, which)
    problems, of_depth = verdict.problems, ""
    if recompose and not problems and (which is None or which.number == 1):  # a spread over the whole corpus
        problems, of_depth = _verify_network_labels(corpus, given)
    if not as_json:
        _tell(corpus, verdict, problems, of_depth, which)
        return
    found = {"path": told(str(corpus)), "problems": problems, "unfinished": verdict.unfinished}
    click.echo(json_text({**found, "strangers": verdict.strangers, "depth": of_depth or None}))
    if problems:
        raise SystemExit(1)


def _tell(corpus: Path, verdict: VerifyResult, problems: list[str], of_depth: str, which: ShardSlice | None) -> None:
    """Say in lines what was found; raise Problem where something is wrong."""
    if verdict.strangers:
        held = f"{corpus}: holds what isn't of this corpus ({first_few(verdict.strangers)}): move it away"
        click.echo(f"Warning: {printable(held)}", err=True)
    if problems:
        raise Problem(*problems)
    if of_depth:
        click.echo(of_depth)
    left = ", ".join(f"{counted(count, 'shard')} of {array}" for array, count in verdict.unfinished.items() if count)
    of = "" if which is None else f" of slice {which}"
    said = f"what is there{of} is as it should be; not made yet: {left}" if left else f"all{of} is as it should be"
    click.echo(f"{printable(str(corpus))}: {said}")


def _verify_network_labels(path: Path, given: dict[str, Any]) -> tuple[list[str], str]:
    """Label some samples again where a network labelled them.

    Returns:
        What is wrong, and a line on what of the depth was checked and what not; empty where no network labelled.
    """
    from bgfg.depth_teacher.labelling.relabel import compare_relabelled
    from bgfg.synth.store.corpus import Corpus

    corpus, name = Corpus(path), _labelled_by(path)
    if name in LAYERED_TEACHERS or not corpus.done_shards("depth"):
        return [], ""
    try:
        pictures = load_teacher(make_teacher_options(name, **given), True, echo_note)
    except Problem as problem:
        if given["weights"]:
            raise
        return [], f"depth by {name}: held to checksums and marks, none of it made again: {problem}"
    count, found = compare_relabelled(corpus, pictures)
    return found, (
        f"depth by {name}: {count} of {len(corpus):,} samples labelled again, at most one code apart; the others held "
        "to checksums and marks"
    )


def _labelled_by(path: Path) -> str:
    """Return the teacher that labels a corpus; `layered` where none has begun."""
    from bgfg.synth.store.corpus import Corpus

    return str((Corpus(path).manifest.teacher or {}).get("name", "layered")).partition(":")[0]
