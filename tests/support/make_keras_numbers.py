"""Makes `keras_numbers.json`, what Keras 3 itself gives for weights drawn from a seed, in an environment of its own.

python -m venv keras && keras/bin/pip install keras torch h5py
KERAS_BACKEND=torch keras/bin/python -m tests.support.make_keras_numbers
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.seeded_weights import seeded_picture, seeded_weight

keras = importlib.import_module("keras")  # it is in no environment of bgfg

WIDTH = 32
SIZE_PX = (64, 96)
NUMBERS = Path(__file__).with_name("keras_numbers.json")


def build() -> Any:
    """Build DenseDepth with a thin decoder, which doubles by Keras's own layer."""
    layers = keras.layers
    base = keras.applications.DenseNet169(input_shape=(None, None, 3), include_top=False, weights=None)
    names = {layer.name: layer for layer in base.layers}
    x = layers.Conv2D(WIDTH, 1, padding="same", name="conv2")(base.output)
    for i, skip in enumerate(("pool3_pool", "pool2_pool", "pool1", "conv1_relu"), start=1):
        x = layers.UpSampling2D(interpolation="bilinear", name=f"up{i}_upsampling2d")(x)
        x = layers.Concatenate(name=f"up{i}_concat")([x, names[skip].output])
        for half in ("A", "B"):
            x = layers.Conv2D(WIDTH >> i, 3, padding="same", name=f"up{i}_conv{half}")(x)
            x = layers.LeakyReLU(negative_slope=0.2)(x)
    x = layers.Conv2D(1, 3, padding="same", name="conv3")(x)
    return keras.Model(base.input, x)


def main() -> None:
    """Write every fourth value of the output, and the version."""
    model = build()
    for layer in model.layers:
        for variable in layer.weights:
            variable.assign(seeded_weight(layer.name, variable.name, variable.shape))
    raw = np.asarray(keras.ops.convert_to_numpy(model(seeded_picture(*SIZE_PX), training=False)))[0, ..., 0]
    content = {"keras": keras.__version__, "width": WIDTH, "size_px": SIZE_PX, "raw": raw[::4, ::4].tolist()}
    NUMBERS.write_text(json.dumps(content) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
