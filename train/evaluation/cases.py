"""The picture of an evaluation: the best, the median and the worst case, clean and under stress."""

from __future__ import annotations

import numpy as np
import torch
from bgfg.synth.preview import colour_depth
from bgfg.train.evaluation.evaluator import CLEAN, TOGETHER, Scores, Trial, Truth, letter
from bgfg.train.evaluation.methods import OUTPUT, Found, Network
from bgfg.train.stream.identity_cells import Choice
from bgfg.train.viz.sheet import Row, draw_sheet, picture_of_mask
from numpy.typing import NDArray
from torch import Tensor

# What cases are ranked by: the score, and the sign that makes more the better.
_RANKED_BY = (("output.iou", 1, "IoU"), ("depth.rmse_m", -1, "RMSE in metres"))


@torch.no_grad()
def draw_cases(trial: Trial, network: Network, choice: Choice, scores: Scores) -> NDArray[np.uint8]:
    """Draw the network's best, median and worst case of a cell, clean and under all disturbances together, as RGB.

    Cases are ranked by the mask's IoU at the size of the network's output, or by the depth's RMSE where there is no
    mask.
    """
    rows = []
    for condition, contestant in scores:
        if contestant != network.name or condition not in (CLEAN, TOGETHER):
            continue
        of_network = scores[condition, contestant]
        name, sign, title = next(ranking for ranking in _RANKED_BY if ranking[0] in of_network)
        for rank, at in extremes(sign * of_network[name]).items():
            caption = (
                f"{letter(choice.cell, condition)}, {condition}, {rank}: {title} {of_network[name][at]:.3f}, "
                f"sample {choice.samples[at]}"
            )
            rows.append(Row(_pictures(trial, network, choice.samples[at : at + 1], condition), caption))
    return draw_sheet(rows)


def extremes(goodness: NDArray[np.float64]) -> dict[str, int]:
    """Return where the best, the median and the worst of (n,) values are; NaN isn't ranked unless there is no other.

    Of an even number the median is the better one of the middle; of equals the first is taken as the better.
    """
    known = np.flatnonzero(~np.isnan(goodness))
    ranked = known[np.argsort(-goodness[known], kind="stable")] if len(known) else np.arange(len(goodness))
    return {"best": int(ranked[0]), "median": int(ranked[(len(ranked) - 1) // 2]), "worst": int(ranked[-1])}


def _pictures(
    trial: Trial, network: Network, sample: NDArray[np.int64], condition: str
) -> dict[str, NDArray[np.uint8]]:
    scene, truth = trial.scene(sample, condition)
    found = network.find(scene)
    pictures = {"background": _picture(scene.bg), "composite": _picture(scene.bg_fg)}
    if found.mask:
        pictures["true mask"] = picture_of_mask(_array(truth.mask[OUTPUT]))
        pictures["predicted mask"] = picture_of_mask(_array(found.mask[OUTPUT]))
    return pictures | _depth_pictures(trial, found, truth)


def _depth_pictures(trial: Trial, found: Found, truth: Truth) -> dict[str, NDArray[np.uint8]]:
    if trial.depth is None or truth.depth is None or found.depth_m is None:
        return {}
    true_m, known = truth.depth
    maps = {"true depth": torch.where(known, true_m, 0.0), "predicted depth": found.depth_m}
    ends = trial.depth.near_m, trial.depth.far_m
    return {title: colour_depth(_array(metres), *ends) for title, metres in maps.items()}


def _picture(pictures: Tensor) -> NDArray[np.uint8]:
    return np.asarray(pictures[0].permute(1, 2, 0).cpu(), np.uint8)


def _array(maps: Tensor) -> NDArray[np.float32]:
    return np.asarray(maps[0, 0].cpu(), np.float32)
