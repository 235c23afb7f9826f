"""The way in from Python: look, imagine, choose."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence, overload

import numpy as np

from wm_core.backends import as_the_card_says, with_backend
from wm_core.config import BackendName, BoxConfig, RobotConfig, parse_config
from wm_core.device import choose_device
from wm_core.history import ObservationHistory
from wm_core.kinematics.urdf_arm import UrdfArm, load_arm
from wm_core.latent_world_model import LatentWorldModel
from wm_core.model.checkpoint import load_card, load_world_model
from wm_core.model.policy_checkpoint import load_policy
from wm_core.planning import MpcPlanner
from wm_core.protocols import Encoder, Predictor
from wm_core.resources import find_robot
from wm_core.skills.experience import Experience
from wm_core.skills.experience_store import load_experience
from wm_core.skills.rated import MotionReader, RatedSkill, rate, stack_controls
from wm_core.skills.skill import Skill
from wm_core.types import Goal, Observation, Plan, PlannerState


class WorldModelAgent:
    """`WorldModelAgent(encoder, predictor, planner).choose_action(observation, goal)`.

    `plan` is a function of its arguments. `choose_action` is the same for callers with one arm and one camera:
    it remembers recent observations and the last plan, and begins anew with every new goal object. It also chooses among
    named skills, which `rank_skills` rehearses.
    """

    def __init__(
        self,
        encoder: Encoder,
        predictor: Predictor,
        planner: MpcPlanner,
        seed: int = 0,
        image_size: int = 64,
        experience: Experience | None = None,
    ) -> None:
        """planner: one that has a world model must have it of these two parts; one without gets a `LatentWorldModel`.

        image_size: px, what the encoder was trained on, for that case. experience: of skills, with this model. Raises `ValueError` where the parts differ.
        """
        if planner.world_model is None:
            model = LatentWorldModel(encoder, predictor, image_size, step=planner.step, device=planner.device)
            planner = planner.with_world_model(model)
        for name, part in (("encoder", encoder), ("predictor", predictor)):
            if getattr(planner.world_model, name, part) is not part:
                raise ValueError(f"the planner's world model has another {name} than the one given")
        self.encoder, self.predictor, self.planner, self.experience = encoder, predictor, planner, experience
        # One frame a model step is the slowest that can be planned on; with more of them the nearest is taken.
        self._history = ObservationHistory(planner.world_model.history, planner.step, camera_period=planner.step)
        self._first_seed = seed
        self.reset()

    def plan(
        self, observations: Sequence[Observation], goal: Goal, state: PlannerState, start: np.ndarray | None = None
    ) -> tuple[Plan, PlannerState]:
        """See `Planner`: state in, state out, nothing remembered."""
        return self.planner.plan(observations, goal, state, start)

    @overload
    def choose_action(self, observation: Observation, goal: Goal) -> Plan: ...

    @overload
    def choose_action(self, observation: Observation, goal: Goal, candidates: Sequence[Skill]) -> RatedSkill: ...

    def choose_action(
        self, observation: Observation, goal: Goal, candidates: Sequence[Skill] | None = None
    ) -> Plan | RatedSkill:
        """The plan from what is seen now; `plan.joint_path[0]` is where the joints should be one model step from now.

        candidates: to choose among these instead, the best of `rank_skills`. The first call takes the arm to have been
        at rest. Raises `StampError` for an observation that is not newer than the last one, `NotReady` after a gap in
        the observations, `PlanningError`.
        """
        if goal is not self._goal:
            self._goal, self._state = goal, PlannerState(seed=self._state.seed)
        if candidates is not None:
            return self.rank_skills(observation, goal, candidates)[0]
        self._history.add(observation)
        plan, self._state = self.plan(self._history.window(pad=True), goal, self._state)
        return plan

    def rank_skills(self, observation: Observation, goal: Goal, skills: Sequence[Skill]) -> list[RatedSkill]:
        """Every skill as the world model sees it end, the best for `goal` first; those out of reach last.

        Where the agent has experience with a skill, that says how far the object goes and how sure this is.

        Raises as `choose_action` does, and `ValueError` for a model that knows nothing of objects, or nothing of a
        gripper that a skill commands.
        """
        planner, model = self.planner, self.planner.world_model
        if not isinstance(model, MotionReader):
            raise ValueError("this world model cannot tell how an object moved, and skills are rated by that")
        if observation is not self._history.newest:
            self._history.add(observation)
        tool = planner.arm.forward(observation.joints.position).position
        controls, lengths = stack_controls(skills, tool, planner.max_step)
        seen = planner.rehearse(self._history.window(pad=True), goal, controls)
        return rate(skills, lengths, controls, seen, model, self.experience)

    def with_obstacles(self, obstacles: Sequence[BoxConfig]) -> WorldModelAgent:
        """An agent of the same parts, remembering nothing, whose plans keep clear of these boxes (base frame).

        `rank_skills` knows of none. Raises `ValueError` where the robot's body is not known.
        """
        planner = self.planner.with_obstacles(obstacles)
        return WorldModelAgent(self.encoder, self.predictor, planner, self._state.seed, experience=self.experience)

    def reset(self, seed: int | None = None) -> None:
        """Forgets observations, goal and last plan; plans after it depend on `seed` and what is seen alone.

        seed: by default the one that the agent was made with.
        """
        self._history.clear()
        self._goal: Goal | None = None
        self._state = PlannerState(seed=self._first_seed if seed is None else seed)


def load_agent(
    folder: Path | str,
    device: str = "auto",
    robot: RobotConfig | None = None,
    threads: int | None = None,
    backend: BackendName | None = None,
    experienced: bool = True,
) -> WorldModelAgent:
    """The model in `folder` with the planner settings of its `config.yaml`, `seed` included; with its action prior and its experience
    of skills where it has them.

    device: 'auto', 'cpu' or 'cuda'. robot: by default the one it was trained on. threads: torch's, while planning; one
    is best beside other busy processes. backend: what computes rollouts, by default what `config.yaml` says, where
    'fused' is 'fused-cuda' on a GPU that has it; 'auto'
    takes the fastest that agrees with the model here and now, which may be another one at the next start, and logs it.
    experienced: False leaves `skills.yaml` unread, as for fitting it anew. Raises `CheckpointError`, `ConfigError`, `ExperienceError`, `KinematicsError`, `BackendError`.
    """
    card = load_card(Path(folder))
    robot = robot if robot is not None else find_robot(card.robot)
    planner = load_planner(folder, device, robot, load_arm(robot), threads, backend)
    model = planner.world_model
    experience = load_experience(Path(folder)) if experienced else None
    return WorldModelAgent(model.encoder, model.predictor, planner, card.planner.seed, experience=experience)


def load_planner(
    folder: Path | str,
    device: str,
    robot: RobotConfig,
    arm: UrdfArm,
    threads: int | None = None,
    backend: BackendName | None = None,
) -> MpcPlanner:
    """The planner of `load_agent`, for those who bring their own arm and memory; `planner.robot` keeps to the model's
    `workspace`. Raises as `load_agent`.
    """
    card, where = load_card(Path(folder)), choose_device(device)
    model = load_world_model(Path(folder), where)
    rolled_out = as_the_card_says if backend is None else with_backend
    return MpcPlanner(
        narrowed(robot, card.workspace),
        arm,
        card.planner,
        rolled_out(model, backend or card.backend, card.planner.samples, card.planner.horizon, threads),
        device=where,
        threads=threads,
        max_step=card.model.max_step,
        prior=load_policy(Path(folder), "prior", model) if card.prior is not None else None,
    )


def narrowed(robot: RobotConfig, box: BoxConfig | None) -> RobotConfig:
    """The same robot, kept where the model knows what it sees. Raises `ConfigError` where nothing is left."""
    if box is None:
        return robot
    own = robot.workspace
    both = {
        "lower": [max(pair) for pair in zip(own.lower, box.lower)],
        "upper": [min(pair) for pair in zip(own.upper, box.upper)],
    }
    return robot.model_copy(update={"workspace": parse_config(BoxConfig, both, "workspace of model and robot")})
