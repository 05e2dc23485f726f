"""`bgfg convert`: weights of DenseDepth as safetensors."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from bgfg.data_manifests.places.place_type import FILE_PLACE, RESULT_FILE
from bgfg.data_manifests.terminal.errors import Problem, printable


@click.command()
@click.argument("source", type=FILE_PLACE)
@click.argument("target", type=RESULT_FILE)
@click.option(
    "--resize",
    type=click.Choice(["align_corners", "half_pixel"]),
    help="How DenseDepth doubles its maps.  [default: half_pixel of Keras 3, else as the released weights]",
)
@click.option(
    "--trained-on",
    type=click.Choice(["nyu", "kitti"]),
    help="Range of DenseDepth: 0.1 to 10 m or 1 to 80 m.  [default: by the file's name]",
)
def convert(source: Path, target: Path, resize: str | None, trained_on: str | None) -> None:
    """Convert weights of DenseDepth, Keras HDF5 or a PyTorch state dict, to safetensors.

    TARGET is the file, whose name ends in .safetensors: a new one, or one to be converted again.

    Example: bgfg convert nyu.h5 nyu.safetensors
    """
    from bgfg.depth_teacher.labelling.load_teacher import require_packages

    require_packages("torch", "timm", "safetensors", extra="train")
    from bgfg.depth_teacher.teachers.densedepth import UpsampleMode
    from bgfg.depth_teacher.teachers.densedepth_weights import CONVERTED, load_weights, save_safetensors
    from bgfg.synth.store.outputs import require_file

    if target.suffix != ".safetensors":
        raise Problem(f"{target}: give a name that ends in .safetensors", exit_code=2)
    require_file(target, CONVERTED, "TARGET", source)
    weights = load_weights(source, cast(UpsampleMode | None, resize), trained_on)
    save_safetensors(weights, target)
    variant, (near_m, far_m) = weights.net.variant, weights.range_m
    click.echo(
        f"{printable(str(target))}: DenseDepth of width {variant.width}, LeakyReLU after "
        f"{'convA and convB' if variant.leaky_after_a else 'convB'}, {variant.resize}, {near_m:g} to {far_m:g} m"
    )
