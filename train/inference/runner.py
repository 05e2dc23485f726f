"""Work on many pictures: read ahead, predict, write, resume where a run stopped, report every failure at the end."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.atomic_write import is_partial, replace_text
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.flush import make_folder
from bgfg.data_manifests.files.json_form import misfit, read_json
from bgfg.data_manifests.files.origin import Origin, origin_of
from bgfg.data_manifests.objects.mirror_folders import mirror_above
from bgfg.data_manifests.terminal.errors import Problem, first_few
from bgfg.data_manifests.terminal.notes import Note, no_note
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.synth.store.lock import is_lock, results_folder
from bgfg.synth.store.outputs import require_own_file
from bgfg.train.inference.inputs import InputFiles, InputImages, fault_lines, load_inputs
from bgfg.train.inference.runtime import InferenceModel
from bgfg.train.ops.displacement import displacement_note
from bgfg.train.ops.side_work import side_work

RECORD_FILE = "made.json"
_OTHER = "another model or other options"
_RECORD = {"model": str, "sha256": str}

# Calls that write the files of a result, which may run in parallel but for the last.
Writers = list[Callable[[], None]]

_THREADS = 4
# A picture above this is written before the next one is read.
_LARGE_BYTES = 2**26


@dataclass(frozen=True)
class ResultFolder:
    """A folder of results, which resumes where an earlier run into it stopped.

    Attributes:
        out: The folder.
        work: What makes the results, as their origin names it.
        provenance: What the results depend on beside the pictures, as JSON has it.
        files: Of an input, all files that its results may have; the last one is written after all others, and so says
            that they are there.
        option: What the folder is given by on the command line, for messages.
        threads: How many threads may be used; with 1 pictures are read, worked on and written in turn. None for one a
            core.
    """

    out: Path
    work: str
    provenance: Mapping[str, Any]
    files: Callable[[InputFiles], Sequence[Path]]
    option: str = "--out"
    threads: int | None = None

    @cached_property
    def origin(self) -> Origin:
        """What each file of the results says of itself: by it they are told, whatever became of the record."""
        return Origin.with_options(self.work, self.provenance)

    def require_own(self, inputs: Sequence[InputFiles] = ()) -> None:
        """Check that nothing would be written over or taken for a result that isn't one of this very work.

        Args:
            inputs: What results are wanted of.

        Raises:
            Problem: The folder holds results of another model or other options, or something else of their names.
        """
        record = self._recorded()
        other = record is not None and record != self._described
        if other and any(
            path.is_file() and path != self._record and not is_partial(path.name) and not is_lock(path.name)
            for path in self.out.rglob("*")
        ):
            raise Problem(f"{self.out}: holds results of {_OTHER}: give another {self.option}", exit_code=2)
        for path in (path for files in inputs for path in self.files(files)):
            require_own_file(path, self.origin, self.option)
            if origin_of(path) not in (None, self.origin):
                raise Problem(f"{path}: is a result of {_OTHER}: give another {self.option}, or remove it", exit_code=2)

    def prepare(self) -> None:
        """Create the folder, and note what its results are made with; see `require_own`."""
        self.require_own()
        make_folder(self.out)
        if self._recorded() != self._described:
            replace_text(self._record, json.dumps(self.provenance, indent=1) + "\n")

    @property
    def _record(self) -> Path:
        return self.out / RECORD_FILE

    @cached_property
    def _described(self) -> Any:
        return json.loads(json.dumps(self.provenance))

    def _recorded(self) -> Any:
        """Return what the record says; None where there is none, or one that is empty or torn.

        Raises:
            Problem: It says something else than bgfg writes.
        """
        try:
            content = read_json(self._record) if self._record.exists() else None
        except ValueError:
            return None
        if _says_nothing(content):
            return None
        if wrong := misfit(content, _RECORD, RECORD_FILE):
            line = f"{self._record}: would be written over, and isn't what bgfg wrote ({wrong})"
            raise Problem(f"{line}: give another {self.option}, or move it away", exit_code=2)
        return content

    def is_done(self, files: InputFiles) -> bool:
        """Return whether an input's results are there, and none of its pictures was changed or replaced since."""
        sources = [path for path in (files.picture, files.background) if path is not None]
        result = self.files(files)[-1]
        if origin_of(result) != self.origin:
            return False
        try:
            return all(_is_older(path, result) for path in sources)
        except OSError:
            return False  # it is made again, or its picture named when it is read

    def run(
        self,
        inputs: Sequence[InputFiles],
        align: bool | None,
        work: Callable[[InputImages], Writers],
        progress: Progress,
        title: str,
        note: Note = no_note,
    ) -> int:
        """Process the inputs that aren't done.

        Args:
            inputs: All of them.
            align: Whether backgrounds are moved over their pictures; None for those that surely lie beside them.
            work: Returns what writes the results of an input; the last of these is called after all others.
            progress: Shows how far it is.
            title: What progress is titled.
            note: Told at the end which pictures have a colour profile, or a broken one, and which backgrounds don't lie
                over their pictures, or were moved there.

        Returns:
            How many inputs were processed.

        Raises:
            Problem: Another process writes into the folder; or at the end, with a line for each picture that failed:
                the others are done by then.
        """
        self.require_own(inputs)
        with results_folder(self.out):
            return self._run(inputs, align, work, progress, title, note)

    def _run(
        self,
        inputs: Sequence[InputFiles],
        align: bool | None,
        work: Callable[[InputImages], Writers],
        progress: Progress,
        title: str,
        note: Note,
    ) -> int:
        usable = [files for files in inputs if not files.fault]
        left = [files for files in usable if not self.is_done(files)]
        if not left:
            self.prepare()
        begun = False  # where no picture can be read, no folder is left behind
        problems = fault_lines(inputs)
        displaced: list[tuple[Path, float]] = []
        remarks: dict[str, list[str]] = defaultdict(list)
        done = len(usable) - len(left)
        with side_work(self.threads, _THREADS) as pool, progress(title, len(usable), done) as advance:
            under_way: list[Future[None]] = []
            for images in load_inputs(left, align, self.threads):
                if isinstance(images, Problem):
                    problems.extend(images.lines)
                else:
                    if not begun:
                        self.prepare()
                        begun = True
                    if images.remark:
                        remarks[images.remark].append(images.files.picture.name)
                    displaced += [(images.files.picture, images.displaced_px)] if images.displaced_px else []
                    writers = work(images)
                    # One result is written while the next is computed: no more of them are kept in memory.
                    _finish(under_way)
                    under_way = [pool.submit(_write, pool, writers)]
                    is_large = images.picture.nbytes > _LARGE_BYTES
                    del images, writers
                    if is_large:
                        _finish(under_way)
                        under_way = []
                advance(1)
            _finish(under_way)
        for remark, names in remarks.items():
            note(f"{first_few(names, 3)}: {remark}")
        if displaced:
            note(displacement_note(displaced, moved=align is None))
        if problems:
            raise Problem(*problems)
        return len(left)


