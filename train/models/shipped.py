"""The networks that come with bgfg, by name: for those who have no run of their own."""

from __future__ import annotations

from pathlib import Path

WEIGHTS = Path(__file__).parents[1] / "weights"
SHIPPED = ("two_stream",)

ONNX, CHECKPOINT = ".onnx", ".safetensors"


def shipped(source: Path, suffix: str) -> Path:
    """Return the file of a network that comes with bgfg, where `source` is its name and nothing lies there.

    suffix: ONNX, which runs without PyTorch, or CHECKPOINT. Whatever else `source` is, it is returned as it is.
    """
    if str(source) in SHIPPED and not source.exists():
        return WEIGHTS / f"{source}{suffix}"
    return source
