"""Next steps for what of a corpus is lost or damaged, as the ends of messages."""

from __future__ import annotations

from pathlib import Path

from bgfg.data_manifests.terminal.errors import bgfg_command


def plan_hint(corpus: Path, is_added: bool = False) -> str:
    """Return the next step for what of a plan, or of what was added, is lost or damaged, as the end of a message."""
    options = ("--extend", "...") if is_added else ("...",)
    again = f"run {bgfg_command('plan', corpus, *options)} again, the same as before"
    return f"restore it, or {again}: that writes it anew and keeps what was made (without --replace)"


def import_hint(corpus: Path) -> str:
    """Return the next step for what of an imported corpus is lost or damaged, as the end of a message."""
    return f"restore it, or run {bgfg_command('import', '...', corpus, '--replace')}, which imports it anew"


def repair_hint(corpus: Path) -> str:
    """Return the next step for a plan whose parts are sound and don't fit one another, as the end of a message."""
    return f"restore it, or run {bgfg_command('plan', corpus, '...', '--replace')}"
