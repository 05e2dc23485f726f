"""What is said of an ONNX file of others: settings, each of its own form, and the configuration beside the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.json_form import misfit, read_json
from bgfg.data_manifests.terminal.errors import Problem


class Setting(NamedTuple):
    """A setting of a file.

    Attributes:
        fits: Whether a value is one of it.
        advice: What to give instead of one that isn't.
    """

    fits: Callable[[Any], bool]
    advice: str


def is_triple(value: Any) -> bool:
    """Say whether a value is three numbers within reason."""
    return misfit(value, [float]) == "" and len(value) == 3 and all(abs(each) <= 1000 for each in value)


# What is subtracted of red, green and blue, and what they are divided by then.
NORMALISATION: Mapping[str, Setting] = {
    "mean": Setting(is_triple, "give three numbers, such as [0.485,0.456,0.406]"),
    "std": Setting(
        lambda value: is_triple(value) and min(value) > 0, "give three numbers above 0, such as [0.229,0.224,0.225]"
    ),
}


def checked_settings(given: Mapping[str, Any], settings: Mapping[str, Setting]) -> dict[str, Any]:
    """Return what was said beside `model`, lists as tuples.

    Raises:
        Problem: There is no such setting, or a value doesn't fit.
    """
    if unknown := sorted(given.keys() - settings.keys() - {"model"}):
        raise Problem(f"--onnx {unknown[0]}: no such setting: give {', '.join(('model', *settings))}", exit_code=2)
    for name, setting in settings.items():
        if name in given and not setting.fits(given[name]):
            raise Problem(f"--onnx {name}={given[name]!s:.60}: {setting.advice}", exit_code=2)
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items() if name != "model"
    }


def require_settings(given: Mapping[str, Any], names: Iterable[str]) -> None:
    """Raise Problem where some isn't said that has to be of a model that isn't in the table."""
    if missing := [name for name in names if name not in given]:
        raise Problem(f"--onnx model=other: give {', '.join(f'--onnx {each}=' for each in missing)} too", exit_code=2)


def read_config(file: Path, name: str) -> Any:
    """Return the content of a configuration that lies beside a file or in the folder above; None where there is none.

    Raises:
        Problem: It can't be read.
    """
    for folder in (file.parent, file.parent.parent):
        path = folder / name
        if not path.is_file():
            continue
        try:
            return read_json(path)
        except (OSError, ValueError) as error:
            raise_failed_call(error, path)
            raise Problem(f"{path}: can't be read ({error}): restore it, or give --onnx model=NAME") from error
    return None
