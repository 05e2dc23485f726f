"""The command line: quick help, one line a problem, and the whole way from folders to a sheet."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import zarr
from click.testing import CliRunner
from PIL import Image

from bgfg import cli
from bgfg.commands import COMMANDS, SECTIONS
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from tests.support.project import ROOT
from tests.support.tiny_corpus import CUTOUT_HEIGHT, B, C, H, K, W

Call = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command line in this process, where none of its own is needed, which takes half a second to start."""

    def called(*arguments: object) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["bgfg", *map(str, arguments)])
        exit_code: Any = 0
        try:
            cli.main()
        except SystemExit as end:
            exit_code = end.code
        said = capsys.readouterr()
        return subprocess.CompletedProcess(sys.argv, exit_code, said.out, said.err)

    return called


def test_help_imports_no_package_but_click() -> None:
    code = (
        "import sys; from bgfg import cli; cli.command_group.main(['--help'], standalone_mode=False)\n"
        "print(sorted(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "Make the depth maps of a composed corpus" in out
    assert all(
        f"'{name}'" not in out for name in ("numpy", "zarr", "cv2", "PIL", "pyarrow", "rich", "bgfg.synth.cli.options")
    )


def test_without_a_word_five_commands_are_shown_to_begin_with(call: Call) -> None:
    done = call()
    assert (done.returncode, done.stderr) == (0, "")
    shown = [line.split() for line in done.stdout.splitlines() if line.startswith("  bgfg ")]
    assert [words[1] for words in shown] == ["kit", "dataset", "preview", "train", "predict"]
    for _, name, *words in shown:
        command = cli.command_group.get_command(click.Context(cli.command_group), name)
        assert command is not None
        command.make_context(name, [word.replace("kit/", "") for word in words], resilient_parsing=True)


def test_the_help_lists_every_command_once_under_what_it_is_for(call: Call) -> None:
    listed, section = {}, ""
    for line in call("--help").stdout.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            section = line.rstrip(":")
        elif line.startswith("  ") and line[2:3].strip() and section in SECTIONS:
            listed[line.split()[0]] = section
    assert listed == {name: title for title, places in SECTIONS.items() for name in places}


@pytest.mark.parametrize(
    ("wrong", "proposed"),
    [("compse", "Did you mean 'compose'"), ("Predict", "Did you mean 'predict'"), ("eval", "'evaluate'"), ("xyz", "")],
)
def test_a_wrong_command_proposes_the_right_one(call: Call, wrong: str, proposed: str) -> None:
    done = call(wrong)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: No such command '{wrong}'.")
    assert ("Did you mean" in done.stderr) == bool(proposed)
    assert proposed in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("bgfg de", {"depth", "depth-eval"}),
        ("bgfg export corpus out --as ", {"folder", "coco", "hdf5", "parquet", "webdataset", "zips"}),
        ("bgfg compose --work", {"--workers"}),
    ],
)
def test_a_shell_completes_commands_options_and_values(words: str, found: set[str]) -> None:
    count = len(words.split(" ")) - 1
    environment = os.environ | {"_BGFG_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(count)}
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv = ['bgfg']; from bgfg.cli import main; main()"],
        env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert found <= {line.partition(",")[2] for line in done.stdout.splitlines()}, done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_asks_bgfg(call: Call, shell: str) -> None:
    done = call("completion", shell)
    assert done.returncode == 0
    assert f"_BGFG_COMPLETE={shell}_complete" in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_and_the_help_of_the_table(name: str) -> None:
    context = click.Context(cli.command_group)
    command = cli.command_group.get_command(context, name)
    assert command is not None
    assert command.help is not None
    assert f"Example: bgfg {name} " in command.help
    assert CliRunner().invoke(command, ["--help"]).exit_code == 0


def test_dataset_goes_the_whole_way_and_again_changes_nothing(tmp_path: Path, sources: Path, call: Call) -> None:
    given = ["dataset", tmp_path / "corpus", "--bg", sources / "bg", "--fg", sources / "fg", "--bg-depth",
             sources / "depth", "--size", f"{W}x{H}", "--cutout-height", CUTOUT_HEIGHT, "--placements", K]  # fmt: skip
    first = call(*given, "--workers", "1")
    assert first.returncode == 0, first.stderr
    assert f"{B} backgrounds x {C} cut-outs x 2 (flips) x {K} placements = 48 samples" in first.stdout
    assert "48 images with masks and depth maps" in first.stdout
    files = {p: p.stat().st_mtime_ns for p in (tmp_path / "corpus").rglob("*") if p.is_file() and p.name != ".lock"}
    second = call(*given, "--workers", "1")
    assert second.returncode == 0, second.stderr
    assert "already planned" in second.stdout
    assert {p: p.stat().st_mtime_ns for p in files} == files
    assert call("verify", tmp_path / "corpus", "--recompose", "--workers", "1").stdout.endswith(
        "all is as it should be\n"
    )
    assert call("preview", tmp_path / "corpus", tmp_path / "sheet.png", "--samples", 3).returncode == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 5 * 96


@pytest.mark.parametrize(
    ("teacher", "made"), [("auto", "24 images with masks and depth maps"), ("none", "24 images with masks")]
)
def test_where_backgrounds_have_no_depth_the_shipped_teacher_sees_it_or_nobody(
    tmp_path: Path, sources: Path, call: Call, teacher: str, made: str
) -> None:
    done = call("dataset", tmp_path / "c", "--bg", sources / "bg", "--fg", sources / "fg", "--size", 17,
               "--cutout-height", 7, "--placements", 2, "--workers", 1, "--teacher", teacher,
               "--device", "cpu", "--depth", "mm16")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert made in done.stdout
    assert teacher == "none" or Corpus(tmp_path / "c").depth_code().bits == 16
    assert (Corpus(tmp_path / "c")[3].depth_m is None) == (teacher == "none")
    assert ("teacher compact, since the backgrounds have no depth" in done.stderr) == (teacher == "auto")


def test_dataset_tells_of_a_coding_that_its_teacher_lacks_before_it_begins(
    tmp_path: Path, sources: Path, call: Call
) -> None:
    given = ("--bg", sources / "bg", "--fg", sources / "fg", "--teacher", "layered", "--depth", "mm16")
    done = call("dataset", tmp_path / "c", *given)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "--depth mm16: layered depth is stored as log8: leave it out" in done.stderr


def test_dataset_tells_of_a_wrong_teacher_before_it_begins(tmp_path: Path, sources: Path, call: Call) -> None:
    done = call("dataset", tmp_path / "c", "--bg", sources / "bg", "--fg", sources / "fg", "--teacher", "densedepth")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "--teacher densedepth needs its weights" in done.stderr
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    "words",
    [
        "compose",
        "label",
        "status",
        "verify",
        "show",
        "card",
        "preview CORPUS sheet.png",
        "export CORPUS out --as folder",
    ],
)
def test_a_corpus_that_is_not_there_is_a_wrong_call_of_every_command(tmp_path: Path, words: str) -> None:
    given = words.replace("CORPUS", str(tmp_path / "gone")).split()
    given = given if len(given) > 1 else [*given, str(tmp_path / "gone")]
    done = CliRunner().invoke(cli.command_group, given)
    assert isinstance(done.exception, Problem)
    assert (done.exception.exit_code, len(done.exception.lines)) == (2, 1)
    assert str(done.exception).startswith(f"{tmp_path / 'gone'}: not a planned corpus")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "exit_code", "line"),
    [
        (["nonsense"], 2, "No such command 'nonsense'. See `bgfg --help`."),
        (["plan"], 2, "Missing argument 'CORPUS'. See `bgfg plan --help`."),
        (["plan", "c", "--bg", "no", "--fg", "no"], 2, "Invalid value for '--bg': Directory 'no' does not exist."),
        (["plan", "c", "--bg", ".", "--fg", ".", "--size", "big"], 2, "Invalid value for '--size': 'big': give pixels"),
        (["plan", "c", "--bg", ".", "--fg", ".", "--split", "9"], 2, "--split 9: give train/val/test"),
        (
            ["export", "c", "http://127.0.0.1:9/out", "--as", "zips"],
            2,
            "http://127.0.0.1:9/out: can be read alone, not written to: give a folder, or s3:// and the like",
        ),
        (
            ["audit", "memory://none/here"],
            2,
            "memory://none/here: nothing is there: check the URL; what is under memory:// is gone when the command",
        ),
        (["bench-stream", "c", "--cache", "s3:/a/x"], 2, "Invalid value for '--cache': s3://...: is a URL"),
        (["bench-stream", "c", "--cache", "s3://a/x"], 2, "Invalid value for '--cache': s3://...: is a URL"),
        (["status", "no\nwhere"], 2, r"no\nwhere: not a planned corpus"),
        (
            ["plan", "c", "--bg", ".", "--fg", ".", "--size", "224x"],
            2,
            "Invalid value for '--size': '224x': give pixels",
        ),
        (["plan", "c", "--bg", ".", "--fg", ".", "--split", "80/nan/10"], 2, "--split 80/nan/10: give train/val/test"),
        (["compose", "c", "--workers", "0"], 2, "Invalid value for '--workers': 0 is not in the range 1<=x<=1024."),
    ],
)
def test_a_wrong_call_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call, arguments: list[str], exit_code: int, line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = call(*arguments)
    assert done.returncode == exit_code
    assert done.stdout == ""
    assert done.stderr.startswith(f"Error: {line}")
    assert done.stderr.count("\n") == 1


