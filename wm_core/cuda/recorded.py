"""One function of tensors on a GPU, at the cost of one launch."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import torch
from torch import Tensor

from wm_core.cuda.recorder import Recorder
from wm_core.cuda.upload import upload, upload_into

_log = logging.getLogger(__name__)


class Recorded:
    """The tensor that `function` returns for inputs of one shape: recorded at the first call. Threads take turns.

    Inputs lie on the device or on the host. A function that cannot be recorded, and inputs of other shapes, are called as they are.
    """

    def __init__(self, function: Callable[..., Tensor], recorder: Recorder, device: torch.device) -> None:
        self._function, self._recorder, self._device = function, recorder, device
        self._lock = threading.Lock()
        self._inputs: list[Tensor] | None = None
        self._refused = False

    def __call__(self, *values: Tensor) -> Tensor:
        """-> a tensor of its own."""
        with self._lock:
            if self._inputs is None and not self._refused:
                self._record(values)
            if self._refused or [value.shape for value in values] != [held.shape for held in self._inputs]:
                return self._function(*(upload(value, self._device) for value in values))
            for held, value in zip(self._inputs, values):
                upload_into(held, value)
            self._again()
            return self._output.clone()

    @torch.no_grad()
    def _record(self, values: tuple[Tensor, ...]) -> None:
        with torch.inference_mode(False):  # whoever is not in it could not write to what was made there
            held = [upload(value, self._device).clone() for value in values]
            try:
                self._output, self._again = self._recorder.record(lambda: self._function(*held))
            except RuntimeError as error:
                self._refused = True
                _log.warning("a function is not recorded, and takes longer: %s", error)
                return
        self._inputs = held
