"""Score the networks that come with bgfg on pictures that none of them learnt from: `python -m benchmarks.accuracy`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from benchmarks.accuracy.contestants import Contestant, contestant_in, shipped_contestant
from benchmarks.accuracy.depth_sets import score_depth, score_people
from benchmarks.accuracy.mask_sets import score_composites, score_pairs, score_photographs
from benchmarks.accuracy.scores import ScoredSet, as_json, markdown, page_with
from bgfg.api.making import compose
from bgfg.api.planning import plan
from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import show_progress
from bgfg.synth.store.corpus import Corpus
from bgfg.train.stream.evaluation_cells import REPORTED_CELLS, AssetIdentities

SETS = ("depth", "people", "pairs", "composites", "portraits")
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)

# Two backgrounds and people are left out, since a split has to have some: all others are new pictures.
_SPLIT, _PLACEMENTS = "1/1/98", 2
_BOTH_NEW = REPORTED_CELLS[-1]


@click.command()
@click.argument("pictures", type=FOLDER)
@click.option(
    "--beside", multiple=True, metavar="NAME=FOLDER", help="Weights to score too; may be given several times."
)
@click.option("--only", multiple=True, type=click.Choice(SETS), help="Sets to score.  [default: all that are there]")
@click.option("--samples", default=400, show_default=True, type=click.IntRange(min=2), help="Composites of a set.")
@click.option(
    "--out", default=Path("data/accuracy"), show_default=True, type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the corpus, the table and the pictures.",
)  # fmt: skip
@click.option("--page", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Page that gets the table.")
def accuracy(
    pictures: Path, beside: tuple[str, ...], only: tuple[str, ...], samples: int, out: Path, page: Path | None
) -> None:
    """Score the networks that come with bgfg on PICTURES: a folder with rgbd/, office/bg, office/fg and portraits/.

    A set that isn't there is named, and left out. The pictures of the worst cases lie in OUT afterwards, beside the
    table as accuracy.md and accuracy.json.

    Example: python -m benchmarks.accuracy pictures --beside before=older-weights
    """
    if page:
        page_with("", page.read_text(encoding="utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    contestants = [shipped_contestant(), *map(contestant_in, beside)]
    sets = list(_scored(pictures, only or SETS, contestants, samples, out))
    sets = [scored for scored in sets if scored.scores]
    if not sets:
        raise Problem(
            f"{pictures}: none of the sets is there: give a folder with rgbd, office or portraits", exit_code=2
        )
    files = [file for contestant in contestants for file in contestant.described()]
    replace_text(out / "accuracy.json", as_json(sets, files))
    replace_text(out / "accuracy.md", markdown(sets))
    if page:
        replace_text(page, page_with(markdown(sets), page.read_text(encoding="utf-8")))
    click.echo(markdown(sets))


def _scored(
    pictures: Path, wanted: Sequence[str], contestants: Sequence[Contestant], samples: int, out: Path
) -> Iterator[ScoredSet]:
    """Yield the sets that are wanted and there."""
    if "depth" in wanted and _is_there(pictures / "rgbd"):
        yield from score_depth(pictures / "rgbd", contestants, out, show_progress)
    of_office = [name for name in ("people", "pairs", "composites") if name in wanted]
    if of_office and _is_there(pictures / "office"):
        corpus = _office_corpus(pictures / "office", out / "corpus")
        choice = AssetIdentities(corpus).choose(_BOTH_NEW, samples)
        if "people" in wanted:
            yield score_people(corpus, choice, contestants, out, show_progress)
        if "pairs" in wanted:
            yield score_pairs(corpus, choice, samples, contestants, out, show_progress)
        if "composites" in wanted:
            yield score_composites(corpus, choice, contestants, out, show_progress)
    if "portraits" in wanted and _is_there(pictures / "portraits"):
        yield score_photographs(pictures / "portraits", contestants, out, show_progress)


def _is_there(folder: Path) -> bool:
    if not folder.is_dir():
        click.echo(f"not scored: {folder} isn't there", err=True)
    return folder.is_dir()


def _office_corpus(office: Path, corpus: Path) -> Corpus:
    """Return the corpus of all backgrounds and people, made where it isn't there yet."""
    plan(corpus, office / "bg", office / "fg", split=_SPLIT, placements=_PLACEMENTS, progress=True)
    return compose(corpus, progress=True)


if __name__ == "__main__":
    try:
        accuracy()
    except Problem as problem:
        sys.exit(f"Error: {problem}")
