"""pyarrow without pandas, which it imports at its first conversion of anything: a fifth of a second of a processor."""

from __future__ import annotations

import sys

_may_be_left_out = False


def leave_pandas_out() -> None:
    """Have pyarrow take pandas for absent, for as long as this process lasts.

    For processes that are bgfg's own, commands and their workers: none of them converts anything from or to pandas by
    pyarrow. Whatever else imports pandas there gets it as ever.
    """
    global _may_be_left_out
    _may_be_left_out = True
    settle()


def settle() -> None:
    """Have pyarrow look for pandas in vain, once it is imported, in a process where that was asked for.

    Called where pyarrow is imported for tables, before anything is converted.
    """
    if not _may_be_left_out or "pyarrow" not in sys.modules or "pandas" in sys.modules:
        return
    import pyarrow

    absent = _Absent()
    sys.meta_path.insert(0, absent)
    try:
        pyarrow.scalar(0)  # pyarrow looks for it once
    finally:
        sys.meta_path.remove(absent)


class _Absent:
    """Finds no pandas, whoever else would."""

    def find_spec(self, name: str, _path: object, _target: object = None) -> None:
        """Raise ImportError for pandas, return None for all else."""
        if name == "pandas":
            raise ModuleNotFoundError(f"{name} is left out", name=name)
