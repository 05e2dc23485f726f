"""Makes the Keras reference that `test_keras_reference.py` compares with: run it in an environment of its own.

    python -m venv keras && keras/bin/pip install tensorflow tf_keras
    keras/bin/python tests/support/make_keras_reference.py reference
    BGFG_KERAS_REFERENCE=reference python -m pytest tests/test_keras_reference.py

It builds DenseDepth in both variants with random weights, by Keras 2 (tf_keras) and Keras 3, saves them in every form
that people have, and writes each model's input and output beside them. Some 3 GB.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np

# They are in no environment of bgfg.
keras2, keras3, tf = (importlib.import_module(name) for name in ("tf_keras", "keras", "tensorflow"))

SIZES_PX = ((224, 224), (480, 640))
VARIANTS = {"official": (1664, False), "head": (832, True)}


def upsampling(keras: Any, align_corners: bool) -> Any:
    """Return the layer that doubles, as each version of DenseDepth had it."""

    def call(_self: Any, x: Any) -> Any:
        shape = tf.shape(x)
        size = [shape[1] * 2, shape[2] * 2]
        if align_corners:
            return tf.compat.v1.image.resize_bilinear(x, size, align_corners=True)
        return tf.image.resize(x, size, method="bilinear")

    def compute_output_shape(_self: Any, shape: Any) -> Any:
        return (shape[0], *(side and side * 2 for side in shape[1:3]), shape[3])

    methods = {"call": call, "compute_output_shape": compute_output_shape}
    return type("BilinearUpSampling2D", (keras.layers.Layer,), methods)


def build(keras: Any, width: int, leaky_after_a: bool, align_corners: bool, final_relu: bool = True) -> Any:
    """Build the model as the repository does."""
    layers = keras.layers
    base = keras.applications.DenseNet169(input_shape=(None, None, 3), include_top=False, weights=None)
    double = upsampling(keras, align_corners)
    names = {layer.name.replace("/", "_"): layer for layer in base.layers}

    def leaky(x: Any) -> Any:
        return layers.LeakyReLU(0.2)(x)

    x = base.output if final_relu else names["bn"].output
    x = layers.Conv2D(width, 1, padding="same", name="conv2")(x)
    for i, skip in enumerate(("pool3_pool", "pool2_pool", "pool1", "conv1_relu"), start=1):
        x = double(name=f"up{i}_upsampling2d")(x)
        x = layers.Concatenate(name=f"up{i}_concat")([x, names[skip].output])
        x = layers.Conv2D(width >> i, 3, padding="same", name=f"up{i}_convA")(x)
        x = leaky(x) if leaky_after_a else x
        x = leaky(layers.Conv2D(width >> i, 3, padding="same", name=f"up{i}_convB")(x))
    x = layers.Conv2D(1, 3, padding="same", name="conv3")(x)
    return keras.Model(base.input, x)


def randomise(model: Any, seed: int) -> None:
    """Give every layer weights under which signals neither die nor explode, batch norms included.

    The raw output is that of a room in front of a camera, far over distance: positive, 10 at a metre's distance.
    """
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        values = layer.get_weights()
        if len(values) == 4:  # gamma, beta, moving mean, moving variance
            (n,) = values[0].shape
            values = [rng.uniform(0.7, 1.3, n), rng.normal(0, 0.2, n), rng.normal(0, 0.2, n), rng.uniform(0.5, 1.5, n)]
        elif values:
            fan_in = np.prod(values[0].shape[:3])
            values = [
                rng.normal(0, np.sqrt(2 / fan_in), values[0].shape),
                *(rng.normal(0, 0.1, v.shape) for v in values[1:]),
            ]
        if layer.name == "conv3":
            values[1] += 10
        layer.set_weights(values)


def save(model: Any, folder: Path, name: str, generation: int) -> None:
    """Write a model in every form that its generation of Keras has."""
    model.save(folder / f"{name}.h5")
    if generation == 2:
        model.save_weights(folder / f"{name}.weights-only.h5")
    else:
        model.save_weights(folder / f"{name}.weights.h5")


def main(folder: Path) -> None:
    """Write everything into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for generation, keras in ((2, keras2), (3, keras3)):
        for variant, (width, leaky_after_a) in VARIANTS.items():
            for resize in ("align_corners", "half_pixel"):
                name = f"keras{generation}_{variant}_{resize}"
                keras.backend.clear_session()
                model = build(keras, width, leaky_after_a, resize == "align_corners")
                randomise(model, seed=7)
                if (resize == "align_corners") == (variant == "official"):  # the weights don't know
                    model.compile(optimizer="adam", loss="mse")
                    save(model, folder, name, generation)
                found: dict[str, Any] = {}
                for height_px, width_px in SIZES_PX:
                    rgb = np.random.default_rng(width_px).random((1, height_px, width_px, 3), np.float32)
                    found[f"input_{height_px}x{width_px}"] = rgb
                    found[f"output_{height_px}x{width_px}"] = np.asarray(model(rgb, training=False))
                np.savez(folder / f"{name}.npz", **found)
                print(name, {k: (v.shape, float(v.mean()), float(v.std())) for k, v in found.items()}, flush=True)
    keras2.backend.clear_session()
    without = build(keras2, 1664, False, True, final_relu=False)
    randomise(without, seed=8)
    without.save(folder / "keras2_without_final_relu.h5")
    rgb = np.random.default_rng(3).random((1, 224, 224, 3), np.float32)
    np.savez(folder / "keras2_without_final_relu.npz", input_224x224=rgb, output_224x224=np.asarray(without(rgb)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
