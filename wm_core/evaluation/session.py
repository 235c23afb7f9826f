"""Opens what an evaluation needs: scene, policies, controls, gate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from wm_core.baselines.catalogue import Workshop, make_policy
from wm_core.environments import make_environment
from wm_core.evaluation.conditions import Conditions
from wm_core.evaluation.controls import ControlStore
from wm_core.evaluation.evaluate import Evaluation
from wm_core.evaluation.report import GateMode
from wm_core.evaluation.watch import Watch
from wm_core.model.checkpoint import load_world_model
from wm_core.monitor import gate_files, load_gate
from wm_core.protocols import Environment, Kinematics
from wm_core.resources import find_model

CONTROLS = ("random", "hold")


@dataclass(frozen=True)
class Session:
    """Everything but the conditions. model: name or folder; policies: see `make_policy`; settings: over the planner's.

    gate: how the model's own gate takes part, None without.
    """

    model: str
    policies: Sequence[str]
    store: ControlStore
    device: torch.device
    settings: Sequence[str] = ()
    gate: GateMode | None = None

    @contextmanager
    def open(self, conditions: Conditions) -> Iterator[tuple[Evaluation, Environment]]:
        """The evaluation, not yet begun, and its scene, which closes in the end. Raises `ValueError`s of its parts."""
        scene = make_environment(conditions.environment, **conditions.options())
        try:
            workshop = Workshop(
                self.model, scene.robot, scene.kinematics, conditions.max_step_m, self.device, self.settings
            )
            yield (
                Evaluation(
                    conditions,
                    [make_policy(spec, workshop) for spec in self.policies],
                    [make_policy(name, workshop) for name in CONTROLS],
                    self.store,
                    self._watch(scene.kinematics, conditions.views or 1) if self.gate is not None else None,
                ),
                scene,
            )
        finally:
            scene.close()

    def _watch(self, kinematics: Kinematics, views: int) -> Watch:
        folder = find_model(self.model)
        model = load_world_model(folder, self.device)
        # Cameras that only look on are of no use to a gate that was not fitted to them.
        more = gate_files(views, model.config.views).there(folder)
        gate = load_gate(folder, model, kinematics, views if more else None)
        return Watch(gate, kinematics, model.action_dim, ends=self.gate == "stop", cameras=gate.config.views)
