"""Export of trained networks: to ONNX, and as the compact depth teacher."""
