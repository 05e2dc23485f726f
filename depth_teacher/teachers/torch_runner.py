"""Run a PyTorch network on batches of pictures: half precision and channels-last on a GPU, one batch in flight."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.device import describe_device
from bgfg.depth_teacher.ops.torch_threads import TORCH_THREADS
from bgfg.depth_teacher.teachers.teacher import DepthBatch, RgbBatch

# From a network and pictures (n, H, W, 3) uint8 RGB on the processor to depth (n, Hd, Wd); it moves the pictures to the
# device.
ForwardPass = Callable[[nn.Module, Tensor], Tensor]


class TorchRunner:
    """Runs a network on a device; where memory runs out, in smaller batches from then on.

    Args:
        net: The network.
        device: What it runs on.
        forward: Calls the network: pictures in, depth out.
        threads: How many processor cores one batch may use; None for all.
        say: Told when memory ran out.
    """

    def __init__(
        self,
        net: nn.Module,
        device: torch.device,
        forward: ForwardPass,
        threads: int | None,
        say: Callable[[str], None],
    ) -> None:
        self._device, self._forward, self._threads, self._say = device, forward, threads, say
        self._net = net.to(device).to(memory_format=torch.channels_last).eval()
        self._is_half = device.type != "cpu"
        self._limit: int | None = None  # pictures at a time, once memory ran out

    @property
    def where(self) -> str:
        """Device and precision, in words."""
        return f"{describe_device(self._device)}, {'float16' if self._is_half else 'float32'}"

    def predict_batches(self, batches: Iterable[RgbBatch]) -> Iterator[DepthBatch]:
        """Yield the depth of each batch, (n, Hd, Wd) float32; the device works on the next one meanwhile."""
        under_way: deque[list[Tensor]] = deque()
        for pictures in batches:
            under_way.append(self._start(pictures))
            if len(under_way) > 1:
                yield _finished(under_way.popleft())
        while under_way:
            yield _finished(under_way.popleft())

    def _start(self, pictures: RgbBatch) -> list[Tensor]:
        """Set a batch going, in parts where memory wants that; return its depth, which may not be there yet."""
        parts: list[Tensor] = []
        start = 0
        while start < len(pictures):
            count = min(self._limit or len(pictures), len(pictures) - start)
            try:
                parts.append(self._run(pictures[start : start + count]))
                start += count
            except (torch.OutOfMemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                self._halve(count)
        return parts

    def _run(self, pictures: RgbBatch) -> Tensor:
        batch = torch.from_numpy(pictures if pictures.flags.writeable else pictures.copy())
        if self._device.type == "cuda":
            batch = batch.pin_memory()
        with (
            TORCH_THREADS.during(self._threads),
            torch.inference_mode(),
            torch.autocast(self._device.type, torch.float16, enabled=self._is_half),
        ):
            return self._forward(self._net, batch).float()

    def _halve(self, count: int) -> None:
        if count == 1:
            raise Problem(
                f"{describe_device(self._device)}: too little memory for a single picture: give a smaller "
                "--input-size, or --device cpu"
            )
        self._limit = count // 2
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        self._say(
            f"{describe_device(self._device)}: out of memory with {count} pictures at a time: "
            f"going on with {self._limit}"
        )


def is_out_of_memory(error: RuntimeError) -> bool:
    """Say whether a failure of PyTorch means that a device, or the machine, has too little memory."""
    text = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in text or "can't allocate memory" in text


def _finished(parts: list[Tensor]) -> DepthBatch:
    return np.concatenate([part.cpu().numpy() for part in parts])
