"""The commands that label, or whose last part is labels: parse, one call, print."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import click
from bgfg.data_manifests.terminal.cli_types import CORPUS
from bgfg.data_manifests.terminal.errors import Problem, command, printable
from bgfg.data_manifests.terminal.progress import shown
from bgfg.depth_teacher.labelling.choice import LAYERED, PICTURE_TEACHERS, TEACHERS, Choice, load_teacher
from bgfg.synth.cli.cli import FOLDER, Size, crew, crew_options, options, plan_options, run_plan

_NOBODY = "none"
_TEACHER_OPTIONS = ("weights", "input_size", "batch", "device", "resize", "trained_on")

_WEIGHTS = "File of weights (.h5, .safetensors, .pt); for hub a name or a folder.  [default: compact's own]"

picture_teacher_option = click.option(
    "--teacher", type=click.Choice(PICTURE_TEACHERS), default="compact", show_default=True, help="What sees depth."
)

teacher_options = options(
    click.option("--weights", metavar="FILE", help=_WEIGHTS),
    click.option("--input-size", type=Size(), help="Size of the network's input, N or WxH.  [default: the teacher's]"),
    click.option("--batch", type=click.IntRange(min=1), help="Pictures at a time.  [default: the teacher's]"),
    click.option("--device", default="auto", show_default=True, help="cuda, mps, cpu or auto."),
    click.option(
        "--resize",
        type=click.Choice(["align_corners", "half_pixel"]),
        help="How DenseDepth doubles, which no .h5 tells.  [default: as the released weights]",
    ),
    click.option(
        "--trained-on",
        type=click.Choice(["nyu", "kitti"]),
        help="Range of DenseDepth: 0.1 to 10 m or 1 to 80 m.  [default: by the file's name]",
    ),
)


class Scale(click.ParamType):
    """Metres of one unit of a depth map, `0.001` or a fraction such as `1/5000`."""

    name = "metres"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Parse the text of the option."""
        try:
            scale = float(Fraction(str(value).replace(" ", "")))
        except (ValueError, ZeroDivisionError):
            scale = 0.0
        if not 0 < scale < float("inf"):
            self.fail(f"{value!r}: give metres such as 0.001, 1/5000 or 1/256", param, ctx)
        return scale


def choice(teacher: str, input_size: tuple[int, int] | None, depth: str = "log8", **given: Any) -> Choice:
    """Return the teacher that the options choose."""
    return Choice(teacher, input_px=input_size, bits={"log8": 8, "mm16": 16}[depth], **given)


def say(line: str) -> None:
    """Tell what a person may want to know meanwhile, on stderr."""
    click.echo(printable(line), err=True)


@click.command()
@click.argument("corpus", type=CORPUS)
@plan_options
@click.option(
    "--teacher",
    type=click.Choice([*TEACHERS, _NOBODY]),
    default="auto",
    show_default=True,
    help="What labels: auto is layered where the backgrounds have depth, else compact.",
)
@teacher_options
@crew_options
def dataset(corpus: Path, workers: int | None, backend: str, teacher: str, **given: Any) -> None:
    """Make a whole corpus from two folders of pictures: plan, compose, label and audit in a row.

    What is there already is kept: an interrupted run goes on where it was.

    Example: bgfg dataset corpus --bg photos --fg people --bg-depth depth
    """
    from bgfg.depth_teacher.labelling.label import label_corpus
    from bgfg.synth.cli.audit import print_report
    from bgfg.synth.compose.shards import compose_corpus
    from bgfg.synth.verify.audit import audit

    of_teacher = {name: given.pop(name) for name in _TEACHER_OPTIONS}
    chosen = None if teacher == _NOBODY else choice(teacher, **of_teacher)  # told before the work, not after it
    planned = run_plan(corpus, workers=workers, **given)
    compose_corpus(corpus, crew(workers, backend))
    if chosen is not None:
        label_corpus(corpus, chosen, crew(workers, backend), say=say)
    made = (
        f"{len(planned.manifest.geometry.index):,} images{' and masks' if chosen is None else ', masks and depth maps'}"
    )
    click.echo(f"{printable(str(corpus))}: {made}; look at some: {command('preview', corpus, 'sheet.png')}")
    print_report(audit(corpus, crew(workers, backend)))


