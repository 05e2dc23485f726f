"""What needs no training: a network that doesn't beat it has learnt nothing."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from bgfg.synth.store.store import Corpus
from bgfg.train.evaluation.methods import CORPUS, OUTPUT, Found, Scene
from bgfg.train.ops import resize
from bgfg.train.targets.depth import DepthTarget
from torch import Tensor

_MILLIMETRES = 1000


class Difference:
    """Where the two shots differ: the largest |bg_fg - bg| of the three channels, at the size of the corpus.

    The square root of the difference (0..1) is what a threshold is put to, since thresholds lie on an even grid and
    small differences are to be told apart finely. At the size of the network's output the difference is averaged over
    the area of each pixel.
    """

    name = "difference"
    sees = True
    soft = False
    fallback: float | None = None

    def __init__(self, output_px: tuple[int, int]) -> None:
        self._output_px = output_px

    def find(self, scene: Scene) -> Found:
        """Return the score of each pixel, as a mask."""
        difference = (scene.bg_fg.float() - scene.bg.float()).abs().amax(dim=1, keepdim=True) / 255
        at_output = resize.area(difference, self._output_px)
        return Found({OUTPUT: at_output.sqrt(), CORPUS: difference.sqrt()})


class BackgroundDepth:
    """The depth that the corpus has of the bare background; where it isn't known, the mean of all that is."""

    name = "background's depth"
    sees = False
    soft = True
    fallback: float | None = None

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

    def find(self, scene: Scene) -> Found:
        """Return the depth of each sample's background."""
        return Found(depth_m=self._depth_m[scene.background])


class MeanDepth:
    """The mean depth in metres of each pixel over training samples, at the size of the network's output.

    codes: (n, 1, Hd, Wd) a batch; at least one pixel of all is known.
    """

    name = "mean depth"
    sees = False
    soft = True
    fallback: float | None = None

    def __init__(
        self, codes: Iterable[Tensor], target: DepthTarget, output_px: tuple[int, int], device: torch.device
    ) -> None:
        sums = torch.zeros(1, 1, *output_px, dtype=torch.float64)
        counts = torch.zeros_like(sums)
        for batch in codes:
            inverse, known = target.encode(batch, output_px)
            metres = torch.where(known, target.decode(inverse), 0.0)
            sums += metres.sum(dim=0, keepdim=True).cpu()
            counts += known.sum(dim=0, keepdim=True).cpu()
        mean_m = torch.where(counts > 0, sums / counts.clamp(min=1), sums.sum() / counts.sum())
        self._depth_m = mean_m.float().to(device)

    def find(self, scene: Scene) -> Found:
        """Return the mean depth, the same for all samples."""
        return Found(depth_m=self._depth_m.expand(len(scene.background), -1, -1, -1))
