"""The command `evaluate`, on a run made by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.files.checksum import file_sha256  # noqa: E402
from bgfg.data_manifests.terminal.errors import Problem  # noqa: E402
from bgfg.synth.store.corpus import Corpus  # noqa: E402
from bgfg.train.cli.evaluate import evaluate  # noqa: E402
from bgfg.train.models.checkpoint import BEST, Checkpoint, checkpoint_path  # noqa: E402
from bgfg.train.models.registry import build_model  # noqa: E402
from bgfg.train.models.shipped import CHECKPOINT_SUFFIX, shipped_file  # noqa: E402
from bgfg.train.stream.evaluation_cells import AssetIdentities  # noqa: E402
from tests.support.evaluation_corpus import make_evaluation_corpus  # noqa: E402
from tests.support.few_replicates import few_replicates  # noqa: E402
from tests.support.paired_folders import save  # noqa: E402
from tests.support.real_folder import inside, make_real  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def quick_intervals() -> Iterator[None]:
    with few_replicates():
        yield


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_evaluation_corpus(tmp_path_factory.mktemp("evaluate_cli"))


def run_of(folder: Path, corpus: Corpus, targets: tuple[str, ...] = ("mask", "depth"), **description: Any) -> Path:
    """Write the best checkpoint of a run with fresh weights."""
    torch.manual_seed(0)
    net = build_model("two_branch_net", targets, input_px=16)
    content = {
        "model": {"name": net.name, "options": net.options},
        "digest": corpus.manifest.digest,
        "files": sorted(AssetIdentities(corpus).file_digests("train", "val")),
        "depth": {"kind": "log", "near_m": 0.1, "far_m": 20.0} if "depth" in targets else None,
        "standing": {"step": 1_200, "threshold": 0.4},
    }
    Checkpoint({"average": net.state_dict()}, content | description).save(checkpoint_path(folder, BEST))
    return folder


def call(*arguments: object) -> Result:
    return CliRunner().invoke(evaluate, [str(a) for a in (*arguments, "--device", "cpu")], catch_exceptions=False)


def test_a_run_gets_its_report_and_the_summary_is_printed(corpus: Corpus, tmp_path: Path) -> None:
    run = run_of(tmp_path / "run", corpus)
    printed = call(run, corpus.path, "--samples", 4, "--batch", 3).stdout
    weights = file_sha256(checkpoint_path(run, BEST))
    folder = run / f"evaluation-{corpus.manifest.digest[:12]}-of-{weights[:12]}"
    assert sorted(path.name for path in folder.iterdir()) == ["cases.png", "report.json", "report.md"]
    report = (folder / "report.md").read_text(encoding="utf-8")
    summary = report.split("## Summary\n\n")[1].split("\n\n")[0]
    assert summary in printed
    assert all(str(path) in printed for path in folder.iterdir())
    assert printed.startswith(f"Judged: best.safetensors, SHA-256 {weights[:16]}; looks: once\n\n|")
    assert f"- weights: best.safetensors\n- weights_sha256: {weights}\n" in report
    assert "after 1,200 steps" in report
    assert "another corpus" not in report
    assert "| D | 4 of 16 |" in report


def test_a_checkpoint_file_and_a_folder_can_be_given(corpus: Corpus, tmp_path: Path) -> None:
    run = run_of(tmp_path / "run", corpus, ("mask",))
    call(checkpoint_path(run, BEST), corpus.path, "--full", "--out", tmp_path / "out")
    report = (tmp_path / "out/report.md").read_text(encoding="utf-8")
    assert "| D | 16 of 16 |" in report
    assert "finds mask\n" in report
    assert "RMSE" not in report


def test_the_report_of_a_network_that_comes_with_bgfg_goes_to_a_folder_of_its_name(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    printed = call("two_stream", corpus.path, "--samples", 1).stdout
    weights = file_sha256(shipped_file(Path("two_stream"), CHECKPOINT_SUFFIX))
    folder = f"two_stream-evaluation-{corpus.manifest.digest[:12]}-of-{weights[:12]}"
    assert [path.name for path in tmp_path.iterdir()] == [folder]
    assert f"{folder}/report.md" in printed


def test_reports_on_other_weights_are_kept_and_those_on_the_same_are_made_again(corpus: Corpus, tmp_path: Path) -> None:
    real, files = make_real(tmp_path / "real", 4), [tmp_path / f"{name}.safetensors" for name in ("one", "other")]
    for step, file in enumerate(files):
        run = run_of(tmp_path / file.stem, corpus, ("mask",), standing={"step": step, "threshold": 0.4})
        checkpoint_path(run, BEST).rename(file)
        call(file, "--real", real)
    folders = [next(tmp_path.glob(f"evaluation-real-*-of-{file_sha256(file)[:12]}")) for file in files]
    about = [json.loads((folder / "report.json").read_text())["real"]["about"] for folder in folders]
    assert [each["weights"] for each in about] == ["one.safetensors", "other.safetensors"]
    assert [each["weights_sha256"] for each in about] == [file_sha256(file) for file in files]
    call(files[0], "--real", real, "--out", folders[0])
    before = (folders[0] / "report.json").read_bytes()
    whose = re.escape(f"(one.safetensors, SHA-256 {file_sha256(files[0])[:16]})")
    with pytest.raises(Problem, match=rf"--out .*: holds a report on other weights {whose}: give another --out"):
        call(files[1], "--real", real, "--out", folders[0])
    (folders[1] / "report.json").write_text('{"format": "bgfg-real-evaluation"}')
    with pytest.raises(Problem, match=r"on other weights \(which it doesn't name\)"):
        call(files[1], "--real", real, "--out", folders[1])
    assert (folders[0] / "report.json").read_bytes() == before


def test_a_closer_look_is_said_of_real_pictures_and_that_others_are_without(corpus: Corpus, tmp_path: Path) -> None:
    real = make_real(tmp_path / "real", 4)
    run = run_of(tmp_path / "run", corpus, ("mask",), closer_look=True)
    printed = call(run, corpus.path, "--samples", 1, "--real", real, "--out", tmp_path / "out").stdout
    assert "; looks: once, where bgfg predict looks closer too\n" in printed
    assert "; looks: closer too, as bgfg predict\n" in printed


def test_another_corpus_is_allowed_and_said(corpus: Corpus, tmp_path: Path) -> None:
    run = run_of(tmp_path / "run", corpus, digest="0" * 64, files=[])
    call(run, corpus.path, "--samples", 2, "--out", tmp_path / "out")
    report = (tmp_path / "out/report.md").read_text(encoding="utf-8")
    assert "trained on another corpus (digest 000000000000)" in report


def test_depth_is_decoded_as_the_network_learnt_it(corpus: Corpus, tmp_path: Path) -> None:
    reports = []
    for far_m in (20.0, 5.0):
        run = run_of(tmp_path / f"run{far_m}", corpus, depth={"kind": "log", "near_m": 0.1, "far_m": far_m})
        call(run, corpus.path, "--samples", 2, "--out", tmp_path / f"out{far_m}")
        reports.append((tmp_path / f"out{far_m}/report.md").read_text(encoding="utf-8"))
    depth_rows = [[line for line in report.splitlines() if "two_branch_net" in line][-1] for report in reports]
    assert depth_rows[0] != depth_rows[1]


def test_wrong_calls_are_problems(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="--full, --samples: give one"):
        call(tmp_path, corpus.path, "--full", "--samples", 3)
    with pytest.raises(Problem, match="no such model: give the folder of a run"):
        call(tmp_path / "none", corpus.path)
    with pytest.raises(Problem, match="not a planned corpus"):
        call(run_of(tmp_path / "run", corpus), tmp_path / "nothing")


def test_real_pictures_are_a_part_of_the_same_report(corpus: Corpus, tmp_path: Path) -> None:
    run, real = run_of(tmp_path / "run", corpus), make_real(tmp_path / "real", 4, depth=True)
    printed = call(run, corpus.path, "--samples", 4, "--real", real).stdout
    (folder,) = run.glob("evaluation-*-real-*")
    assert sorted(path.name for path in folder.iterdir()) == ["cases.png", "real.png", "report.json", "report.md"]
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert report.index("## Summary") < report.index("## Real pictures")
    content = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert content["real"]["pictures"] == 4
    assert content["format"] == "bgfg-evaluation"
    assert "| 4 real pictures, mask | IoU |" in printed
    assert str(folder / "real.png") in printed
    call(run, corpus.path, "--samples", 4, "--out", folder)
    assert not (folder / "real.png").exists()


def test_without_a_corpus_real_pictures_alone_are_tested(corpus: Corpus, tmp_path: Path) -> None:
    run, real = run_of(tmp_path / "run", corpus), make_real(tmp_path / "real", 4, depth=True)
    printed = call(run, "--real", real).stdout
    (folder,) = run.glob("evaluation-*")
    assert folder.name.startswith("evaluation-real-")
    assert sorted(path.name for path in folder.iterdir()) == ["real.png", "report.json", "report.md"]
    alone = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert (alone["format"], alone["real"]["pictures"]) == ("bgfg-real-evaluation", 4)
    assert "; looks: once, as bgfg predict\n\n| 4 real pictures, mask | IoU |" in printed
    call(run, corpus.path, "--samples", 4, "--real", real, "--out", folder)
    beside = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert beside["real"]["rows"] == alone["real"]["rows"]
    call(run, "--real", real, "--out", folder)
    assert not (folder / "cases.png").exists()
    assert (folder / "report.md").read_text(encoding="utf-8").startswith("# Evaluation\n\n## Real pictures\n")
    with pytest.raises(Problem, match="nothing to test on: give CORPUS, or --real FOLDER, or both"):
        call(run)
    with pytest.raises(Problem, match="--batch 3: is of the samples of a corpus, and none is tested on: leave it out"):
        call(run, "--real", real, "--batch", 3)


def test_masks_that_may_mean_two_things_are_asked_about_by_the_option(corpus: Corpus, tmp_path: Path) -> None:
    run, real = run_of(tmp_path / "run", corpus, ("mask",)), make_real(tmp_path / "real", 4)
    for seed in range(4):
        numbers = np.full((40, 56), 90 + 40 * (seed % 2), np.uint8) * inside(seed)
        save(numbers.astype(np.uint8), real / f"masks/{seed:03}.png")
    with pytest.raises(Problem, match="--masks binary"):
        call(run, corpus.path, "--samples", 4, "--real", real)
    call(run, corpus.path, "--samples", 4, "--real", real, "--masks", "binary")
    assert len(list(run.glob("evaluation-*-binary-real-*/report.md"))) == 1
    with pytest.raises(Problem, match=r"--turn-masks no: is for folders of masks, and .* leave it out, or give --real"):
        call(run, corpus.path, "--turn-masks", "no")
