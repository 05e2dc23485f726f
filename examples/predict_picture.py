"""Cut a person out of a picture, with the network that comes with bgfg; needs no PyTorch.

    python examples/predict_picture.py photo.jpg empty.jpg cutout.png

empty.jpg is a second shot of the same scene without anybody, of the same size.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

import bgfg


def main(photo: str, empty: str, out: str, model: str = "two_stream") -> None:
    """Write the cut-out as a PNG with transparency."""
    picture, background = (np.asarray(Image.open(file).convert("RGB")) for file in (photo, empty))
    predictor = bgfg.Predictor(bgfg.load_model(Path(model)))
    person = predictor.predict(picture, background).person
    if person is None:
        raise SystemExit(f"{model} finds no people: give one that learnt masks")
    Image.fromarray(person.cutout).save(out)
    print(f"{out}: {(person.mask >= 128).mean():.1%} of the picture is the person")


if __name__ == "__main__":
    main(*sys.argv[1:])
