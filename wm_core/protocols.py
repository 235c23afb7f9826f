"""The contracts that the parts of the stack keep with each other, in one file.

Whoever implements one of these needs no other file. Shape letters are those of `wm_core.types`.
Importing this file does not import torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Sequence, runtime_checkable

import numpy as np

from wm_core.config import RobotConfig
from wm_core.types import (
    Command,
    Felt,
    Focus,
    Goal,
    JointState,
    Observation,
    Outcome,
    Plan,
    PlannerState,
    Pose,
    Stage,
    Trajectory,
)

if TYPE_CHECKING:
    from torch import Tensor


@runtime_checkable
class Encoder(Protocol):
    """Looks at frames and joints; knows nothing of goals or actions."""

    def visual(self, images: Tensor) -> Tensor:
        """images: (B, 3, h, w) uint8 -> (B, D) visual latent. Never sees joints: goal images go through here."""

    def forward(self, images: Tensor, joints: Tensor) -> Tensor:
        """images: (B, T, 3, h, w) uint8, joints: (B, T, J) rad -> (B, T, D) latent, the visual part first."""


@runtime_checkable
class Predictor(Protocol):
    """What an action changes, in latent space."""

    def forward(self, history: Tensor, action: Tensor) -> Tensor:
        """history: (B, K, D) oldest first, action: (B, A) m -> (B, D), the latent one model step later."""


@runtime_checkable
class Head(Protocol):
    """Reads something out of latents without shaping them (a stop-gradient probe)."""

    def forward(self, latent: Tensor) -> Tensor:
        """latent: (..., D) -> (..., out)"""


@runtime_checkable
class WorldModel(Protocol):
    """Encode, imagine, compare. `*latent` is opaque to planners: they carry it, they never index it."""

    history: int
    step: float
    action_dim: int

    def encode(self, observations: Sequence[Observation]) -> Tensor:
        """`history` observations one model step apart, oldest first -> (*latent)."""

    def encode_goal(self, *views: np.ndarray) -> Tensor:
        """views: (H, W, 3) uint8 RGB each -> (*goal). Takes pictures and nothing else."""

    def next(self, latent: Tensor, action: Tensor) -> Tensor:
        """latent: (B, *latent), action: (B, A): m of tool displacement, then the gripper where there is one -> (B, *latent)"""

    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        """latent: (*latent), actions: (S, H, A) -> (S, H, *latent)"""

    def goal_distance(self, latent: Tensor, goal: Tensor, focus: Focus = Focus.SCENE) -> Tensor:
        """latent: (..., *latent), goal: (*goal) -> (...), >= 0. The proprioceptive part takes no share in it.

        Raises `ValueError` for a focus that the model was not trained for.
        """

    def tool_position(self, goal: Tensor) -> np.ndarray:
        """goal: (*goal) -> (3,) m, a probe's reading. For reports and goal tolerance, never for planning."""


@dataclass(frozen=True, eq=False)
class LinearDistance:
    """A distance that is lengths in a linear map: the sum over parts of `weight * |map (latent - goal)|`.

    map: (P, D), of the newest moment's leading D numbers. parts: where each part of the P ends, and what it weighs, three at most.
    """

    map: Tensor
    parts: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Candidates:
    """Futures that are scored together; every tensor is on the planner's device.

    actions: (S, H, A) as drawn, in the sampler's action space. joint_path: (S, H, J) rad, inside the joint limits.
    displacements: (S, H, 3) m, the tool motion of each step that the joint path really makes.
    tool_position: (S, H, 3) m. tool_rotation: (S, H, 3, 3).
    start_joints: (J,). latents: (S, H, *latent), None where no objective asks for them.
    gripper: (S, H) of -1 close, 0 as it is, +1 open; None where the model has no gripper.
    limited: (S,), whether limits kept the arm from doing what was drawn; None where nobody looked.
    """

    actions: Tensor
    joint_path: Tensor
    displacements: Tensor
    tool_position: Tensor
    tool_rotation: Tensor
    start_joints: Tensor
    latents: Tensor | None = None
    gripper: Tensor | None = None
    limited: Tensor | None = None

    @property
    def controls(self) -> Tensor:
        """(S, H, A): what the world model takes as actions."""
        if self.gripper is None:
            return self.displacements
        import torch  # not at the top: this file imports without it

        return torch.cat([self.displacements, self.gripper[..., None]], dim=-1)


