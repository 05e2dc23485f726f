"""Measure `bgfg predict` on pictures of 1920×1080, in PyTorch and in ONNX Runtime.

Run as `python -m benchmarks.predict`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import cv2
import numpy as np

from benchmarks.machine import describe_machine
from benchmarks.table import ResultRow, ResultSection, print_report
from benchmarks.timing import measure_in_turns
from bgfg.data_manifests.images.image_writing import save_jpeg
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.train.config.presets import PRESETS
from bgfg.train.export.onnx import export_onnx
from bgfg.train.inference.outputs import predict_files
from bgfg.train.inference.predictor import Predictor
from bgfg.train.inference.runtime import InferenceModel, load_model
from bgfg.train.models.checkpoint import BEST, Checkpoint, checkpoint_path
from bgfg.train.models.registry import build_model

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path, resolve_path=True)
HEIGHT_PX, WIDTH_PX = 1080, 1920

_NOTE = (
    "Fresh weights find something everywhere, so that edge colours and files are those of a whole frame: the slowest "
    "case. A ratio below 1 is faster."
)
NETWORK_OPTIONS = {
    "the preset cpu": PRESETS["cpu"]["model_options"] | {"input_px": PRESETS["cpu"]["size_px"]},
    "default": {},
}


def draw_scene(folder: Path, count: int) -> tuple[Path, Path]:
    """Draw cluttered scenes with an ellipse for a person, and the same scenes without; return the two folders."""
    pictures, empty = folder / "pictures", folder / "empty"
    for path in (pictures, empty):
        path.mkdir()
    draw = np.random.default_rng(0)
    for i in range(count):
        coarse = draw.integers(0, 256, (27, 48, 3), dtype=np.uint8)
        scene = cv2.resize(coarse, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC)
        scene = np.clip(scene + draw.normal(0, 4, scene.shape), 0, 255).astype(np.uint8)
        save_jpeg(scene, empty / f"{i}.jpg")
        cv2.ellipse(scene, (WIDTH_PX // 2, HEIGHT_PX), (260, 800), 0, 0, 360, (70, 60, 120), -1, cv2.LINE_AA)
        save_jpeg(scene, pictures / f"{i}.jpg")
    return pictures, empty


def save_networks(folder: Path) -> dict[str, Path]:
    """Write each network with random weights as a checkpoint and as ONNX; return the files by contestant."""
    files: dict[str, Path] = {}
    for name, options in NETWORK_OPTIONS.items():
        net = build_model("two_stream", ("mask",), **options)
        run = folder / name.replace(" ", "_")
        description = {
            "model": {"name": net.name, "options": net.options}, "standing": {"threshold": 0.5}, "depth": None
        }  # fmt: skip
        Checkpoint({"average": net.state_dict()}, description).save(checkpoint_path(run, BEST))
        export_onnx(run, run / "model.onnx")
        files |= {f"PyTorch, {name}": run, f"ONNX Runtime, {name}": run / "model.onnx"}
    return files


def seconds_per_picture(model: InferenceModel, pictures: Path, empty: Path, out: Path) -> float:
    """Return the seconds a picture that predicting a folder takes, reading and writing included."""
    shutil.rmtree(out, ignore_errors=True)
    start = time.perf_counter()
    count, _ = predict_files(Predictor(model), pictures, empty, out, False, no_progress)
    return (time.perf_counter() - start) / count


def seconds_per_pass(model: InferenceModel, passes: int) -> float:
    """Return the seconds that a forward pass takes at the size to which such a picture is brought."""
    size = model.card.inference_size_px(HEIGHT_PX, WIDTH_PX)
    shots = [np.random.default_rng(i).random((1, 3, *size), np.float32) for i, _ in enumerate(model.card.inputs)]
    model.run(shots)
    start = time.perf_counter()
    for _ in range(passes):
        model.run(shots)
    return (time.perf_counter() - start) / passes


def measure(work: Path, pictures: int, repeats: int, threads: int) -> ResultSection:
    """Measure every network in both libraries: the whole prediction of a picture, and the network alone."""
    folders = draw_scene(work, pictures)
    models = {name: load_model(file, "cpu", threads) for name, file in save_networks(work).items()}
    out = work / "out"
    jobs: dict[str, Callable[[InferenceModel], float]] = {
        f"predict {WIDTH_PX}×{HEIGHT_PX}, all of it": lambda model: seconds_per_picture(model, *folders, out),
        "the network alone": lambda model: seconds_per_pass(model, 2 * pictures),
    }
    rows = []
    for job, timed in jobs.items():
        values = measure_in_turns({name: partial(timed, model) for name, model in models.items()}, repeats)
        for name, found in values.items():
            peer = name.replace("ONNX Runtime", "PyTorch")
            rows.append(ResultRow(job, name, "s", found, {} if peer == name else {peer: values[peer]}))
    sizes = ", ".join(f"{model.card.parameters / 1e6:.2f} M in {name}" for name, model in models.items())
    return ResultSection(tuple(rows), (f"{threads} threads; parameters: {sizes}; fresh weights.", _NOTE))


@click.command()
@click.option("--pictures", default=6, show_default=True, type=click.IntRange(min=1), help="Pictures of a turn.")
@click.option("--repeats", default=3, show_default=True, type=click.IntRange(min=1), help="Turns of each contestant.")
@click.option("--threads", default=2, show_default=True, type=click.IntRange(min=1), help="Threads of the network.")
@click.option("--work", type=FOLDER, help="Folder on the disk to measure on.  [default: the system's temporary folder]")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also write JSON there.")
def predict(pictures: int, repeats: int, threads: int, work: Path | None, json_file: Path | None) -> None:
    """Measure `bgfg predict` on pictures of 1920×1080 and print a table in Markdown.

    Example: python -m benchmarks.predict --repeats 3
    """
    with tempfile.TemporaryDirectory(prefix="bgfg-predict-", dir=work) as folder:
        machine = describe_machine(Path(folder))
        section = measure(Path(folder), pictures, repeats, threads)
    print_report(machine, [section], json_file)


if __name__ == "__main__":
    try:
        predict()
    except Problem as problem:
        sys.exit(f"Error: {problem}")
