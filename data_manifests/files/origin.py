"""What made a file, said by the file itself: bgfg writes over what it made itself, and over nothing else.

Every format has a place for a remark: the text of a PNG, the comment of a JPEG or a video, the metadata of a
safetensors or an ONNX file, a key of JSON. The remark is the same sentence in all of them, and is found as it stands
there. It tells whose a file is to those who mean well, and proves nothing.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.regular_file import open_regular

# Key of the sentence where a format has keys, and none of its own for that.
ORIGIN_KEY = "made_by"

# With its full stop: what follows it in a file may be a letter too.
_SENTENCE = re.compile(rb"made by bgfg ([a-z-]+)(?: of ([0-9a-f]{16}))?\.")


@dataclass(frozen=True)
class Origin:
    """What made a file; as text, the sentence that is written into it.

    Attributes:
        work: A command of bgfg, or the kind of work of several.
        given: Digest of what the file depends on beside its input; empty where that doesn't matter.
    """

    work: str
    given: str = ""

    @classmethod
    def with_options(cls, work: str, options: Mapping[str, Any]) -> Origin:
        """Return the origin of what was made with these options, as JSON has them."""
        text = json.dumps(options, sort_keys=True)
        return cls(work, hashlib.sha256(text.encode()).hexdigest()[:16])

    def __str__(self) -> str:
        return f"made by bgfg {self.work}{f' of {self.given}' if self.given else ''}."


def origin_of(path: Path) -> Origin | None:
    """Return what made a file; None for one that doesn't say that bgfg did, and for what is no file or an empty one.

    Raises:
        OSError: It can't be read.
    """
    if not path.is_file() or not path.stat().st_size:
        return None
    with open_regular(path) as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = _SENTENCE.search(content)
        return None if found is None else Origin(found[1].decode(), (found[2] or b"").decode())


def holds_nothing(path: Path) -> bool:
    """Say whether there is no file, or one without content, as `mktemp` makes and a power cut may leave."""
    return not path.exists() or (path.is_file() and not path.stat().st_size)
