"""Whoever takes part in a race of planners on one model."""

from __future__ import annotations

from collections.abc import Sequence
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
from wm_core.bench.race import Entry
from wm_core.bench.replanner import replanner
from wm_core.bench.setting import Setting, sweep_settings
from wm_core.bench.stable_worldmodel import StableWorldModel
from wm_core.bench.sweep_rows import Origin
from wm_core.model.checkpoint import model_hash

FIELD = ("ours", "pytorch-mppi", "stable-worldmodel cem", "stable-worldmodel icem", "stable-worldmodel mppi")
OURS, OURS_EXPLAINED = FIELD[0], "ours, explained"
OURS_WITHOUT_PRIOR, WITH_OUR_PRIOR = "ours without prior", "stable-worldmodel cem with our prior"
CONTENDERS = (*FIELD, OURS_EXPLAINED, OURS_WITHOUT_PRIOR, WITH_OUR_PRIOR)  # the last two: how much of the difference is the prior

_DIGITS = 12  # of a model's hash, in a row


class Entrants:
    """Makes every planner with any setting: encoder, fused predictor, horizon and goal cost are the same for all."""

    def __init__(
        self, folder: Path, names: Sequence[str] = FIELD, settings: Sequence[str] = (), device: str = "cpu"
    ) -> None:
        """folder: of the model. settings: see `sweep_settings`. device: of the model, and of our planner with it.

        Raises `ValueError` for what is not known.
        """
        unknown = sorted(set(names) - set(CONTENDERS))
        if unknown:
            raise ValueError(f"contender '{unknown[0]}' is not known: expected one of: {', '.join(CONTENDERS)}")
        self._told = folder, tuple(names), tuple(settings), device
        self.agent = load_agent(folder, device, backend="torch")
        planner = self.agent.planner
        self.model, self.step = planner.world_model, planner.step
        self._planner, self._mover = planner, Mover(planner.arm, planner.robot, planner.max_step)
        self._fused = with_backend(self.model, "fused", planner.config.samples, planner.config.horizon)
        self._settings = {str(setting): setting for setting in sweep_settings(planner.config.horizon, settings)}
        self._made: dict[Entry, Contender] = {}
        self.left_out: list[str] = []
        self.entries = [Entry(name, setting) for setting in self._settings for name in self._available(names)]

    def __reduce__(self) -> tuple[type[Entrants], tuple[Path, tuple[str, ...], tuple[str, ...], str]]:
        """For another process they are made there."""
        return Entrants, self._told

    def origin(self, environment: str) -> Origin:
        """Of episodes that they drive there."""
        return Origin(model_hash(self._told[0])[:_DIGITS], environment, self._planner.config.horizon)

    def policy(self, entry: Entry) -> ContenderPolicy:
        """Of one of `entries`, as if nothing had been planned before."""
        return ContenderPolicy(self.contender(entry), self._mover, self.model.history, self.step)

    def contender(self, entry: Entry) -> Contender:
        """Made once. Raises `MissingPackage`."""
        if entry not in self._made:
            self._made[entry] = self._make(entry.planner, self._settings[entry.setting])
        return self._made[entry]

    def _make(self, name: str, setting: Setting) -> Contender:
        budget, planner = setting.budget, self._planner
        fused = self._fused.anew()  # what one has looked at, another looks at anew
        if name.startswith("ours"):
            share = 0.0 if name == OURS_WITHOUT_PRIOR else planner.config.prior_share
            size = {"samples": budget.samples, "horizon": budget.horizon, "iterations": budget.iterations}
            changes = {"deadline": 60.0, "warm_start": setting.warm, "prior_share": share, **size}
            return Ours(replanner(planner, fused, **changes), "fused", name == OURS_EXPLAINED)
        problem = LatentProblem(fused, planner.max_step, planner.config.near_enough)
        if name == "pytorch-mppi":
            return PytorchMppi(problem, "fused", budget, setting.warm)
        prior = planner.prior if name == WITH_OUR_PRIOR else None
        return StableWorldModel(name.split()[1], problem, "fused", budget, setting.warm, prior)

    def _available(self, names: Sequence[str]) -> list[str]:
        found = []
        for name in names:
            try:
                self.contender(Entry(name, next(iter(self._settings))))
            except MissingPackage as error:
                message = f"{name}: {error}"
                self.left_out += [message] if message not in self.left_out else []
                continue
            found.append(name)
        return found
