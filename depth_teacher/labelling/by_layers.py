"""Labelling by layers: by the depth of the backgrounds, on which cut-outs stand; a teacher in each worker."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem, counted
from bgfg.depth_teacher.labelling.depth_shards import DepthShards, label_shard
from bgfg.depth_teacher.teachers.foot_depth import reach_px
from bgfg.depth_teacher.teachers.in_front import InFrontTeacher
from bgfg.depth_teacher.teachers.layered import FootTally, LayeredTeacher
from bgfg.synth.compose.recipe import ShardRecipe
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.depth_code import LogDepth

_LAYERED: dict[str, type[LayeredTeacher]] = {"layered": LayeredTeacher, "in_front": InFrontTeacher}


def label_by_layers(shards: DepthShards, name: str) -> tuple[str, ...]:
    """Label by the depth of the backgrounds.

    Args:
        shards: What is to be made.
        name: Of the teacher, "layered" or "in_front".

    Returns:
        Lines on cut-outs that stand on holes.
    """
    corpus = shards.corpus
    if corpus.geometry.listed is not None:
        raise Problem(
            f"{corpus.path}: imported, where nobody knows how people stand, which --teacher {name} goes by: "
            "give --teacher compact, or another that looks at pictures",
            exit_code=2,
        )
    make_teacher = _LAYERED[name]
    teacher = make_teacher(corpus, anew=shards.replace)
    shards.begin(teacher)
    feet: list[FootTally] = []
    deep = _too_deep(corpus, teacher.encoding)
    work = partial(label_shard, corpus.path, corpus.manifest.digest, make_teacher)
    shards.make(teacher, work, on_made=feet.append)
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


def relabel_layered(corpus: Corpus, recipe: ShardRecipe) -> Iterator[NDArray]:
    """Yield the blocks of a shard, as the recorded teacher of the corpus labels them, where it is a layered one.

    What a network labelled is not labelled again here, since another device rounds otherwise: its blocks are held to
    their checksums, and `compare_relabelled` compares some of them with what the network gives.
    """
    layered = _LAYERED.get((corpus.manifest.teacher or {}).get("name", ""))
    if layered is not None:
        yield from layered(corpus).label(recipe)
