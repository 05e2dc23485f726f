"""Where cut-outs go: the draw of positions, overlap, occlusion, floors."""
