"""How a command line of ours runs: what is wrong with the input is one line and exit code 2; Ctrl-C ends it with 130."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

import typer

from wm_core.cli.console import errors

_STOPPED = 130  # exit code, as of a program that SIGINT ends


def run(app: typer.Typer, name: str) -> NoReturn:
    """Reads the command line and ends the process. name: of the program, in what it says."""
    # Before torch is loaded: threads that spin while they wait turned a plan of 1 s into one of 29 s on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # `kill` is as gentle as Ctrl-C: what a command keeps is written.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        errors.print(f"{name}: error: {error.format_message()}; see '{name} --help'", markup=False, highlight=False, soft_wrap=True)
        code = 2
    except (typer.Abort, KeyboardInterrupt):
        code = _STOPPED
    except (ValueError, OSError) as error:
        # Every error of ours for bad input is a ValueError with a message for people.
        errors.print(f"{name}: error: {' | '.join(str(error).splitlines())}", markup=False, highlight=False, soft_wrap=True)
        code = 2
    if code == _STOPPED:  # the way typer tells of Ctrl-C, too
        errors.print(f"{name}: stopped")
    sys.exit(code or 0)
