"""Unfinished shards -> depth, by the one teacher that a corpus has."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import zarr
from bgfg.data_manifests.terminal.errors import Problem, command
from bgfg.depth_teacher.labelling.block_counter import BlockCounter
from bgfg.depth_teacher.labelling.choice import AUTO, PICTURE_TEACHERS, Choice, load_teacher
from bgfg.depth_teacher.labelling.picture_labels import PictureLabels
from bgfg.depth_teacher.teachers.in_front import InFront
from bgfg.depth_teacher.teachers.layered import Layered
from bgfg.depth_teacher.teachers.teacher import Teacher
from bgfg.synth.compose.executor import Crew, make_missing
from bgfg.synth.compose.recipe import Recipe, opened
from bgfg.synth.store.depth_code import DepthCode
from bgfg.synth.store.layout import layouts
from bgfg.synth.store.lock import only_writer
from bgfg.synth.store.marks import PARTIAL, Mark, level_histograms
from bgfg.synth.store.shard import ChunkEncoder
from bgfg.synth.store.store import Corpus
from numpy.typing import NDArray
from zarr.storage import LocalStore

# Gives the teacher of a corpus in each worker: made anew, or shared by threads.
MakeTeacher = Callable[[Corpus], Teacher]

_LAYERED: dict[str, type[Layered]] = {"layered": Layered, "in_front": InFront}


def label_corpus(
    path: Path,
    teacher: str | Choice,
    crew: Crew,
    again: bool = False,
    say: Callable[[str], None] = lambda _line: None,
) -> None:
    """Make every unfinished shard of depth of the corpus at `path`.

    again: remove what another teacher made (`--replace`). say: told what labels, on which device. Raises Problem where
    the corpus is held by another writer, was changed by hand, was labelled by another teacher, can't be labelled by
    this one, or where shards failed.
    """
    choice = Choice(teacher) if isinstance(teacher, str) else teacher
    Corpus(path)  # what is no corpus has no lock either
    with only_writer(path):
        corpus = Corpus(path)
        corpus.check_plan()
        if choice.name == "auto":
            if not again and _is_labelled_by_another(corpus):
                return
            choice, reason = choice.resolved(corpus, again)
            say(f"teacher {choice.name}, since {reason}")
        if choice.name in PICTURE_TEACHERS:
            _label_by_pictures(corpus, choice, crew, again, say)
        else:
            layered = _LAYERED[choice.name]
            _begin(corpus, layered(corpus), again)
            work = partial(label_shard, path, corpus.manifest.digest, layered)
            make_missing(corpus, ("depth",), work, crew, partial(bytes_per_sample, corpus, layered(corpus)))


def _is_labelled_by_another(corpus: Corpus) -> bool:
    """Say whether all depth is there, of a teacher that `auto` can't be."""
    teacher = corpus.manifest.teacher
    return teacher is not None and teacher["name"] not in AUTO and corpus.done("depth") == set(corpus.shards)


def _label_by_pictures(corpus: Corpus, choice: Choice, crew: Crew, again: bool, say: Callable[[str], None]) -> None:
    """Label by a network, which threads share: one batch at a time on each core, or two shards in turns on a GPU."""
    for shard in corpus.shards:
        corpus.require("image", shard)
    pictures = load_teacher(choice, True, say)
    counter = BlockCounter(crew.progress, f"depth by {choice.name} on {pictures.where}")
    teacher = PictureLabels(corpus, pictures, choice.bits, counter.advance)
    _begin(corpus, teacher, again)
    height_px, width_px = pictures.input_px(corpus.geometry.height_px, corpus.geometry.width_px)
    say(f"{choice.name} on {pictures.where}, input {width_px}x{height_px}, {pictures.batch} pictures at a time")
    workers = 2 if pictures.where.startswith("cuda") else crew.workers
    work = partial(label_shard, corpus.path, corpus.manifest.digest, lambda _corpus: teacher)
    threads = Crew(workers, "threading", counter.progress)
    make_missing(corpus, ("depth",), work, threads, partial(bytes_per_sample, corpus, teacher))


