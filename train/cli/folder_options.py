"""Options by which folders of images and masks are split and read, of `train`, `check-data` and `evaluate`."""

from __future__ import annotations

import click

from bgfg.data_manifests.terminal.cli_types import combine_options

# Names of the settings of `bgfg.train.folders.folder`; listed here, since importing them would import torch.
FOLDER_SETTINGS = ("split", "val", "test", "split_seed", "groups", "outline", "masks", "turn_masks")

mask_options = combine_options(
    click.option("--masks", type=click.Choice(["auto", "binary", "soft", "classes", "trimap"]),
                 help="How values of masks are read: as they say themselves; all but the lowest as the mask; as levels "
                      "of coverage; each as a class; or what lies between the lowest and the highest as unknown.  "
                      "[default: auto]"),
    click.option("--turn-masks", type=click.Choice(["auto", "yes", "no"]),
                 help="Whether masks beside photos that EXIF turns are turned too, where sizes don't say so: as edges "
                      "in the photos do; yes; or no.  [default: auto]"),
)  # fmt: skip

folder_options = combine_options(
    click.option("--split", metavar="TRAIN/VAL/TEST",
                 help="Shares in per cent of a folder of pairs without a split.  [default: 80/10/10]"),
    click.option("--val", type=int, metavar="N", help="Pairs of a folder to validate on, in place of a share."),
    click.option("--test", type=int, metavar="N", help="Pairs of a folder to test on, in place of a share."),
    click.option("--split-seed", type=int, help="Seed of the split of a folder: another one splits it otherwise."),
    click.option("--groups", type=click.Choice(["auto", "names", "none"]),
                 help="What keeps pairs of a folder in one split: names of clips and copies, and pictures that are "
                      "alike; names alone; or nothing.  [default: auto]"),
    click.option("--outline", type=click.Choice(["pet", "background", "ignore"]),
                 help="What the outline in the masks of Oxford-IIIT Pets counts as.  [default: pet]"),
    mask_options,
)  # fmt: skip
