"""What a run looked like, for TensorBoard."""

from __future__ import annotations

from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from wm_core.training.diagnostics import Diagnostics
from wm_core.training.losses import LossTerms

EVERY = 10  # steps between two points of a curve


class RunLog:
    """Curves under `folder/tensorboard`; close it, or its last points are lost."""

    def __init__(self, folder: Path, done: int) -> None:
        """done: steps of the run so far; what a killed run wrote beyond them is hidden."""
        self._writer = SummaryWriter(str(folder / "tensorboard"), purge_step=done + 1 if done else None)

    def add(self, step: int, loss: LossTerms, learning_rate: float, found: Diagnostics | None) -> None:
        """Loss and learning rate every few steps, diagnostics whenever there are some."""
        if step % EVERY == 0 or found is not None:
            for name, value in vars(loss).items():
                self._writer.add_scalar(f"loss/{name}", float(value.detach()), step)
            self._writer.add_scalar("learning_rate", learning_rate, step)
        if found is not None:
            for name, value in found.model_dump(exclude_none=True).items():
                self._writer.add_scalar(f"diagnostics/{name}", value, step)

    def close(self) -> None:
        """Writes what is left."""
        self._writer.close()
