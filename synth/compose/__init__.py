"""Composites from recipes: blending, cut-outs ready to paste, shards written on all cores."""
