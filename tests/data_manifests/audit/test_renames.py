"""The renaming that is proposed is of the grammar, loses nothing, and stays within its folder."""

from __future__ import annotations

import csv
import shutil
import zipfile
from pathlib import Path

import pytest

from bgfg.data_manifests.audit.names import audit_names
from bgfg.data_manifests.audit.renames import (
    RENAMED_FOLDER,
    RENAMES_FILE,
    copy_renamed,
    propose_renames,
    write_rename_table,
)
from bgfg.data_manifests.audit.tree import read_tree
from bgfg.data_manifests.terminal.errors import Problem
from tests.support.killed import steps_killed, tree

JPEG, PNG = b"\xff\xd8\xff\xe0 a photograph", b"\x89PNG\r\n\x1a\n a drawing"


def made(root: Path, **files: bytes) -> Path:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def proposals(root: Path) -> dict[str, str]:
    return {rename.old: rename.new for rename in propose_renames(read_tree(root))}


def test_every_deviation_that_a_name_can_mend_is_mended(tmp_path: Path) -> None:
    root = made(
        tmp_path,
        **{
            "bg/bg001.JPG": JPEG,
            "bg/bg2.jpeg": JPEG,
            "bg/img003.jpg": JPEG,
            "fg/fg 4.png": PNG,
            "fg/fg001.png": PNG,
            "bg_fg/bg1_fg4_1.jpg": JPEG,
            "bg_fg_mask/bg001_fg004_001_mask.jpeg": PNG,
        },
    )
    assert proposals(root) == {
        "bg/bg001.JPG": "bg/bg001.jpeg",
        "bg/bg2.jpeg": "bg/bg002.jpeg",
        "bg/img003.jpg": "bg/bg003.jpeg",
        "fg/fg 4.png": "fg/fg004.png",
        "bg_fg/bg1_fg4_1.jpg": "bg_fg/bg001_fg004_001.jpeg",
        "bg_fg_mask/bg001_fg004_001_mask.jpeg": "bg_fg_mask/bg001_fg004_001_mask.png",
    }


def test_numbers_of_other_names_count_from_one(tmp_path: Path) -> None:
    root = made(tmp_path, **{f"backgrounds/room_{n}.jpg": JPEG for n in range(3)}, **{"people/p7.png": PNG})
    assert proposals(root) == {
        "backgrounds/room_0.jpg": "backgrounds/bg001.jpeg",
        "backgrounds/room_1.jpg": "backgrounds/bg002.jpeg",
        "backgrounds/room_2.jpg": "backgrounds/bg003.jpeg",
        "people/p7.png": "people/fg007.png",
    }


def test_what_renaming_cannot_mend_is_said(tmp_path: Path) -> None:
    root = made(tmp_path, **{"bg/bg001.png": PNG, "bg_fg/some.jpg": JPEG})
    assert [(r.new, "can't mend" in r.why) for r in propose_renames(read_tree(root))] == [("", True), ("", True)]


def test_two_that_would_share_a_name_keep_theirs(tmp_path: Path) -> None:
    root = made(tmp_path, **{"bg/bg1.jpeg": JPEG, "bg/bg001.jpg": JPEG, "bg/bg002.jpeg": JPEG, "bg/bg2.jpg": JPEG})
    found = propose_renames(read_tree(root))
    assert [r.new for r in found] == ["", "", ""]
    assert all("2 files would be called bg00" in r.why for r in found)


def test_a_renamed_copy_has_no_deviations_and_all_files(tmp_path: Path) -> None:
    root = made(tmp_path / "tree", **{"bg/bg1.JPG": JPEG, "fg/img2.png": PNG, "readme.txt": b"hello"})
    tree = read_tree(root)
    assert copy_renamed(tree, propose_renames(tree), tmp_path / "out") == 3
    copy = read_tree(tmp_path / "out" / RENAMED_FOLDER)
    assert not [finding for finding in audit_names(copy) if finding.check == "name"]
    assert (copy.root / "bg/bg001.jpeg").read_bytes() == JPEG
    assert (copy.root / "readme.txt").read_bytes() == b"hello"
    assert sorted(p.name for p in (root / "bg").iterdir()) == ["bg1.JPG"]


