"""Stream a split in shuffled batches; needs bgfg[train].

python examples/stream_batches.py corpus
"""

import sys

import bgfg


def main(location: str) -> None:
    """Print the shapes of the first batch, and how many batches an epoch has."""
    stream = bgfg.Stream(location, split="train", batch=16, arrays=("image", "mask"))
    for batch in stream:
        backgrounds = stream.backgrounds[batch["background"]]
        print(f"images {tuple(batch['image'].shape)} {batch['image'].dtype}, masks {tuple(batch['mask'].shape)}")
        print(f"their backgrounds {tuple(backgrounds.shape)}")
        break
    print(f"{len(stream)} batches an epoch")


if __name__ == "__main__":
    main(*sys.argv[1:])
