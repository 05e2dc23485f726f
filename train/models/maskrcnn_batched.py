"""Mask R-CNN on a whole batch, without a loop over pictures or people, so that it can be traced for ONNX.

It gives what torchvision gives picture by picture. Detections of all pictures are in one list, each with the number of
its picture, which RoIAlign takes as it is. Where pictures compete each on their own, in non-maximum suppression and in
the choice of the likeliest, they are rows of a table in which what doesn't compete has the score _NOBODY.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection._utils import _topk_min
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import RegionProposalNetwork, concat_box_prediction_layers
from torchvision.ops import MultiScaleRoIAlign, clip_boxes_to_image, nms, roi_align
from torchvision.ops.poolers import LevelMapper

# Score of a place in a table that holds no candidate, and a limit that lies between it and any real score (0..1).
_NOBODY = -1.0
_SOMEBODY = -0.5

# Levels of the pyramid that features are pooled from, by the size of a region: 1/2**2 to 1/2**5 of the picture.
_FINEST, _COARSEST = 2, 5

# Boxes with a shorter side are dropped: torchvision's limit.
_LEAST_SIDE_PX = 1e-2


def detect_batch(network: MaskRCNN, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Detect the people of a batch of pictures.

    Args:
        network: torchvision's Mask R-CNN, in evaluation mode, whose transform resizes nothing.
        pictures: (n, 3, h, w) in 0..1.

    Returns:
        For each of k detections, ordered by pictures and in each by score: the number of its picture (k,) int64; the
        box (k, 4) float32, in px; the label (k,) int64; the score (k,) float32; and the mask (k, 1, h, w) float32 in
        0..1.
    """
    seen = network.transform.normalize(pictures)
    maps = list(network.backbone(seen).values())
    regions, there = _regions(network.rpn, seen, maps)
    picture, boxes, labels, scores = _people(network.roi_heads, seen, maps, regions, there)
    heads = network.roi_heads
    logits = heads.mask_predictor(heads.mask_head(_pooled(heads.mask_roi_pool, maps, picture, boxes)))
    masks = logits.sigmoid()[torch.arange(labels.shape[0], device=labels.device), labels]
    return picture, boxes, labels, scores, _pasted(masks, boxes, pictures)


