"""`bgfg cutout`: what it prints, in full."""

from __future__ import annotations

from pathlib import Path

from bgfg.train.cli.cutout import cutout
from tests.support.command_calls import run_command
from tests.support.matting_onnx import save_matting_onnx
from tests.support.red_photos import write_red_photo


def test_it_says_what_was_cut_and_where_to_look(tmp_path: Path) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    write_red_photo(photos / "two.png", [(20, 20, 25, 60), (100, 30, 25, 70)])
    write_red_photo(photos / "cut.png", [(60, 60, 40, 60)])
    network = save_matting_onnx(tmp_path / "red.onnx")
    done = run_command(cutout, photos, out, "--model", network, "--label", "box", "--threads", 1)
    assert done.exit_code == 0, done.output
    notes = f"{out}/box/_cutout"
    assert done.stdout.splitlines() == [
        f"{out}/box: 2 cut-outs of 2 photographs, see {notes}/cutouts.jpg",
        f"1 doubtful, set aside (border 1): see {notes}/doubtful.jpg",
        f"Next: `bgfg plan CORPUS --bg BACKGROUNDS --fg {out}`",
    ]
    again = run_command(cutout, photos, out, "--model", network, "--label", "box", "--threads", 1)
    assert again.stdout.splitlines()[0].startswith(f"{out}/box: 2 cut-outs of 2 photographs, 2 of them there already, ")
    loose = run_command(cutout, photos, tmp_path / "all", "--model", network, "--accept", "border", "--threads", 1)
    assert "3 cut-outs of 2 photographs" in loose.stdout
    assert "doubtful" not in loose.stdout


def test_settings_of_the_file_are_taken_from_the_command_line(tmp_path: Path) -> None:
    photo = write_red_photo(tmp_path / "a.png", [(60, 30, 40, 60)])
    network = save_matting_onnx(
        tmp_path / "red.onnx", "data", ["map"], (1, 3, 64, 64), mean=(0.5, 0.5, 0.5), std=(1, 1, 1), logits=True
    )
    settings = ("model=other", "values=logits", "mean=[0.5,0.5,0.5]", "std=[1,1,1]")
    words = [word for setting in settings for word in ("--onnx", setting)]
    done = run_command(cutout, photo, tmp_path / "out", "--model", network, "--threads", 1, *words)
    assert "1 cut-out of 1 photograph" in done.stdout, done.output