@click.command()
@click.argument("corpus", type=CORPUS)
@click.option("--teacher", type=click.Choice(TEACHERS), default="auto", show_default=True, help="What labels.")
@teacher_options
@click.option(
    "--depth",
    type=click.Choice(["log8", "mm16"]),
    default="log8",
    show_default=True,
    help="How a network's depth is stored: 8 bits in log steps, or 16 bits of millimetres.",
)
@click.option("--replace", is_flag=True, help="Remove what another teacher made.")
@crew_options
def label(corpus: Path, workers: int | None, backend: str, replace: bool, **given: Any) -> None:
    """Make every unfinished shard of depth.

    The teacher `layered` takes the depth of the backgrounds (planned with --bg-depth), and stands each cut-out on it;
    `in_front` puts it where its size says, before all that it hides, for people at random places, who float.
    `compact`, whose weights come with bgfg, `densedepth` and `hub` look at the composites: on a GPU where there is one,
    else each worker has a core. `auto` is `layered` where the backgrounds have depth, else `compact`.

    Example: bgfg label corpus --teacher densedepth --weights nyu.h5
    """
    from bgfg.depth_teacher.labelling.label import label_corpus

    label_corpus(corpus, choice(**given), crew(workers, backend), replace, say)
    click.echo(f"{printable(str(corpus))}: all depth maps are made")


@click.command()
@click.argument("corpus", type=CORPUS)
@click.option("--recompose", is_flag=True, help="Make everything again and compare, byte by byte.")
@teacher_options
@crew_options
def verify(corpus: Path, recompose: bool, workers: int | None, backend: str, **given: Any) -> None:
    """Hold every stored byte to checksums, marks and manifest; exit code 1 where something is wrong.

    With --recompose images, masks and layered depth are made again. Depth by a network rounds otherwise on another
    device: with the --weights that made it, a spread of samples is labelled again and may be one code apart.

    Example: bgfg verify corpus --recompose
    """
    from bgfg.depth_teacher.labelling.label import label_again
    from bgfg.synth.verify.verify import verify_corpus

    if given["weights"] and not recompose:
        raise Problem("--weights: nothing is labelled again without --recompose: give that too", exit_code=2)
    verdict = verify_corpus(corpus, crew(workers, backend), recompose, label_again)
    if verdict.found:
        raise Problem(*verdict.found)
    if recompose:
        _verify_network_labels(corpus, given)
    left = ", ".join(f"{count} shards of {array}" for array, count in verdict.unfinished.items() if count)
    said = f"what is there is as it should be; not made yet: {left}" if left else "all is as it should be"
    click.echo(f"{printable(str(corpus))}: {said}")


def _verify_network_labels(path: Path, given: dict[str, Any]) -> None:
    """Label some samples again where a network labelled them, and say what of the depth was checked and what not."""
    from bgfg.depth_teacher.labelling.relabel import relabel_some
    from bgfg.synth.store.store import Corpus

    corpus = Corpus(path)
    name = str((corpus.manifest.teacher or {}).get("name", "layered")).partition(":")[0]
    if name in LAYERED or not corpus.done("depth"):
        return
    try:
        pictures = load_teacher(choice(name, **given), True, say)
    except Problem as problem:
        if given["weights"]:
            raise
        click.echo(f"depth by {name}: held to checksums and marks, none of it made again: {problem}")
        return
    count, found = relabel_some(corpus, pictures)
    if found:
        raise Problem(*found)
    click.echo(
        f"depth by {name}: {count} of {len(corpus):,} samples labelled again, at most one code apart; the others held "
        "to checksums and marks"
    )