def test_what_a_command_makes_in_memory_is_said_to_be_gone(sources: Path, call: Call) -> None:
    done = call("plan", "memory://gone/c", "--bg", sources / "bg", "--fg", sources / "fg", "--size", 52)
    assert done.returncode == 0
    assert done.stderr.endswith(
        "gone when the command ends: give a folder, or s3:// and the like, to keep what was made\n"
    )


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 745. GiB for an array"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB.\nGPU 0 has ..."),
        ImportError("libarrow_acero.so.2600: failed to map segment from shared object"),
    ],
)
def test_too_little_memory_is_no_defect(
    planned: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def fail(_corpus: Corpus) -> None:
        raise error

    monkeypatch.setattr(importlib.import_module("bgfg.synth.verify.status"), "corpus_status", fail)
    monkeypatch.setattr(sys, "argv", ["bgfg", "status", str(planned)])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    printed = capsys.readouterr().err
    assert (caught.value.code, printed.count("\n")) == (1, 1)
    assert printed.startswith("Error: not enough memory (")
    assert printed.endswith("): give a smaller size or batch, or fewer workers\n")


def test_an_unexpected_failure_is_a_line_and_a_traceback_when_asked(
    planned: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_corpus: Corpus) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(importlib.import_module("bgfg.synth.verify.status"), "corpus_status", fail)
    for debug in ([], ["--debug"]):
        monkeypatch.setattr(sys, "argv", ["bgfg", *debug, "status", str(planned)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        assert caught.value.code == 1
        printed = capsys.readouterr().err
        assert "Error: unexpected ZeroDivisionError: a defect" in printed
        assert ("Traceback" in printed) == bool(debug)


@pytest.mark.parametrize(
    ("sheet", "line"), [("/dev/full", "/dev/full: a sheet is a PNG"), ("s.jpg", "s.jpg: a sheet is a PNG")]
)
def test_a_sheet_replaces_no_device_and_no_other_format(composed: Path, call: Call, sheet: str, line: str) -> None:
    done = call("preview", composed, sheet)
    assert (done.returncode, done.stderr.startswith(f"Error: {line}")) == (2, True)


def test_ctrl_c_amid_an_import_ends_the_process_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries in C++ abort where an exception goes through their import."""
    imported = (
        "import os, signal, time\ntry: os.kill(os.getpid(), signal.SIGINT); time.sleep(5)\nfinally: print('unwound')"
    )
    (tmp_path / "amid.py").write_text(imported, encoding="utf-8")
    code = (
        "from bgfg import cli\n"
        "def work(*_, **__): import amid\n"
        "cli.command_group.main = work\n"
        "cli.main()"
    )  # fmt: skip
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=25)
    stopped = "Error: stopped; what is finished is kept, run the same command again to go on\n"
    assert (done.returncode, done.stdout, done.stderr) == (130, "", stopped)


READS_UNTIL_CTRL_C = """
import os, signal, threading
import zarr
import bgfg.synth.verify.status; from bgfg import cli
from bgfg.commands import COMMANDS, SECTIONS

def read(corpus):
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    while True:
        zarr.open_array(corpus.path / "many")[:]

bgfg.synth.verify.status.corpus_status = read
cli.main()
"""


def test_ctrl_c_in_the_middle_of_zarrs_own_work_is_one_line(planned: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(planned)
    zarr.create_array(corpus / "many", data=np.arange(4_000, dtype=np.uint8), chunks=(10,))
    done = subprocess.run([sys.executable, "-c", READS_UNTIL_CTRL_C, "status", corpus], capture_output=True, text=True)
    stopped = "Error: stopped; what is finished is kept, run the same command again to go on\n"
    assert (done.returncode, done.stderr) == (130, stopped)


@pytest.mark.parametrize(
    "closed", ["--workers 1 >&-", "--workers 1 2>&-", pytest.param("--workers 2 <&- 2>&-", marks=pytest.mark.slow)]
)
def test_a_closed_stream_is_no_failure(planned: Path, copy_of: Callable[[Path], Path], closed: str) -> None:
    close = f"exec {sys.executable} -m bgfg compose {copy_of(planned)} {closed}"
    done = subprocess.run(["bash", "-c", close], capture_output=True, text=True, timeout=60)
    said = done.stdout + done.stderr
    assert (done.returncode, "Traceback" in said, "unexpected" in said) == (0, False, False)


@pytest.mark.parametrize(("ignored", "code"), [(False, 130), (True, 0)])
def test_a_closed_terminal_ends_a_command_as_ctrl_c_does_but_under_nohup(ignored: bool, code: int) -> None:
    before = "import os, signal, time; from bgfg import cli\n"
    before += f"signal.signal(signal.SIGHUP, signal.SIG_{'IGN' if ignored else 'DFL'})\n"
    hang_up = "cli.command_group.main = lambda *_, **__: (os.kill(os.getpid(), signal.SIGHUP), time.sleep(0.2))\n"
    done = subprocess.run([sys.executable, "-c", f"{before}{hang_up}cli.main()"], capture_output=True, text=True)
    assert (done.returncode, "Error: stopped; what is finished is kept" in done.stderr) == (code, not ignored)


def test_onnx_runtime_tells_its_makers_nothing(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    run = [sys.executable, "-c", "import bgfg.depth_teacher.ops.onnx_session"]
    subprocess.run(run, env=environment | {"TMPDIR": str(tmp_path)}, check=True)
    assert not list(tmp_path.iterdir())  # where it does, it keeps a number of the session there


def test_a_corpus_of_any_name_works_in_any_locale(tmp_path: Path, sources: Path) -> None:
    name = os.fsencode(tmp_path) + b"/a 'b' #\xe9\xff"
    given = {
        "--bg": sources / "bg", "--fg": sources / "fg", "--size": 17, "--cutout-height": 7, "--placements": 1,
        "--workers": 1,
    }  # fmt: skip
    options = [os.fsencode(str(word)) for pair in given.items() for word in pair]
    command = [os.fsencode(sys.executable), b"-m", b"bgfg", b"dataset", name, *options]
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PATH": os.environ["PATH"]}
    done = subprocess.run(command, capture_output=True, env=environment, timeout=120, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert b"12 images with masks and depth maps" in done.stdout


def test_training_without_its_libraries_names_the_extra() -> None:
    code = "import sys; sys.modules['torch'] = None; sys.argv[1:] = ['train', 'c', 'r']; import bgfg.cli as c; c.main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: this needs torch, which isn't installed: pip install 'bgfg[train]'")
    assert done.stderr.count("\n") == 1
