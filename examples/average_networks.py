"""Average the weights of a network and of one that was trained on from it: between them it may be better than both.

    python examples/average_networks.py first.safetensors second.safetensors 0.5 average.safetensors

The number is the second's share; the first may also be a compact.safetensors, from which a run of `bgfg teach` started.
Robust fine-tuning of zero-shot models (Wortsman and others, CVPR 2022) says why.
"""

import sys
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

from bgfg.train.models.checkpoint import Checkpoint


def weights_of(file: str) -> dict[str, Tensor]:
    """Return the averaged weights of a checkpoint, or all of a compact.safetensors, by the names of a checkpoint."""
    tensors = load_file(file)
    averaged = {name.removeprefix("average/"): t for name, t in tensors.items() if name.startswith("average/")}
    return averaged or {f"net.{name}": tensor for name, tensor in tensors.items()}


def main(first: str, second: str, share: str, out: str) -> None:
    """Write the average, which is described as the second."""
    one, other = weights_of(first), weights_of(second)
    weights = {
        name: one[name].float().lerp(tensor.float(), float(share)) if tensor.is_floating_point() else tensor
        for name, tensor in other.items()
    }
    Checkpoint({"average": weights}, Checkpoint.load(Path(second), []).description).save(Path(out))
    print(f"{out}: {share} of {second}, the rest of {first}")


if __name__ == "__main__":
    main(*sys.argv[1:])
