"""Cut-outs from photographs: objects told apart, doubtful ones set aside, files, and matting networks of others."""
