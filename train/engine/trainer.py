"""The training loop, from top to bottom.

A run is a function of its corpus and options: the order of the samples, their augmentation and what is random in the
network are drawn from the seed and the position alone. So a run that was killed and goes on from its last checkpoint
gives the losses that it would have given undisturbed; on a processor to the last digit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from bgfg.data_manifests.images.pictures import save_png
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.engine.learner import Learner
from bgfg.train.engine.loader import Supply, save_batches
from bgfg.train.engine.loggers import Logs, read_metrics
from bgfg.train.engine.meter import Meter, NotFinite
from bgfg.train.engine.progress import Display, Pace, Show
from bgfg.train.engine.run_dir import Record, Run
from bgfg.train.engine.validation import Validation
from bgfg.train.models.checkpoint import Checkpoint
from bgfg.train.viz.curves import draw_curves
from bgfg.train.viz.sheet import draw_sheet

# Without an option: so often in a run, or after each epoch where that is more often; but in minutes each has its price.
VALIDATIONS = 8


@dataclass
class Standing:
    """How far a run is, as its checkpoints keep it.

    step: optimizer steps taken. epoch: of the stream, from 0. score, best_step: of the best validation, and after
    which step it was. stale: validations since then. threshold: of the mask, chosen by the latest validation.
    figures: of that validation, by name.
    """

    step: int = 0
    epoch: int = 0
    score: float | None = None
    best_step: int = 0
    stale: int = 0
    threshold: float | None = None
    figures: dict[str, float] = field(default_factory=dict)

    def summary(self) -> str:
        """Say in a line how far the run came, and how good it is."""
        found = ", ".join(f"{name} {value:.4f}" for name, value in self.figures.items())
        best = f"; best after step {self.best_step:,}" if self.score is not None else "; nothing was validated"
        return f"step {self.step:,}" + (f": {found}" if found else "") + best


class Fit:
    """A run in training. Of several ranks, rank 0 alone writes: figures, sheets, checkpoints."""

    def __init__(
        self, run: Run, record: Record, learner: Learner, supply: Supply, validation: Validation | None, logs: Logs
    ) -> None:
        self._run, self._record, self._options, self._logs = run, record, record.options, logs
        self._learner, self._supply, self._validation = learner, supply, validation
        self._meter = Meter(learner.objective.names, supply.waited_s)
        self._steps_an_epoch = len(supply.stream) // self._options.accumulate
        self._validate_every = self._options.validate_every or self._usual_interval()
        self._saved_at = time.monotonic()
        self.standing = Standing()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to where a checkpoint was written."""
        self._learner.restore(checkpoint)
        self._supply.stream.load_state_dict(checkpoint.description["stream"])
        self.standing = Standing(**checkpoint.description["standing"])

    def train(self, display: Display) -> None:
        """Train from where the run stands to its last step, or until validations show no more progress.

        Raises Problem where a loss is no finite number, with the batch kept, and where a checkpoint can't be written.
        """
        standing, passes = self.standing, self._options.accumulate
        with self._keeping_bad_batches(), display(self._record.steps, standing.step) as show:
            while not self._ended():
                for batches in self._supply.steps(passes):  # what is left of the epoch
                    losses = self._learner.step(batches, standing.step)
                    standing.step += 1
                    self._meter.add(standing.step, batches, losses)
                    if self._due(self._options.log_every) or self._due(self._validate_every):
                        self._take_stock(show)
                    if self._ended():
                        break
                else:
                    standing.epoch += 1
                    self._supply.stream.set_epoch(standing.epoch)
        self._draw_curves()

    def _take_stock(self, show: Show) -> None:
        """Write the figures since the last time; validate and keep a checkpoint where it is time to."""
        step = self.standing.step
        figures = self._learner.over_ranks(self._meter.flush())
        figures["samples_per_s"] *= self._learner.fabric.world_size
        figures["epoch"] = step / self._steps_an_epoch
        figures["lr"] = self._learner.rate(step - 1)
        show(Pace(step, figures["loss"], figures["samples_per_s"], figures["wait_share"]))
        validates = self._validation is not None and self._due(self._validate_every)
        if self._validation is not None and validates:
            figures |= self._validate(self._validation)
        self._logs.write(step, figures)
        if self._writes and (validates or self._ended() or self._checkpoint_is_due):
            self._checkpoint().save(self._run.last)
            self._saved_at = time.monotonic()
        if validates:
            self._draw_curves()
        self._meter.restart()

    def _validate(self, validation: Validation) -> dict[str, float]:
        """Validate the averaged weights; keep them where they are the best so far. Return the figures."""
        verdict = validation.judge(self._learner.average.net)
        standing = self.standing
        standing.threshold, standing.figures = verdict.threshold, dict(verdict.figures)
        better = standing.score is None or verdict.score > standing.score
        standing.stale = 0 if better else standing.stale + 1
        if better:
            standing.score, standing.best_step = verdict.score, standing.step
        if self._writes:
            sheet = self._run.sheet(standing.step)
            sheet.parent.mkdir(exist_ok=True)
            save_png(draw_sheet(verdict.rows), sheet)
            if better:
                self._checkpoint(("average",)).save(self._run.best)
        return dict(verdict.figures)

    def _checkpoint(self, parts: tuple[str, ...] | None = None) -> Checkpoint:
        """Return all that the run needs to go on from here, or only some parts of the weights."""
        kept = {name: part for name, part in self._learner.parts().items() if parts is None or name in parts}
        description = {
            **self._record.content(),
            **self._learner.describe(),
            "standing": asdict(self.standing),
            "stream": self._supply.stream.state_dict(),
        }
        return Checkpoint(kept, description)

    def _draw_curves(self) -> None:
        if self._writes:
            save_png(draw_curves(read_metrics(self._run.metrics)), self._run.curves)

    @contextmanager
    def _keeping_bad_batches(self) -> Iterator[None]:
        try:
            yield
        except NotFinite as found:
            path = self._run.bad_batch(found.step)
            save_batches(found.batches, path, {"step": found.step, "losses": found.losses, **self._record.content()})
            losses = ", ".join(f"{name} {value}" for name, value in found.losses.items())
            raise Problem(
                f"{self._run.path}: at step {found.step} the loss is no finite number ({losses}); its batch is kept in "
                f"{path.name}: give a lower --lr or --clip in another folder, or --precision 32-true"
            ) from found

    def _usual_interval(self) -> int:
        """Return how many steps lie between validations; a run by minutes has as many of them as its budget counts."""
        eighth = math.ceil(self._record.steps / VALIDATIONS)
        return eighth if self._options.minutes is not None else min(self._steps_an_epoch, eighth)

    @property
    def _writes(self) -> bool:
        return self._learner.fabric.is_global_zero

    def _ended(self) -> bool:
        patience = self._options.patience
        return self.standing.step >= self._record.steps or (patience is not None and self.standing.stale >= patience)

    @property
    def _checkpoint_is_due(self) -> bool:
        return time.monotonic() - self._saved_at >= self._options.checkpoint_every_s

    def _due(self, steps: int) -> bool:
        return self.standing.step % steps == 0 or self.standing.step == self._record.steps
