"""Make the unfinished shards of depth of a corpus, by the one teacher that it has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, counted
from bgfg.depth_teacher.labelling.block_progress import BlockProgress
from bgfg.depth_teacher.labelling.changed_teacher import changed_options
from bgfg.depth_teacher.labelling.load_teacher import load_teacher
from bgfg.depth_teacher.labelling.picture_labeller import PictureLabeller
from bgfg.depth_teacher.labelling.shard_threads import ShardThreads
from bgfg.depth_teacher.labelling.teacher_options import AUTO_TEACHERS, PICTURE_TEACHERS, TeacherOptions
from bgfg.depth_teacher.teachers.foot_depth import reach_px
from bgfg.depth_teacher.teachers.in_front import InFrontTeacher
from bgfg.depth_teacher.teachers.layered import FootTally, LayeredTeacher
from bgfg.depth_teacher.teachers.teacher import Teacher
from bgfg.synth.compose.executor import CLUSTERS, Executor
from bgfg.synth.compose.missing_shards import make_missing_shards
from bgfg.synth.compose.recipe import ShardRecipe
from bgfg.synth.store.changes import open_with_digest
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.corpus_card import refresh_corpus_card
from bgfg.synth.store.depth_array import remove_depth, start_depth
from bgfg.synth.store.depth_code import DepthCode, LogDepth
from bgfg.synth.store.done_marks import level_histograms
from bgfg.synth.store.lock import writer_lock
from bgfg.synth.store.shard import ChunkEncoder

# Makes the teacher of a corpus in each worker: a new one, or one that threads share.
TeacherFactory = Callable[[Corpus], Teacher]

_LAYERED: dict[str, type[LayeredTeacher]] = {"layered": LayeredTeacher, "in_front": InFrontTeacher}


def label_corpus(
    path: Path,
    teacher: str | TeacherOptions,
    executor: Executor,
    replace: bool = False,
    say: Callable[[str], None] = lambda _line: None,
) -> tuple[str, ...]:
    """Make every unfinished shard of depth of the corpus at `path`.

    Args:
        path: Folder of the corpus.
        teacher: Its name, or its options.
        executor: What runs the workers.
        replace: Whether to remove what another teacher made.
        say: Told what labels, on which device.

    Returns:
        What was mended of the corpus, noticed about the depth of what was labelled, such as how many cut-outs stand on
        holes, what of its card isn't true any more, and what keeps added parts from being read, in words.

    Raises:
        Problem: The corpus is held by another writer, was changed by hand, was labelled by another teacher or can't be
            labelled by this one, or shards failed.
    """
    options = TeacherOptions(teacher) if isinstance(teacher, str) else teacher
    load_manifest(path / "manifest" / "corpus.json")  # before the lock: a folder that is no corpus gets no lock file
    with writer_lock(path):
        corpus = Corpus(path, mend=True, pending=True)
        corpus.check_plan()
        noticed = _label(corpus, options, executor, replace, say)
        compose = bgfg_command("compose", path)
        unread = f"extended by {corpus.describe_pending()}, which are read once they are composed too: run {compose}"
        card = refresh_corpus_card(path)
        return (*corpus.mended, *noticed, *card, *([unread] if corpus.pending else []))


def _label(
    corpus: Corpus, options: TeacherOptions, executor: Executor, replace: bool, say: Callable[[str], None]
) -> tuple[str, ...]:
    if options.name == "auto":
        if not replace and _is_labelled_by_another(corpus):
            return ()
        options, reason = options.resolve_auto(corpus, replace)
        say(f"teacher {options.name}, since {reason}")
    if options.name in PICTURE_TEACHERS:
        _label_by_pictures(corpus, options, executor, replace, say)
        return ()
    return _label_by_layers(corpus, options, executor, replace)


def _is_labelled_by_another(corpus: Corpus) -> bool:
    """Say whether all depth is there, of a teacher that `auto` can't be."""
    teacher = corpus.manifest.teacher
    return (
        teacher is not None
        and teacher["name"] not in AUTO_TEACHERS
        and corpus.done_shards("depth") == set(corpus.shards)
    )


def _label_by_layers(corpus: Corpus, options: TeacherOptions, executor: Executor, replace: bool) -> tuple[str, ...]:
    """Label by the depth of the backgrounds, a teacher in each worker; return lines on cut-outs that stand on holes."""
    if corpus.geometry.listed is not None:
        raise Problem(
            f"{corpus.path}: imported, where nobody knows how people stand, which --teacher {options.name} goes by: "
            "give --teacher compact, or another that looks at pictures",
            exit_code=2,
        )
    make_teacher = _LAYERED[options.name]
    teacher = make_teacher(corpus, anew=replace)
    _start_labels(corpus, teacher, replace)
    work = partial(label_shard, corpus.path, corpus.manifest.digest, make_teacher)
    feet: list[FootTally] = []
    size = partial(estimate_bytes_per_sample, corpus, teacher)
    deep = _too_deep(corpus, teacher.encoding)
    make_missing_shards(corpus, ("depth",), work, executor, size, feet.append)
    found, reach = sum(feet, FootTally()), reach_px(corpus.geometry.height_px, corpus.geometry.width_px)
    filled = (
        f"{found.filled} cut-outs stand on holes of their background's depth: they get the nearest known depth, at "
        f"most {reach} px away"
    )
    unknown = (
        f"{found.unknown} cut-outs are without depth: they stand on holes of their background's, and none is known "
        f"within {reach} px: fill the depth maps, or leave such backgrounds out"
    )
    cut_off = (
        f"{counted(deep, 'background')} being added reach farther than the depth codes of this corpus, which end at "
        f"{teacher.encoding.far_m:g} m: what is behind is cut off there"
    )
    lines = (found.filled, filled), (found.unknown, unknown), (deep, cut_off)
    return tuple(line for count, line in lines if count)


