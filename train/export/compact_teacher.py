"""A trained compact network -> the pair of files that labels pictures with depth."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from bgfg.data_manifests.corpus.manifest import file_sha256
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.teachers.compact import INPUT, OUTPUT, STRIDE_PX
from bgfg.depth_teacher.teachers.compact_file import SHIPPED, About, described
from bgfg.depth_teacher.teachers.compact_net import CompactNet
from bgfg.synth.store.store import Corpus
from bgfg.train.models.checkpoint import load_model
from bgfg.train.models.compact_depth import Compact
from bgfg.train.ops import resize
from bgfg.train.stream.identity_cells import TRAIN, Identities
from bgfg.train.stream.stream import Stream
from bgfg.train.targets.depth import DepthTarget
from safetensors.torch import save as to_bytes
from torch import Tensor

LARGEST_BYTES = 8_000_000

# How far the two files may be from each other, in the raw output, where 1 is the middle of the range.
TOLERANCE = 1e-3

# The mean map of the training split is kept so coarsely, and taken over so many samples.
_MEAN_PX = 16
_MEAN_SAMPLES = 4_000

_OPSET = 18


def write_pair(run: Path, corpus: Corpus, folder: Path, licence: str) -> Path:
    """Write the best network of a run, trained on a corpus, as a pair of files; return the path of the safetensors.

    Raises Problem where the run's network is another one, and as `save_pair` does.
    """
    net, description = load_model(run)
    if not isinstance(net, Compact):
        raise Problem(f"{run}: trained {net.name}, not the compact teacher: give a run of `bgfg teach`")
    return save_pair(net.net, _about(net, description["depth"], corpus, licence), folder)


def save_pair(net: CompactNet, about: About, folder: Path) -> Path:
    """Write `compact.safetensors` and `compact.onnx`; return the path of the first.

    Both are held to each other before they appear, whole; where that fails, what was there before is kept. Raises
    Problem where they disagree by more than TOLERANCE, and where a file would be larger than LARGEST_BYTES.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / SHIPPED.name
    partial = folder / f".{SHIPPED.stem}.{os.getpid()}"
    safetensors, onnx = partial.with_suffix(".safetensors"), partial.with_suffix(".onnx")
    try:
        export(net, onnx)
        difference = disagreement(net, onnx)
        if not difference <= TOLERANCE:
            raise Problem(f"{target.with_suffix('.onnx')}: would be {difference:.2g} off PyTorch: not written")
        tensors = {name: tensor.contiguous() for name, tensor in net.state_dict().items()}
        safetensors.write_bytes(to_bytes(tensors, described(about, to_bytes(tensors), file_sha256(onnx))))
        for file in (safetensors, onnx):
            if file.stat().st_size > LARGEST_BYTES:
                reason = f"takes {file.stat().st_size:,} bytes, more than {LARGEST_BYTES:,}"
                raise Problem(f"{target.with_suffix(file.suffix)}: {reason}: train a smaller --model-option width")
        onnx.replace(target.with_suffix(".onnx"))
        safetensors.replace(target)
    finally:
        for file in (safetensors, onnx):
            file.unlink(missing_ok=True)
    return target


def export(net: CompactNet, path: Path) -> None:
    """Write a network as an ONNX graph that takes any number of pictures, of any sides that are multiples of 32."""
    count = torch.export.Dim("count", min=1, max=65_536)
    rows, columns = (STRIDE_PX * torch.export.Dim(name, min=1, max=256) for name in ("rows", "columns"))
    example = torch.zeros(2, 3, 2 * STRIDE_PX, 3 * STRIDE_PX)
    with _quietly():
        torch.onnx.export(
            net.eval(), (example,), path, dynamo=True, external_data=False, opset_version=_OPSET, verbose=False,
            input_names=[INPUT], output_names=[OUTPUT], dynamic_shapes={"rgb": {0: count, 2: rows, 3: columns}},
        )  # fmt: skip
    _forget_where(path)


def _forget_where(path: Path) -> None:
    """Take out of an ONNX file from which line of whose files each node came."""
    import onnx  # as PyTorch does where it exports: who only trains needn't have it

    model = onnx.load(path)
    for part in (model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]
    onnx.save(model, path)


@torch.no_grad()
def disagreement(net: CompactNet, onnx: Path) -> float:
    """Return the largest difference between PyTorch's raw output and ONNX Runtime's, over pictures of several sizes."""
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    draw = torch.Generator().manual_seed(0)
    worst = 0.0
    for count, height_px, width_px in ((1, 32, 32), (3, 160, 160), (2, 96, 224)):
        rgb = torch.rand(count, 3, height_px, width_px, generator=draw)
        found = session.run([OUTPUT], {INPUT: rgb.numpy()})[0]
        worst = float(np.fmax(worst, np.abs(found - net(rgb).numpy()).max()))
    return worst


def mean_inverse(corpus: Corpus, target: DepthTarget, size_px: tuple[int, int]) -> Tensor:
    """Return the mean over a spread of the training split of the normalised inverse depth, (h, w) float64.

    What is known nowhere has the mean of all that is.
    """
    samples = Identities(corpus).choose(TRAIN, _MEAN_SAMPLES).samples
    stream = Stream(corpus, batch=64, arrays=("depth",), samples=samples, shuffle=False)
    sums, counts = torch.zeros(size_px, dtype=torch.float64), torch.zeros(size_px, dtype=torch.float64)
    for batch in stream:
        inverse, known = target.encode(batch["depth"], (4 * size_px[0], 4 * size_px[1]))
        shares = resize.area(known, size_px)
        sums += resize.area(inverse, size_px).sum(dim=(0, 1))  # unknown ones are 0
        counts += shares.sum(dim=(0, 1))
    return torch.where(counts > 0, sums / counts.clamp(min=1e-9), sums.sum() / counts.sum())


def _about(net: Compact, depth: dict[str, float], corpus: Corpus, licence: str) -> About:
    code = corpus.depth_code()
    target = DepthTarget(code.values_m(), depth["near_m"], depth["far_m"])
    mean = mean_inverse(corpus, target, (_MEAN_PX, _MEAN_PX))
    g = corpus.geometry
    trained_on = (
        f"corpus {corpus.manifest.digest[:12]}: {g.backgrounds:,} backgrounds and {g.cutouts:,} cut-outs, split "
        f"{corpus.manifest.split}"
    )
    rows = [[round(value, 4) for value in row] for row in mean.tolist()]
    return About(net.net.options, net.input_px, depth["near_m"], depth["far_m"], licence, trained_on, rows)


@contextmanager
def _quietly() -> Iterator[None]:
    """Leave out what the exporter says of its own insides."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
