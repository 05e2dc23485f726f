"""The compact teacher in training: one more network, which looks at the composite alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.teachers.compact import STRIDE_PX
from bgfg.depth_teacher.teachers.compact_file import load_net, open_pair
from bgfg.depth_teacher.teachers.compact_net import CompactNet
from bgfg.train.models.network import PictureNet
from torch import Tensor


class Compact(PictureNet):
    """A picture in, its depth out at half the size.

    backbone: of timm, by name. width: of the decoder. start: the safetensors of a compact teacher to go on from, of the
    same backbone and width; None for fresh weights.
    """

    learns = ("depth",)
    by_default = ("depth",)
    step_px = STRIDE_PX
    without_download: ClassVar[dict[str, Any]] = {"start": None}

    def __init__(
        self,
        name: str,
        targets: Sequence[str],
        *,
        input_px: int = 160,
        backbone: str = "mobilenetv4_conv_small",
        width: int = 16,
        start: str | None = None,
    ) -> None:
        super().__init__(name, targets, input_px)
        try:
            self.net = CompactNet(backbone, width)
        except (RuntimeError, ValueError) as error:
            raise Problem(f"backbone {backbone!r}: {error}: choose another", exit_code=2) from error
        if start is not None:
            pair = open_pair(Path(start))
            if dict(pair.about.network) != self.net.options:
                says = f"a network of {dict(pair.about.network)}, not {self.net.options}"
                raise Problem(f"{start}: {says}: give the same backbone and width", exit_code=2)
            self.net.load_state_dict(load_net(pair).state_dict())

    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size of the map: half of the picture's."""
        if height_px % STRIDE_PX or width_px % STRIDE_PX:
            raise self.refused(height_px, width_px, f"sides that are multiples of {STRIDE_PX} px")
        return height_px // 2, width_px // 2

    def maps(self, picture: Tensor) -> Tensor:
        """Return the normalised inverse depth, (n, 1, h / 2, w / 2)."""
        raw: Tensor = self.net(picture)
        return raw