def test_links_are_not_copied(tmp_path: Path) -> None:
    root = made(tmp_path / "tree", **{"bg/bg1.jpg": JPEG})
    (root / "bg/bg2.jpg").symlink_to(made(tmp_path / "secret", x=JPEG) / "x")
    tree = read_tree(root)
    assert copy_renamed(tree, propose_renames(tree), tmp_path / "out") == 1


def test_a_copy_is_never_made_over_another_or_within_the_tree(tmp_path: Path) -> None:
    root = made(tmp_path / "tree", **{"bg/bg1.jpg": JPEG})
    tree = read_tree(root)
    copy_renamed(tree, [], tmp_path / "out")
    with pytest.raises(Problem, match="is there already"):
        copy_renamed(tree, propose_renames(tree), tmp_path / "out")
    (root / "bg/bg1.jpg").write_bytes(JPEG[::-1])  # of the same size
    with pytest.raises(Problem, match="is there already"):
        copy_renamed(tree, [], tmp_path / "out")
    with pytest.raises(Problem, match="lies within"):
        copy_renamed(tree, [], root / "out")


def test_a_copy_that_is_killed_at_any_change_is_gone_on_with(tmp_path: Path) -> None:
    root = made(tmp_path / "tree", **{"bg/bg1.jpg": JPEG, "fg/fg1.png": PNG, "readme.txt": b"hello"})
    files, out = read_tree(root), tmp_path / "out"
    proposed = propose_renames(files)

    def work() -> int:
        return copy_renamed(files, proposed, out)

    copied = []
    for _ in steps_killed(out, work):
        assert (out / RENAMES_FILE).exists() or not (out / RENAMED_FOLDER).exists()
        copied.append(work())
        assert tree(out)[f"{RENAMED_FOLDER}/bg/bg001.jpeg"] == tree(root)["bg/bg1.jpg"]
        assert sorted(path.name for path in out.iterdir()) == [RENAMED_FOLDER, RENAMES_FILE]
        shutil.rmtree(out)
    assert set(copied) == {3}
    assert work() == 0  # not killed, it was finished


def test_a_killed_copy_is_begun_again(tmp_path: Path) -> None:
    root = made(tmp_path / "tree", **{"bg/bg1.jpg": JPEG})
    made(tmp_path / "out" / f".{RENAMED_FOLDER}.partial", **{"left over": b""})
    tree = read_tree(root)
    assert copy_renamed(tree, propose_renames(tree), tmp_path / "out") == 1
    assert [p.name for p in (tmp_path / "out" / RENAMED_FOLDER).rglob("*") if p.is_file()] == ["bg001.jpeg"]


def test_hostile_names_stay_one_line_of_the_table(tmp_path: Path) -> None:
    root = made(tmp_path / "tree", **{'bg/bg1\n","x.jpg': JPEG, "bg/bg 2\r.jpg": JPEG})
    write_rename_table(propose_renames(read_tree(root)), tmp_path / "out")
    text = (tmp_path / "out" / RENAMES_FILE).read_text()
    rows = list(csv.reader(text.splitlines()))
    assert rows[0] == ["old", "new", "why"]
    assert len(rows) == len(text.splitlines()) == 3


def test_depth_maps_of_backgrounds_are_renamed_with_them_and_copied(tmp_path: Path) -> None:
    root = made(tmp_path / "tree", **{"bg/bg1.jpg": JPEG, "depth/bg1.png": PNG, "depth/bg002.png": PNG})
    tree = read_tree(root)
    assert proposals(root) == {"bg/bg1.jpg": "bg/bg001.jpeg", "depth/bg1.png": "depth/bg001.png"}
    assert copy_renamed(tree, propose_renames(tree), tmp_path / "out") == 3


def test_a_set_that_counts_from_0_moves_whole_and_keeps_what_belongs_together(tmp_path: Path) -> None:
    samples = [(b, f, k) for b in range(2) for f in range(2) for k in range(2)]
    root = made(
        tmp_path,
        **{f"bg/bg_{b}.jpg": JPEG for b in range(2)},
        **{f"depth/bg_{b}.png": PNG for b in range(2)},
        **{f"fg/fg_{f}.png": PNG for f in range(2)},
        **{f"bg_fg/bg_{b}_fg_{f}_{k}.jpg": JPEG for b, f, k in samples},
        **{f"bg_fg_mask/bg_{b}_fg_{f}_{k}_mask.png": PNG for b, f, k in samples},
    )
    assert proposals(root) == (
        {f"bg/bg_{b}.jpg": f"bg/bg00{b + 1}.jpeg" for b in range(2)}
        | {f"depth/bg_{b}.png": f"depth/bg00{b + 1}.png" for b in range(2)}
        | {f"fg/fg_{f}.png": f"fg/fg00{f + 1}.png" for f in range(2)}
        | {f"bg_fg/bg_{b}_fg_{f}_{k}.jpg": f"bg_fg/bg00{b + 1}_fg00{f + 1}_00{k + 1}.jpeg" for b, f, k in samples}
        | {
            f"bg_fg_mask/bg_{b}_fg_{f}_{k}_mask.png": f"bg_fg_mask/bg00{b + 1}_fg00{f + 1}_00{k + 1}_mask.png"
            for b, f, k in samples
        }
    )


