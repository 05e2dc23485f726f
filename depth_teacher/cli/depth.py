"""`bgfg depth` and `bgfg depth-eval`: a teacher on pictures outside a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.places.place_type import PAIRS_PLACE, PICTURES_PLACE, RESULT_FILE, RESULTS_PLACE
from bgfg.data_manifests.terminal.cli_types import DepthUnit, FiniteRange, NamedText
from bgfg.data_manifests.terminal.errors import counted, printable
from bgfg.data_manifests.terminal.progress import show_progress
from bgfg.depth_teacher.cli.options import (
    echo_note,
    make_teacher_options,
    picture_teacher_option,
    teacher_options,
)
from bgfg.depth_teacher.labelling.load_teacher import load_teacher


@click.command("depth")
@click.argument("folder", type=PICTURES_PLACE)
@click.argument("out", type=RESULTS_PLACE)
@picture_teacher_option
@teacher_options
@click.option("--skip-bad", is_flag=True, help="Leave out pictures that can't be used, instead of failing in the end.")
def depth_of_folder(folder: Path, out: Path, skip_bad: bool, **given: Any) -> None:
    """Guess the depth of every picture of a folder, and write it as 16-bit PNGs in millimetres for `plan --bg-depth`.

    OUT is a folder apart from FOLDER. Depth maps of the same teacher that are there are made again; no other file is
    written over.

    Example: bgfg depth photos depth
    """
    from bgfg.depth_teacher.labelling.depth_maps import DEPTH_SHEET, require_depth_folder, write_depth_maps

    options = make_teacher_options(**given)
    require_depth_folder(folder, out)
    teacher = load_teacher(options, False, echo_note)
    count, left_out = write_depth_maps(folder, out, teacher, show_progress, skip_bad)
    for line in left_out:
        echo_note(line)
    click.echo(f"{printable(str(out))}: {counted(count, 'depth map')}; look at {DEPTH_SHEET}")


@click.command("depth-eval")
@click.argument("pairs", type=PAIRS_PLACE)
@picture_teacher_option
@teacher_options
@click.option(
    "--depth-scale",
    type=DepthUnit(),
    help="Metres of one unit of the depth maps: 0.001, 1/5000 ...  [default: 0.001 of integers, 1 of floats]",
)
@click.option(
    "--inverse-depth",
    is_flag=True,
    help="The maps hold 1/metres, or disparity, which --depth-scale brings to 1/metres: 1 / (focal length x baseline).",
)
@click.option(
    "--depth-key",
    type=NamedText(),
    metavar="NAME",
    help="The array to take of .npz and .mat files of several.  [default: the only depth map]",
)
@click.option("--skip-bad", is_flag=True, help="Leave out pairs that can't be used, instead of failing in the end.")
@click.option(
    "--cap",
    type=FiniteRange(0.01, 1_000_000),
    default=10.0,
    show_default=True,
    metavar="METRES",
    help="Distance beyond which measured depth doesn't count.",
)
@click.option(
    "--crop",
    type=click.Choice(["auto", "eigen", "none"]),
    default="auto",
    show_default=True,
    help="Part of the pictures that is scored: Eigen's crop of NYU, or all; auto is what the data set says.",
)
@click.option("--align", is_flag=True, help="Fit scale and shift in disparity to each picture's measured depth first.")
@click.option(
    "--sheet",
    type=RESULT_FILE,
    help="Draw the first pictures, their depth and its errors into this PNG.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON.")
def depth_eval(
    pairs: Path,
    depth_scale: float | None,
    inverse_depth: bool,
    depth_key: str | None,
    skip_bad: bool,
    cap: float,
    crop: str,
    align: bool,
    sheet: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Score a teacher on pictures with measured depth: delta, AbsRel, RMSE, log10, SILog, ordinal agreement.

    Beside it stand two that don't look: the mean depth of the compact teacher's training pictures, and a straight line
    from bottom to top.

    PAIRS is a folder with rgb/ and depth/ (16-bit PNG, PGM, TIFF, .npy, .npz, .pfm or .mat), one with X.png beside
    X_depth.png, a tree of such folders, or NYU's test arrays, zipped or not, or its labelled .mat.

    Example: bgfg depth-eval nyu_test.zip --teacher densedepth --weights nyu.h5 --crop eigen
    """
    from bgfg.depth_teacher.evaluation.depth_eval import EVALUATION_SHEET, evaluate_depth
    from bgfg.depth_teacher.evaluation.metrics import EIGEN_CROP, EvalProtocol
    from bgfg.depth_teacher.evaluation.rgbd import open_rgbd
    from bgfg.depth_teacher.teachers.baselines import baseline_teachers
    from bgfg.depth_teacher.teachers.compact_weights import open_weights_pair
    from bgfg.synth.store.outputs import require_sheet

    options = make_teacher_options(**given)
    if sheet is not None:
        require_sheet(sheet, EVALUATION_SHEET, "--sheet")
    data = open_rgbd(pairs, depth_scale, depth_key, skip_bad, inverse_depth)
    protocol = EvalProtocol(far_m=cap, crop={"auto": data.crop, "eigen": EIGEN_CROP, "none": None}[crop], align=align)
    baselines = baseline_teachers(open_weights_pair().metadata)
    teacher = load_teacher(options, False, echo_note)
    evaluation = evaluate_depth(teacher, data, protocol, show_progress, sheet, baselines, skip_bad)
    for line in evaluation.decided:
        echo_note(line)
    click.echo(evaluation.as_json() if as_json else evaluation.markdown())
