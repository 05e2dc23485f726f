"""Teachers of the Hugging Face hub, on tiny models with drawn weights saved to a folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers", reason="transformers isn't installed: pip install 'bgfg[hub]'")

import huggingface_hub
import torch
import transformers
from PIL import Image

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.by_layers import relabel_layered
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.depth_teacher.teachers.hub import HubTeacher, clamp_to_range, load_hub_teacher
from bgfg.synth.compose.executor import Executor
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.verify import verify_corpus
from tests.support import references
from tests.support.executors import IN_PROCESS
from tests.support.tiny_corpus import H, W

CPU = torch.device("cpu")
CARD = "---\nlicense: apache-2.0\ntags:\n- depth\n---\n# A model\n"


def save_model(folder: Path, metric: bool) -> Path:
    """Save a Depth Anything of a few thousand weights, with a processor that keeps the aspect."""
    torch.manual_seed(0)
    backbone = transformers.Dinov2Config(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, mlp_ratio=2, image_size=28, patch_size=14,
        out_features=["stage1", "stage2", "stage3", "stage4"], reshape_hidden_states=False, apply_layernorm=True,
    )  # fmt: skip
    config = transformers.DepthAnythingConfig(
        backbone_config=backbone, reassemble_hidden_size=16, patch_size=14, neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8, head_hidden_size=8, depth_estimation_type="metric" if metric else "relative",
        max_depth=20 if metric else 1,
    )  # fmt: skip
    model = transformers.DepthAnythingForDepthEstimation(config)
    with torch.no_grad():
        for values in model.parameters():
            values.normal_(0, 0.3)
        model.head.conv3.bias.fill_(0.5)
    model.save_pretrained(folder)
    transformers.DPTImageProcessor(
        size={"height": 28, "width": 28}, ensure_multiple_of=14, keep_aspect_ratio=True, resample=3
    ).save_pretrained(folder)
    (folder / "README.md").write_text(CARD)
    return folder


@pytest.fixture(scope="module")
def metric(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("hub") / "tiny-metric", True)


@pytest.fixture(scope="module")
def relative(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("hub") / "tiny-relative", False)


def load(folder: Path, said: list[str] | None = None) -> HubTeacher:
    return load_hub_teacher(str(folder), CPU, None, 3, False, (said if said is not None else []).append)


def test_a_folder_is_loaded_and_its_licence_told(metric: Path) -> None:
    said: list[str] = []
    teacher = load(metric, said)
    assert said == [f"{metric}: licence apache-2.0"]
    assert teacher.describe() == {
        "name": "hub:tiny-metric",
        "version": 1,
        "weights_sha256": file_sha256(metric / "model.safetensors"),
        "licence": "apache-2.0",
    }
    assert (teacher.is_metric, teacher.range_m) == (True, (0.1, 20.0))
    assert teacher.input_px(28, 56) == (28, 56)


def test_depth_has_the_pictures_size_and_is_what_the_model_says(metric: Path) -> None:
    rgb = np.stack([references.picture(20, 30, seed) for seed in range(2)])
    found = next(load(metric).predict_batches([rgb]))
    assert found.shape == (2, 20, 30)
    pipe = transformers.pipeline("depth-estimation", model=str(metric), device="cpu")
    for picture, depth in zip(rgb, found, strict=True):
        inputs = pipe.preprocess(Image.fromarray(picture))
        own = pipe.model(pixel_values=inputs["pixel_values"]).predicted_depth.detach()
        wanted = pipe(Image.fromarray(picture))["predicted_depth"].numpy()
        assert depth == pytest.approx(wanted.clip(float(own.min()), float(own.max())), rel=1e-4, abs=1e-4)


def test_the_padding_that_zoedepth_adds_is_taken_off(tmp_path: Path) -> None:
    torch.manual_seed(0)
    backbone = transformers.Dinov2Config(
        image_size=32, patch_size=16, hidden_size=8, num_hidden_layers=4, num_attention_heads=2, mlp_ratio=2,
        out_features=["stage1", "stage2", "stage3", "stage4"], reshape_hidden_states=False,
    )  # fmt: skip
    config = transformers.ZoeDepthConfig(
        backbone_config=backbone, neck_hidden_sizes=[4, 4, 4, 4], fusion_hidden_size=6, bottleneck_features=6,
        num_relative_features=4, num_attractors=[4, 2, 2, 1], bin_embedding_dim=8,
    )  # fmt: skip
    transformers.ZoeDepthForDepthEstimation(config).save_pretrained(tmp_path / "zoe")
    transformers.ZoeDepthImageProcessor(size={"height": 32, "width": 32}).save_pretrained(tmp_path / "zoe")
    teacher = load(tmp_path / "zoe")
    rgb = np.stack([references.picture(20, 30, seed) for seed in range(2)])
    found = next(teacher.predict_batches([rgb]))
    assert teacher.is_metric
    assert found.shape == (2, 20, 30)
    assert (found > 0).all()


def test_resizing_does_not_leave_the_range_of_the_networks_output() -> None:
    predicted = torch.full((2, 8, 8), 0.2)
    predicted[0, :, 4:], predicted[1, :, 4:] = 9.0, 3.0
    sizes = [(41, 41)] * 2
    outputs = transformers.modeling_outputs.DepthEstimatorOutput(predicted_depth=predicted)
    found = transformers.DPTImageProcessor().post_process_depth_estimation(outputs, target_sizes=sizes)
    resized = torch.stack([each["predicted_depth"] for each in found])
    assert resized[0].min() < 0  # what the library gives at a silhouette
    clamped = clamp_to_range(resized, predicted)
    for depth, highest in zip(clamped, (9.0, 3.0), strict=True):
        assert (float(depth.min()), float(depth.max())) == pytest.approx((0.2, highest))
    inside = (resized >= 0.2) & (resized <= predicted.amax((1, 2))[:, None, None])
    assert torch.equal(clamped[inside], resized[inside])


def test_a_pictures_depth_does_not_depend_on_its_batch(metric: Path) -> None:
    rgb = np.stack([references.picture(20, 30, seed) for seed in range(4)])
    teacher = load(metric)
    together = next(teacher.predict_batches([rgb]))
    for picture, depth in zip(rgb, together, strict=True):
        assert next(teacher.predict_batches([picture[None]]))[0] == pytest.approx(depth, rel=1e-5, abs=1e-5)


def test_metres_go_into_a_corpus_as_log_codes(metric: Path, composed: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(composed)
    label_corpus(corpus, TeacherOptions("hub", str(metric), device="cpu"), Executor(2, "threading"))
    opened = Corpus(corpus)
    assert dict(opened.array("depth").attrs)["encoding"] == {"kind": "log", "near_m": 0.1, "far_m": 20.0}
    assert opened.array("depth").shape[1:] == (H, W)
    depth_m = next(load(metric).predict_batches([opened[5].image[None]]))[0]
    codes = opened.depth_code().encode(depth_m).astype(int)
    assert np.abs(codes - np.asarray(opened.array("depth")[5]).astype(int)).max() <= 1


@pytest.mark.parametrize("bits", [8, 16])
def test_depth_without_a_unit_is_kept_apart_and_on_one_scale(
    relative: Path, composed: Path, copy_of: Callable[[Path], Path], bits: int
) -> None:
    corpus = copy_of(composed)
    choice = TeacherOptions("hub", str(relative), device="cpu", bits=bits)
    label_corpus(corpus, choice, IN_PROCESS)
    opened = Corpus(corpus)
    attributes = dict(opened.array("depth").attrs)
    assert attributes["encoding"]["kind"] == "relative"
    assert "units" not in attributes
    inverse = np.stack([next(load(relative).predict_batches([opened[i].image[None]]))[0] for i in (0, 20, 40)])
    codes = np.stack([opened.array("depth")[i] for i in (0, 20, 40)]).astype(np.int64)
    assert np.corrcoef(inverse.ravel(), codes.ravel())[0, 1] < -0.999  # larger is farther, one scale for all
    (opened.path / "done/depth/1.json").unlink()
    label_corpus(corpus, choice, IN_PROCESS)  # goes on with the scale that is recorded
    assert dict(Corpus(corpus).array("depth").attrs) == attributes
    assert verify_corpus(corpus, IN_PROCESS, True, relabel_layered).problems == []


def test_no_network_says_how_to_fetch_it_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    name = "nobody/no-such-depth"
    with pytest.raises(Problem, match=rf"{name}: can't be fetched .*`hf download {name} --local-dir DIR`") as caught:
        load_hub_teacher(name, CPU, None, None, False, print)
    assert len(caught.value.lines) == 1


def test_a_folder_without_a_depth_model_is_one_line(tmp_path: Path, metric: Path) -> None:
    def refused(folder: Path) -> Any:
        with pytest.raises(Problem, match=r"no depth-estimation model of transformers") as caught:
            load(folder)
        assert len(caught.value.lines) == 1

    refused(tmp_path)
    pickled = Path(shutil.copytree(metric, tmp_path / "pickled"))
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    refused(pickled)  # nothing is unpickled


@pytest.mark.parametrize("option", [{"use_pretrained_backbone": True}, {"auto_map": {"AutoModel": "nowhere.Model"}}])
def test_a_configuration_that_reaches_for_other_files_is_one_line(
    tmp_path: Path, metric: Path, option: dict[str, Any]
) -> None:
    folder = shutil.copytree(metric, tmp_path / "model")
    content = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(content | {"backbone_config": option}), encoding="utf-8")
    with pytest.raises(Problem, match=r"config\.json: .* would have other files fetched or run, which bgfg doesn't"):
        load(folder)
    (folder / "config.json").write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(Problem, match=r"config\.json: not readable as JSON \(nested too deeply\)"):
        load(folder)
