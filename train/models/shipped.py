"""The trained networks that come with bgfg, by name: for users without a run of their own."""

from __future__ import annotations

from pathlib import Path

from bgfg.data_manifests.places.run_place import BEST_CHECKPOINT, LAST_CHECKPOINT
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command

WEIGHTS_DIR = Path(__file__).parents[1] / "weights"
SHIPPED_MODELS = ("two_stream", "person")

ONNX_SUFFIX = ".onnx"
CHECKPOINT_SUFFIX = ".safetensors"


def require_model(source: Path, kinds: str = "a checkpoint") -> None:
    """Check that there is a trained network, before anything is loaded for it.

    Args:
        source: Folder of a run, a file, or a name of SHIPPED_MODELS.
        kinds: Kinds of files that are taken, in words.

    Raises:
        Problem: There is no such path, and no such name, or the folder has no checkpoint.
    """
    if not source.exists() and not is_shipped(source):
        run = f"the folder of a run ({bgfg_command('train', 'CORPUS', 'RUN')})"
        shipped = f"{' or '.join(SHIPPED_MODELS)}, which come with bgfg"
        raise Problem(f"{source}: no such model: give {run}, {kinds}, or {shipped}", exit_code=2)
    if source.is_dir() and not any((source / name).exists() for name in (BEST_CHECKPOINT, LAST_CHECKPOINT)):
        raise no_checkpoint(source / BEST_CHECKPOINT)


def no_checkpoint(path: Path) -> Problem:
    """Return what to raise where there is no checkpoint."""
    return Problem(f"{path}: no such checkpoint: run {bgfg_command('train', 'CORPUS', 'RUN')}", exit_code=2)


def is_shipped(source: Path) -> bool:
    """Say whether a network that comes with bgfg is meant: a path of that name goes before."""
    return str(source) in SHIPPED_MODELS and not source.exists()


def shipped_file(source: Path, suffix: str) -> Path:
    """Return the weights file of a network that comes with bgfg.

    Args:
        source: Its name, of SHIPPED_MODELS. Anything else, or the name of a path that exists, is returned as it is.
        suffix: ONNX_SUFFIX, which runs without PyTorch, or CHECKPOINT_SUFFIX.
    """
    if is_shipped(source):
        return WEIGHTS_DIR / f"{source}{suffix}"
    return source
