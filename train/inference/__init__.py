"""Trained networks in use: prediction, refinement of edges, edits, videos."""
