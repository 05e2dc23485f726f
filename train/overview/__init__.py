"""What a run has come to: its options, curves, sheets and evaluations, as its folder has them. Needs no PyTorch."""
