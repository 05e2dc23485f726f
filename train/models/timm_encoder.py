"""A timm backbone as an encoder that returns the feature maps of its scales."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import timm
import torch
from torch import Tensor, nn

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.backbone import backbone_options, create_backbone, is_backbone
from bgfg.train.models.encoder_weights import find_encoder_start
from bgfg.train.models.trial_pass import FOREIGN_ERRORS, UnfitNetwork, can_run, in_one_line, trial_pass

# Largest numbers in options of a backbone: of how many blocks there are, on which the time of building depends, and
# of all else.
_MOST_BLOCKS = dict.fromkeys(("depth", "depths", "layers", "stages"), 128)
_LARGEST = 8192


class TimmEncoder(nn.Module):
    """A backbone of timm that gives features, of some of its scales.

    It is tried once, with zeros of `side_px`: which backbones give maps of the scales that they name, and for which
    sizes, only running them tells.

    Args:
        backbone: Its name in timm.
        options: What else timm is to make it with.
        inputs: Channels of its input.
        weights: What it starts from, as `find_encoder_start` has it.
        side_px: Side of its input.
        scales: Finest and coarsest scale that is kept, by what they divide the sides of the input.

    Attributes:
        channels: Channels of each map, from fine to coarse.
        scales: By what the sides of each map are divided.
        takes_any_size: Whether it takes other sides too that are multiples of the coarsest scale; else `side_px` alone.
        origin: What the weights were that it started from; None for fresh ones.
        mean: Mean of the channels that it expects pictures to be normalised by.
        std: Standard deviation of these.

    Raises:
        Problem: timm doesn't know the name or can't give its features, they can't be made of inputs of `side_px`, or
            the weights can't be had or don't fit.
    """

    def __init__(
        self,
        backbone: str,
        options: Mapping[str, Any],
        inputs: int,
        weights: str | Mapping[str, Any] | None = None,
        side_px: int = 96,
        scales: tuple[int, int] = (1, 16),
    ) -> None:
        super().__init__()
        if not is_backbone(backbone):
            near = get_close_matches(backbone, timm.list_models(), n=5, cutoff=0.5)
            choose = f"choose one of timm's, such as {', '.join(near or ['resnet18'])}"
            raise Problem(f"encoder {backbone!r}: not known to timm {timm.__version__}: {choose}", exit_code=2)
        _require_plain(backbone, options)
        start = find_encoder_start(backbone, weights)
        levels = _levels(_create(backbone, options, inputs, out_indices=None), *scales)
        if not levels:
            line = f"encoder {backbone!r}: all its features are coarser than 1/{scales[1]} of its input"
            raise Problem(f"{line}: choose another, such as resnet18", exit_code=2)
        self.backbone = _create(backbone, options, inputs, out_indices=levels)
        start.load_into(self.backbone, in_chans=inputs, out_indices=levels, **options)
        self.origin, self.mean, self.std = start.origin, start.mean, start.std
        info: Any = self.backbone.feature_info
        self.channels: list[int] = info.channels()
        self.scales: list[int] = info.reduction()
        self._channels_last = getattr(self.backbone, "output_fmt", "NCHW") == "NHWC"
        self.takes_any_size = True
        if can_run(self.backbone):
            self._require_fit(backbone, options, inputs, side_px)
            self.takes_any_size = self._takes(inputs, side_px + scales[1], side_px)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the feature maps of (n, c, h, w), from fine to coarse, each (n, channels, h', w')."""
        maps: list[Tensor] = self.backbone(x)
        return [map_.permute(0, 3, 1, 2) for map_ in maps] if self._channels_last else maps

    def split_first_convolution(self) -> None:
        """Give the two halves of a batch a first convolution each, with the same weights; all else stays common."""
        name, first = next((n, each) for n, each in self.backbone.named_modules() if isinstance(each, nn.Conv2d))
        self.backbone.set_submodule(name, HalvesConv(first))

    def _require_fit(self, backbone: str, options: Mapping[str, Any], inputs: int, side_px: int) -> None:
        """Try maps of a side; raise Problem where the backbone can't take them."""
        try:
            self._try(inputs, side_px, side_px)
        except UnfitNetwork as error:
            mend = _mend(backbone, options, inputs, side_px)
            line = f"encoder {backbone!r}: can't take maps of {side_px} by {side_px} px ({error}): {mend}"
            raise Problem(line, exit_code=2) from error

    def _try(self, inputs: int, height_px: int, width_px: int) -> None:
        """Raise UnfitNetwork where inputs of a size don't give maps of the channels that timm names."""
        maps = trial_pass(self, (1, inputs, height_px, width_px))
        for map_, channels in zip(maps, self.channels, strict=True):
            if map_.ndim != 4 or map_.shape[1] != channels or 0 in map_.shape:
                raise UnfitNetwork(f"a map of {channels} channels came out as {tuple(map_.shape)}")

    def _takes(self, inputs: int, height_px: int, width_px: int) -> bool:
        try:
            self._try(inputs, height_px, width_px)
        except UnfitNetwork:
            return False
        return True


