"""Teachers from the Hugging Face hub: any depth-estimation model of `transformers`, with its own image processor."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import torch
import transformers
from huggingface_hub import snapshot_download
from torch import Tensor, nn

from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.json_form import read_json
from bgfg.data_manifests.files.regular_file import open_regular, read_regular
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.teachers.teacher import DepthBatch, RgbBatch
from bgfg.depth_teacher.teachers.torch_runner import TorchRunner

# Metres indoors, 25 million parameters: what docs/depth.md names first, with what is known of its licence.
SUGGESTED_MODEL = "depth-anything/Depth-Anything-V2-Metric-Indoor-Small-hf"

# Kinds of model that give metres whatever their configuration says; others say it, or give inverse depth.
_METRIC_KINDS = ("zoedepth", "glpn", "depth_pro")

# Kinds whose depth is another thing than their network's output, which their post-processing makes of it.
_CONVERTED_KINDS = ("depth_pro",)
_NEAR_M, _FAR_M = 0.1, 100.0

_FILES = ("*.json", "*.safetensors", "README.md")


def load_hub_teacher(
    name: str,
    device: torch.device,
    input_px: tuple[int, int] | None,
    batch: int | None,
    for_corpus: bool,
    say: Callable[[str], None],
) -> HubTeacher:
    """Load a model by its name on the hub or from a folder, and tell its licence.

    Args:
        name: Its name on the hub, or a folder.
        device: What it runs on.
        input_px: Height and width of its input; None for what its processor says.
        batch: Pictures at a time; None for what suits the device.
        for_corpus: Whether it labels a corpus; on a processor it then has one core.
        say: Told the licence, and when memory ran out.

    Raises:
        Problem: It can't be fetched, has no safetensors, or estimates no depth.
    """
    folder = _local_folder(name)
    _require_own(folder, name)
    transformers.utils.logging.disable_progress_bar()
    try:
        processor = transformers.AutoImageProcessor.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        model = transformers.AutoModelForDepthEstimation.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_safetensors=True
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError) as error:
        raise_failed_call(error, folder)
        reason = " ".join(str(error).split())[:160]
        raise Problem(f"{name}: no depth-estimation model of transformers ({reason}): try {SUGGESTED_MODEL}") from error
    teacher = HubTeacher(folder, name, model, processor, device, input_px, batch, for_corpus, say)
    say(f"{name}: licence {teacher.describe()['licence'] or 'not stated'}")
    return teacher


class HubTeacher:
    """A model of `transformers` as a PictureTeacher; its depth has the picture's size.

    Nothing is rescaled picture by picture: the model's metres, or inverse depth, are kept.
    """

    overlooks_people = False

    def __init__(
        self,
        folder: Path,
        name: str,
        model: Any,
        processor: Any,
        device: torch.device,
        input_px: tuple[int, int] | None,
        batch: int | None,
        for_corpus: bool,
        say: Callable[[str], None],
    ) -> None:
        self._folder, self._name, self._processor, self._device = folder, name, processor, device
        self._weights_sha256 = _weights_sha256(folder)
        self._config: Any = model.config
        self._options = {"size": {"height": input_px[0], "width": input_px[1]}} if input_px else {}
        self.is_metric = is_metric(self._config)
        self.range_m = (_NEAR_M, max_depth_m(self._config))
        self.batch = batch or (32 if device.type == "cuda" else 4)
        threads = 1 if for_corpus and device.type == "cpu" else None
        self._runner = TorchRunner(model, device, self._forward, threads, say)
        self.where = self._runner.where

    def describe(self) -> dict[str, Any]:
        """Return name, version, weights' SHA-256 and licence."""
        return {
            "name": f"hub:{Path(self._name).name if Path(self._name).is_dir() else self._name}",
            "version": 1,
            "weights_sha256": self._weights_sha256,
            "licence": _licence(self._folder),
        }

    def input_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size (height, width) to which its processor brings pictures of this size."""
        pixels = self._pixels(torch.zeros(1, height_px, width_px, 3, dtype=torch.uint8))
        return int(pixels.shape[-2]), int(pixels.shape[-1])

    def predict_batches(self, batches: Iterable[RgbBatch]) -> Iterator[DepthBatch]:
        """Yield the metres, or inverse depth, (n, H, W) of each batch of pictures."""
        return self._runner.predict_batches(batches)

    def _pixels(self, pictures: Tensor) -> Tensor:
        images = list(pictures.numpy())
        found = self._processor(images=images, return_tensors="pt", input_data_format="channels_last", **self._options)
        pixels: Tensor = found["pixel_values"]
        return pixels

    def _forward(self, net: nn.Module, pictures: Tensor) -> Tensor:
        outputs = net(pixel_values=self._pixels(pictures).to(self._device))
        outputs.predicted_depth = outputs.predicted_depth.float()
        sizes = [tuple(pictures.shape[1:3])] * len(pictures)
        post_process = self._processor.post_process_depth_estimation
        padded = {"source_sizes": sizes} if "source_sizes" in signature(post_process).parameters else {}  # ZoeDepth's
        found = post_process(outputs, target_sizes=sizes, **padded)
        depth = torch.stack([each["predicted_depth"] for each in found])
        return depth if self._config.model_type in _CONVERTED_KINDS else clamp_to_range(depth, outputs.predicted_depth)


def clamp_to_range(depth: Tensor, predicted: Tensor) -> Tensor:
    """Return resized depth (n, H, W) within the range of each network's output (n, h, w).

    The bicubic resizing of transformers overshoots at silhouettes, as far as below 0, which would count as unknown.
    """
    known = predicted.isfinite().flatten(1)
    flat = predicted.flatten(1)
    lowest = flat.masked_fill(~known, float("inf")).amin(1)[:, None, None]
    highest = flat.masked_fill(~known, float("-inf")).amax(1)[:, None, None]
    return depth.clamp(lowest, highest)


def is_metric(config: Any) -> bool:
    """Say whether a model of this configuration gives metres; if not, it gives inverse depth without a unit."""
    return getattr(config, "depth_estimation_type", None) == "metric" or config.model_type in _METRIC_KINDS


def max_depth_m(config: Any) -> float:
    """Return the farthest distance that a metric model gives, as its configuration says; else 100 m."""
    bins = getattr(config, "bin_configurations", None) or [{}]
    found = getattr(config, "max_depth", None) or max(b.get("max_depth", 0) for b in bins)
    return float(found or _FAR_M)


def _local_folder(name: str) -> Path:
    """Return the folder of a model, fetched from the hub where `name` is no folder here."""
    if Path(name).is_dir():
        return Path(name)
    try:
        return Path(snapshot_download(name, allow_patterns=list(_FILES)))
    except (OSError, ValueError) as error:  # what the hub's client raises is of these kinds
        reason = " ".join(str(error).split())[:120]
        raise Problem(
            f"{name}: can't be fetched from the hub ({reason}): where there is network run "
            f"`hf download {name} --local-dir DIR`, bring DIR here and give --weights DIR"
        ) from error


def _require_own(folder: Path, name: str) -> None:
    """Raise Problem where a model's configuration would fetch another model, or run code, to build it."""
    path = folder / "config.json"
    try:
        wanted = [read_json(path)] if path.is_file() else []
    except ValueError as error:
        raise Problem(f"{path}: not readable as JSON ({error}): fetch {name} again") from error
    while wanted:
        part = wanted.pop()
        if not isinstance(part, dict):
            continue
        for option in ("auto_map", "use_pretrained_backbone"):
            if part.get(option):
                line = f"{path}: {option} would have other files fetched or run, which bgfg doesn't"
                raise Problem(f"{line}: try {SUGGESTED_MODEL}")
        wanted.extend(part.values())


def _weights_sha256(folder: Path) -> str:
    """Return the SHA-256 over the model's safetensors files, in the order of their names."""
    found = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        with open_regular(path) as file:
            while data := file.read(2**20):
                found.update(data)
    return found.hexdigest()


def _licence(folder: Path) -> str | None:
    """Return the licence that the model's card states, None where it states none."""
    card = folder / "README.md"
    text = read_regular(card).decode("utf-8", "replace") if card.is_file() else ""
    head = re.match(r"---\n(.*?)\n---", text, re.DOTALL)
    found = re.search(r"^license:\s*(\S+)", head[1], re.MULTILINE) if head else None
    return found[1] if found else None
