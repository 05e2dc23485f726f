"""List the photographs that are trained on, by hash, and refuse those that are tested on too.

    python -m examples.photographs.seen photos [tests ...]

`seen.json`, beside this script, gets the first 16 digits of the SHA-256 of every photograph that the other scripts take
from `photos`. Then each folder of `tests` is gone through: pictures that are among them, byte for byte or nearly so
(re-encoded, mirrored, cropped a little), are named, and the command fails.
"""

import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from bgfg.data_manifests.assets.duplicates import duplicate_groups
from bgfg.data_manifests.images.image_reading import read_picture
from bgfg.data_manifests.terminal.errors import Problem
from examples.photographs import backgrounds, fixed_camera, measured_depth, outlined_people

LIST = Path(__file__).with_name("seen.json")
DIGITS = 16
# What depth is in comes as integers and has no colours; masks are black and white.
NO_PHOTOGRAPHS = {"depth", "masks"}


def trained_on(photos: Path) -> Iterator[Path]:
    """Yield the photographs that the scripts take for training."""
    yield from backgrounds.background_files(photos, (backgrounds.BACKGROUND, backgrounds.CLOSE_UP))
    outlined = outlined_people.read_outlines().keys() | outlined_people.read_outlines(outlined_people.FOUND).keys()
    yield from (photos / "open_images" / f"{name}.jpg" for name in outlined - outlined_people.held_out())
    yield from (photos / "blue_screen").glob("*.jpg")
    for frames in (fixed_camera.EMPTY, *fixed_camera.PEOPLE):
        yield from (photos / "fixed_camera" / f"{frame:05d}.jpg" for frame in frames)
    for place, step in measured_depth.STEPS.items():
        yield from sorted((photos / "rgbd" / place / "rgb").iterdir())[::step]
    for picture in (photos / "disparity").glob("*.jpg"):
        if picture.stem not in measured_depth.HELD_OUT:
            yield picture


def short_hash(file: Path) -> str:
    """Return the first digits of a file's SHA-256."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:DIGITS]


def photographs(folder: Path) -> list[Path]:
    """Return the photographs in a folder of pictures to test on, whatever lies beside them."""
    kinds = {".jpg", ".jpeg", ".png"}
    files = (file for file in folder.rglob("*") if file.suffix.lower() in kinds)
    return sorted(file for file in files if NO_PHOTOGRAPHS.isdisjoint(file.relative_to(folder).parts))


def overlaps(seen: Sequence[Path], tests: Sequence[Path]) -> list[str]:
    """Return a line for each group of pictures that are the same, or nearly so, in both."""
    files = [*seen, *tests]
    groups: dict[int, list[int]] = defaultdict(list)
    pixels = [read_picture(file).pixels for file in files]
    for number, group in enumerate(duplicate_groups(pixels, [short_hash(file) for file in files])):
        groups[group].append(number)
    both = [group for group in groups.values() if group[0] < len(seen) <= group[-1]]
    return [" = ".join(str(files[number]) for number in group) for group in both]


def main(photos: str, *tests: str) -> None:
    """Write the list and hold it against the tests."""
    seen = sorted(trained_on(Path(photos)))
    hashes = {file.relative_to(photos).as_posix(): short_hash(file) for file in seen}
    LIST.write_text(json.dumps(hashes, indent=0) + "\n", encoding="utf-8")
    print(f"{LIST.name}: {len(hashes)} photographs")
    if same := overlaps(seen, [file for folder in tests for file in photographs(Path(folder))]):
        raise Problem("trained and tested on: " + "; ".join(same) + ": leave them out of one")


if __name__ == "__main__":
    main(*sys.argv[1:])
