"""Export of a trained compact network as the pair of files (safetensors, ONNX) that labels pictures with depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnxruntime
import torch
from torch import Tensor

from bgfg.data_manifests.files.atomic_write import replacing
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.flush import make_folder
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.started_from import require_licence
from bgfg.depth_teacher.teachers.compact import ONNX_INPUT, ONNX_OUTPUT, STRIDE_PX
from bgfg.depth_teacher.teachers.compact_net import CompactNet
from bgfg.depth_teacher.teachers.compact_weights import (
    PAIR_ORIGIN,
    SHIPPED_WEIGHTS,
    CompactMetadata,
    open_weights_pair,
    sealed_safetensors,
)
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.outputs import require_own_file, require_place
from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.build import RunBuilder
from bgfg.train.engine.corpus_source import CorpusSource
from bgfg.train.engine.run_dir import RunDir
from bgfg.train.export.half_precision import halve_constants
from bgfg.train.export.teacher_quantiser import Quantiser
from bgfg.train.export.tracing import trace
from bgfg.train.models.checkpoint import load_network
from bgfg.train.models.compact_depth import CompactDepth
from bgfg.train.ops import tensor_resize
from bgfg.train.ops.device import Device, fabric_on
from bgfg.train.stream.evaluation_cells import TRAIN_CELL, AssetIdentities
from bgfg.train.stream.stream import Stream
from bgfg.train.targets.depth import DepthTarget

MAX_BYTES = 12_000_000

# Largest difference of the two files' raw outputs, where 1 is the middle of the range. Batch normalisation is
# multiplied into the kernels of the ONNX file, so that those in half precision are rounded once more.
TOLERANCE = 1e-3
TOLERANCE_HALF = 1e-2

# Side of the mean map of the training split, and the number of samples that it is taken over.
_MEAN_PX = 16
_MEAN_SAMPLES = 4_000

_LICENCE = "MIT"  # where none is told

_CPU = Device("cpu", "processor")


def export_compact_teacher(
    run: Path, corpus: Corpus, folder: Path, licence: str | None = None, also: Sequence[Corpus] = (), bits: int = 16
) -> Path:
    """Write the best network of a run, trained on a corpus, as a pair of weight files.

    Args:
        run: Folder of the run.
        corpus: What it was trained on.
        folder: Where the files go.
        licence: Licence of the weights, which says all; None for MIT, and the licences of what the run started from.
        also: Other corpora whose samples joined its batches.
        bits: What the ONNX file computes in: 16, which only its weights are stored in, or 8; then both files are scored
            on the samples that the run was validated on, and what 8 bits lose is told.

    Returns:
        The path of the safetensors file.

    Raises:
        Problem: The run's network is another one, it learnt from other corpora, `licence` is blank, or as
            `save_weights_pair` does.
    """
    require_licence(licence)
    net, description = load_network(run)
    if not isinstance(net, CompactDepth):
        raise Problem(f"{run}: trained {net.name}, not the compact teacher: give a run of `bgfg teach`")
    _require_corpora(run, corpus, also)
    about = _about(net, description, corpus, licence, also)
    quantiser = None
    if bits == 8:
        options = replace(TrainOptions.of(description["options"]), sheet_rows=1)
        sources = [CorpusSource(each, {}) for each in also]
        quantiser = Quantiser(RunBuilder(CorpusSource(corpus, {}), options, fabric_on(_CPU, "32-true"), sources))
    return save_weights_pair(net.net, about, folder, quantiser)


def _require_corpora(run: Path, corpus: Corpus, also: Sequence[Corpus]) -> None:
    """Raise Problem unless a run learnt from these corpora, which its files tell of."""
    record = RunDir(run).read_record()
    if record is None or [record.digest, *record.also] == [CorpusSource(each, {}).digest for each in (corpus, *also)]:
        return
    beside = f" and {len(record.also)} others, as --also in that order" if record.also else ""
    line = f"{run}: learnt from the corpus of digest {record.digest[:12]}{beside}: give what it learnt from"
    raise Problem(line, exit_code=2)


def save_weights_pair(
    net: CompactNet, about: CompactMetadata, folder: Path, quantiser: Quantiser | None = None
) -> Path:
    """Write `compact.safetensors` and `compact.onnx`; return the path of the first.

    Both hold the weights of convolutions in 16 bits, to which those of `net` are rounded, or the ONNX file in 8. They
    are compared before they appear, whole, at 16 bits; where that fails, what was there before is kept.

    Args:
        net: The network.
        about: What the files say of themselves.
        folder: Where they go.
        quantiser: What brings the ONNX file to 8 bits; None for 16.

    Raises:
        Problem: There are files of these names that this function didn't make, they disagree by more than TOLERANCE, or
            as they are stored TOLERANCE_HALF, or a file would be larger than MAX_BYTES.
    """
    target = folder / SHIPPED_WEIGHTS.name
    require_pair(folder)
    make_folder(folder)
    # The safetensors, which tell what both are to be, come last.
    with (
        TemporaryDirectory() as between, replacing(target) as safetensors,
        replacing(target.with_suffix(".onnx")) as onnx,
    ):  # fmt: skip
        tensors = {name: _halved(tensor).contiguous() for name, tensor in net.state_dict().items()}
        net.load_state_dict(tensors)
        full = Path(between) / "full.onnx"
        write_onnx(net, full, about.properties())
        _require_same(net, full, target.with_suffix(".onnx"), TOLERANCE)
        _halve_onnx(full, onnx)
        _require_same(net, onnx, target.with_suffix(".onnx"), TOLERANCE_HALF)
        if quantiser is not None:
            quantiser.write(full, onnx)
        safetensors.write_bytes(sealed_safetensors(tensors, about, file_sha256(onnx)))
        for file in (safetensors, onnx):
            if file.stat().st_size > MAX_BYTES:
                reason = f"takes {file.stat().st_size:,} bytes, more than {MAX_BYTES:,}"
                raise Problem(f"{target.with_suffix(file.suffix)}: {reason}: train a smaller --model-option width")
    return target


def require_pair(folder: Path) -> None:
    """Raise Problem where `save_weights_pair` would write over anything but what it made itself."""
    target = folder / SHIPPED_WEIGHTS.name
    require_place(target, "--out")
    with suppress(Problem):
        open_weights_pair(target)  # a whole pair tells of itself, and those of before have no sentence
        return
    for suffix in (".safetensors", ".onnx"):
        require_own_file(target.with_suffix(suffix), PAIR_ORIGIN, "--out")


def _halved(tensor: Tensor) -> Tensor:
    """Return the weights of a convolution in 16 bits; what normalises is small, and stays."""
    return tensor.half() if tensor.ndim > 1 else tensor


def _require_same(net: CompactNet, file: Path, name: Path, tolerance: float) -> None:
    difference = max_difference(net, file)
    if not difference <= tolerance:  # so that NaN fails too
        raise Problem(f"{name}: would be {difference:.2g} off PyTorch: not written")


def _halve_onnx(full: Path, into: Path) -> None:
    import onnx  # imported here: training alone doesn't need it

    model = onnx.load(full)
    halve_constants(model)
    onnx.save(model, into)


def write_onnx(net: CompactNet, path: Path, properties: Mapping[str, str] | None = None) -> None:
    """Write a network as an ONNX graph that takes any number of pictures, of any sides that are multiples of 32.

    Args:
        net: The network.
        path: The file.
        properties: What it says of itself, by names.
    """
    import onnx  # imported here: training alone doesn't need it

    example = torch.zeros(2, 3, 2 * STRIDE_PX, 3 * STRIDE_PX)
    axes = {
        ONNX_INPUT: {0: "count", 2: "rows", 3: "columns"},
        ONNX_OUTPUT: {0: "count", 2: "half_rows", 3: "half_columns"},
    }
    trace(net.eval(), [example], path, [ONNX_INPUT], [ONNX_OUTPUT], axes)
    model = onnx.load(path)
    onnx.helper.set_model_props(model, dict(properties or {}))
    onnx.save(model, path)


@torch.no_grad()
def max_difference(net: CompactNet, onnx: Path) -> float:
    """Return the largest difference between PyTorch's raw output and ONNX Runtime's, over pictures of several sizes."""
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    draw = torch.Generator().manual_seed(0)
    worst = 0.0
    for count, height_px, width_px in ((1, 32, 32), (3, 160, 160), (2, 96, 224)):
        rgb = torch.rand(count, 3, height_px, width_px, generator=draw)
        found = session.run([ONNX_OUTPUT], {ONNX_INPUT: rgb.numpy()})[0]
        worst = float(np.fmax(worst, np.abs(found - net(rgb).numpy()).max()))
    return worst


def mean_inverse_depth(corpus: Corpus, target: DepthTarget, size_px: tuple[int, int]) -> Tensor:
    """Return the mean over a spread of the training split of the normalised inverse depth, (h, w) float64.

    What is known nowhere has the mean of all that is.

    Args:
        corpus: A labelled corpus.
        target: Encodes its depth.
        size_px: Height and width of the result.
    """
    samples = AssetIdentities(corpus).choose(TRAIN_CELL, _MEAN_SAMPLES).samples
    stream = Stream(corpus, batch=64, arrays=("depth",), samples=samples, shuffle=False)
    sums, counts = torch.zeros(size_px, dtype=torch.float64), torch.zeros(size_px, dtype=torch.float64)
    for batch in stream:
        inverse, known = target.encode(batch["depth"], (4 * size_px[0], 4 * size_px[1]))
        shares = tensor_resize.area(known, size_px)
        sums += tensor_resize.area(inverse, size_px).sum(dim=(0, 1))  # unknown pixels are 0
        counts += shares.sum(dim=(0, 1))
    return torch.where(counts > 0, sums / counts.clamp(min=1e-9), sums.sum() / counts.sum())


def _about(
    net: CompactDepth, description: Mapping[str, Any], corpus: Corpus, licence: str | None, also: Sequence[Corpus]
) -> CompactMetadata:
    depth, code = description["depth"], corpus.depth_code()
    target = DepthTarget(code.values_m(), depth["near_m"], depth["far_m"])
    mean = mean_inverse_depth(corpus, target, (_MEAN_PX, _MEAN_PX))
    trained_on = "; and ".join(_described(each) for each in (corpus, *also))
    rows = [[round(value, 4) for value in row] for row in mean.tolist()]
    pretrained = None if net.origin is None else net.origin.content()
    started = description.get("started_from", ()) if licence is None else ()
    encoder = [] if net.origin is None else [f"its encoder started from {net.origin}"]
    stated = licence or "; ".join([_LICENCE, *encoder])
    return CompactMetadata(
        net.net.options, net.input_px, depth["near_m"], depth["far_m"], stated, trained_on, rows, pretrained, started,
    )  # fmt: skip


def _described(corpus: Corpus) -> str:
    g = corpus.geometry
    counts = f"{g.backgrounds:,} backgrounds and {g.cutouts:,} cut-outs, split {corpus.manifest.split}"
    return f"corpus {corpus.manifest.digest[:12]}: {counts}"
