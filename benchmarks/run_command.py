"""Runs a benchmark's command as `bgfg` runs its own: a failure is a line, and who stops it is told how it goes on."""

from __future__ import annotations

import signal
import sys

import click

from bgfg.data_manifests.terminal.errors import Problem


def run_command(command: click.Command, stopped: str) -> None:
    """Run a command to its end, and leave the process by an exit code where it fails or is stopped.

    Args:
        command: The command; its arguments are the process's.
        stopped: What is said where it is stopped by Ctrl-C or SIGTERM.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        command(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(stopped)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Problem as problem:
        for line in problem.lines:
            print(f"Error: {line}", file=sys.stderr)
        sys.exit(problem.exit_code)
