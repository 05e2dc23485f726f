"""Imports run one way, from floor to floor; and making a corpus needs no torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.support.project import ROOT

# From the ground up: a file imports from its own room and from the rooms before it in this list.
FLOORS = [
    *(
        f"bgfg.data_manifests.{room}"
        for room in (
            "machine",
            "files",
            "terminal",
            "objects",
            "images",
            "placement",
            "assets",
            "corpus",
            "places",
            "overview",
            "audit",
            "imports",
            "cli",
        )
    ),
    "bgfg.data_manifests.cli",
    *(f"bgfg.synth.{room}" for room in ("formats", "store", "open_corpus", "plan", "painting", "cluster", "compose")),
    "bgfg.synth.importing",
    *(f"bgfg.synth.kit.{room}" for room in ("render", "figures", "pieces", "scenes", "build")),
    *(f"bgfg.synth.{room}" for room in ("export", "verify", "preview", "overview", "cli")),
    *(f"bgfg.depth_teacher.{room}" for room in ("ops", "teachers", "labelling", "evaluation", "cli")),
    *(f"bgfg.train.{room}" for room in ("ops", "viz", "config", "stream", "augment", "targets", "folders", "models")),
    *(f"bgfg.train.{room}" for room in ("engine", "inference", "cutouts", "evaluation", "overview", "export")),
    *(f"bgfg.train.{room}" for room in ("web", "cli")),
    "bgfg",
]
PACKAGES = ("bgfg", "data_manifests", "synth", "depth_teacher", "train")


def module_of(path: Path) -> str:
    """The name under which a file is imported: the four folders are packages of bgfg."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    dotted = ".".join(parts if parts[0] == "bgfg" else ("bgfg", *parts))
    return dotted.removesuffix(".__init__")


FILES = {module_of(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}


def floor_of(module: str) -> int:
    return max(
        (i for i, room in enumerate(FLOORS) if module == room or module.startswith(f"{room}.")),
        key=lambda i: len(FLOORS[i]),
    )


@cache
def imported(module: str) -> frozenset[str]:
    """Everything that a file imports, at its top or inside a function, by full names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def edges(module: str) -> set[str]:
    """The files of bgfg that a file imports: a package counts only where its own names are meant."""
    names = imported(module)
    packages = {name.rpartition(".")[0] for name in names if name in FILES}
    return {name for name in names if name in FILES and name not in packages} - {module}


def wrong_edges(graph: dict[str, set[str]]) -> list[str]:
    return [
        f"{FILES[module].relative_to(ROOT)} imports {FILES[other].relative_to(ROOT)}, which is above it"
        for module, others in graph.items()
        for other in sorted(others)
        if floor_of(other) > floor_of(module)
    ]


def circles(graph: dict[str, set[str]]) -> list[str]:
    """What is left when files that import nothing of it, or that nothing imports, are taken away again and again."""
    left = {module: set(others) for module, others in graph.items()}
    while True:
        wanted = set().union(*left.values())
        kept = {module: others & left.keys() for module, others in left.items() if module in wanted}
        kept = {module: others for module, others in kept.items() if others}
        if kept == left:
            break
        left = kept
    return [
        f"{FILES[m].relative_to(ROOT)} <-> {FILES[o].relative_to(ROOT)}" for m in left for o in left[m] & left.keys()
    ]


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    """What each file imports: no constant, for then every process that collects the tests would read all files."""
    return {module: edges(module) for module in FILES}


def test_imports_run_from_floor_to_floor(graph: dict[str, set[str]]) -> None:
    assert not wrong_edges(graph), "\n".join(wrong_edges(graph))


def test_no_files_import_one_another_in_a_circle(graph: dict[str, set[str]]) -> None:
    assert not circles(graph), "\n".join(circles(graph))


def test_a_wrong_edge_and_a_circle_are_named_with_both_files() -> None:
    low, high = "bgfg.data_manifests.images.decode", "bgfg.train.engine.trainer"
    paths = ["data_manifests/images/decode.py", "train/engine/trainer.py"]
    assert wrong_edges({low: {high}, high: {low}}) == [f"{paths[0]} imports {paths[1]}, which is above it"]
    assert circles({low: {high}, high: {low}}) == [" <-> ".join(paths), " <-> ".join(reversed(paths))]


def test_only_the_command_line_imports_a_command(graph: dict[str, set[str]]) -> None:
    wrong = [
        f"{FILES[module].relative_to(ROOT)} imports the command file {FILES[other].relative_to(ROOT)}"
        for module, others in graph.items()
        for other in sorted(others)
        if ".cli." in other and not other.endswith("options") and module != "bgfg.cli"
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("module", [m for m, p in FILES.items() if p.name == "__init__.py" and m != "bgfg"])
def test_an_init_holds_a_docstring_alone(module: str) -> None:
    body = ast.parse(FILES[module].read_text(encoding="utf-8")).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)


def test_no_folder_holds_more_than_25_files() -> None:
    folders = {path.parent for path in FILES.values()}
    counts = {
        str(folder.relative_to(ROOT)): sum(path.is_file() and path.suffix != ".so" for path in folder.iterdir())
        for folder in folders
    }
    assert {folder: count for folder, count in counts.items() if count > 25} == {}


def test_only_the_room_of_images_uses_pillow() -> None:
    users = {m for m in FILES if {name.split(".")[0] for name in imported(m)} & {"PIL", "imagehash"}}
    assert sorted(m for m in users if not m.startswith("bgfg.data_manifests.images.")) == []


def test_making_a_corpus_imports_no_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import bgfg.synth.cli.compose, bgfg.synth.compose.shards, bgfg.synth.verify.verify, bgfg.synth.preview\n"
        "import bgfg.synth.plan.plan, bgfg.depth_teacher.labelling.label"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_looking_at_corpora_and_runs_imports_no_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import bgfg.synth.overview.thumbnails, bgfg.synth.overview.pixel_statistics\n"
        "import bgfg.synth.overview.finding_pictures, bgfg.synth.overview.outlines, bgfg.train.overview.run_overview"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_streaming_arrays_imports_neither_torch_nor_opencv() -> None:
    code = (
        "import sys; sys.modules |= dict.fromkeys(('torch', 'cv2'))\n"
        "import bgfg.synth.open_corpus, bgfg.train.stream.bench, bgfg.train.stream.array_stream"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_predicting_from_onnx_imports_neither_torch_nor_what_stores_are_read_with() -> None:
    code = (
        "import sys; sys.modules |= dict.fromkeys(('torch', 'zarr', 'pyarrow', 'pandas', 'scipy'))\n"
        "import bgfg.train.inference.onnx_model, bgfg.train.inference.video, bgfg.train.inference.edit_files"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
