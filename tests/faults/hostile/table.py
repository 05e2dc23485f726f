"""All readers that are handed damaged input, by name."""

from __future__ import annotations

from tests.faults.hostile import corpora, depth, pictures, texts, weights

READERS = {reader.name: reader for module in (corpora, texts, pictures, depth, weights) for reader in module.READERS}