class HalvesConv(nn.Module):
    """A convolution of each half of a batch, (2 n, c, h, w): two of the same kind, with the same weights at first."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.first, self.second = conv, copy.deepcopy(conv)

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps of both halves, as one batch again."""
        first, second = x.chunk(2)
        return torch.cat([self.first(first), self.second(second)])


def _require_plain(backbone: str, options: Mapping[str, Any]) -> None:
    """Raise Problem where an option isn't one of the backbone itself, or no plain value.

    timm knows options beside these by which it reads files and addresses, and a network is to be built again by its
    options alone, from a checkpoint that anybody may have written.
    """
    known = backbone_options(backbone)
    for option, value in options.items():
        if option not in known:
            reason = f"it has no option {option!r:.60}"
        elif not (_is_word(value) or _is_numeric(value, _MOST_BLOCKS.get(option, _LARGEST))):
            reason = f"{option} is {value!r:.60}, no word, number or list of numbers"
        else:
            continue
        raise Problem(f"encoder {backbone!r}: timm can't build it ({reason}): choose another option", exit_code=2)


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\w{0,60}", value) is not None


def _is_numeric(value: Any, largest: int, depth: int = 2) -> bool:
    """Say whether a value is a number (true and false count as such), or a short list of numbers, or of such lists."""
    if isinstance(value, (list, tuple)):
        return depth > 0 and len(value) <= 64 and all(_is_numeric(each, largest, depth - 1) for each in value)
    return value is None or (isinstance(value, (bool, int, float)) and abs(value) <= largest)


def _mend(backbone: str, options: Mapping[str, Any], inputs: int, side_px: int) -> str:
    """Return what to do about a backbone that can't take maps of a side: told its size, where that helps."""
    told = dict(options) | {"img_size": side_px}
    if told != options:
        try:
            trial_pass(_create(backbone, told, inputs, out_indices=None), (1, inputs, side_px, side_px))
        except (Problem, UnfitNetwork):
            pass  # then it takes no such option, or isn't helped by it
        else:
            return f"give --model-option 'encoder_options={json.dumps(told)}', or choose another, such as resnet18"
    return "choose another, such as resnet18"


def _create(backbone: str, options: Mapping[str, Any], inputs: int, out_indices: tuple[int, ...] | None) -> nn.Module:
    """Build a timm backbone that returns features, with fresh weights; raise Problem where timm can't."""
    chosen = dict(options) if out_indices is None else dict(options) | {"out_indices": out_indices}
    try:
        return create_backbone(backbone, in_chans=inputs, **chosen)
    except FOREIGN_ERRORS as error:
        line = f"encoder {backbone!r}: timm can't build it ({in_one_line(error)}): choose another, such as resnet18"
        raise Problem(line, exit_code=2) from error


def _levels(network: nn.Module, finest: int, coarsest: int) -> tuple[int, ...]:
    """Return the indices of the features to keep: the last of each scale from the finest to the coarsest."""
    info: Any = network.feature_info
    last = {scale: index for index, scale in enumerate(info.reduction()) if finest <= scale <= coarsest}
    return tuple(last.values())
