"""From 100 backgrounds and 100 cut-outs to 1.2 million labelled images, and to networks trained on them.

The public face: what `__all__` lists may be relied on, the rest is bgfg's own. Each name is imported when it is first
used, so that `import bgfg` takes milliseconds and needs neither numpy nor PyTorch.

Examples:
    >>> import bgfg
    >>> corpus = bgfg.plan("corpus", bg="photos", fg="people")
    >>> corpus = bgfg.compose("corpus")
    >>> corpus[123].mask.shape
    (224, 224)
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bgfg.api.making import compose, import_corpus, label
    from bgfg.api.planning import extend, plan
    from bgfg.api.results import audit, card, export, report
    from bgfg.data_manifests.objects.chunk_cache import ChunkCache
    from bgfg.data_manifests.terminal.errors import Problem
    from bgfg.synth.open_corpus import open_corpus
    from bgfg.synth.store.corpus import Corpus
    from bgfg.train.cutouts.cutout import cutout
    from bgfg.train.inference.predictor import Predictor
    from bgfg.train.inference.runtime import load_model
    from bgfg.train.stream.stream import Stream

    __version__: str

__all__ = [
    "ChunkCache",
    "Corpus",
    "Predictor",
    "Problem",
    "Stream",
    "__version__",
    "audit",
    "card",
    "compose",
    "cutout",
    "export",
    "extend",
    "import_corpus",
    "label",
    "load_model",
    "open_corpus",
    "plan",
    "report",
]

# Name -> where it is.
_PUBLIC = {
    "ChunkCache": "bgfg.data_manifests.objects.chunk_cache:ChunkCache",
    "Corpus": "bgfg.synth.store.corpus:Corpus",
    "Predictor": "bgfg.train.inference.predictor:Predictor",
    "Problem": "bgfg.data_manifests.terminal.errors:Problem",
    "Stream": "bgfg.train.stream.stream:Stream",
    "__version__": "bgfg.data_manifests.terminal.version:BGFG_VERSION",
    "audit": "bgfg.api.results:audit",
    "card": "bgfg.api.results:card",
    "compose": "bgfg.api.making:compose",
    "cutout": "bgfg.train.cutouts.cutout:cutout",
    "export": "bgfg.api.results:export",
    "extend": "bgfg.api.planning:extend",
    "import_corpus": "bgfg.api.making:import_corpus",
    "label": "bgfg.api.making:label",
    "load_model": "bgfg.train.inference.runtime:load_model",
    "open_corpus": "bgfg.synth.open_corpus:open_corpus",
    "plan": "bgfg.api.planning:plan",
    "report": "bgfg.api.results:report",
}

# ONNX Runtime, which runs networks for bgfg, would report that to its makers; it reads this when it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, and keep it."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'bgfg' has no attribute {name!r}")
    module, _, inner = _PUBLIC[name].partition(":")
    value = getattr(importlib.import_module(module), inner)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
