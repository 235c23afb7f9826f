"""Values that cross the seams of the stack. No torch, no ROS, no simulator.

Legend of shape letters, used in every docstring:
B batch, T time, S samples, H horizon, A action, J joints, D latent, V views.
Units are SI and radians. Positions are in the arm's base frame; quaternions are (x, y, z, w).
Times are seconds; a `stamp` is on the clock of whoever produced the value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np

from wm_core.explanation import CostTerm, Explanation


@dataclass(frozen=True, eq=False)
class Pose:
    """Where the tool is: position (3,) m and orientation (4,) xyzw, None where orientation is free."""

    position: np.ndarray
    orientation: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class JointState:
    """Measured joints, ordered by the configured joint names: position (J,) rad, velocity (J,) rad/s."""

    position: np.ndarray
    velocity: np.ndarray
    stamp: float


@dataclass(frozen=True, eq=False)
class Frame:
    """One camera frame: image (H, W, 3) uint8 RGB and the stamp of its acquisition."""

    image: np.ndarray
    stamp: float


NOTHING_SEEN = np.empty((0, 0, 3), dtype=np.uint8)
"""The picture of an observation that nobody looks at."""


@dataclass(frozen=True, eq=False)
class Observation:
    """What the arm sees and feels at one moment.

    image: (H, W, 3) uint8 RGB, `NOTHING_SEEN` where there is no model; joints: the arm's state nearest to the frame's stamp.
    gripper: m, how far the fingers are apart, None for an arm that does not tell.
    other_views: further cameras' pictures of the same moment, in the order that the model was trained with.
    """

    image: np.ndarray
    joints: JointState
    stamp: float
    gripper: float | None = None
    other_views: tuple[np.ndarray, ...] = ()


class Focus(str, Enum):
    """What a goal image is about. SCENE: all that it shows; OBJECT: where the object is, wherever the arm may be."""

    SCENE = "scene"
    OBJECT = "object"


class Handling(str, Enum):
    """How an object gets where it shall be. ANY: as it comes out cheapest; LIFT: grasped, lifted, put down and let go."""

    ANY = "any"
    LIFT = "lift"


@dataclass(frozen=True, eq=False)
class Goal:
    """What to reach; any mixture, at least one part.

    image: (H, W, 3) uint8 RGB of the finished scene; it carries no joints and no simulator state.
    pose: tool pose in the base frame. joints: (J,) rad. object_position: (3,) m, where the object's centre shall be.
    focus: what the image is about. other_views: the finished scene from the further cameras.
    handling: how the object is brought there; LIFT needs a goal that is about the object and nothing else.
    Tolerances say when each part counts as reached (m, rad, rad); position_tolerance is for tool and object.
    """

    image: np.ndarray | None = None
    pose: Pose | None = None
    joints: np.ndarray | None = None
    object_position: np.ndarray | None = None
    focus: Focus = Focus.SCENE
    other_views: tuple[np.ndarray, ...] = ()
    handling: Handling = Handling.ANY
    position_tolerance: float = 0.03
    orientation_tolerance: float = 0.2
    joint_tolerance: float = 0.03

    def __post_init__(self) -> None:
        if all(part is None for part in (self.image, self.pose, self.joints, self.object_position)):
            raise ValueError("goal is empty: expected an image, a pose, joints or an object position")
        if self.handling is Handling.LIFT and not self.about_object:
            told = f"{self.kind}, about the {self.focus.value}"
            raise ValueError(f"goal is to be lifted and told as {told}: expected an object position or one image about the object")

    @property
    def kind(self) -> str:
        """The parts present, for people: 'image', 'pose', 'joints' or a mixture such as 'image+pose'."""
        parts = (
            ("image", self.image),
            ("pose", self.pose),
            ("joints", self.joints),
            ("object", self.object_position),
        )
        return "+".join(name for name, part in parts if part is not None)

    @property
    def about_object(self) -> bool:
        """Whether it is about the object and nothing else, wherever the arm may be."""
        return self.kind == "object" or self.kind == "image" and self.focus is Focus.OBJECT


@dataclass(frozen=True, eq=False)
class Stage:
    """One sub-goal and how many model steps it is given."""

    goal: Goal
    steps: int


@dataclass(frozen=True, eq=False)
class Command:
    """What an arm shall do for one model step. joints: (J,) rad at its end; gripper: -1 close, 0 as it is, +1 open."""

    joints: np.ndarray
    gripper: int = 0


@dataclass(frozen=True, eq=False)
class Felt:
    """What the arm felt during its last model step; a real arm has it from its own sensors.

    carried: (3,) m, the tool motion that something in the hand or against the fingers took part in: all of it while
    both fingers press on something, else its component along the felt force. touch: share of the step in contact.
    """

    carried: np.ndarray
    touch: float


@dataclass(frozen=True)
class Outcome:
    """How a task stands, by ground truth. distance: m that is left. note: why it is not a success, for people."""

    success: bool
    distance: float
    note: str = ""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Timed joint motion, as a joint-trajectory controller takes it.

    names: the joints; times: (N,) s from the start, strictly increasing, first > 0;
    positions, velocities, accelerations: (N, J); the last two may be None (then the controller
    interpolates linearly, or with cubics).
    """

    names: tuple[str, ...]
    times: np.ndarray
    positions: np.ndarray
    velocities: np.ndarray | None = None
    accelerations: np.ndarray | None = None

    def part(self, points: slice | np.ndarray, later: float = 0.0) -> Trajectory:
        """Only these points, with times that count from `later` s after they did."""
        pick = lambda rows: None if rows is None else rows[points]
        return Trajectory(
            self.names, self.times[points] - later, self.positions[points], pick(self.velocities), pick(self.accelerations)
        )


