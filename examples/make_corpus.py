"""Make a labelled corpus from two folders of pictures.

    python examples/make_corpus.py photos people corpus

photos: backgrounds of any size. people: cut-outs with transparency. Interrupted, the same call goes on.
"""

import sys

import bgfg


def main(photos: str, people: str, corpus: str) -> None:
    """Plan, compose, label and audit."""
    bgfg.plan(corpus, photos, people, size_px=224, placements=20, progress=True)
    bgfg.compose(corpus, progress=True)
    made = bgfg.label(corpus, progress=True)
    print(f"{corpus}: {len(made):,} samples")
    for finding in bgfg.audit(corpus).findings:
        print(f"{finding.severity}: {finding.message}")


if __name__ == "__main__":
    main(*sys.argv[1:])