def provenance(model: InferenceModel, **options: Any) -> dict[str, Any]:
    """Return what results depend on: the model's file, by its content, how it looks at pictures, and the options."""
    looks = {"closer_look": model.card.closer_look, "mirrored": model.card.mirrored}
    unusual = {name: value for name, value in looks.items() if value}
    return {"model": model.card.name, "sha256": file_sha256(model.file), **unusual, **options}


def _is_older(picture: Path, result: Path) -> bool:
    """Say whether a picture was there before a result; of copies the times are known at which the objects were written.

    Another picture put in the place of one keeps the time of its content, but not that of its name.
    """
    before, last = picture.stat(), result.stat()
    named_ns = before.st_mtime_ns if mirror_above(picture) is not None else before.st_ctime_ns
    last_ns = last.st_mtime_ns if mirror_above(result) is not None else last.st_ctime_ns
    return before.st_mtime_ns <= last.st_mtime_ns and named_ns <= last_ns


def _says_nothing(content: Any) -> bool:
    return not content or (isinstance(content, list) and all(map(_says_nothing, content)))


def _write(pool: Executor, writers: Writers) -> None:
    """Call all writers but the last beside one another, then the last."""
    _finish([pool.submit(writer) for writer in writers[:-1]])
    writers[-1]()


def _finish(under_way: Sequence[Future[None]]) -> None:
    for future in under_way:
        future.result()
