"""The commands label, depth, depth-eval, convert, dataset and verify."""
