"""Look at single samples of a corpus.

python examples/read_corpus.py corpus
"""

import sys

import bgfg


def main(location: str) -> None:
    """Print what is known of the first sample, and how much of each tenth one is the cut-out's."""
    corpus = bgfg.Corpus(location)
    sample = corpus[0]
    print(f"image {sample.image.shape} {sample.image.dtype}, mask {sample.mask.shape}")
    if sample.depth_m is not None:
        print(f"depth {sample.depth_m[sample.depth_m > 0].min():.2f} to {sample.depth_m.max():.2f} m")
    print(f"split {sample.row['split']}, named {sample.row['image_name']}")
    for i in range(0, len(corpus), max(1, len(corpus) // 10)):
        print(f"sample {i}: {(corpus[i].mask >= 128).mean():.1%} foreground")


if __name__ == "__main__":
    main(*sys.argv[1:])
