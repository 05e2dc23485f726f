"""Pictures with measured depth, and composites whose people have to be nearer than what is beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.contestants import Contestant
from benchmarks.accuracy.scores import Score, ScoredSet, over_scenes
from benchmarks.occlusion_order import SAME_SHARE, neighbour_depth_ratio
from bgfg.data_manifests.images.depth_colours import colour_depth
from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.images.panels import panel_grid, panel_row
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.depth_teacher.evaluation.depth_eval import evaluate_depth
from bgfg.depth_teacher.evaluation.metrics import EvalProtocol
from bgfg.depth_teacher.evaluation.rgbd import open_rgbd
from bgfg.depth_teacher.labelling.load_teacher import load_teacher
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.depth_teacher.teachers.baselines import baseline_teachers
from bgfg.depth_teacher.teachers.compact_weights import open_weights_pair
from bgfg.depth_teacher.teachers.teacher import PictureTeacher
from bgfg.synth.store.corpus import Corpus
from bgfg.train.evaluation.bootstrap import Estimate, PigeonholeBootstrap
from bgfg.train.models.shipped import ONNX_SUFFIX
from bgfg.train.stream.evaluation_cells import CellSamples

MEASURES = ("delta1", "absrel", "rmse_m", "ordinal")

# Folders in `rgbd`, each of them one scene, with the metres of one unit where they aren't millimetres.
DEPTH_SETS = {
    "slambook2_ch5": ("a large dark room by Kinect", None),
    "slambook2_ch12": ("a rendered living room", 1 / 5000),
    "open3d_redwood": ("a corner with glass", None),
}

_PEOPLE = "people nearer than what is beside them, composites"

_WORST_SHOWN, _PANEL_PX, _GAP_PX = 8, 160, 4
_BATCH = 16


def score_depth(folder: Path, contestants: Sequence[Contestant], out: Path, progress: Progress) -> Iterator[ScoredSet]:
    """Score teachers on pictures with measured depth, a folder at a time, and draw them into `out`.

    Args:
        folder: Has folders of DEPTH_SETS.
        contestants: Those that have a compact teacher take part.
        out: Folder of the pictures.
        progress: Shows progress.
    """
    protocol = EvalProtocol(align=True)
    for name, (title, scale_m) in DEPTH_SETS.items():
        found: dict[tuple[str, str], Estimate] = {}
        baselines: Sequence[PictureTeacher] = baseline_teachers(open_weights_pair().metadata)
        for contestant, teacher in _teachers(contestants):
            sheet = out / f"depth-{name}-{contestant}.png"
            result = evaluate_depth(teacher, open_rgbd(folder / name, scale_m), protocol, progress, sheet, baselines)
            images = len(result.images)
            for measure in MEASURES:
                values = [image[measure] for image in result.images.values()]
                found[measure, contestant] = over_scenes(values, [name] * images)
                for baseline, mean in result.baselines.items():
                    found[measure, baseline] = Estimate(mean[measure], None, None, images)
            baselines = ()
        if not found:
            return
        scores = [
            Score(title, measure, contestant, estimate)
            for (measure, contestant), estimate in sorted(found.items(), key=lambda item: MEASURES.index(item[0][0]))
        ]
        note = f"{title}: {images} pictures of one scene, scale and shift in disparity fitted to each, truth up to 10 m"
        unit = "" if scale_m is None else f" --depth-scale {scale_m:g}"
        yield ScoredSet(tuple(scores), f"{note}; `bgfg depth-eval {name} --align{unit}`")


def score_people(
    corpus: Corpus, choice: CellSamples, contestants: Sequence[Contestant], out: Path, progress: Progress
) -> ScoredSet:
    """Score how often teachers see people nearer than what is beside them, by the picture alone."""
    scores, samples = [], choice.samples.tolist()
    bootstrap = PigeonholeBootstrap(choice.backgrounds, choice.cutouts)
    masks = [corpus.read("mask", i) for i in samples]
    for contestant, teacher in _teachers(contestants):
        depth: list[NDArray[np.float32]] = []
        with progress(f"people, {contestant}", len(samples), 0) as advance:
            for start in range(0, len(samples), _BATCH):
                pictures = np.stack([corpus.read("image", i) for i in samples[start : start + _BATCH]])
                depth.extend(next(iter(teacher.predict_batches([pictures]))))
                advance(len(pictures))
        ratios = np.array([neighbour_depth_ratio(*pair) for pair in zip(depth, masks, strict=True)])
        nearer = np.where(np.isnan(ratios), np.nan, ratios < 1 - SAME_SHARE)
        scores.append(Score(_PEOPLE, "share nearer", contestant, bootstrap.estimate(nearer)))
        worst = np.argsort(-np.nan_to_num(ratios))[:_WORST_SHOWN].tolist()
        rows = [[corpus.read("image", samples[i]), colour_depth(depth[i], 0.5, 10.0)] for i in worst]
        sheet = panel_grid([panel_row(row, _PANEL_PX) for row in rows], 4, _GAP_PX)
        save_png(sheet, out / f"people-worst-{contestant}.png")
    note = "the teacher's picture alone, in rows where something is beside them; labelling tells it where people are"
    return ScoredSet(tuple(scores), f"{_PEOPLE}: {note}")


def _teachers(contestants: Sequence[Contestant]) -> Iterator[tuple[str, PictureTeacher]]:
    for contestant in contestants:
        if (file := contestant.file("compact", ONNX_SUFFIX)) is not None:
            options = TeacherOptions("compact", str(file), device="cpu")
            yield contestant.name, load_teacher(options, False, lambda line: None)
