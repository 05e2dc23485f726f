"""Calls of commands in this process."""

from __future__ import annotations

from typing import Any

from click.testing import CliRunner, Result


def run_command(command: Any, *words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])
