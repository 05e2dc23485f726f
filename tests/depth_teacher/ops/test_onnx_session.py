"""Sessions of ONNX Runtime share the processor with what reads and writes beside them."""

from __future__ import annotations

from bgfg.depth_teacher.ops.onnx_session import open_session
from bgfg.depth_teacher.teachers.compact_weights import SHIPPED_WEIGHTS


def test_threads_without_work_sleep() -> None:
    session = open_session(SHIPPED_WEIGHTS.with_suffix(".onnx"), 2, "CPUExecutionProvider", "again")
    options = session.get_session_options()
    assert options.intra_op_num_threads == 2
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