def label_shard(path: Path, digest: str, make: MakeTeacher, shard: int) -> None:
    """Label, write and mark one shard of depth, block by block."""
    corpus = opened(path, digest)
    teacher = make(corpus)
    histogram = np.zeros(2**teacher.encoding.bits, np.int64)
    with corpus.write_shard("depth", shard) as writer:
        for codes in teacher.label(Recipe(corpus, shard)):
            writer.append(codes)
            histogram += level_histograms(codes, 1)[0]
    Mark("depth", shard, digest, writer.size_bytes, writer.sha256, *depth_sums(histogram, teacher.encoding)).save(path)


def label_again(corpus: Corpus, recipe: Recipe) -> Iterator[NDArray]:
    """Yield the blocks of a shard as the recorded teacher of the corpus labels them.

    Of what a network made nothing is made again here, since another device rounds otherwise: its blocks are held to
    their checksums, and `relabel_some` compares some of it with what the network gives.
    """
    layered = _LAYERED.get((corpus.manifest.teacher or {}).get("name", ""))
    if layered is not None:
        yield from layered(corpus).label(recipe)


def depth_sums(histogram: NDArray[np.int64], encoding: DepthCode) -> tuple[int, tuple[float, ...], tuple[float, ...]]:
    """Return count, sums and sums of squares, in metres, of the known depths of a histogram of codes."""
    metres, known = encoding.values_m()[1:], histogram[1:]
    return int(known.sum()), (float(known @ metres),), (float(known @ metres**2),)


def bytes_per_sample(corpus: Corpus, teacher: Teacher) -> float:
    """Estimate what a sample's depth takes on disk from some of the first."""
    codes = teacher.probe(Recipe(corpus, 0))
    return len(ChunkEncoder().encode(codes)) / len(codes)


def _begin(corpus: Corpus, teacher: Teacher, again: bool) -> None:
    """Write down the teacher, and create the array; raise Problem where another teacher labelled, unless `again`."""
    description = teacher.describe() | {"encoding": teacher.encoding.attributes()}
    recorded = corpus.manifest.teacher
    if recorded is not None and dict(recorded) != description:
        if not again:
            different = sorted(k for k in recorded.keys() | description if recorded.get(k) != description.get(k))
            raise Problem(
                f"{corpus.path}: labelled by {recorded['name']} (version {recorded['version']}) with other settings "
                f"({', '.join(different)}), and a corpus has one teacher: "
                f"{command('label', corpus.path, '...', '--replace')} labels it anew"
            )
        _forget(corpus)
    array = corpus.path / "data.zarr" / "depth"
    if corpus.manifest.teacher is None:
        _remove(corpus, array)  # what a killed run may have left: without a teacher there is no such array
        corpus.save_manifest(replace(corpus.manifest, teacher=description))
    if not array.exists():
        group = zarr.open_group(LocalStore(corpus.path / "data.zarr"), mode="r+")
        layouts(corpus.geometry, True, description)["depth"].create(group)


def _forget(corpus: Corpus) -> None:
    """Remove what a teacher made: first the marks, so that from then on nothing of it counts, then the rest."""
    _remove(corpus, corpus.path / "done" / "depth")
    statistics = {array: found for array, found in corpus.manifest.statistics.items() if array != "depth"}
    corpus.save_manifest(replace(corpus.manifest, teacher=None, statistics=statistics))


def _remove(corpus: Corpus, folder: Path) -> None:
    """Remove a folder of the corpus at one stroke: it has no name any more before its files go."""
    if folder.exists():
        corpus.clear_partial()
        gone = corpus.path / PARTIAL / "removed"
        gone.parent.mkdir(exist_ok=True)
        folder.rename(gone)
        shutil.rmtree(gone)
