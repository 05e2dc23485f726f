"""From 100 backgrounds and 100 cut-outs to 1.2 million labelled images, and to networks trained on them."""
