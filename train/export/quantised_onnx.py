"""ONNX files whose weights and activations are of 8 bits."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray


def quantise(full: Path, into: Path, pictures: Iterable[NDArray[np.float32]]) -> None:
    """Quantise a graph to 8 bits: weights by output channel, activations by the ranges that they have on pictures.

    Weights have 7 of the 8 bits, so that processors without VNNI, whose sums of products have 16 bits, compute the same
    (ONNX Runtime's advice). Post-training static quantisation, Jacob et al., "Quantization and training of neural
    networks for efficient integer-arithmetic-only inference" (CVPR 2018).

    Args:
        full: An ONNX file of one input.
        into: Where the smaller one is written.
        pictures: Batches of what the network sees, (n, 3, h, w) float32 in 0..1.
    """
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    model = onnx.load(full)
    (name,) = (each.name for each in model.graph.input)
    properties = {each.key: each.value for each in model.metadata_props}

    class Pictures(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._coming: Iterator[NDArray[np.float32]] = iter(pictures)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            found = next(self._coming, None)
            return None if found is None else {name: found}

    with TemporaryDirectory() as folder:
        folded = Path(folder) / "folded.onnx"
        logging.getLogger().disabled, before = True, logging.getLogger().disabled
        try:
            quant_pre_process(full, folded, skip_symbolic_shape=True)  # of sides that are multiples of 32 it knows none
            quantize_static(
                folded, into, Pictures(), quant_format=QuantFormat.QDQ, per_channel=True, reduce_range=True,
                activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            )  # fmt: skip
        finally:
            logging.getLogger().disabled = before
    small = onnx.load(into)
    onnx.helper.set_model_props(small, properties)
    onnx.save(small, into)
