"""Copy the photographs that serve as backgrounds: sorted by hand, nobody is on them.

    python -m examples.photographs.backgrounds photos bg [background close-up ...]

photos: the folder that holds `open_images/` and `poly_haven/`. What is on each picture stands in the tables of these
names beside this script: `background` (a scene with depth), `people` (also mirrored, printed, or as statues),
`close-up` (products, furniture and doors that fill the frame) or `other` (frames, collages, captions, drawings, tinted
or black-and-white, nothing but sky). Only the first are copied, or the kinds that are named, byte by byte, as
FOLDER_NAME.jpg.
"""

import csv
import shutil
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

FOLDERS = ("open_images", "poly_haven")
# Nobody is on either.
BACKGROUND, CLOSE_UP = "background", "close-up"


def background_files(photos: Path, kinds: Collection[str] = (BACKGROUND,)) -> Iterator[Path]:
    """Yield the files that the tables call backgrounds, or one of some kinds."""
    for folder in FOLDERS:
        with Path(__file__).with_name(f"{folder}.csv").open(encoding="utf-8", newline="") as table:
            yield from (
                photos / folder / f"{row['picture']}.jpg" for row in csv.DictReader(table) if row["what"] in kinds
            )


def main(photos: str, bg: str, *kinds: str) -> None:
    """Copy them."""
    Path(bg).mkdir(parents=True, exist_ok=True)
    files = list(background_files(Path(photos), kinds or (BACKGROUND,)))
    for file in files:
        shutil.copyfile(file, Path(bg) / f"{file.parent.name}_{file.name}")
    print(f"{bg}: {len(files)} backgrounds")


if __name__ == "__main__":
    main(*sys.argv[1:])
