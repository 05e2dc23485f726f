"""What to do about what is lost or damaged of a corpus, as the ends of messages."""

from __future__ import annotations

from pathlib import Path

from bgfg.data_manifests.corpus.manifest import plan_hint, repair_hint
from bgfg.data_manifests.terminal.errors import bgfg_command


class Hints:
    """The next steps for a corpus in a folder."""

    def __init__(self, corpus: Path) -> None:
        self._corpus = corpus

    @property
    def location(self) -> str:
        """Where the corpus lies, for messages."""
        return str(self._corpus)

    @property
    def repair(self) -> str:
        """The next step for a plan whose parts don't fit one another."""
        return repair_hint(self._corpus)

    def plan(self, part: int) -> str:
        """Return the next step for a table or a picture of the plan of a part."""
        return plan_hint(self._corpus, part)

    @property
    def shard(self) -> str:
        """The next step for a shard that is damaged."""
        return f"restore it, or see {bgfg_command('verify', self._corpus)}"

    def metadata(self, array: str) -> str:
        """Return the next step for a zarr.json; `array` is empty for a group's own."""
        return f"{bgfg_command('label' if array == 'depth' else 'compose', self._corpus)} writes it again"
