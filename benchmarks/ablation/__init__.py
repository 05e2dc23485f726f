"""Which variety of a corpus is worth it: networks trained on each, compared with one trained on plain alpha."""
