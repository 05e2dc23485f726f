"""`bgfg predict`: masks, depth and cut-outs of pictures or a video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.terminal.errors import counted, printable
from bgfg.train.cli.inference_options import inference_options, open_predictor, out_option


@click.command()
@inference_options
@out_option("predicted", "Folder of the results.")
def predict(image: Path, background: Path | None, align: bool | None, out: Path, **given: Any) -> None:
    """Write mask, depth, cut-out and all of them side by side of IMAGE: a picture, a folder of them, or a video.

    MODEL is a run's folder, a checkpoint, an .onnx file, or a network that comes with bgfg, by name (bgfg models);
    these two need no PyTorch. MODEL, IMAGE and the results may be under URLs, such as s3://bucket/photos. The results
    have the picture's own size: mask/NAME.png (8-bit alpha), depth/NAME.png (16-bit millimetres), cutout/NAME.png
    (RGBA), and smaller side_by_side/NAME.jpg. A model that finds people one by one writes instances/NAME.png (8-bit
    numbers), detections/NAME.json (boxes, scores, masks as run lengths) and overlay/NAME.jpg. Classes are
    classes/NAME.png, in the values of the masks that were learnt from, with the legend classes.json. What a folder has
    already is kept, and nothing that isn't such a result is written over. Of a video: mask/NAME.mkv, overlay/NAME.mp4,
    side_by_side/NAME.mp4, and the others frame by frame, such as cutout/NAME/000000.png and
    detections/NAME/000000.json; people are numbered anew in each frame.

    Example: bgfg predict runs/first photo.jpg --background empty.jpg
    """
    from bgfg.data_manifests.terminal.notes import show_note
    from bgfg.data_manifests.terminal.progress import show_progress
    from bgfg.train.inference.destinations import require_prediction
    from bgfg.train.inference.inputs import check_align_given
    from bgfg.train.inference.outputs import predict_files
    from bgfg.train.inference.video import predict_video
    from bgfg.train.inference.video_reader import is_video

    require_prediction(image, background, out)
    predictor = open_predictor(**given)
    check_align_given(align, predictor.model.card)
    if is_video(image):
        for path in predict_video(predictor, image, background, out, align, show_progress, show_note):
            click.echo(printable(str(path)))
        return
    count, new = predict_files(predictor, image, background, out, align, show_progress, show_note)
    kept = f", {count - new} of them there already" if new < count else ""
    click.echo(f"{printable(str(out))}: results of {counted(count, 'picture')}{kept}")
