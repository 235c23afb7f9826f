"""The simulated arm behind the `Arm` protocol: a scene whose joints follow a trajectory controller."""

from __future__ import annotations

import math

import numpy as np

from sim.controller import TrajectoryController
from sim.scene import ARM_JOINTS, PHYSICS_STEP, Scene
from wm_core.types import JointState, Trajectory


class SimArm:
    """Time passes only in `advance`; `now` is the arm's clock in s, and the stamp of what it reads."""

    joint_names: tuple[str, ...] = ARM_JOINTS

    def __init__(self, scene: Scene, start_time: float = 0.0) -> None:
        """start_time: what the arm's clock shows now; a wall time makes every stamp a wall time."""
        self.scene = scene
        self.controller = TrajectoryController(ARM_JOINTS, scene.read(start_time).position)
        self.refused_setpoints = 0  # set-points that were not finite; the servos kept the one before
        self._start_time = start_time
        self._requested = 0.0
        self._steps = 0

    @property
    def now(self) -> float:
        """s, on the arm's clock."""
        return self._start_time + self._steps * PHYSICS_STEP

    def read(self) -> JointState:
        """The joints as they are, at `now`."""
        return self.scene.read(self.now)

    def send(self, trajectory: Trajectory, start: float | None = None) -> Trajectory:
        """Replaces what the arm follows. start: when the trajectory's time 0 is, None for now.

        Returns what will be executed, timed from now. Raises `TrajectoryRejected`, a `ValueError`.
        """
        return self.controller.accept(trajectory, self._between_steps(), start)

    def advance(self, seconds: float) -> int:
        """Lets time pass. What does not fill a physics step is kept for the next call. Returns the steps made."""
        if not (math.isfinite(seconds) and seconds >= 0.0):
            raise ValueError(f"seconds = {seconds}: expected a finite duration, not negative")
        self._requested += seconds
        # The small number keeps 0.1 s at 24 steps in spite of rounding.
        steps = math.floor(self._requested / PHYSICS_STEP + 1e-6) - self._steps
        for _ in range(steps):
            self._step()
        return steps

    def reset(self) -> None:
        """Forgets the trajectory and holds where the joints are; call it after the scene was reset."""
        self.controller.reset(self.scene.read(self.now).position)

    def _between_steps(self) -> float:
        """s, the time that `advance` was asked for so far: up to a physics step after `now`. Motion is joined there, not 4 ms early."""
        ahead = self._requested - self._steps * PHYSICS_STEP
        return self.now + ahead if ahead > 1e-6 else self.now

    def _step(self) -> None:
        # A servo is given what is due at the end of its period, not at the beginning.
        setpoint = self.controller.sample(self.now + PHYSICS_STEP)
        if np.isfinite(setpoint.position).all() and np.isfinite(setpoint.velocity).all():
            self.scene.set_joint_targets(setpoint.position, setpoint.velocity)
        else:
            self.refused_setpoints += 1
        self.scene.advance()
        self._steps += 1