def test_only_what_counts_from_0_moves(tmp_path: Path) -> None:
    root = made(
        tmp_path,
        **{f"bg/bg00{b}.jpeg": JPEG for b in range(3)},
        **{f"fg/fg00{f}.png": PNG for f in (1, 2)},
        **{f"bg_fg/bg00{b}_fg00{f}_001.jpeg": JPEG for b in range(3) for f in (1, 2)},
    )
    found = proposals(root)
    assert {old: new for old, new in found.items() if not old.startswith("bg_fg")} == {
        f"bg/bg00{b}.jpeg": f"bg/bg00{b + 1}.jpeg" for b in range(3)
    }
    assert found["bg_fg/bg002_fg002_001.jpeg"] == "bg_fg/bg003_fg002_001.jpeg"


def test_a_stray_number_0_moves_nothing(tmp_path: Path) -> None:
    root = made(tmp_path, **{"bg/bg_0.jpg": JPEG}, **{f"bg/bg00{b}.jpeg": JPEG for b in (1, 2, 3)})
    assert proposals(root) == {"bg/bg_0.jpg": ""}


@pytest.mark.parametrize(
    "files",
    [
        # A set from 0 and one from 1 in one folder, and in two.
        [*(f"bg/room_{n}.jpg" for n in range(3)), *(f"bg/hall_{n}.jpg" for n in range(1, 4))],
        [*(f"bg_a/room_{n}.jpg" for n in range(3)), *(f"bg_b/room_{n}.jpg" for n in range(1, 4))],
        # One from 0 beside names of the grammar, which some of its own would take.
        ["bg/bg001.jpeg", "bg/bg002.jpeg", *(f"bg/hall_{n}.jpg" for n in range(4))],
        # Two files of one number: if one of a set from 0 stays, all do, or bg_1 and bg001 would be two backgrounds.
        ["bg/bg_0.jpg", "bg/bg_1.jpg", "bg/bg_01.jpg", "bg_fg/bg_1_fg_1_1.jpg"],
        ["train/bg/1.jpg", "val/bg/1.jpg"],
        ["fg/p0.png", "fg/p1.png", "fg/q1.png"],
    ],
)
def test_no_two_files_ever_get_one_name(tmp_path: Path, files: list[str]) -> None:
    root = made(tmp_path / "tree", **{file: (PNG if file.endswith("png") else JPEG) + file.encode() for file in files})
    tree = read_tree(root)
    found = propose_renames(tree)
    assert {rename.new for rename in found} == {""}
    assert copy_renamed(tree, found, tmp_path / "out") == len(files)
    copies = [path for path in (tmp_path / "out" / RENAMED_FOLDER).rglob("*") if path.is_file()]
    assert {path.read_bytes() for path in copies} == {(root / file).read_bytes() for file in files}


def test_a_set_from_0_that_lies_in_an_archive_in_part_stays_as_it_is(tmp_path: Path) -> None:
    root = made(tmp_path, **{f"bg/bg_{b}.jpg": JPEG for b in range(2)})
    with zipfile.ZipFile(root / "bg_fg.zip", "w") as archive:
        archive.writestr("bg_fg/bg_1_fg_1_1.jpg", JPEG)
    found = propose_renames(read_tree(root))
    assert [(rename.new, "lie in archives" in rename.why) for rename in found] == [("", True)] * 2


