"""Train a network of your own on the stream of a corpus; needs bgfg[train].

    python examples/train_in_twenty_lines.py corpus

It sees the picture and the empty background, and learns the mask.
"""

import sys

import torch
from torch import nn

import bgfg


def main(location: str, epochs: str = "1") -> None:
    """Train, and print the loss of each epoch."""
    torch.manual_seed(0)
    stream = bgfg.Stream(location, split="train", batch=16, arrays=("image", "mask"))
    network = nn.Sequential(
        nn.Conv2d(6, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 1, 1)
    )
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    for epoch in range(int(epochs)):
        losses = []
        for batch in stream:
            shots = torch.cat([stream.backgrounds[batch["background"]], batch["image"]], dim=1).float() / 255
            loss = nn.functional.binary_cross_entropy_with_logits(network(shots), batch["mask"].float() / 255)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: loss {sum(losses) / len(losses):.4f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
