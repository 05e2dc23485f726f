"""The trained networks that come with bgfg, by name: for users without a run of their own."""

from __future__ import annotations

from pathlib import Path

WEIGHTS_DIR = Path(__file__).parents[1] / "weights"
SHIPPED_MODELS = ("two_stream",)

ONNX_SUFFIX = ".onnx"
CHECKPOINT_SUFFIX = ".safetensors"


def shipped_file(source: Path, suffix: str) -> Path:
    """Return the weights file of a network that comes with bgfg.

    Args:
        source: Its name, of SHIPPED_MODELS. Anything else, or the name of a path that exists, is returned as it is.
        suffix: ONNX_SUFFIX, which runs without PyTorch, or CHECKPOINT_SUFFIX.
    """
    if str(source) in SHIPPED_MODELS and not source.exists():
        return WEIGHTS_DIR / f"{source}{suffix}"
    return source
