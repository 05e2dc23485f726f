"""Opening trained networks for use: from a run, a checkpoint, or an ONNX file, which needs no PyTorch."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.places.run_place import network_place
from bgfg.data_manifests.terminal.arguments import Workers, checked_arguments
from bgfg.train.inference.onnx_model import OnnxModel
from bgfg.train.models.model_card import ModelCard
from bgfg.train.models.shipped import CHECKPOINT_SUFFIX, ONNX_SUFFIX, require_model, shipped_file
from bgfg.train.ops.side_work import limit_opencv


@runtime_checkable
class InferenceModel(Protocol):
    """A trained network that is ready to run.

    Attributes:
        card: What it takes and gives.
        file: File of its weights.
        where: Device and library that it runs on, in words.
    """

    card: ModelCard
    file: Path
    where: str

    def run(self, pictures: Sequence[NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """Run the network on a batch.

        Args:
            pictures: The inputs of the card, (n, 3, h, w) in 0..1 each.

        Returns:
            The outputs of the card by name, (n, c, h', w') float32.
        """


@checked_arguments
def load_model(source: Path | str, device: str | None = None, threads: Workers | None = None) -> InferenceModel:
    """Load a trained network, ready to predict: give it to a `Predictor`.

    Args:
        source: Folder of a run, a checkpoint file (.safetensors), an ONNX file, the URL of one of these, or the name of
            a network that comes with bgfg, such as "two_stream".
        device: cuda, mps or cpu; None for the best there is. A network that comes with bgfg runs in ONNX Runtime on a
            CPU, which needs no PyTorch, and in PyTorch elsewhere.
        threads: Threads on a CPU, of the model and, until a network is loaded with another number, of all that OpenCV
            and PyTorch do in this process; None for one a core.

    Raises:
        Problem: There is no such model, it can't be read, or the device isn't there.
    """
    limit_opencv(threads)
    with ExitStack() as stack:
        model = _load(stack.enter_context(network_place(source)), device, threads)
        weakref.finalize(model, stack.pop_all().close)  # of a URL: the copy goes with the model
        return model


def _load(source: Path, device: str | None, threads: int | None) -> InferenceModel:
    require_model(source, "a checkpoint, an .onnx file")
    source = shipped_file(source, ONNX_SUFFIX if device in (None, "cpu") else CHECKPOINT_SUFFIX)
    if source.suffix.lower() == ".onnx":
        return OnnxModel(source, device, threads)
    # Imported only here: an ONNX file runs without PyTorch.
    from bgfg.train.inference.torch_model import TorchModel

    return TorchModel(source, device, threads)
