"""Teachers held to measured depth, and depth maps of folders of pictures."""
