"""What to do about what is lost or damaged of a corpus, as the ends of messages."""

from __future__ import annotations

from pathlib import Path

from bgfg.data_manifests.corpus.digest import IMPORTED
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.next_steps import import_hint, repair_hint
from bgfg.data_manifests.terminal.errors import bgfg_command


class Hints:
    """The next steps for a corpus in a folder."""

    def __init__(self, corpus: Path, manifest: Manifest) -> None:
        self._corpus, self._manifest = corpus, manifest

    @property
    def location(self) -> str:
        """Where the corpus lies, for messages."""
        return str(self._corpus)

    @property
    def repair(self) -> str:
        """The next step for a plan whose parts don't fit one another."""
        return import_hint(self._corpus) if self._manifest.is_imported else repair_hint(self._corpus)

    def plan(self, part: int) -> str:
        """Return the next step for a table or a picture of the plan of a part."""
        return self._manifest.hint(self._corpus, part)

    @property
    def shard(self) -> str:
        """The next step for a shard that is damaged."""
        return f"restore it, or see {bgfg_command('verify', self._corpus)}"

    @property
    def damaged_shard(self) -> str:
        """The next step for a shard that doesn't fit its own checksums."""
        return f"see {bgfg_command('verify', self._corpus)}"

    def making_step(self, array: str) -> str:
        """Return the next step for a shard that isn't done."""
        return f"run {self.making(array)}"

    def remaking_step(self, array: str) -> str:
        """Return the next step for a shard that has lost a part of itself."""
        return f"run {self.making(array)}, which makes it anew"

    def unmarking_step(self, array: str, mark: Path) -> str:
        """Return the next step for a shard that is wrong, of the size in its mark, and so taken for done."""
        return f"delete {mark} and run {self.making(array)}"

    def metadata(self, array: str) -> str:
        """Return the next step for a zarr.json; `array` is empty for a group's own."""
        return f"{self.making(array)} writes it again"

    def making(self, array: str) -> str:
        """Return the call of bgfg that makes what is missing of an array, in backticks."""
        is_imported = self._manifest.is_imported
        if array == "depth" and not (is_imported and (self._manifest.teacher or {}).get("name") == IMPORTED):
            return bgfg_command("label", self._corpus)
        return bgfg_command("import", "...", self._corpus) if is_imported else bgfg_command("compose", self._corpus)


class CopyHints(Hints):
    """The next steps for a corpus on a web server, which takes nothing: it is mended where it was made."""

    @property
    def repair(self) -> str:
        """The next step, whatever is wrong."""
        return "copy it there again"

    def plan(self, part: int) -> str:
        """Return the next step for a table or a picture of the plan."""
        return self.repair

    @property
    def shard(self) -> str:
        """The next step for a shard that is damaged."""
        return self.repair

    @property
    def damaged_shard(self) -> str:
        """The next step for a shard that doesn't fit its own checksums."""
        return self.repair

    def making_step(self, array: str) -> str:
        """Return the next step for a shard that isn't done."""
        return f"make it where the corpus was made, and {self.repair}"

    def remaking_step(self, array: str) -> str:
        """Return the next step for a shard that has lost a part of itself."""
        return self.repair

    def unmarking_step(self, array: str, mark: Path) -> str:
        """Return the next step for a shard that is wrong, of the size in its mark."""
        return self.repair

    def metadata(self, array: str) -> str:
        """Return the next step for a zarr.json that is lost or damaged."""
        return self.repair
