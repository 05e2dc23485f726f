"""Where cut-outs go: the keyed draw of positions, overlap, occlusion, floors."""
