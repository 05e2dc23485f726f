#!/usr/bin/env bash
# A network that registers two shots, solved step by step, is a graph of a thousand or so small operators on crops whose
# sizes aren't known before it runs. Expected of opening such a file in ONNX Runtime: milliseconds for parsing, the rest for
# the optimisation of the graph, about in proportion to its nodes. What happens: most of the time goes, whatever level of
# optimisation is asked for, into a plan of which outputs may take the memory of others; twice the nodes take four times as
# long, and a start becomes seconds. `SessionOptions.enable_mem_reuse = False` leaves the plan out; results are the same, and so
# is the memory of a run but for a few per cent, since the arena hands freed blocks out again in any case.
# Seen with onnxruntime 1.31.1 on a processor; source: its Python API (`SessionOptions.enable_mem_reuse`: "Enable the memory
# reuse optimization. Default is true.").
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.31.1 onnx==1.22.0 numpy==2.2.6
cd "$folder"
venv/bin/python - <<'P'
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper


def graph(steps):
    """Add to a picture, again and again, the sum of a crop of it, whose size isn't known."""
    starts = [helper.make_tensor(f"start{k}", TensorProto.INT64, [1], [k]) for k in range(7)]
    end = helper.make_tensor("end", TensorProto.INT64, [1], [2**40])
    nodes, picture = [], "picture"
    for i in range(steps):
        nodes += [
            helper.make_node("Slice", [picture, f"start{i % 7}", "end"], [f"crop{i}"]),
            helper.make_node("ReduceMean", [f"crop{i}"], [f"mean{i}"]),
            helper.make_node("Add", [picture, f"mean{i}"], [f"picture{i}"]),
        ]
        picture = f"picture{i}"
    nodes.append(helper.make_node("Identity", [picture], ["out"]))
    given = helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["height", "width"])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    made = helper.make_graph(nodes, "steps", [given], [out], [*starts, end])
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def opened(model, reuse):
    """Return the least seconds of processor of three openings, and what the graph gives."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.enable_mem_reuse, options.intra_op_num_threads = reuse, 1
    seconds = []
    for _ in range(3):
        start = time.process_time()
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        seconds.append(time.process_time() - start)
    return min(seconds), session.run(None, {"picture": np.ones((24, 32), np.float32) / 1000})[0]


print("onnxruntime", onnxruntime.__version__, "onnx", onnx.__version__)
planned = {}
for steps in (800, 1600):
    model = graph(steps)
    (with_plan, one), (without, other) = opened(model, True), opened(model, False)
    print(f"{3 * steps} nodes: {with_plan:.2f} s with the plan, {without:.2f} s without")
    np.testing.assert_array_equal(one, other)
    planned[steps] = with_plan - without
assert with_plan > 2.5 * without, "the plan costs little by now"
assert planned[1600] > 2.8 * planned[800], "the plan grows more slowly than the square by now"
P