@dataclass(frozen=True, eq=False)
class MotionState:
    """One instant of a commanded motion: position, velocity, acceleration, each (J,), in configured joint order."""

    position: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray

    @staticmethod
    def at_rest(position: np.ndarray) -> MotionState:
        """Standing still at `position` (J,)."""
        position = np.asarray(position, dtype=float)
        return MotionState(position, np.zeros_like(position), np.zeros_like(position))


@dataclass(frozen=True, eq=False)
class Plan:
    """The chosen future.

    joint_path: (H, J) rad, the path that was scored, one row a model step, first row one step ahead of `start`.
    actions: (H, 3) m, the tool displacement of each step that the world model imagined.
    gripper: (H,) of -1 close, 0 as it is, +1 open; None for a model without a gripper.
    uncertainty: (H,) m, how far apart the model's ensemble sees each step end; None without an ensemble.
    start: (J,) the joints that the path starts from; step: s between rows.
    tool_path: (H, 3) m. latent_cost: the goal-latent term before weighting, NaN where the goal is neither a picture nor made like one.
    explanation: why this one; None from planners that give none.
    seconds: until it was chosen; uncertainty and explanation come after.
    """

    start: np.ndarray
    joint_path: np.ndarray
    tool_path: np.ndarray
    actions: np.ndarray
    step: float
    cost: float
    terms: tuple[CostTerm, ...]
    latent_cost: float
    samples: int
    iterations: int
    seconds: float
    deadline_missed: bool
    gripper: np.ndarray | None = None
    uncertainty: np.ndarray | None = None
    explanation: Explanation | None = None


@dataclass(frozen=True, eq=False)
class Standing:
    """place: (3,) m, near which the tool has been since `since` (s).

    left: s, when it last began to leave one; aside: (2,), whither; opens: whether with opening fingers.
    """

    place: np.ndarray
    since: float
    left: float = -np.inf
    aside: np.ndarray | None = None
    opens: bool = True


class Phase(str, Enum):
    """What is done with an object that is to be lifted: see `wm_core.planning.lifting`."""

    APPROACH = "approach"
    CLOSE = "close"
    LIFT = "lift"
    CARRY = "carry"
    RELEASE = "release"
    LEAVE = "leave"


@dataclass(frozen=True)
class Handled:
    """The phase that an object is in, and since when (s). away: it was let go, and the hand is out of its way."""

    phase: Phase
    since: float
    away: bool = False

    def later(self, seconds: float) -> Handled:
        """As if it had begun `seconds` later: for a time in which nothing could be done."""
        return replace(self, since=self.since + seconds)


@dataclass(frozen=True, eq=False)
class PlannerState:
    """What one plan hands to the next; the planner itself remembers nothing.

    mean: (H, A) the sampler's last mean, None before the first plan (cold start); stamp: the time it was made for (s).
    seed: of the next draw. kind: the goal kind that the mean belongs to (a mean in another action space is not reused).
    elites: (K, H, A), the best of the last plan's samples, None from a method that keeps none.
    distances: (1 + H,), how far the goal picture was at `stamp` and is imagined to be after every step; None without one.
    standing: of a tool that may have to be taken elsewhere, None where nobody looks.
    handled: how far an object that is to be lifted has come, None before the first plan and for every other goal.
    """

    seed: int
    mean: Any | None = None
    stamp: float | None = None
    kind: str = ""
    elites: Any | None = None
    distances: Any | None = None
    standing: Standing | None = None
    handled: Handled | None = None
