"""All readers that are handed damaged input, by name."""

from __future__ import annotations

from tests.faults.hostile import corpora, cutouts, depth, pictures, runs, texts, weights

_MODULES = (corpora, cutouts, texts, pictures, depth, weights, runs)

READERS = {reader.name: reader for module in _MODULES for reader in module.READERS}
