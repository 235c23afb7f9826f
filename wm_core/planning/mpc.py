"""Receding-horizon planning: encode, search among imagined futures, return the best and what the next plan needs."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from wm_core.config import BoxConfig, PlannerConfig, RobotConfig
from wm_core.limits import arm_limits
from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.beginning import begin_search, measured_velocity
from wm_core.planning.chosen import as_plan, reviewed
from wm_core.planning.detours import with_detours
from wm_core.planning.ensemble import plan_uncertainty
from wm_core.planning.explain import explain, foreseen_for
from wm_core.planning.making import GoalMaking
from wm_core.planning.methods import make_search, recorder_on
from wm_core.planning.objectives import Obstacles
from wm_core.planning.outset import Outset
from wm_core.planning.prior import ActionPrior, guesses_of
from wm_core.planning.refit_kernel import refit_launch
from wm_core.planning.rehearsal import Rehearsal, rehearse
from wm_core.planning.restart import Restart
from wm_core.planning.scoring import Scoring
from wm_core.planning.task import Task, TaskBuilder
from wm_core.planning.task_cache import TaskCache
from wm_core.planning.warm_start import cut
from wm_core.protocols import Draft, WorldModel
from wm_core.types import Goal, Observation, Plan, PlannerState

if TYPE_CHECKING:
    from wm_core.kinematics.urdf_arm import UrdfArm


class MpcPlanner:
    """Implements `Planner`. Goals with joints are planned in joint space, all others as tool motion.

    It keeps the encoding of the last goal and nothing else; what one plan hands to the next is in `PlannerState`.
    Begin every new goal with a fresh state.
    """

    def __init__(
        self,
        robot: RobotConfig,
        kinematics: UrdfArm,
        config: PlannerConfig = PlannerConfig(),
        world_model: WorldModel | None = None,
        device: torch.device | str = "cpu",
        threads: int | None = None,
        step: float | None = None,
        max_step: float = 0.05,
        clock: Callable[[], float] = time.perf_counter,
        prior: ActionPrior | None = None,
        obstacles: Sequence[BoxConfig] = (),
        record: bool = True,
    ) -> None:
        """world_model: None serves pose and joint goals. device: where tensors live, the same as the model's.

        threads: torch threads of the planning thread, None leaves them as they are (with another busy process one
        is faster than two). step: s that one action spans, by default the model's, else 0.2.
        max_step: m, the longest tool displacement of one action, as in training. clock: of the deadline.
        prior: of this world model; it takes part where the goal is a picture. obstacles: in the base frame; what is
        chosen touches none while one candidate does so. Goals with joints are not helped around them. record: the
        iterations of a search, on a GPU, the first time that a kind of plan is made (`docs/fast-planning.md`). Raises
        `ValueError` where there are obstacles and the robot's body is not known.
        """
        self._given, self.obstacles = config, tuple(obstacles)
        self.config = config = _among_obstacles(config) if self.obstacles else config
        self.robot = robot
        self.step = step if step is not None else (world_model.step if world_model is not None else 0.2)
        self.max_step = max_step
        self.world_model = world_model
        self.prior = prior
        self.device = torch.device(device)
        self.arm = kinematics
        self._kinematics = BatchedKinematics(kinematics.chain(), device)
        self._limits = limits = arm_limits(robot, kinematics)
        weights, batched = config.weights, self._kinematics
        clear = Obstacles(weights.obstacles, batched, robot, self.obstacles) if self.obstacles else None
        self._builder = TaskBuilder(robot, limits, batched, weights, world_model, self.step, max_step, clear, config.near_enough)
        self._tasks = TaskCache(self._builder.build)
        self._record = record
        recorder = recorder_on(self.device) if record else None
        self._search = make_search(config, clock, recorder, refit_launch(self.device, config.samples) if record else None)
        self._restart = Restart(config, batched, kinematics, world_model, self.step, bool(self.obstacles))
        self._making = GoalMaking(config.handling, batched, robot, world_model)
        self._outset = Outset(world_model, kinematics, max_step)
        self._threads = threads
        self._clock = clock

    def with_world_model(self, world_model: WorldModel) -> MpcPlanner:
        """The same planner for another model, without the prior: that belongs to its own."""
        return self.again(world_model=world_model, step=None, prior=None)

    def with_obstacles(self, obstacles: Sequence[BoxConfig]) -> MpcPlanner:
        """The same planner among these obstacles, instead of those that it knew."""
        return self.again(obstacles=obstacles)

    def again(self, **changes: object) -> MpcPlanner:
        """The same planner, made with `changes` of its arguments."""
        given = {
            "config": self._given,
            "world_model": self.world_model,
            "device": self.device,
            "threads": self._threads,
            "step": self.step,
            "max_step": self.max_step,
            "clock": self._clock,
            "prior": self.prior,
            "obstacles": self.obstacles,
            "record": self._record,
        }
        return MpcPlanner(self.robot, self.arm, **(given | changes))

    def plan(
        self,
        observations: Sequence[Observation],
        goal: Goal,
        state: PlannerState,
        start: np.ndarray | None = None,
        start_velocity: np.ndarray | None = None,
    ) -> tuple[Plan, PlannerState]:
        """See `Planner`; raises as `draft` does."""
        return self.draft(observations, goal, state, start, start_velocity).review()

    def draft(
        self,
        observations: Sequence[Observation],
        goal: Goal,
        state: PlannerState,
        start: np.ndarray | None = None,
        start_velocity: np.ndarray | None = None,
    ) -> Draft:
        """See `Planner`. Without an image in the goal only the newest observation is looked at, and not its image.

        Raises `PlanningError` when no future has a finite cost, `ValueError` when observations are too few or the
        goal needs a model that is not there, or one that no gradient comes back from while `gradient_steps` asks for it.
        """
        with self._without_gradient():
            return self._draft(observations, goal, state, start, start_velocity)

    def _draft(
        self,
        observations: Sequence[Observation],
        goal: Goal,
        state: PlannerState,
        start: np.ndarray | None,
        start_velocity: np.ndarray | None,
    ) -> Draft:
        started = self._clock()
        self._apply_threads()
        task = self._tasks.get(goal)
        newest = observations[-1]
        place = np.asarray(newest.joints.position if start is None else start, dtype=float)
        joints = self._kinematics.tensor(place)
        moving = measured_velocity(newest.joints, self._limits) if start_velocity is None else start_velocity
        velocity = self._kinematics.tensor(moving)
        seen = self._outset.see(observations) if task.needs_latents else None
        if task.place is not None:
            task = self._builder.toward(task, self._making.make(task, observations, seen, state.handled))
        latent = None if seen is None else self._outset.imagine_until(seen, newest, place)
        generator = torch.Generator().manual_seed(state.seed)
        proposed = self._propose(task, latent, generator)  # on a GPU under way while the host looks on
        leaving = self._restart.look(task, seen, state.standing, place, newest.stamp, generator)
        led, horizon = leaving.led, leaving.horizon
        score = Scoring(task, joints, velocity, latent, led)
        last = cut(state, 0 if len(led) else horizon)  # elsewhere, what was planned here is worth nothing
        begin = begin_search(self.config, self._kinematics, task, last, newest.stamp, self.step, joints, horizon)
        guesses = None if proposed is None else guesses_of(proposed, horizon)
        if self.obstacles and task.tool:
            guesses = with_detours(guesses, self.config.samples, *begin.mean.shape, generator)
        found = self._search.search(score, replace(begin, guesses=guesses), generator, started)
        plan = as_plan(found, place, self.step, self.config, self._clock() - started)
        mean, elites = found.mean.cpu().numpy(), None if found.elites is None else found.elites.cpu().numpy()
        handled = None if task.made is None else task.made.handled
        after = PlannerState(
            _draw_seed(generator), mean, newest.stamp, task.kind, elites, standing=leaving.standing, handled=handled
        )
        foreseen = foreseen_for(state, task.kind, newest.stamp, self.step)

        def review() -> tuple[Plan, PlannerState]:
            with self._without_gradient():
                touch = self.config.weights.obstacles * Obstacles.touch_cost
                why = explain(found, touch, self.config.alternatives, task, self.world_model, seen, foreseen)
                unsure = plan_uncertainty(self.world_model, latent, found.scores.candidates.controls[found.row])
                return reviewed(plan, after, why, unsure)

        return Draft(plan, after, review)

    def rehearse(self, observations: Sequence[Observation], goal: Goal, controls: np.ndarray) -> Rehearsal:
        """What `controls` (S, H, 4), m of tool displacement and the gripper's command, would lead to from here.

        Raises `ValueError` without a model, for one without a gripper that is commanded, and as `plan` does.
        """
        if self.world_model is None:
            raise ValueError("there is no world model to imagine with")
        self._apply_threads()
        with self._without_gradient():
            joints = self._kinematics.tensor(observations[-1].joints.position)
            latent = self._outset.see(observations)
            return rehearse(self._builder, self._tasks.get(goal), latent, joints, self._kinematics.tensor(controls))

    def _without_gradient(self) -> AbstractContextManager:
        # What is made in inference mode, goals that are remembered too, can never take part in a gradient.
        return torch.no_grad() if self.config.gradient_steps else torch.inference_mode()

    def _propose(self, task: Task, latent: Tensor | None, generator: torch.Generator) -> tuple[Tensor, Tensor] | None:
        count = round(self.config.prior_share * self.config.samples)
        if self.prior is None or count == 0 or latent is None or task.encoded is None or not task.tool:
            return None
        return self.prior.propose(latent, task.encoded, task.focus, count, generator)

    def _apply_threads(self) -> None:
        # The setting belongs to the calling thread, and plans are made in a thread of their own.
        if self._threads is not None and torch.get_num_threads() != self._threads:
            torch.set_num_threads(self._threads)


def _among_obstacles(config: PlannerConfig) -> PlannerConfig:
    names = ("horizon", "samples", "iterations")
    least = {name: max(getattr(config, name), getattr(config, f"obstacle_{name}")) for name in names}
    return config.model_copy(update=least)


def _draw_seed(generator: torch.Generator) -> int:
    return int(torch.randint(2**62, (), generator=generator))
