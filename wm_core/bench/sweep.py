"""Closed loop: which settings does a planner need, and what do they cost?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from wm_core.agent import load_agent
from wm_core.backends import with_backend
from wm_core.baselines.mover import Mover
from wm_core.bench.contender import Contender
from wm_core.bench.contender_policy import ContenderPolicy
from wm_core.bench.latent_problem import LatentProblem
from wm_core.bench.missing import MissingPackage
from wm_core.bench.ours import Ours
from wm_core.bench.pytorch_mppi import PytorchMppi
from wm_core.bench.replanner import replanner
from wm_core.bench.report import percentiles
from wm_core.bench.setting import Setting, sweep_settings
from wm_core.bench.stable_worldmodel import StableWorldModel
from wm_core.bench.sweep_rows import EpisodeRow, cheapest, read_rows
from wm_core.environments import make_environment
from wm_core.evaluation.episode import run_episode
from wm_core.protocols import Environment

CONTENDERS = ("ours", "pytorch-mppi", "stable-worldmodel cem", "stable-worldmodel icem", "stable-worldmodel mppi")


class Sweep:
    """Every contender, setting, task and seed, a line each in a file that is read back: stop it, start it again.

    Our planner's rollouts are fused, which is the model to the last digits that matter; the planners of others use the
    model as it is, in the batches that they make.
    """

    def __init__(
        self,
        path: Path,
        folder: Path,
        environment: str,
        tasks: Sequence[str],
        seeds: range,
        names: Sequence[str] | None = None,
        settings: Sequence[str] = (),
    ) -> None:
        """path: of the rows. names: contenders, all by default; settings: see `sweep_settings`.

        Tasks with a model each share a file, one after the other. Raises `ValueError` for what is not known.
        """
        unknown = sorted(set(names or ()) - set(CONTENDERS))
        if unknown:
            raise ValueError(f"contender '{unknown[0]}' is not known: expected one of: {', '.join(CONTENDERS)}")
        self._path, self._environment, self._tasks, self._seeds = path, environment, tasks, seeds
        agent = load_agent(folder, "cpu", backend="torch")
        self._planner = agent.planner
        self._model = agent.planner.world_model
        self._settings = sweep_settings(agent.planner.config.horizon, settings)
        self._makers, self.left_out = self._available(names or CONTENDERS)

    def run(self) -> Iterator[str]:
        """Does what is not in the file yet, the seeds of all contenders and settings in turn; yields a line an episode."""
        rows = read_rows(self._path)
        done = {row.key for row in rows}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Written anew: a stop may have cut off the last line, and the next one would be added to it.
        self._path.write_text("".join(row.model_dump_json() + "\n" for row in rows))
        with self._path.open("a") as file:
            for task in self._tasks:
                scene = make_environment(self._environment, task=task, views=self._model.config.views)
                try:
                    for row in self._task(scene, task, done):
                        file.write(row.model_dump_json() + "\n")
                        file.flush()
                        yield f"{row.task} {row.seed} {row.planner} {row.setting}: {_word(row.success)} in {row.p50_ms:.1f} ms"
                finally:
                    scene.close()

    def summary(self) -> list[str]:
        """Every contender's cheapest setting within five points of the best success of all."""
        return cheapest(read_rows(self._path))

    def _task(self, scene: Environment, task: str, done: set[tuple[str, str, str, int]]) -> Iterator[EpisodeRow]:
        mover = Mover(self._planner.arm, self._planner.robot, self._planner.max_step)
        for seed in self._seeds:
            for setting in self._settings:
                for name, make in self._makers.items():
                    if (task, name, str(setting), seed) in done:
                        continue
                    policy = ContenderPolicy(make(setting), mover, self._model.history, self._planner.step)
                    result = run_episode(scene, policy, seed, "image", self._planner.step).result
                    middle, late = percentiles(policy.plan_ms)
                    yield EpisodeRow(
                        task=task,
                        planner=name,
                        setting=str(setting),
                        horizon=setting.budget.horizon,
                        seed=seed,
                        success=result.success,
                        distance_m=result.distance_m,
                        p50_ms=middle,
                        p95_ms=late,
                    )

    def _available(self, names: Sequence[str]) -> tuple[dict[str, Callable[[Setting], Contender]], list[str]]:
        makers: dict[str, Callable[[Setting], Contender]] = {}
        left_out = []
        for name in names:
            make = self._maker(name)
            try:
                make(self._settings[0])
            except MissingPackage as error:
                left_out.append(f"{name}: {error}")
                continue
            makers[name] = make
        return makers, left_out

    def _maker(self, name: str) -> Callable[[Setting], Contender]:
        problem = LatentProblem(self._model, self._planner.max_step)
        if name == "pytorch-mppi":
            return lambda setting: PytorchMppi(problem, "torch", setting.budget, setting.warm)
        if name.startswith("stable-worldmodel"):
            method = name.split()[1]
            return lambda setting: StableWorldModel(method, problem, "torch", setting.budget, setting.warm)
        return self._ours

    def _ours(self, setting: Setting) -> Contender:
        budget = setting.budget
        model = with_backend(self._model, "fused", budget.samples, budget.horizon)
        size = {"samples": budget.samples, "horizon": budget.horizon, "iterations": budget.iterations}
        return Ours(replanner(self._planner, model, deadline=60.0, warm_start=setting.warm, **size), "fused")


def _word(success: bool) -> str:
    return "reached" if success else "missed"
