"""Painting: cut-outs in the colours and shapes that vary, their shadows, and scenes of them laid over a background."""