@runtime_checkable
class Objective(Protocol):
    """One term of the cost."""

    name: str
    weight: float
    needs_latents: bool

    def cost(self, candidates: Candidates) -> Tensor:
        """-> (S,), unweighted, lower is better, summed over the horizon (running sum)."""


@dataclass(frozen=True, eq=False)
class Draft:
    """A plan that can be carried out, before anybody asks why.

    plan: without explanation and uncertainty. state: for the next plan, but for its `distances`.
    review: -> both of them complete. It takes its time: call it when the plan is on its way, and before the next one.
    """

    plan: Plan
    state: PlannerState
    review: Callable[[], tuple[Plan, PlannerState]]


@runtime_checkable
class Planner(Protocol):
    """Receding-horizon choice of the best imagined future. State in, state out."""

    def plan(
        self,
        observations: Sequence[Observation],
        goal: Goal,
        state: PlannerState,
        start: np.ndarray | None = None,
        start_velocity: np.ndarray | None = None,
    ) -> tuple[Plan, PlannerState]:
        """The review of `draft`."""

    def draft(
        self,
        observations: Sequence[Observation],
        goal: Goal,
        state: PlannerState,
        start: np.ndarray | None = None,
        start_velocity: np.ndarray | None = None,
    ) -> Draft:
        """observations: `WorldModel.history` of them, one model step apart, oldest first.

        start: (J,) rad where the new plan will take over, by default the newest measured joints. start_velocity: (J,)
        rad/s that the arm has there, by default as newest measured, at rest where the arm does not tell.
        """


@runtime_checkable
class Kinematics(Protocol):
    """Where the tool of one arm is. Free of torch."""

    joint_names: tuple[str, ...]
    lower: np.ndarray
    upper: np.ndarray
    velocity: np.ndarray

    def forward(self, joints: np.ndarray) -> Pose:
        """joints: (J,) rad -> pose of the tool link in the base frame."""

    def inverse(self, pose: Pose, seed: np.ndarray) -> np.ndarray:
        """-> (J,) rad inside the limits, near `seed`. Raises `UnreachableError`."""


@runtime_checkable
class Arm(Protocol):
    """The Python seam to an arm, simulated or real."""

    joint_names: tuple[str, ...]

    def read(self) -> JointState:
        """The newest measured state."""

    def send(self, trajectory: Trajectory) -> Trajectory:
        """Replaces what the arm follows; starts now. Returns what will really be executed. Raises `ValueError`."""


Glance = Callable[[Observation], bool]
"""Whether to stop at what is seen."""


@runtime_checkable
class Environment(Protocol):
    """A simulated task, stepped by its caller; data collection and evaluation run on it.

    Found by name through the entry-point group `wm.environments`.
    """

    robot: RobotConfig
    kinematics: Kinematics
    task: str

    def reset(self, seed: int) -> Observation:
        """A fresh scene and start pose, drawn from the seed alone."""

    def stages(self, seed: int, kind: str = "image") -> tuple[Stage, ...]:
        """The goal for the present scene, in sub-goals where the task has them: 'image', 'pose', 'joints' or 'object'.

        Call after `reset`; the scene is left as it was. Raises `ValueError` for a kind that the task does not know.
        """

    def step(self, command: Command, duration: float, glance: Glance | None = None) -> Observation:
        """Does it over `duration` s and looks. glance: is shown every camera frame in between; True ends the step there."""

    def felt(self) -> Felt:
        """What the arm felt during the last `step`."""

    def tool_position(self) -> np.ndarray:
        """Ground truth: (3,) m. For probes and scoring only."""

    def object_position(self) -> np.ndarray:
        """Ground truth: (3,) m, the centre of the object that the task is about. For probes and scoring only."""

    def outcome(self) -> Outcome:
        """Ground truth: how the task stands, for the last goal that `stages` gave. For scoring only."""

    def close(self) -> None:
        """Frees the simulator."""
