"""The training loop, from top to bottom.

A run is a function of its data and options: the order of the samples, their augmentation and what is random in the
network are drawn from the seed and the position alone. So a run that was killed and resumed from its last checkpoint
gives the losses that it would have given undisturbed; on a CPU to the last digit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.engine.batch import save_batches
from bgfg.train.engine.learner import Learner
from bgfg.train.engine.loader import Batches
from bgfg.train.engine.loggers import Loggers, read_metrics
from bgfg.train.engine.meter import Meter, NonFiniteLoss
from bgfg.train.engine.progress import ProgressDisplay, ShowProgress, TrainProgress
from bgfg.train.engine.run_dir import RunDir, RunRecord
from bgfg.train.engine.validation import Validator
from bgfg.train.models.checkpoint import Checkpoint
from bgfg.train.viz.curves import draw_curves
from bgfg.train.viz.sheet import draw_sheet

# Validations of a run without --validate-every: so many, or one after each epoch where that is more often. A run by
# minutes has exactly so many, for each takes time that its budget has to count beforehand.
DEFAULT_VALIDATIONS = 8


@dataclass
class TrainState:
    """How far a run is; its fields are the entry `standing` of a checkpoint.

    Attributes:
        step: Optimizer steps taken.
        epoch: Epoch of the stream, from 0.
        score: Score of the best validation, None before the first.
        best_step: Step after which that validation was.
        stale: Validations since then.
        threshold: Threshold of the mask, chosen by the latest validation; None where no mask is learnt.
        figures: Scores of the latest validation by name.
    """

    step: int = 0
    epoch: int = 0
    score: float | None = None
    best_step: int = 0
    stale: int = 0
    threshold: float | None = None
    figures: dict[str, float] = field(default_factory=dict)

    def summary(self) -> str:
        """Return a line that says how far the run came, and how good it is."""
        found = ", ".join(f"{name} {value:.4f}" for name, value in self.figures.items())
        best = f"; best after step {self.best_step:,}" if self.score is not None else "; nothing was validated"
        return f"step {self.step:,}" + (f": {found}" if found else "") + best


class Trainer:
    """Trains a network: steps, and every so often figures, validation and a checkpoint.

    Of several ranks, rank 0 alone writes figures, sheets and checkpoints.
    """

    def __init__(
        self,
        run: RunDir,
        record: RunRecord,
        learner: Learner,
        batches: Batches,
        validator: Validator | None,
        loggers: Loggers,
    ) -> None:
        self._run, self._record, self._options, self._loggers = run, record, record.options, loggers
        self._learner, self._batches, self._validator = learner, batches, validator
        self._meter = Meter(learner.objective.loss_names, batches.waited_s)
        self._steps_an_epoch = len(batches.stream) // self._options.accumulate
        self._validate_every = self._options.validate_every or self._default_interval()
        self._saved_at = time.monotonic()
        self.state = TrainState()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Return to where a checkpoint was written."""
        self._learner.restore(checkpoint)
        self._batches.stream.load_state_dict(checkpoint.description["stream"])
        self.state = TrainState(**checkpoint.description["standing"])

    def train(self, display: ProgressDisplay) -> None:
        """Train from where the run is to its last step, or until validations show no more progress.

        Raises:
            Problem: Where a loss is no finite number, whose batch is kept, and where a checkpoint can't be written.
        """
        state = self.state
        with self._saving_bad_batches(), display(self._record.steps, state.step) as show:
            while not self._ended():
                for step_batches in self._batches.steps(self._options.accumulate):  # what is left of the epoch
                    losses = self._learner.step(step_batches, state.step)
                    state.step += 1
                    self._meter.add(state.step, step_batches, losses)
                    if self._is_due(self._options.log_every) or self._is_due(self._validate_every):
                        self._log_and_validate(show)
                    if self._ended():
                        break
                else:  # not when the run ends within an epoch: its state must say where in the epoch it is
                    state.epoch += 1
                    self._batches.stream.set_epoch(state.epoch)
        self._draw_curves()

    def _log_and_validate(self, show: ShowProgress) -> None:
        """Log the figures since the last time; validate and write a checkpoint where it is time to."""
        step = self.state.step
        figures = self._learner.mean_over_ranks(self._meter.flush())
        figures["samples_per_s"] *= self._learner.fabric.world_size  # the mean of the ranks, of which there are several
        figures["epoch"] = step / self._steps_an_epoch
        figures["lr"] = self._learner.learning_rate(step - 1)
        show(TrainProgress(step, figures["loss"], figures["samples_per_s"], figures["wait_share"]))
        validates = self._validator is not None and self._is_due(self._validate_every)
        if self._validator is not None and validates:
            figures |= self._validate(self._validator)
        self._loggers.write(step, figures)
        if self._writes and (validates or self._ended() or self._checkpoint_is_due):
            self._loggers.flush()  # first: a run that goes on from the checkpoint keeps the rows until there
            self._run.bring()
            self._checkpoint().save(self._run.last_checkpoint)
            self._saved_at = time.monotonic()
        if validates:
            self._draw_curves()
        self._meter.restart()

    def _validate(self, validator: Validator) -> dict[str, float]:
        """Validate the averaged weights; keep them where they are the best so far. Return the figures."""
        result = validator.validate(self._learner.ema.net)
        state = self.state
        state.threshold, state.figures = result.threshold, dict(result.metrics)
        better = state.score is None or result.score > state.score
        state.stale = 0 if better else state.stale + 1
        if better:
            state.score, state.best_step = result.score, state.step
        if self._writes:
            sheet = self._run.sheet(state.step)
            sheet.parent.mkdir(exist_ok=True)
            save_png(draw_sheet(result.rows), sheet)
            if better:
                self._checkpoint(("average",)).save(self._run.best_checkpoint)
        return dict(result.metrics)

    def _checkpoint(self, parts: tuple[str, ...] | None = None) -> Checkpoint:
        """Return all that the run needs to be resumed from here, or only some parts of the weights."""
        kept = {name: part for name, part in self._learner.parts().items() if parts is None or name in parts}
        description = {
            **self._record.content(),
            **self._learner.describe(),
            "standing": asdict(self.state),
            "stream": self._batches.stream.state_dict(),
        }
        return Checkpoint(kept, description)

    def _draw_curves(self) -> None:
        if self._writes:
            save_png(draw_curves(read_metrics(self._run.metrics_file)), self._run.curves_file)

    @contextmanager
    def _saving_bad_batches(self) -> Iterator[None]:
        try:
            yield
        except NonFiniteLoss as found:
            path = self._run.bad_batch(found.step)
            save_batches(found.batches, path, {"step": found.step, "losses": found.losses, **self._record.content()})
            losses = ", ".join(f"{name} {value}" for name, value in found.losses.items())
            raise Problem(
                f"{self._run.path}: at step {found.step} the loss is no finite number ({losses}); its batch is kept in "
                f"{path.name}: give a lower --lr or --clip in another folder, or --precision 32-true"
            ) from found

    def _default_interval(self) -> int:
        """Return how many steps lie between validations; a run by minutes has as many of them as its budget counts."""
        eighth = math.ceil(self._record.steps / DEFAULT_VALIDATIONS)
        return eighth if self._options.minutes is not None else min(self._steps_an_epoch, eighth)

    @property
    def _writes(self) -> bool:
        return self._learner.fabric.is_global_zero

    def _ended(self) -> bool:
        patience = self._options.patience
        return self.state.step >= self._record.steps or (patience is not None and self.state.stale >= patience)

    @property
    def _checkpoint_is_due(self) -> bool:
        return time.monotonic() - self._saved_at >= self._options.checkpoint_every_s

    def _is_due(self, steps: int) -> bool:
        """Say whether what happens every so many steps happens now; all of it happens after the last step."""
        return self.state.step % steps == 0 or self.state.step == self._record.steps
