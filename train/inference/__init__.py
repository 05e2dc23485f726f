"""A trained network in use: prediction, matting edges, edits, videos."""
