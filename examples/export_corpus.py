"""Hand a split of a corpus on as files that other tools read.

python examples/export_corpus.py corpus out
"""

import sys

import bgfg


def main(location: str, out: str) -> None:
    """Write the validation split as COCO, and as plain files."""
    for form in ("coco", "folder"):
        done = bgfg.export(location, f"{out}/{form}", form, splits=["val"], where=["visible_px>=1"])
        print(f"{out}/{form}: {done.samples:,} samples in {done.files:,} files, {done.bytes / 1e6:.1f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
