"""The picture of an evaluation: the best, the median and the worst case, as they are and under stress."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bgfg.data_manifests.images.depth_colours import colour_depth
from bgfg.train.augment.stress import COMBINED_DISTURBANCE
from bgfg.train.evaluation.evaluator import CLEAN, Evaluator, GroundTruth, MethodScores, cell_letter
from bgfg.train.evaluation.methods import AT_OUTPUT, MethodOutput, NetworkMethod
from bgfg.train.stream.evaluation_cells import CellSamples
from bgfg.train.viz.sheet import Row, draw_sheet, picture_of_mask

# Scores that cases are ranked by, with the sign that makes more the better, and their title; the first that there is.
_RANKED_BY = (("output.iou", 1, "IoU"), ("depth.rmse_m", -1, "RMSE in metres"))


@torch.no_grad()
def draw_cases(
    evaluator: Evaluator, network: NetworkMethod, choice: CellSamples, scores: MethodScores
) -> NDArray[np.uint8]:
    """Draw the network's best, median and worst case of a cell, clean and under the combined disturbance, as RGB.

    Cases are ranked by the mask's IoU at the size of the network's output, or by the depth's RMSE where there is no
    mask.
    """
    rows = []
    for condition, method in scores:
        if method != network.name or condition not in (CLEAN, COMBINED_DISTURBANCE):
            continue
        of_network = scores[condition, method]
        name, sign, title = next(ranking for ranking in _RANKED_BY if ranking[0] in of_network)
        for rank, at in best_median_worst(sign * of_network[name]).items():
            caption = (
                f"{cell_letter(choice.cell, condition)}, {condition}, {rank}: {title} {of_network[name][at]:.3f}, "
                f"sample {choice.samples[at]}"
            )
            rows.append(Row(_pictures(evaluator, network, choice.samples[at : at + 1], condition), caption))
    return draw_sheet(rows)


def best_median_worst(goodness: NDArray[np.float64]) -> dict[str, int]:
    """Return the positions of the best, median and worst of (n,) values; NaN counts only where all values are.

    Of an even number the median is the better one of the middle; of equals the first is taken as the better.
    """
    known = np.flatnonzero(~np.isnan(goodness))
    ranked = known[np.argsort(-goodness[known], kind="stable")] if len(known) else np.arange(len(goodness))
    return {"best": int(ranked[0]), "median": int(ranked[(len(ranked) - 1) // 2]), "worst": int(ranked[-1])}


def _pictures(
    evaluator: Evaluator, network: NetworkMethod, sample: NDArray[np.int64], condition: str
) -> dict[str, NDArray[np.uint8]]:
    batch, truth = evaluator.single_sample(sample, condition)
    found = network.predict(batch)
    pictures = {} if batch.bg is None else {"background": _picture(batch.bg)}
    pictures["composite"] = _picture(batch.bg_fg)
    if found.masks:
        pictures["true mask"] = picture_of_mask(_array(truth.masks[AT_OUTPUT]))
        pictures["predicted mask"] = picture_of_mask(_array(found.masks[AT_OUTPUT]))
    return pictures | _depth_pictures(evaluator, found, truth)


def _depth_pictures(evaluator: Evaluator, found: MethodOutput, truth: GroundTruth) -> dict[str, NDArray[np.uint8]]:
    if evaluator.depth is None or truth.depth is None or found.depth_m is None:
        return {}
    true_m, known = truth.depth
    maps = {"true depth": torch.where(known, true_m, 0.0), "predicted depth": found.depth_m}
    ends = evaluator.depth.near_m, evaluator.depth.far_m
    return {title: colour_depth(_array(metres), *ends) for title, metres in maps.items()}


def _picture(pictures: Tensor) -> NDArray[np.uint8]:
    return np.asarray(pictures[0].permute(1, 2, 0).cpu(), np.uint8)


def _array(maps: Tensor) -> NDArray[np.float32]:
    return np.asarray(maps[0, 0].cpu(), np.float32)
