"""The command line: what is wrong with the input is one line and exit code 2; Ctrl-C ends it with 130."""

from __future__ import annotations

import os
import signal
import sys

import typer

from wm_core.cli.baseline import baseline
from wm_core.cli.bench import bench
from wm_core.cli.collect import collect
from wm_core.cli.compare import compare
from wm_core.cli.console import errors
from wm_core.cli.evaluate import evaluate
from wm_core.cli.export import export
from wm_core.cli.gate import gate
from wm_core.cli.info import info
from wm_core.cli.plan import plan
from wm_core.cli.prior import prior
from wm_core.cli.probe import probe
from wm_core.cli.race import race
from wm_core.cli.refine import refine
from wm_core.cli.train import train

_STOPPED = 130  # exit code, as of a program that SIGINT ends

app = typer.Typer(
    help="Collect data, train a world model, evaluate it, plan with it, look at it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("collect")(collect)
app.command("train")(train)
app.command("refine")(refine)
app.command("prior")(prior)
app.command("gate")(gate)
app.command("probe")(probe)
app.command("eval")(evaluate)
app.command("compare")(compare)
app.add_typer(baseline, name="baseline")
app.command("plan")(plan)
app.command("export")(export)
bench.command("race")(race)
app.add_typer(bench, name="bench")
app.command("info")(info)


def main() -> None:
    """Entry point of `wm`."""
    # Before torch is loaded: threads that spin while they wait turned a plan of 1 s into one of 29 s on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # `kill` is as gentle as Ctrl-C: what a command keeps is written.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        errors.print(f"wm: error: {error.format_message()}; see 'wm --help'", markup=False, highlight=False, soft_wrap=True)
        code = 2
    except (typer.Abort, KeyboardInterrupt):
        code = _STOPPED
    except (ValueError, OSError) as error:
        # Every error of ours for bad input is a ValueError with a message for people.
        errors.print(f"wm: error: {' | '.join(str(error).splitlines())}", markup=False, highlight=False, soft_wrap=True)
        code = 2
    if code == _STOPPED:  # the way typer tells of Ctrl-C, too
        errors.print("wm: stopped")
    sys.exit(code or 0)
