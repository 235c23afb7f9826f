"""`wm bench race`"""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer
from rich.table import Table

from wm_core.cli.console import errors, kept_in, output
from wm_core.cli.files import require_writable
from wm_core.cli.seeds import evaluation_seeds

if TYPE_CHECKING:
    from wm_core.bench.entrants import Entrants
    from wm_core.bench.sweep_rows import EpisodeRow


def race(
    rows: Annotated[Path, typer.Option(help="A line an episode is kept here; what is there is not done again.")],
    on: Annotated[list[str], typer.Option(help="task=model, repeated: 'reach=panda_tabletop'.")],
    rounds: Annotated[str, typer.Option(help="Episodes that whoever goes on has after each round; 200 alone: no race.")] = "5,20,60,200",
    keep: Annotated[int, typer.Option(min=0, help="Settings of a planner that go on after the first round, 0 for no limit.")] = 0,
    contender: Annotated[Optional[list[str]], typer.Option(help="Repeated; ours and four of others by default.")] = None,
    setting: Annotated[
        Optional[list[str]], typer.Option(help="Repeated: samples x iterations, as '64x3 warm' or '64x*'; 24 of 70 by default.")
    ] = None,
    together: Annotated[
        bool, typer.Option("--together", help="One race over all tasks: a setting leaves for what it did in all of them.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the first episode.")] = 0,
    replays: Annotated[
        int, typer.Option(min=0, help="Instead: time the winners side by side in so many recorded episodes a task.")
    ] = 0,
    json: Annotated[Optional[Path], typer.Option(help="Write these times here.")] = None,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads of a process, 0 for torch's choice; 1 with more --workers.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the episodes of a round.")] = 1,
    device: Annotated[str, typer.Option(help="Of the model, auto, cpu or cuda: for large budgets, whose times are then not a CPU's.")] = "cpu",
    environment: Annotated[str, typer.Option("--env", help="Registered environment.")] = "panda_tabletop",
) -> None:
    """Find the cheapest setting of every planner that succeeds as often as the best, in closed loop."""
    import torch

    from wm_core.bench.entrants import FIELD, Entrants
    from wm_core.bench.findings import findings
    from wm_core.bench.race import episode_counts
    from wm_core.bench.race_driver import race_driver
    from wm_core.bench.sweep import Sweep
    from wm_core.bench.sweep_rows import read_rows
    from wm_core.resources import find_model

    counts = episode_counts(rounds)
    evaluation_seeds(seed, replays or counts[-1])
    require_writable("--rows", rows)
    require_writable("--json", json)
    if threads:
        torch.set_num_threads(threads)
    entrants: dict[str, Entrants] = {}
    for task, model in map(_pair, on):
        entrants[task] = Entrants(find_model(model), contender or FIELD, setting or (), device)
    for line in dict.fromkeys(line for found in entrants.values() for line in found.left_out):
        errors.print(f"wm: left out: {line}", markup=False, highlight=False, soft_wrap=True)
    origins = {task: found.origin(environment) for task, found in entrants.items()}
    if replays:
        _time(read_rows(rows, origins), entrants, environment, seed, replays, json)
        return
    sweep = Sweep(rows, entrants, environment, seed, counts, keep or None, together)
    with kept_in(rows), race_driver(environment, entrants, workers, threads) as drive:
        for line in sweep.run(drive):
            errors.print(line, markup=False, highlight=False, soft_wrap=True)
    for line in findings(read_rows(rows, origins)):
        output.print(line, markup=False, highlight=False, soft_wrap=True)


def _time(
    rows: "list[EpisodeRow]", entrants: "dict[str, Entrants]", environment: str, seed: int, episodes: int, path: Path | None
) -> None:
    from wm_core.bench.machine import describe_machine
    from wm_core.bench.winners import WinnerTimes, time_winners

    machine = describe_machine()  # before the load is our own
    table = Table("task", "planner", "setting", "as good as", "p50, ms", "p95, ms", "times ours", title=f"{episodes} episodes a task")
    found = tuple(time_winners(rows, entrants, environment, seed, episodes))
    for row in found:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        equal = "any" if row.equal else "its own best"
        table.add_row(row.task, row.planner, row.setting, equal, f"{row.p50_ms:.2f}", f"{row.p95_ms:.2f}", ratio)
    output.print(table)
    if path is not None:
        date = datetime.now(timezone.utc).strftime("%Y-%m-%d")
        path.parent.mkdir(parents=True, exist_ok=True)
        report = WinnerTimes(date=date, machine=machine, episodes=episodes, rows=found)
        path.write_text(report.model_dump_json(indent=1) + "\n")


def _pair(told: str) -> tuple[str, str]:
    task, _, model = told.partition("=")
    if not task or not model:
        raise typer.BadParameter(f"'{told}' is not task=model, such as 'reach=panda_tabletop'", param_hint="--on")
    return task, model
