"""Options of a run, presets, the learning-rate schedule."""