@click.command("depth")
@click.argument("folder", type=FOLDER)
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@picture_teacher_option
@teacher_options
def depth_of_folder(folder: Path, out: Path, **given: Any) -> None:
    """Write the depth of every picture of a folder as 16-bit millimetre PNGs, which `plan --bg-depth` reads.

    Example: bgfg depth photos depth
    """
    from bgfg.depth_teacher.measured.depth_folder import SHEET, write_depth

    count = write_depth(folder, out, load_teacher(choice(**given), False, say), shown)
    click.echo(f"{printable(str(out))}: {count} depth maps; look at {SHEET}")


@click.command("depth-eval")
@click.argument("pairs", type=click.Path(exists=True, path_type=Path))
@picture_teacher_option
@teacher_options
@click.option("--depth-scale", type=Scale(), default="0.001", show_default=True, help="Metres of one unit: 1/5000 ...")
@click.option("--cap", default=10.0, show_default=True, help="Metres beyond which truth doesn't count.")
@click.option(
    "--crop",
    type=click.Choice(["auto", "eigen", "none"]),
    default="auto",
    show_default=True,
    help="What is scored: Eigen's crop of NYU, or all; auto: what the data set says.",
)
@click.option("--align", is_flag=True, help="Fit scale and shift in disparity to each image's truth first.")
@click.option("--sheet", type=click.Path(dir_okay=False, path_type=Path), help="Draw the first images into this PNG.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def depth_eval(
    pairs: Path, depth_scale: float, cap: float, crop: str, align: bool, sheet: Path | None, as_json: bool, **given: Any
) -> None:
    """Score a teacher on pictures with measured depth: delta, AbsRel, RMSE, log10, SILog, ordinal agreement.

    Beside it stand two that don't look: the mean depth of the compact teacher's training pictures, and a straight line
    from bottom to top.

    PAIRS is a folder with rgb/ and depth/ (16-bit PNG, PGM, TIFF or .npy), or NYU's test arrays, zipped or not.

    Example: bgfg depth-eval nyu_test.zip --teacher densedepth --weights nyu.h5 --crop eigen
    """
    from bgfg.depth_teacher.measured.depth_eval import evaluate_depth
    from bgfg.depth_teacher.measured.metrics import EIGEN_CROP, Protocol
    from bgfg.depth_teacher.measured.rgbd import open_pairs
    from bgfg.depth_teacher.teachers.compact_file import open_pair
    from bgfg.depth_teacher.teachers.trivial import trivial_teachers

    found = open_pairs(pairs, depth_scale)
    protocol = Protocol(far_m=cap, crop={"auto": found.crop, "eigen": EIGEN_CROP, "none": None}[crop], align=align)
    beside = trivial_teachers(open_pair().about)
    done = evaluate_depth(load_teacher(choice(**given), False, say), found, protocol, shown, sheet, beside)
    click.echo(done.as_json() if as_json else done.markdown())


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--resize", type=click.Choice(["align_corners", "half_pixel"]), help="How it doubles, written down.")
@click.option("--trained-on", type=click.Choice(["nyu", "kitti"]), help="Its range.  [default: by the file's name]")
def convert(source: Path, target: Path, resize: str | None, trained_on: str | None) -> None:
    """Convert weights of DenseDepth, Keras HDF5 or a PyTorch state dict, to safetensors.

    Example: bgfg convert nyu.h5 nyu.safetensors
    """
    from bgfg.depth_teacher.labelling.choice import require

    require("torch", "timm", "safetensors", extra="train")
    from bgfg.depth_teacher.teachers.densedepth import Resize
    from bgfg.depth_teacher.teachers.weight_files import load_weights, save_safetensors

    if target.suffix != ".safetensors":
        raise Problem(f"{target}: give a name that ends in .safetensors", exit_code=2)
    weights = load_weights(source, cast(Resize | None, resize), trained_on)
    save_safetensors(weights, target)
    variant, (near_m, far_m) = weights.net.variant, weights.range_m
    click.echo(
        f"{printable(str(target))}: DenseDepth of width {variant.width}, LeakyReLU after "
        f"{'convA and convB' if variant.leaky_after_a else 'convB'}, {variant.resize}, {near_m:g} to {far_m:g} m"
    )
