"""Opening ONNX files in ONNX Runtime: what it can't take is one line, and no other file is read."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as states

from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.regular_file import read_regular
from bgfg.data_manifests.terminal.errors import Problem

# Errors of ONNX Runtime on damaged files, and on inputs that a network can't take: they have no common class.
FAILURES = (
    states.InvalidProtobuf, states.InvalidArgument, states.InvalidGraph, states.NoModel, states.Fail,
    states.NotImplemented, states.RuntimeException,
)  # fmt: skip

# The key of a tensor whose numbers are in another file, as the format has it: of no file of bgfg.
_ELSEWHERE = b"\x08location"

# More than that Protocol Buffers don't hold.
_MOST_BYTES = 2**31


def open_session(file: Path, threads: int, provider: str, again: str) -> onnxruntime.InferenceSession:
    """Open an ONNX file.

    Args:
        file: The file.
        threads: Threads on a CPU; 0 for one a core.
        provider: What it runs on, by ONNX Runtime's name.
        again: What to do about a file that can't be read, as an error says it.

    Raises:
        Problem: ONNX Runtime can't take it, or it wants weights of other files, which could be any.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that wait in a loop take the core from whatever reads, writes and decodes beside the network.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Which outputs may lie in one another's memory is looked for in a time that grows with the square of their number,
    # half a second for two_stream; the arena uses memory again all the same (1 MB more of 11, 11 more of 158).
    options.enable_mem_reuse = False
    options.log_severity_level = 4  # fatal errors only: the others are raised, and reported here in a line
    content = read_regular(file, _MOST_BYTES)
    if _ELSEWHERE in content:
        raise Problem(f"{file}: has weights in other files, which bgfg doesn't read: {again}")
    # Where another device fails, ONNX Runtime tries the CPU; where the CPU fails, it would say at length that it tries
    # the CPU.
    falls_back = int(provider != "CPUExecutionProvider")
    try:
        return onnxruntime.InferenceSession(content, options, providers=[provider], enable_fallback=falls_back)
    except (*FAILURES, UnicodeDecodeError) as error:
        raise_failed_call(error, file)
        raise Problem(f"{file}: can't be read as ONNX ({first_line(error)}): {again}") from error


def provider_for(device: str | None) -> str:
    """Return ONNX Runtime's name of what a file runs on.

    Args:
        device: cuda, mps or cpu; None for cuda where ONNX Runtime has it, else the CPU.

    Raises:
        Problem: It doesn't have the device.
    """
    there = onnxruntime.get_available_providers()
    wanted = {"cuda": "CUDAExecutionProvider", "cpu": "CPUExecutionProvider", "mps": "CoreMLExecutionProvider"}
    if device is None:
        return wanted["cuda" if wanted["cuda"] in there else "cpu"]
    if wanted.get(device) not in there:
        line = f"--device {device}: ONNX Runtime {onnxruntime.__version__} has none here: leave the option out"
        raise Problem(line, exit_code=2)
    return wanted[device]


def first_line(error: Exception) -> str:
    """Return the first line of an error's text, or its kind where it has no text."""
    return (str(error).splitlines() or [type(error).__name__])[0]
