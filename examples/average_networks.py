"""Average the weights of a network and of one that was trained on from it: between them it may be better than both.

    python examples/average_networks.py first.safetensors second.safetensors 0.5 average.safetensors

The number is the second's share. Robust fine-tuning of zero-shot models (Wortsman and others, CVPR 2022) says why.
"""

import sys
from pathlib import Path

from bgfg.train.models.checkpoint import Checkpoint


def main(first: str, second: str, share: str, out: str) -> None:
    """Write the average, which is described as the second."""
    one, other = (Checkpoint.load(Path(file), ["average"]) for file in (first, second))
    weights = {
        name: one.parts["average"][name].float().lerp(tensor.float(), float(share))
        if tensor.is_floating_point()
        else tensor
        for name, tensor in other.parts["average"].items()
    }
    Checkpoint({"average": weights}, other.description).save(Path(out))
    print(f"{out}: {share} of {second}, the rest of {first}")


if __name__ == "__main__":
    main(*sys.argv[1:])
