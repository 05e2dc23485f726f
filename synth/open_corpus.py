"""Opening a corpus for reading, in a folder or under a URL."""

from __future__ import annotations

import weakref
from contextlib import ExitStack
from os import PathLike

from bgfg.data_manifests.objects.chunk_cache import ChunkCache
from bgfg.data_manifests.places.corpus_place import corpus_folder
from bgfg.data_manifests.terminal.arguments import checked_arguments
from bgfg.synth.store.corpus import Corpus


@checked_arguments
def open_corpus(location: str | PathLike[str], cache: ChunkCache | None = None) -> Corpus:
    """Open the corpus in a folder, or under a URL such as s3://bucket/corpus or https://host/corpus.

    Of one under a URL the manifest, the tables and the marks, some 15 MB, are copied to a temporary folder, which is
    there for as long as the corpus is used; pixels are read by ranges of bytes.

    Args:
        location: The folder, or the URL.
        cache: Where what is read of shards is kept on this disk; of no account for a folder.

    Raises:
        Problem: There is no planned corpus, or it can't be read.
    """
    with ExitStack() as stack:
        corpus = Corpus(stack.enter_context(corpus_folder(location)))
        if corpus.mirror is not None:
            corpus.mirror.cache = cache
        weakref.finalize(corpus, stack.pop_all().close)
        return corpus
