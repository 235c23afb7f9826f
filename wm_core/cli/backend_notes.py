"""Which backend computes rollouts, told on the command line."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import Iterator

from wm_core.cli.console import output
from wm_core.protocols import WorldModel


@contextmanager
def backend_choices() -> Iterator[None]:
    """While it lasts, an automatic choice is told with what it was chosen from."""
    log, teller = logging.getLogger("wm_core.backends"), _Teller()
    before = log.level
    log.addHandler(teller)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.setLevel(before)
        log.removeHandler(teller)


def backend_of(model: WorldModel) -> str:
    """By name."""
    from wm_core.backends.backed_model import BackedWorldModel

    return model.backend if isinstance(model, BackedWorldModel) else "torch"


class _Teller(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        output.print(record.getMessage(), markup=False, highlight=False, soft_wrap=True)
