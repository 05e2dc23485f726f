"""The commands train, teach, check-data, evaluate, predict, replace, recolour, onnx, models and bench-stream."""
