"""The digest of what determines the pixels of an imported corpus."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from bgfg.data_manifests.corpus.digest import CORPUS_FORMAT, IMPORTED_VERSION, canonical_json
from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.imports.source_tables import SOURCE_KINDS


def imported_digest(
    geometry: CorpusGeometry, prepared: Mapping[str, str], hashes: Iterable[Sequence[str | None]], instances: bool
) -> str:
    """Return the digest of an imported corpus, hex SHA-256.

    Hashed are, as compact JSON, format, version, sizes and the hashes of the prepared arrays; then for each sample a
    line of the SHA-256 of its composite, of its mask and of its picture of instances. Depth is a label, and isn't among
    them.

    Args:
        geometry: Counts and sizes.
        prepared: Array name -> SHA-256 of its raw bytes.
        hashes: SHA-256 of the files of each sample by SOURCE_KINDS, None where there is none.
        instances: Whether samples have several objects.
    """
    header = {"format": CORPUS_FORMAT, "version": IMPORTED_VERSION, **geometry.sizes(), "instances": instances}
    found = hashlib.sha256(canonical_json(header | {"prepared": dict(prepared)}))
    for each in hashes:
        by_kind = dict(zip(SOURCE_KINDS, each, strict=True))
        found.update(f"{by_kind['image']},{by_kind['mask']},{by_kind['instance']}\n".encode())
    return found.hexdigest()
