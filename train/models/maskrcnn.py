"""Mask R-CNN: every person of a picture with a box, a score and a mask of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor, nn
from torchvision.models import resnet
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import FastRCNNConvFCHead, FastRCNNPredictor
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.rpn import RPNHead
from torchvision.models.detection.transform import GeneralizedRCNNTransform

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.encoder_origin import IMAGENET_MEAN, IMAGENET_STD
from bgfg.depth_teacher.ops.started_from import started_from
from bgfg.train.models.encoder_weights import describe_file
from bgfg.train.models.network import BaseNetwork
from bgfg.train.models.pretrained import load_pretrained
from bgfg.train.ops.instances import MAX_INSTANCES
from bgfg.train.targets.instances import DetectionTruth, DetectorOutput, detection_truths

# The backbones by name.
BACKBONES: dict[str, Callable[..., resnet.ResNet]] = {
    "resnet18": resnet.resnet18,
    "resnet34": resnet.resnet34,
    "resnet50": resnet.resnet50,
    "resnet101": resnet.resnet101,
    "resnet152": resnet.resnet152,
}

# Sides are multiples of this, so that the coarsest maps have whole pixels; torchvision would pad pictures to it.
_STEP_PX = 32

# Sizes of anchors, as multiples of the smallest one's, one for each scale of the pyramid; and their height / width.
_SCALES, _ASPECTS = (1, 2, 4, 8, 16), (0.5, 1.0, 2.0)

# Lowest score that counts as a detection at all, whatever it is used for: torchvision's default.
_LEAST_SCORE = 0.05

_PUBLISHED = "download.pytorch.org/models/maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth"


class MaskRCNNNet(BaseNetwork):
    """Mask R-CNN of torchvision, `maskrcnn_resnet50_fpn_v2`; 46,359,409 parameters with the 91 classes of COCO.

    Source: Li et al., "Benchmarking detection transfer learning with vision transformers", 2021. Other backbones and a
    smaller width make it light enough for a processor.

    Args:
        name: Name in the registry.
        targets: "instances" alone.
        input_px: Side of the square pictures that it is meant for.
        classes: Number of classes, background and person first, as in COCO.
        weights: File to start from, .pth or .safetensors, of the whole network or of its backbone; None for fresh
            weights.
        backbone: One of BACKBONES.
        width: Channels of the feature pyramid and of the heads.
        anchor_px: Side of the smallest anchor.
        proposals: Regions of a picture that are looked at; twice as many in training.
        regions: How many of the proposals each picture's losses are computed on in training.
        detections: Detections of a picture at most.
    """

    learnable_targets = ("instances",)
    default_targets = ("instances",)
    shots = 1
    offline_options: ClassVar[dict[str, Any]] = {"weights": None}
    step_px = _STEP_PX

    def __init__(
        self,
        name: str,
        targets: Sequence[str],
        *,
        input_px: int = 320,
        classes: int = 2,
        weights: str | None = None,
        backbone: str = "resnet50",
        width: int = 256,
        anchor_px: int = 32,
        proposals: int = 1000,
        regions: int = 512,
        detections: int = 100,
    ) -> None:
        super().__init__(name, targets, input_px)
        if classes < 2:
            raise Problem(f"{name}: classes is {classes}: give at least 2", exit_code=2)
        if detections > MAX_INSTANCES:
            raise Problem(f"{name}: detections is {detections}: give at most {MAX_INSTANCES}", exit_code=2)
        self.network = MaskRCNN(
            _pyramid(name, backbone, width),
            rpn_anchor_generator=AnchorGenerator(tuple((anchor_px * s,) for s in _SCALES), (_ASPECTS,) * len(_SCALES)),
            rpn_head=RPNHead(width, len(_ASPECTS), conv_depth=2),
            rpn_pre_nms_top_n_train=2 * proposals,
            rpn_post_nms_top_n_train=2 * proposals,
            rpn_pre_nms_top_n_test=proposals,
            rpn_post_nms_top_n_test=proposals,
            box_head=FastRCNNConvFCHead((width, 7, 7), [width] * 4, [4 * width], norm_layer=nn.BatchNorm2d),
            box_predictor=FastRCNNPredictor(4 * width, classes),
            box_score_thresh=_LEAST_SCORE,
            box_detections_per_img=detections,
            box_batch_size_per_image=regions,
            mask_head=MaskRCNNHeads(width, [width] * 4, 1, norm_layer=nn.BatchNorm2d),
            mask_predictor=MaskRCNNPredictor(width, width, classes),
        )
        self.network.transform = _AsGiven(
            input_px, input_px, list(IMAGENET_MEAN), list(IMAGENET_STD), size_divisible=_STEP_PX
        )
        if weights is None:
            published = f"--model-option weights=FILE starts from published ones, such as {_PUBLISHED}"
            self.weights_origin = f"{name} starts from scratch; {published}"
        else:
            self.weights_origin = f"{name} starts from {load_pretrained(self.network, weights)}"
            self.started_from = started_from(*describe_file(Path(weights)))

    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size of the masks, the pictures' own."""
        if height_px % _STEP_PX or width_px % _STEP_PX:
            raise self.size_problem(height_px, width_px, f"sides that are multiples of {_STEP_PX} px")
        return height_px, width_px

    def forward(self, picture: Tensor, truths: Mapping[str, Tensor] | None = None) -> dict[str, DetectorOutput]:
        """Detect the people of pictures, or compute the losses of detecting them.

        Args:
            picture: (n, 3, h, w), float in [0, 1].
            truths: "instances", (n, 1, h, w) uint8, as the target encodes it; None to compute no losses.

        Returns:
            Under "instances" the losses, where truths are given, and the detections, but in training mode.
        """
        self.output_px(picture.shape[-2], picture.shape[-1])
        pictures = list(picture)
        losses = {} if truths is None else self._losses(pictures, detection_truths(truths["instances"]))
        return {"instances": DetectorOutput(losses, [] if self.training else self.network(pictures))}

    def _losses(self, pictures: list[Tensor], truths: list[DetectionTruth]) -> dict[str, Tensor]:
        """Return the losses, also in evaluation mode, in which batch normalisation then keeps its statistics."""
        asked = (self.network, self.network.rpn, self.network.roi_heads)
        for part in asked:
            part.training = True
        try:
            losses: dict[str, Tensor] = self.network(pictures, truths)
        finally:
            for part in asked:
                part.training = self.training
        return losses


class _AsGiven(GeneralizedRCNNTransform):  # type: ignore[misc]  # torchvision has no types
    """Normalises pictures, but leaves them the size that they have, which the caller has chosen."""

    def resize(self, image: Tensor, target: Any = None) -> tuple[Tensor, Any]:
        """Return image and target unchanged."""
        return image, target


def _pyramid(name: str, backbone: str, width: int) -> BackboneWithFPN:
    """Return a ResNet of torchvision with fresh weights as a feature pyramid (FPN)."""
    if backbone not in BACKBONES:
        raise Problem(f"{name}: no backbone {backbone!r}: choose one of {', '.join(BACKBONES)}", exit_code=2)
    # zero_init_residual: each block starts as its shortcut alone (Goyal et al., "Accurate, large minibatch SGD", 2017).
    # Otherwise the outputs of fresh blocks add up to logits of hundreds, where rounding decides.
    body = BACKBONES[backbone](weights=None, zero_init_residual=True)
    channels = [body.inplanes // 2**i for i in (3, 2, 1, 0)]
    layers = {f"layer{i + 1}": str(i) for i in range(4)}
    return BackboneWithFPN(body, layers, channels, width, norm_layer=nn.BatchNorm2d)