@pytest.mark.parametrize(
    ("image", "depth"),
    [
        ("overlay/img_{n:04d}.jpg", "overlay_depth/img_{n:04d}.jpg"),
        ("overlay/bg_{n:04d}.jpg", "overlay_depth/bg_{n:04d}.jpg"),
        ("composites/{n:04d}.jpg", "composites_depth/bg_{n:04d}.jpg"),
        ("fg_bg/bg{n:03d}.jpg", "fg_bg_depth/bg{n:03d}.png"),
        ("overlay/bg_{n}.jpg", "depth/bg_{n}.jpg"),
        ("images/img{n:03d}.jpg", "depth/img{n:03d}.jpg"),
        ("images/{n}.jpg", "images/{n}_depth.png"),
    ],
)
@pytest.mark.parametrize("first", [0, 1])
def test_the_depth_of_a_composite_never_gets_the_name_of_a_background(
    tmp_path: Path, image: str, depth: str, first: int
) -> None:
    numbers = range(first, first + 4)
    made(tmp_path, **{f"bg/bg_{n:04d}.jpg": JPEG for n in range(first, first + 6)})
    made(tmp_path, **{path.format(n=n): JPEG for path in (image, depth) for n in numbers})
    assert {proposals(tmp_path).get(depth.format(n=n), "") for n in numbers} == {""}


def linked(root: Path, composite: str, depth: str = "BG depth/background ({b}).png") -> Path:
    """Make a set whose composites are named by backgrounds and cut-outs, but for one."""
    made(root, **{f"BG/background ({b}).jpg": JPEG for b in range(1, 4)}, **{f"FG/person-{f}.png": PNG for f in (1, 2)})
    made(root, **{depth.format(b=b): PNG for b in range(1, 4)})
    both = [(b, f) for b in range(1, 4) for f in (1, 2) if (b, f) != (2, 1)]
    made(root, **{f"composite/{composite.format(b=b, f=f)}.jpg": JPEG for b, f in both})
    return made(root, **{f"mask/{composite.format(b=b, f=f)}_mask.png": PNG for b, f in both})


@pytest.mark.parametrize(
    ("composite", "new"),
    [
        ("background ({b})__person-{f}", "bg003_fg002_001"),
        ("person_{f}-background_{b}", "bg003_fg002_001"),
        ("result_person-{f} on background {b}_7", "bg003_fg002_007"),
        ("background ({b}) + person-{f} flipped", "bg003_fg002_01_001"),
    ],
)
def test_composites_that_are_named_by_their_sources_are_renamed_with_them(
    tmp_path: Path, composite: str, new: str
) -> None:
    found = proposals(linked(tmp_path, composite))
    assert found["BG/background (3).jpg"] == "BG/bg003.jpeg"
    assert found["BG depth/background (3).png"] == "BG depth/bg003.png"
    assert found["FG/person-2.png"] == "FG/fg002.png"
    assert found[f"composite/{composite.format(b=3, f=2)}.jpg"] == f"composite/{new}.jpeg"
    assert found[f"mask/{composite.format(b=3, f=2)}_mask.png"] == f"mask/{new}_mask.png"


@pytest.mark.parametrize(
    "more",
    [
        {"composite/background (1)__person-1__evening.jpg": JPEG},  # nothing of the grammar says `evening`
        {"BG/old/background (1).jpg": JPEG},  # whose composite is it?
        {"FG/anna.png": PNG, "composite/background (1)__anna.jpg": JPEG},
        {"FG/p1.png": PNG},  # takes a number of another
    ],
)
def test_all_that_is_named_by_others_is_renamed_or_none(tmp_path: Path, more: dict[str, bytes]) -> None:
    root = made(linked(tmp_path, "background ({b})__person-{f}"), **more)
    assert set(proposals(root).values()) == {""}


def test_a_composite_that_a_product_of_sources_lacks_is_named(tmp_path: Path) -> None:
    root = linked(tmp_path, "background ({b})__person-{f}")
    found = [finding for finding in audit_names(read_tree(root)) if finding.check == "missing-image"]
    assert [finding.message.rpartition(": ")[2] for finding in found] == ["no background (2).jpg with person-1.png"]
    made(root, **{"composite/background (2)__person-1.jpg": JPEG})
    assert not [finding for finding in audit_names(read_tree(root)) if finding.check == "missing-image"]


def test_names_of_a_set_from_0_have_one_reason(tmp_path: Path) -> None:
    root = made(tmp_path, **{f"bg/bg{n:02d}.jpg": JPEG for n in range(3)})
    assert {r.why for r in propose_renames(read_tree(root))} == {
        "suffix .jpg, not .jpeg, missing zeros, numbered from 0"
    }
