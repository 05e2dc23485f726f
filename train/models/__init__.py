"""Networks, one file per family, built by name with `registry.build_model`; their checkpoints and model cards."""
