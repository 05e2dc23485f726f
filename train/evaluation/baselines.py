"""Baselines that need no training: a network that doesn't beat them has learnt nothing."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from bgfg.synth.store.corpus import Corpus
from bgfg.train.evaluation.methods import AT_CORPUS, AT_OUTPUT, EvalBatch, MethodOutput
from bgfg.train.ops import tensor_resize
from bgfg.train.targets.depth import DepthTarget

_MILLIMETRES = 1000


class DifferenceBaseline:
    """A mask where the two shots differ: the largest |bg_fg - bg| of the three channels, at the size of the corpus.

    The square root of the difference (0..1) is what the threshold applies to, since thresholds lie on an even grid and
    small differences are to be told apart finely. At the size of the network's output the difference is averaged over
    the area of each pixel.
    """

    name = "difference"
    uses_images = True
    has_alpha = False
    fallback_threshold: float | None = None

    def __init__(self, output_px: tuple[int, int]) -> None:
        self._output_px = output_px

    def predict(self, batch: EvalBatch) -> MethodOutput:
        """Return the score of each pixel as a mask."""
        assert batch.bg is not None
        difference = (batch.bg_fg.float() - batch.bg.float()).abs().amax(dim=1, keepdim=True) / 255
        at_output = tensor_resize.area(difference, self._output_px)
        return MethodOutput({AT_OUTPUT: at_output.sqrt(), AT_CORPUS: difference.sqrt()})


class BackgroundDepthBaseline:
    """The depth of the bare background, as the corpus has it; where it is unknown, the mean of all that is known."""

    name = "background's depth"
    uses_images = False
    has_alpha = True
    fallback_threshold: float | None = None

    def __init__(self, corpus: Corpus, target: DepthTarget, output_px: tuple[int, int], device: torch.device) -> None:
        code = corpus.depth_code()
        codes = [
            code.encode(corpus.read("background_depth", b)[None, None] / _MILLIMETRES)
            for b in range(corpus.geometry.backgrounds)
        ]
        encoded = [target.encode(torch.from_numpy(each), output_px) for each in codes]
        inverse, known = (torch.cat(parts) for parts in zip(*encoded, strict=True))
        depth_m = target.decode(inverse)
        self._depth_m = torch.where(known, depth_m, depth_m[known].mean()).to(device)  # (B, 1, h, w)

    def predict(self, batch: EvalBatch) -> MethodOutput:
        """Return the depth of each sample's background."""
        return MethodOutput(depth_m=self._depth_m[batch.background])


class MeanDepthBaseline:
    """The mean depth in metres of each pixel over training samples, at the size of the network's output."""

    name = "mean depth"
    uses_images = False
    has_alpha = True
    fallback_threshold: float | None = None

    def __init__(
        self, codes: Iterable[Tensor], target: DepthTarget, output_px: tuple[int, int], device: torch.device
    ) -> None:
        """Average the depth of training samples.

        Args:
            codes: Their coded depth, (n, 1, Hd, Wd) a batch; at least one pixel of all is known.
            target: What decodes it.
            output_px: Height and width of the network's output.
            device: Where the method runs.
        """
        sums = torch.zeros(1, 1, *output_px, dtype=torch.float64)
        counts = torch.zeros_like(sums)
        for batch in codes:
            inverse, known = target.encode(batch, output_px)
            metres = torch.where(known, target.decode(inverse), 0.0)
            sums += metres.sum(dim=0, keepdim=True).cpu()
            counts += known.sum(dim=0, keepdim=True).cpu()
        mean_m = torch.where(counts > 0, sums / counts.clamp(min=1), sums.sum() / counts.sum())
        self._depth_m = mean_m.float().to(device)

    def predict(self, batch: EvalBatch) -> MethodOutput:
        """Return the mean depth, the same for all samples."""
        return MethodOutput(depth_m=self._depth_m.expand(len(batch.background), -1, -1, -1))
