"""`bgfg completion`: the script by which a shell completes commands, options and their values."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
def completion(shell: str) -> None:
    """Print the script by which SHELL completes commands, options and their values.

    In bash, put it into a file that it reads at its start, ~/.local/share/bash-completion/completions/bgfg; in zsh, a
    file _bgfg in a folder of $fpath; in fish, ~/.config/fish/completions/bgfg.fish. For this shell alone, evaluate it:
    source <(bgfg completion bash).

    Example: bgfg completion bash
    """
    from bgfg.cli import command_group

    script = get_completion_class(shell)
    if script is None:
        raise click.UsageError(f"{shell}: this version of click has no completion for it: install click 8.1 or newer")
    click.echo(script(command_group, {}, "bgfg", "_BGFG_COMPLETE").source())
