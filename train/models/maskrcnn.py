"""Mask R-CNN: every person of a picture with a box, a score and a mask of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.models.network import MEAN, STD, Net
from bgfg.train.models.pretrained import start_from
from bgfg.train.ops.instances import MOST
from bgfg.train.targets.instances import Boxed, boxed
from torch import Tensor, nn
from torchvision.models import resnet
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import FastRCNNConvFCHead, FastRCNNPredictor
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.rpn import RPNHead
from torchvision.models.detection.transform import GeneralizedRCNNTransform

BACKBONES = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")

# What padding would otherwise do to pictures, so that the coarsest maps have whole pixels.
_STEP_PX = 32

# Anchors have these sizes, times the smallest one's, a scale of the pyramid each; and these proportions.
_SCALES, _ASPECTS = (1, 2, 4, 8, 16), (0.5, 1.0, 2.0)

# What isn't at least as likely as this is no detection, whatever it is to be used for: torchvision's.
_LEAST_SCORE = 0.05

_PUBLISHED = "download.pytorch.org/models/maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth"


class Found(NamedTuple):
    """What the network says of n pictures.

    losses: by torchvision's names, scalars over the batch; {} where no truth was given. detections: of each picture the
    likeliest first: "boxes" (k, 4) float32, left, top, right, bottom in px, "labels" (k,) int64, "scores" (k,) float32
    and "masks" (k, 1, h, w) float32 in 0..1; [] in training.
    """

    losses: Mapping[str, Tensor]
    detections: Sequence[Mapping[str, Tensor]]

    def float(self) -> Found:
        """Return the same at full precision."""
        return Found(
            {name: loss.float() for name, loss in self.losses.items()},
            [{name: part.float() if part.is_floating_point() else part for name, part in found.items()}
             for found in self.detections],
        )  # fmt: skip


class MaskRCNNNet(Net):
    """torchvision's `maskrcnn_resnet50_fpn_v2`, of Li et al., "Benchmarking detection transfer learning with vision
    transformers", 2021: 46,359,409 parameters with the 91 classes of COCO. Other backbones and a smaller width make it
    light enough for a processor.

    classes: how many, background and person first, as in COCO. weights: a file to start from, .pth or .safetensors, of
    the whole network or of its backbone; None for fresh ones. backbone: of BACKBONES. width: channels of the pyramid
    and of the heads. anchor_px: side of the smallest anchor. proposals: regions of a picture that are looked at, twice
    as many in training, which learns from a choice of `regions` of them. detections: of a picture at most.
    """

    learns = ("instances",)
    by_default = ("instances",)
    shots = 1
    without_download: ClassVar[dict[str, Any]] = {"weights": None}
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
        sizes = {"width": width, "anchor_px": anchor_px, "proposals": proposals, "regions": regions}
        for option, value, least in (("classes", classes, 2), ("detections", detections, 1), *(
            (option, value, 1) for option, value in sizes.items())):  # fmt: skip
            if value < least:
                raise Problem(f"{name}: {option} is {value}: give at least {least}", exit_code=2)
        if detections > MOST:
            raise Problem(f"{name}: detections is {detections}: give at most {MOST}", exit_code=2)
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
        self.network.transform = _AsGiven(input_px, input_px, list(MEAN), list(STD), size_divisible=_STEP_PX)
        if weights is None:
            published = f"--model-option weights=FILE starts from published ones, such as {_PUBLISHED}"
            self.origin = f"{name} starts from scratch; {published}"
        else:
            self.origin = f"{name} starts from {start_from(self.network, weights)}"

    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size of the masks, the pictures' own."""
        if height_px % _STEP_PX or width_px % _STEP_PX:
            raise self.refused(height_px, width_px, f"sides that are multiples of {_STEP_PX} px")
        return height_px, width_px

    def forward(self, picture: Tensor, truths: Mapping[str, Tensor] | None = None) -> dict[str, Found]:
        """Find the people of pictures (n, 3, h, w), float in [0, 1]; or in training the losses alone.

        truths: "instances", (n, 1, h, w) uint8, as the target encodes it; with it the losses are found too.
        """
        self.output_px(picture.shape[-2], picture.shape[-1])
        pictures = list(picture)
        losses = {} if truths is None else self._losses(pictures, boxed(truths["instances"]))
        return {"instances": Found(losses, [] if self.training else self.network(pictures))}

    def _losses(self, pictures: list[Tensor], truths: list[Boxed]) -> dict[str, Tensor]:
        """Return the losses, also of a network that is set to evaluate, whose normalisation then stays as it is."""
        asked = (self.network, self.network.rpn, self.network.roi_heads)
        for part in asked:
            part.training = True
        try:
            losses: dict[str, Tensor] = self.network(pictures, truths)
        finally:
            for part in asked:
                part.training = self.training
        return losses


class _AsGiven(GeneralizedRCNNTransform):  # type: ignore[misc]  # torchvision tells no types
    """Standardises pictures, and leaves them the size that they have: who gives them has chosen it."""

    def resize(self, image: Tensor, target: Any = None) -> tuple[Tensor, Any]:
        """Return the same."""
        return image, target


def _pyramid(name: str, backbone: str, width: int) -> BackboneWithFPN:
    if backbone not in BACKBONES:
        raise Problem(f"{name}: no backbone {backbone!r}: choose one of {', '.join(BACKBONES)}", exit_code=2)
    # Each block begins as nothing but its shortcut (Goyal et al., "Accurate, large minibatch SGD", 2017): fresh ones
    # else add up to logits of hundreds, where a last digit decides.
    body = getattr(resnet, backbone)(weights=None, zero_init_residual=True)
    channels = [body.inplanes // 2**i for i in (3, 2, 1, 0)]
    layers = {f"layer{i + 1}": str(i) for i in range(4)}
    return BackboneWithFPN(body, layers, channels, width, norm_layer=nn.BatchNorm2d)