def _too_deep(corpus: Corpus, encoding: LogDepth) -> int:
    """Count the backgrounds of parts that are being added which reach farther than what is coded."""
    pictures = (part.read("background_depth", slice(None)) for part in corpus.pending if part.pictures("background"))
    return sum(int((depth_mm.max(axis=(1, 2)) > 1000 * encoding.far_m).sum()) for depth_mm in pictures)


def _label_by_pictures(
    corpus: Corpus, options: TeacherOptions, executor: Executor, replace: bool, say: Callable[[str], None]
) -> None:
    """Label by a network that threads share."""
    if executor.backend in CLUSTERS:
        raise Problem(
            f"--backend {executor.backend}: --teacher {options.name} is a network, and a cluster labels by layers "
            "alone so far: leave --backend out, or give --teacher layered or in_front",
            exit_code=2,
        )
    for shard in corpus.shards:
        corpus.require_done("image", shard)
    pictures = load_teacher(options, True, say)
    counter = BlockProgress(executor.progress, f"depth by {options.name} on {pictures.where}")
    threads = ShardThreads()

    def advance(n: int) -> None:
        counter.advance(n)
        threads.require_going_on()

    teacher = PictureLabeller(corpus, pictures, options.bits, advance)
    _start_labels(corpus, teacher, replace)
    height_px, width_px = pictures.input_px(corpus.geometry.height_px, corpus.geometry.width_px)
    at_a_time = f"{counted(pictures.batch, 'picture')} at a time"
    say(f"{options.name} on {pictures.where}, input {width_px}x{height_px}, {at_a_time}")
    # On a GPU two shards take turns: one is read and written while the other's batches are in the network. On a
    # processor each core has a batch of its own.
    workers = 2 if pictures.where.startswith("cuda") else executor.workers
    work = partial(label_shard, corpus.path, corpus.manifest.digest, lambda _corpus: teacher)
    size = partial(estimate_bytes_per_sample, corpus, teacher)
    try:
        make_missing_shards(
            corpus, ("depth",), partial(threads.run, work), Executor(workers, "threading", counter.progress), size
        )
    finally:
        threads.end()


def label_shard(path: Path, digest: str, make_teacher: TeacherFactory, shard: int) -> FootTally:
    """Label, write and mark one shard of depth, block by block.

    Args:
        path: Folder of the corpus.
        digest: That of its plan, which is checked.
        make_teacher: Makes the teacher.
        shard: Number of the shard.

    Returns:
        How many cut-outs of a layered teacher stood on holes.
    """
    corpus = open_with_digest(path, digest)
    teacher = make_teacher(corpus)
    histogram = np.zeros(2**teacher.encoding.bits, np.int64)
    with corpus.write_shard("depth", shard) as writer:
        for codes in teacher.label(ShardRecipe(corpus, shard)):
            writer.append(codes)
            histogram += level_histograms(codes, 1)[0]
    statistics = depth_statistics(histogram, teacher.encoding)
    corpus.mark_done("depth", shard, writer, *statistics)
    return teacher.tally if isinstance(teacher, LayeredTeacher) else FootTally()


def relabel_layered(corpus: Corpus, recipe: ShardRecipe) -> Iterator[NDArray]:
    """Yield the blocks of a shard, as the recorded teacher of the corpus labels them, where it is a layered one.

    What a network labelled is not labelled again here, since another device rounds otherwise: its blocks are held to
    their checksums, and `compare_relabelled` compares some of them with what the network gives.
    """
    layered = _LAYERED.get((corpus.manifest.teacher or {}).get("name", ""))
    if layered is not None:
        yield from layered(corpus).label(recipe)


def depth_statistics(
    histogram: NDArray[np.int64], encoding: DepthCode
) -> tuple[int, tuple[float, ...], tuple[float, ...]]:
    """Return count, sums and sums of squares, in metres, of the known depths of a histogram of codes."""
    metres, known = encoding.values_m()[1:], histogram[1:]
    return int(known.sum()), (float(known @ metres),), (float(known @ metres**2),)


def estimate_bytes_per_sample(corpus: Corpus, teacher: Teacher) -> float:
    """Estimate what a sample's depth takes on disk from some of the first."""
    codes = teacher.probe(ShardRecipe(corpus, 0))
    return len(ChunkEncoder().encode(codes)) / len(codes)


def _start_labels(corpus: Corpus, teacher: Teacher, replace: bool) -> None:
    """Record the teacher and create the array; raise Problem where another teacher labelled, unless `replace`."""
    description = teacher.describe() | {"encoding": teacher.encoding.attributes()}
    recorded = corpus.manifest.teacher
    if recorded is not None and dict(recorded) != description:
        if not replace:
            raise Problem(
                f"{corpus.path}: labelled with {changed_options(recorded, description)}, and a corpus has one teacher: "
                f"label with that, or {bgfg_command('label', corpus.path, '...', '--replace')} labels it anew"
            )
        remove_depth(corpus)
    start_depth(corpus, description)