def _regions(rpn: RegionProposalNetwork, pictures: Tensor, maps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Return the region proposals, the likeliest first, (n, m, 4), and where there is one, (n, m) bool."""
    count = pictures.shape[0]
    of_levels = rpn.head(maps)
    lengths = [level.shape[1] * level.shape[2] * level.shape[3] for level in of_levels[0]]
    levels = torch.cat([torch.full((length,), i, device=pictures.device) for i, length in enumerate(lengths)])
    # All pictures have the same size, so the anchors of one do for all.
    (anchors,) = rpn.anchor_generator(ImageList(pictures, [(0, 0)]), maps)
    objectness, deltas = concat_box_prediction_layers(*of_levels)
    objectness, deltas = objectness.view(count, -1), deltas.view(count, -1, 4)
    best = rpn._get_top_n_idx(objectness, lengths)  # (n, candidates), the best of each level
    coded = deltas.gather(1, best.unsqueeze(2).expand(-1, -1, 4)).view(-1, 4)
    boxes = _clipped(rpn.box_coder.decode_single(coded, anchors[best].view(-1, 4)).view(count, -1, 4), pictures)
    scores = torch.where(_wide(boxes, rpn.min_size), objectness.gather(1, best).sigmoid(), _NOBODY).unsqueeze(1)
    # Boxes compete within their level of the pyramid alone: a row of the table for each level.
    own = levels[best].unsqueeze(1) == torch.arange(len(lengths), device=best.device).view(1, -1, 1)
    kept = _unsuppressed(boxes, torch.where(own, scores, _NOBODY), rpn.nms_thresh).amax(dim=1)
    found, at = _likeliest(kept, rpn.post_nms_top_n())
    return boxes.gather(1, at.unsqueeze(2).expand(-1, -1, 4)), found > _SOMEBODY


def _people(
    heads: RoIHeads, pictures: Tensor, maps: Sequence[Tensor], regions: Tensor, there: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Classify regions (n, m, 4) where `there` (n, m) bool is True.

    Returns the number of the picture, box, label and score of each person found.
    """
    at = torch.where(there)
    logits, coded = heads.box_predictor(heads.box_head(_pooled(heads.box_roi_pool, maps, at[0], regions[at])))
    count, most, classes = there.shape[0], there.shape[1], logits.shape[1] - 1  # the first class is the background
    boxes = heads.box_coder.decode_single(coded, regions[at]).view(-1, classes + 1, 4)[:, 1:]
    boxes, scores = _clipped(boxes, pictures), logits.softmax(dim=1)[:, 1:]
    scores = torch.where((scores > heads.score_thresh) & _wide(boxes, _LEAST_SIDE_PX), scores, _NOBODY)
    table = torch.full((count, most, classes), _NOBODY, device=scores.device)
    table = table.index_put(at, scores).transpose(1, 2)  # (n, classes, m): boxes compete within their class
    sides = torch.zeros((count, most, classes, 4), device=boxes.device).index_put(at, boxes).transpose(1, 2)
    kept = _unsuppressed(sides.reshape(-1, most, 4), table.reshape(-1, 1, most), heads.nms_thresh)
    found, column = _likeliest(kept.reshape(count, -1), heads.detections_per_img)
    picture, rank = torch.where(found > _SOMEBODY)
    column = column[picture, rank]
    return picture, sides.reshape(count, -1, 4)[picture, column], column // most + 1, found[picture, rank]


def _likeliest(scores: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """Return the highest scores of each row of a table, and their columns, (n, at most `most`) each."""
    scores, columns = scores.topk(_topk_min(scores, most, 1), dim=1)
    return scores, columns


def _clipped(boxes: Tensor, pictures: Tensor) -> Tensor:
    clipped: Tensor = clip_boxes_to_image(boxes, (pictures.shape[2], pictures.shape[3]))
    return clipped


def _wide(boxes: Tensor, least_px: float) -> Tensor:
    return ((boxes[..., 2:] - boxes[..., :2]) >= least_px).all(dim=-1)


def _pooled(pool: MultiScaleRoIAlign, maps: Sequence[Tensor], picture: Tensor, boxes: Tensor) -> Tensor:
    """Return the features of boxes (k, 4) in px, (k, channels, *pool.output_size), from maps chosen by their size."""
    mapper = LevelMapper(_FINEST, _COARSEST, pool.canonical_scale, pool.canonical_level)
    level = mapper([boxes])
    regions = torch.cat([picture.to(boxes).unsqueeze(1), boxes], dim=1)
    order, parts = [], []
    for i in range(_COARSEST - _FINEST + 1):
        at = torch.where(level == i)[0]
        order.append(at)
        parts.append(roi_align(maps[i], regions[at], pool.output_size, 2.0 ** -(i + _FINEST), pool.sampling_ratio))
    values = torch.cat(parts)  # ordered by level; put back into the order of the boxes
    return torch.zeros_like(values).index_put((torch.cat(order),), values)


def _pasted(masks: Tensor, boxes: Tensor, pictures: Tensor) -> Tensor:
    """Return masks (k, s, s) of boxes (k, 4) laid into pictures of (h, w): (k, 1, h, w).

    As torchvision does it: with a border of a pixel, bilinear, in the whole pixels of the box. Since rows and columns
    are interpolated one after the other, this is a product of matrices.
    """
    framed = functional.pad(masks, (1, 1, 1, 1))
    side = masks.shape[-1]
    # In torchvision's order of operations: rounding otherwise may move a mask by a pixel.
    middle, half = (boxes[:, 2:] + boxes[:, :2]) * 0.5, (boxes[:, 2:] - boxes[:, :2]) * 0.5 * ((side + 2) / side)
    first, last = (middle - half).to(torch.int64), (middle + half).to(torch.int64)
    down = _weights(first[:, 1], last[:, 1], pictures.shape[2], side + 2)
    across = _weights(first[:, 0], last[:, 0], pictures.shape[3], side + 2)
    return (down @ framed @ across.transpose(1, 2)).unsqueeze(1)


def _weights(first: Tensor, last: Tensor, length: int, side: int) -> Tensor:
    """Return the interpolation weights of `side` values at each of `length` pixels, (k, length, side).

    They are 0 but from the pixel `first` to `last`, (k,) each, over which the values are spread.
    """
    pixel = torch.arange(length, device=first.device).view(1, -1)
    first, last = first.unsqueeze(1), last.unsqueeze(1)
    spread = (last - first + 1).clamp(min=1)
    at = ((pixel - first + 0.5) * (side / spread) - 0.5).clamp(0, side - 1)
    near = (1 - (at.unsqueeze(2) - torch.arange(side, device=first.device)).abs()).clamp(min=0)
    return near * ((pixel >= first) & (pixel <= last)).unsqueeze(2)


def _unsuppressed(boxes: Tensor, scores: Tensor, overlap: float) -> Tensor:
    """Return scores (b, c, m) of boxes (b, m, 4), _NOBODY where another box of the row with a higher score overlaps."""
    batch, row, at = _Suppression.apply(boxes, scores, overlap).unbind(dim=1)
    kept = torch.full_like(scores, _NOBODY)
    return kept.index_put((batch, row, at), scores[batch, row, at])


class _Suppression(torch.autograd.Function):
    """Non-maximum suppression in every row: (k, 3) int64, batch, row and number of what is kept.

    One operator in ONNX, which takes batches and rows as they are, so that no box need be moved out of the others' way.
    """

    @staticmethod
    def forward(_context: Any, boxes: Tensor, scores: Tensor, overlap: float) -> Tensor:
        """Suppress row by row."""
        kept = []
        for batch, row in torch.cartesian_prod(*(torch.arange(length) for length in scores.shape[:2])).tolist():
            at = torch.where(scores[batch, row] > _SOMEBODY)[0]
            at = at[nms(boxes[batch, at], scores[batch, row, at], overlap)]
            kept.append(torch.stack([torch.full_like(at, batch), torch.full_like(at, row), at], dim=1))
        return torch.cat(kept)

    @staticmethod
    def symbolic(graph: Any, boxes: Any, scores: Any, overlap: float) -> Any:
        """Return ONNX's operator."""
        limits = torch.tensor([torch.iinfo(torch.int64).max]), torch.tensor([overlap]), torch.tensor([_SOMEBODY])
        return graph.op("NonMaxSuppression", boxes, scores, *(graph.op("Constant", value_t=limit) for limit in limits))
