"""In what a teacher differs from the one that labelled a corpus, in the words of the options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What is recorded of a teacher -> the option that decides it, in the order in which they are told.
_OPTIONS = {
    "weights_sha256": "--weights",
    "licence": "--weights",
    "trained_on": "--weights",
    "resize": "--resize",
    "onnx": "--onnx",
    "focal_px": "--focal",
    "range_m": "--trained-on",
    "input_size_px": "--input-size",
    "size_px": "--input-size",
    "encoding": "--depth",
}

# Teachers whose range of depth an option decides.
_WITH_TRAINED_ON = ("densedepth",)


def changed_options(recorded: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Say which options were others when a corpus was labelled, and what they were where that is recorded.

    Args:
        recorded: The teacher of the corpus, as the manifest has it.
        wanted: The one that is to label now.

    Returns:
        Such as "--weights of another file, --input-size 448x448".
    """
    (teacher, _, model), (teacher_now, _, model_now) = (str(of.get("name")).partition(":") for of in (recorded, wanted))
    # All else follows from these.
    if teacher != teacher_now:
        return f"--teacher {teacher}"
    if model != model_now:
        return f"--weights {model}"
    changed = [key for key in _OPTIONS if recorded.get(key) != wanted.get(key)]
    said = {_OPTIONS[key]: _value(_OPTIONS[key], recorded) for key in changed}
    if "range_m" in changed and _coding(recorded) == _coding(wanted):
        said.pop("--depth", None)  # the coding is of the range
    if teacher not in _WITH_TRAINED_ON:
        said.pop("--trained-on", None)  # the range is of the weights
    if said:
        return ", ".join(f"{option} {value}" for option, value in said.items())
    return f"another version of this teacher ({recorded.get('version')}; now {wanted.get('version')})"


def _value(option: str, recorded: Mapping[str, Any]) -> str:
    """Return what was given for an option, as far as the record tells."""
    match option:
        case "--weights":
            return "of another file"
        case "--onnx":
            return " --onnx ".join(f"{name}={value}" for name, value in (recorded.get("onnx") or {}).items())
        case "--focal":
            return str(recorded.get("focal_px"))
        case "--resize":
            return str(recorded.get("resize"))
        case "--input-size":
            height_px, width_px = recorded.get("input_size_px") or (0, 0)
            return f"{width_px}x{height_px}"
        case "--trained-on":
            near_m, far_m = recorded.get("range_m") or (0, 0)
            return f"of {near_m:g} to {far_m:g} m"
    return _coding(recorded)


def _coding(teacher: Mapping[str, Any]) -> str:
    """Return the coding of a teacher's depth as `--depth` calls it."""
    encoding = teacher.get("encoding") or {}
    return "log8" if encoding.get("kind") == "log" or encoding.get("bits") == 8 else "mm16"
