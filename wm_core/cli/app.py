"""The commands of `wm`."""

from __future__ import annotations

import typer

from wm_core.cli.baseline import baseline
from wm_core.cli.bench import bench
from wm_core.cli.collect import collect
from wm_core.cli.compare import compare
from wm_core.cli.evaluate import evaluate
from wm_core.cli.export import export
from wm_core.cli.gate import gate
from wm_core.cli.info import info
from wm_core.cli.plan import plan
from wm_core.cli.prior import prior
from wm_core.cli.probe import probe
from wm_core.cli.race import race
from wm_core.cli.refine import refine
from wm_core.cli.running import run
from wm_core.cli.train import train

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
    run(app, "wm")
