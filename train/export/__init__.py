"""Trained networks as files: ONNX, and the compact depth teacher."""
